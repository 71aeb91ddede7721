import { Alert, Button, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import type { Invitation } from '../../api/generated/operations.ts'
import { useChange } from '../../api/use_call.ts'
import { timeOfDevice } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { valuesOf } from '../../parts/Dialog.tsx'
import { Waiting } from '../../parts/Loaded.tsx'
import { PasswordField } from '../../parts/PasswordField.tsx'
import { roleName } from '../members/RoleChoice.tsx'
import { Done, LinkError, NewPassword } from './ChoosePassword.tsx'
import { Outside, tokenOfLink } from './Outside.tsx'

/** The page of an invitation link. */
export function AcceptInvitation() {
  const t = useText()
  const [token] = useState(tokenOfLink)
  const invitation = useQuery({
    queryKey: ['console.invitations.get', token],
    queryFn: () => call('console.invitations.get', { token: token ?? '' }),
    enabled: token !== null,
    retry: false,
  })
  const [isAccepted, setAccepted] = useState(false)
  return (
    <Outside title={t('You are invited')}>
      {token === null ? (
        <Alert color="red" variant="outline" role="alert">
          {t('This link is incomplete. Open it again from where you received it.')}
        </Alert>
      ) : isAccepted ? (
        <Done text={t('You have accepted the invitation. Sign in now.')} />
      ) : invitation.data ? (
        <Accept token={token} invitation={invitation.data} onDone={() => setAccepted(true)} />
      ) : invitation.error ? (
        <LinkError error={invitation.error} />
      ) : (
        <Waiting />
      )}
    </Outside>
  )
}

function Accept({ token, invitation, onDone }: { token: string; invitation: Invitation; onDone: () => void }) {
  const t = useText()
  const language = useLanguage()
  const accept = useChange('console.invitations.accept')
  const { invited_by, email, business_name, role, expires_at, has_account, accepted_at } = invitation
  if (accepted_at !== null) return <Done text={t('This invitation has been accepted. Sign in now.')} />
  return (
    <form
      onSubmit={(event) => {
        const { name = '', password = '' } = valuesOf(event)
        accept.mutate({ token, name, password }, { onSuccess: onDone })
      }}
    >
      <Stack>
        <Text>
          {t('{inviter} invites {email} to {business} with the role {role}.', {
            inviter: invited_by,
            email,
            business: business_name,
            role: roleName(role, t),
          })}
        </Text>
        <Text size="sm" c="dimmed">
          {t('Valid until {time}', { time: timeOfDevice(expires_at, language) })}
        </Text>
        <TextInput name="name" label={t('Your name')} autoComplete="name" maxLength={100} required />
        {has_account ? (
          <PasswordField
            name="password"
            label={t('Password')}
            description={t('This address already has an account. Accept with its password.')}
            autoComplete="current-password"
            required
          />
        ) : (
          <NewPassword />
        )}
        <LinkError error={accept.error} />
        <Button type="submit" loading={accept.isPending}>
          {t('Accept invitation')}
        </Button>
      </Stack>
    </form>
  )
}
