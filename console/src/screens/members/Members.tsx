import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Member } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useAccount, useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Confirm } from '../../parts/Dialog.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { Invite } from './Invite.tsx'
import { ChangeRole, RoleBadge } from './RoleChoice.tsx'

export function Members() {
  const t = useText()
  const isOwner = useMay('owner')
  const members = useRead('console.members.list', {}, { enabled: useMay('admin') })
  const [isInviting, setInviting] = useState(false)
  return (
    <Screen
      title={t('Members')}
      about={t('Who can sign in to this business, and what they may do.')}
      least="admin"
      actions={isOwner && <Button onClick={() => setInviting(true)}>{t('Invite a member')}</Button>}
    >
      <MemberRows />
      {isOwner && members.data && <OpenInvitations />}
      {isInviting && <Invite onClose={() => setInviting(false)} />}
    </Screen>
  )
}

function MemberRows() {
  const t = useText()
  const { ago, day } = useFormat()
  const { email: own } = useAccount()
  const isOwner = useMay('owner')
  const members = useRead('console.members.list', {})
  const [changed, setChanged] = useState<Member | null>(null)
  const [removed, setRemoved] = useState<Member | null>(null)
  const remove = useChange('console.members.remove')
  return (
    <Loaded query={members}>
      {(rows) => (
        <>
          <Rows
            label={t('Members')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              {
                label: t('Name'),
                cell: ({ name, email }) => (
                  <>
                    {name} {email === own && <Badge variant="default">{t('you')}</Badge>}
                    <Text size="sm" c="dimmed">
                      {email}
                    </Text>
                  </>
                ),
              },
              { label: t('Role'), cell: ({ role }) => <RoleBadge role={role} /> },
              {
                label: t('Authenticator app'),
                cell: ({ has_second_factor }) => (has_second_factor ? t('on') : t('off')),
              },
              {
                label: t('Last signed in'),
                cell: ({ last_seen_at }) => (last_seen_at === null ? t('never') : ago(last_seen_at)),
              },
              { label: t('Member since'), cell: ({ created_at }) => day(created_at) },
              ...(isOwner ? [{ label: t('Manage'), cell: (member: Member) => actionsFor(member, rows) }] : []),
            ]}
          />
          {changed && <ChangeRole member={changed} onClose={() => setChanged(null)} />}
          {removed && (
            <Confirm
              title={t('Remove {name}', removed)}
              action={t('Remove')}
              change={remove}
              input={{ id: removed.id }}
              onClose={() => setRemoved(null)}
            >
              {t(
                '{name} is signed out at once and cannot open this business any more. What {name} did stays in the audit log.',
                removed,
              )}
            </Confirm>
          )}
        </>
      )}
    </Loaded>
  )

  function actionsFor(member: Member, all: Member[]) {
    if (member.role === 'owner' && all.filter(({ role }) => role === 'owner').length === 1)
      return (
        <Text size="sm" c="dimmed">
          {t('The last owner stays. Make another member owner first.')}
        </Text>
      )
    return (
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`${t('Change role')}: ${member.name}`}
          onClick={() => setChanged(member)}
        >
          {t('Change role')}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`${t('Remove')}: ${member.name}`}
          onClick={() => setRemoved(member)}
        >
          {t('Remove')}
        </Button>
      </Group>
    )
  }
}

function OpenInvitations() {
  const t = useText()
  const { time } = useFormat()
  const invitations = useRead('console.invitations.list', {})
  const withdraw = useChange('console.invitations.withdraw')
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('Open invitations')}
      </Title>
      <Loaded query={invitations} empty={t('No open invitations.')}>
        {(rows) => (
          <Rows
            label={t('Open invitations')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { label: t('Email address'), cell: ({ email }) => email },
              { label: t('Role'), cell: ({ role }) => <RoleBadge role={role} /> },
              { label: t('Invited by'), cell: ({ invited_by }) => invited_by },
              { label: t('Valid until'), cell: ({ expires_at }) => time(expires_at) },
              {
                label: t('Manage'),
                cell: ({ id, email }) => (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`${t('Withdraw')}: ${email}`}
                    onClick={() => withdraw.mutate({ id })}
                  >
                    {t('Withdraw')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  )
}
