import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useChange } from '../../api/use_call.ts'
import type { AccountRole } from '../../frame/account.ts'
import { useText } from '../../language/text.ts'
import { Copyable } from '../../parts/Copyable.tsx'
import { Dialog, FormDialog } from '../../parts/Dialog.tsx'
import { RoleChoice } from './RoleChoice.tsx'

/** Invites somebody, and shows the link once. The token is in the fragment, which browsers send to nobody. */
export function Invite({ onClose }: { onClose: () => void }) {
  const t = useText()
  const create = useChange('console.invitations.create')
  if (create.data) {
    const { email, token } = create.data
    return (
      <Dialog title={t('Invitation link')} isOpen onClose={onClose}>
        <Stack>
          <Text>
            {t('Send this link to {email}. It is shown only now, works once and is valid for 7 days.', { email })}
          </Text>
          <Copyable
            label={t('Invitation link')}
            text={`${window.location.origin}/console/invitation#token=${encodeURIComponent(token)}`}
          />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t('Done')}</Button>
          </Group>
        </Stack>
      </Dialog>
    )
  }
  return (
    <FormDialog
      title={t('Invite a member')}
      action={t('Invite')}
      isOpen
      onClose={onClose}
      error={create.error}
      isBusy={create.isPending}
      onSubmit={({ email = '', role }) => create.mutate({ email, role: role as AccountRole })}
    >
      <TextInput name="email" type="email" label={t('Email address')} autoComplete="off" required data-autofocus />
      <RoleChoice chosen="viewer" />
    </FormDialog>
  )
}
