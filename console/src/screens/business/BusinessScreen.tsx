import { Alert, Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useAccount, useMay } from '../../frame/account.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { valuesOf } from '../../parts/Dialog.tsx'
import { download } from '../../parts/download.ts'
import { FormError } from '../../parts/Failure.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'

export function BusinessScreen() {
  const t = useText()
  const isAdmin = useMay('admin')
  return (
    <Screen
      title={t('Business')}
      about={t('The name of the business, how days are counted, and what the law wants to know.')}
    >
      <BusinessForm />
      <BranchRows />
      {isAdmin && <ProcessingRecord />}
    </Screen>
  )
}

function BusinessForm() {
  const t = useText()
  const { business } = useAccount()
  const may = useMay('owner')
  const update = useChange('console.business.update')
  return (
    <Paper withBorder p="lg" maw={560}>
      <form onSubmit={(event) => update.mutate({ name: valuesOf(event).name ?? '' })}>
        <Stack>
          <TextInput
            name="name"
            label={t('Business name')}
            key={business.id}
            defaultValue={business.name}
            maxLength={255}
            readOnly={!may}
            required
          />
          <TextInput label={t('Time zone')} value={business.time_zone} readOnly />
          <TextInput label={t('Start of the business day')} value={business.day_starts_at} readOnly />
          <TextInput label={t('Currency')} value={business.currency} readOnly />
          <FormError error={update.error} />
          {update.isSuccess && (
            <Alert color="teal" variant="outline" role="status">
              {t('Saved')}
            </Alert>
          )}
          {may && (
            <Group>
              <Button type="submit" loading={update.isPending}>
                {t('Save')}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Paper>
  )
}

function BranchRows() {
  const t = useText()
  const branches = useRead('console.branches.list', {})
  return (
    <Stack gap="sm" maw={760}>
      <Title order={2} size="h4">
        {t('Branches')}
      </Title>
      <Loaded query={branches}>
        {(rows) => (
          <Rows
            label={t('Branches')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { label: t('Name'), cell: ({ name }) => name },
              { label: t('Number'), cell: ({ code }) => code },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  )
}

function ProcessingRecord() {
  const t = useText()
  const language = useLanguage()
  const made = useMutation({
    mutationFn: () => call('console.processing_record', { language }),
    onSuccess: ({ html }) => download('processing.html', 'text/html', html),
  })
  return (
    <Stack gap="xs" maw={760}>
      <Title order={2} size="h4">
        {t('Record of processing')}
      </Title>
      <Text size="sm">
        {t('The record of processing activities that the PDPA asks for, made from what the applications are for.')}
      </Text>
      <Group>
        <Button variant="default" loading={made.isPending} onClick={() => made.mutate()}>
          {t('Download the record')}
        </Button>
      </Group>
      <FormError error={made.error} />
    </Stack>
  )
}
