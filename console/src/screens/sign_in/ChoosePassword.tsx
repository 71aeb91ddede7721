import { Alert, Anchor, Button, Stack } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { CallError } from '../../api/call.ts'
import { useChange } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { valuesOf } from '../../parts/Dialog.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { PasswordField } from '../../parts/PasswordField.tsx'
import { Outside, tokenOfLink } from './Outside.tsx'

/** The page of a password link. */
export function ChoosePassword() {
  const t = useText()
  const [token] = useState(tokenOfLink)
  const choose = useChange('console.password.choose')
  return (
    <Outside title={t('Choose a password')}>
      {token === null ? (
        <Alert color="red" variant="outline" role="alert">
          {t('This link is incomplete. Open it again from where you received it.')}
        </Alert>
      ) : choose.isSuccess ? (
        <Done text={t('Your password is saved. Sign in with it now.')} />
      ) : (
        <form onSubmit={(event) => choose.mutate({ token, password: valuesOf(event).password ?? '' })}>
          <Stack>
            <NewPassword />
            <LinkError error={choose.error} />
            <Button type="submit" loading={choose.isPending}>
              {t('Save password')}
            </Button>
          </Stack>
        </form>
      )}
    </Outside>
  )
}

/** The field of a new password. */
export function NewPassword({ name = 'password' }: { name?: string }) {
  const t = useText()
  return (
    <PasswordField
      name={name}
      label={t('New password')}
      description={t('At least 10 characters. A long sentence is easier to remember than a short code.')}
      autoComplete="new-password"
      minLength={10}
      required
    />
  )
}

/** An error of a page that a link opened: the link may be old. */
export function LinkError({ error }: { error: unknown }) {
  const t = useText()
  const isOfToken = error instanceof CallError && error.details.some(({ field }) => field === 'token')
  if (error instanceof CallError && (isOfToken || error.status === 404 || error.code === 'invalid_credentials'))
    return (
      <Alert color="red" variant="outline" role="alert">
        {t('This link does not work any more. Ask for a new one.')}{' '}
        <Anchor className="standalone" component={Link} to="/sign-in">
          {t('Sign in')}
        </Anchor>
      </Alert>
    )
  return <FormError error={error} />
}

/** Says that it is done, and where to sign in. */
export function Done({ text }: { text: string }) {
  const t = useText()
  return (
    <Stack>
      <Alert color="teal" variant="outline" role="status">
        {text}
      </Alert>
      <Anchor component={Link} to="/sign-in">
        {t('Sign in')}
      </Anchor>
    </Stack>
  )
}
