import { Badge, Radio, Stack } from '@mantine/core'
import type { Member } from '../../api/generated/operations.ts'
import { useChange } from '../../api/use_call.ts'
import type { AccountRole } from '../../frame/account.ts'
import { type Text, useText } from '../../language/text.ts'
import { FormDialog } from '../../parts/Dialog.tsx'

/** The name of a role in the language of the member. */
export const roleName = (role: string, t: Text): string =>
  role === 'owner' || role === 'admin' || role === 'viewer' ? t(role) : role

export const RoleBadge = ({ role }: { role: string }) => {
  const t = useText()
  return <Badge variant="outline">{roleName(role, t)}</Badge>
}

/** The choice of a role, with what each may do. */
export function RoleChoice({ chosen }: { chosen: string }) {
  const t = useText()
  const roles = {
    viewer: t('Sees no personal data, no secrets and no ledger.'),
    admin: t('Does everything but members, erasure and granting contact data.'),
    owner: t('Does everything.'),
  }
  return (
    <Radio.Group name="role" label={t('Role')} defaultValue={chosen} required>
      <Stack gap="xs" mt="xs">
        {Object.entries(roles).map(([role, about]) => (
          <Radio key={role} value={role} label={roleName(role, t)} description={about} />
        ))}
      </Stack>
    </Radio.Group>
  )
}

export function ChangeRole({ member, onClose }: { member: Member; onClose: () => void }) {
  const t = useText()
  const update = useChange('console.members.update')
  return (
    <FormDialog
      title={t('Role of {name}', member)}
      action={t('Save')}
      isOpen
      onClose={onClose}
      error={update.error}
      isBusy={update.isPending}
      onSubmit={({ role }) => update.mutate({ id: member.id, role: role as AccountRole }, { onSuccess: onClose })}
    >
      <RoleChoice chosen={member.role} />
    </FormDialog>
  )
}
