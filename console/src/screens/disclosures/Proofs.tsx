import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Copyable } from '../../parts/Copyable.tsx'
import { FormError } from '../../parts/Failure.tsx'

/** The checkpoint of today, and the verification of all entries. */
export function Proofs() {
  const t = useText()
  const { number } = useFormat()
  const checkpoint = useMutation({ mutationFn: () => call('console.ledger.checkpoint', {}) })
  const verify = useMutation({ mutationFn: () => call('console.ledger.verify', {}) })
  return (
    <Stack gap="sm" maw={760}>
      <Group>
        <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
          {t('Verify the ledger')}
        </Button>
        <Button variant="default" loading={checkpoint.isPending} onClick={() => checkpoint.mutate()}>
          {t("Today's checkpoint")}
        </Button>
      </Group>
      <FormError error={verify.error ?? checkpoint.error} />
      {verify.data && (
        <Alert color={verify.data.fault === null ? 'teal' : 'red'} variant="outline" role="status">
          {verify.data.fault === null
            ? t('All {count} entries fit together.', { count: number(verify.data.entries) })
            : t('The ledger was changed: {fault}', { fault: verify.data.fault })}
        </Alert>
      )}
      {checkpoint.data && (
        <>
          <Text size="sm">
            {t('Keep this statement away from the server. It proves later that no entry was changed.')}
          </Text>
          <Copyable label={t('Signed statement')} text={checkpoint.data.statement} />
        </>
      )}
    </Stack>
  )
}
