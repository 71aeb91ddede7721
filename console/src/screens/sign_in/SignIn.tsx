import { Alert, Button, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { cache, useChange, useRead } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { Copyable } from '../../parts/Copyable.tsx'
import { valuesOf } from '../../parts/Dialog.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { PasswordField } from '../../parts/PasswordField.tsx'
import { answerByPasskey, canUsePasskeys } from '../../parts/passkeys.ts'
import { Outside } from './Outside.tsx'

/** Signing in: email and password, then a code if the account has an authenticator app. */
export function SignIn() {
  const t = useText()
  const router = useRouter()
  const { next } = useSearch({ strict: false }) as { next?: string }
  const [needsCode, setNeedsCode] = useState(false)
  const enter = async () => {
    cache.clear()
    // Only paths of the console: a link to this page must not lead to another site.
    await router.navigate({ href: next && /^\/(?![/\\])/.test(next) ? `/console${next}` : '/console/' })
  }
  return (
    <Outside title={t('Sign in to the console')}>
      {needsCode ? (
        <CodeForm onDone={() => void enter()} />
      ) : (
        <PasswordForm onDone={(needs) => (needs ? setNeedsCode(true) : void enter())} />
      )}
    </Outside>
  )
}

function PasswordForm({ onDone }: { onDone: (needsCode: boolean) => void }) {
  const t = useText()
  const state = useRead('console.sign_in.state', {})
  const signIn = useChange('console.sign_in')
  if (state.data && !state.data.has_members)
    return (
      <Alert color="yellow" variant="outline" title={t('Nobody can sign in yet')}>
        <Stack gap="xs">
          <Text size="sm">
            {t('Make the first member on the server with this command. It prints a link to choose a password.')}
          </Text>
          <Copyable label={t('Command line')} text={state.data.first_member_command} />
        </Stack>
      </Alert>
    )
  return (
    <form
      onSubmit={(event) => {
        const { email = '', password = '' } = valuesOf(event)
        signIn.mutate({ email, password }, { onSuccess: ({ needs_code }) => onDone(needs_code) })
      }}
    >
      <Stack>
        <TextInput name="email" type="email" label={t('Email address')} autoComplete="username" required autoFocus />
        <PasswordField name="password" label={t('Password')} autoComplete="current-password" required />
        <FormError error={signIn.error} />
        <Button type="submit" loading={signIn.isPending}>
          {t('Sign in')}
        </Button>
        {canUsePasskeys() && <PasskeyButton onDone={() => onDone(false)} />}
        <Text size="sm" c="dimmed">
          {t('Forgot your password? Ask an owner of your business for a new link.')}
        </Text>
      </Stack>
    </form>
  )
}

function PasskeyButton({ onDone }: { onDone: () => void }) {
  const t = useText()
  const signIn = useMutation({
    mutationFn: async () => {
      const { options } = await call('console.sign_in.passkey_options', {})
      await call('console.sign_in.passkey', { answer: await answerByPasskey(options) })
    },
    onSuccess: onDone,
  })
  return (
    <>
      <FormError error={signIn.error} />
      <Button variant="default" loading={signIn.isPending} onClick={() => signIn.mutate()}>
        {t('Use a passkey')}
      </Button>
    </>
  )
}

function CodeForm({ onDone }: { onDone: () => void }) {
  const t = useText()
  const confirm = useChange('console.sign_in.code')
  return (
    <form onSubmit={(event) => confirm.mutate({ code: (valuesOf(event).code ?? '').trim() }, { onSuccess: onDone })}>
      <Stack>
        <TextInput
          name="code"
          label={t('Verification code')}
          description={t('The 6 digits of your authenticator app, or a backup code')}
          autoComplete="one-time-code"
          inputMode="text"
          required
          autoFocus
        />
        <FormError error={confirm.error} />
        <Button type="submit" loading={confirm.isPending}>
          {t('Continue')}
        </Button>
      </Stack>
    </form>
  )
}
