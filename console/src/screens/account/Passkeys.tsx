import { Button, Group, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { FormDialog } from '../../parts/Dialog.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { canUsePasskeys, makePasskey } from '../../parts/passkeys.ts'
import { Rows } from '../../parts/Rows.tsx'
import { Part } from './Part.tsx'

/** The passkeys of the member. */
export function Passkeys() {
  const t = useText()
  const { day, ago } = useFormat()
  const passkeys = useRead('console.passkeys.list', {})
  const remove = useChange('console.passkeys.delete')
  const [isOpen, setOpen] = useState(false)
  return (
    <Part title={t('Passkeys')}>
      <Text size="sm">
        {t(
          'Sign in with the fingerprint, face or PIN of your phone or computer instead of a password. A passkey cannot be guessed or given to a false page.',
        )}
      </Text>
      <Loaded query={passkeys} empty={t('No passkeys yet.')}>
        {(rows) => (
          <Rows
            label={t('Passkeys')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { label: t('Name'), cell: ({ name }) => name },
              { label: t('Created'), cell: ({ created_at }) => day(created_at) },
              {
                label: t('Last used'),
                cell: ({ last_used_at }) => (last_used_at === null ? t('never') : ago(last_used_at)),
              },
              {
                label: t('Manage'),
                cell: ({ id, name }) => (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t('Delete {name}', { name })}
                    onClick={() => remove.mutate({ id })}
                  >
                    {t('Delete')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <FormError error={remove.error} />
      <Group>
        <Button variant="default" disabled={!canUsePasskeys()} onClick={() => setOpen(true)}>
          {t('Add a passkey')}
        </Button>
      </Group>
      {!canUsePasskeys() && (
        <Text size="sm" c="dimmed">
          {t('This browser or this address cannot use passkeys. They need https and a host name.')}
        </Text>
      )}
      {isOpen && <AddPasskey onClose={() => setOpen(false)} />}
    </Part>
  )
}

function AddPasskey({ onClose }: { onClose: () => void }) {
  const t = useText()
  const store = useChange('console.passkeys.create')
  const add = useMutation({
    mutationFn: async (name: string) => {
      const { options } = await call('console.passkeys.options', {})
      await store.mutateAsync({ name, answer: await makePasskey(options) })
    },
  })
  return (
    <FormDialog
      title={t('Add a passkey')}
      action={t('Continue')}
      isOpen
      onClose={onClose}
      error={add.error}
      isBusy={add.isPending}
      onSubmit={({ name = '' }) => add.mutate(name, { onSuccess: onClose })}
    >
      <TextInput
        name="name"
        label={t('Name of the passkey')}
        description={t('Where it is, for example: my phone')}
        maxLength={100}
        required
        data-autofocus
      />
    </FormDialog>
  )
}
