import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/use_call.ts'
import { useAccount } from '../../frame/account.ts'
import { useText } from '../../language/text.ts'
import { FormDialog, valuesOf } from '../../parts/Dialog.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { PasswordField } from '../../parts/PasswordField.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { NewPassword } from '../sign_in/ChoosePassword.tsx'
import { Part } from './Part.tsx'
import { Passkeys } from './Passkeys.tsx'
import { SetUpApp } from './SetUpApp.tsx'

/** The account of the member who is signed in. */
export function AccountScreen() {
  const t = useText()
  return (
    <Screen title={t('Account')} about={t('Your name, and how you sign in.')}>
      <NameForm />
      <PasswordChange />
      <SecondFactor />
      <Passkeys />
    </Screen>
  )
}

const Saved = ({ text }: { text: string }) => (
  <Alert color="teal" variant="outline" role="status">
    {text}
  </Alert>
)

function NameForm() {
  const t = useText()
  const { name, email } = useAccount()
  const update = useChange('console.me.update')
  return (
    <Part title={t('Name')}>
      <form onSubmit={(event) => update.mutate({ name: valuesOf(event).name })}>
        <Stack>
          <TextInput label={t('Email address')} value={email} readOnly />
          <TextInput name="name" label={t('Your name')} defaultValue={name} maxLength={100} required />
          <FormError error={update.error} />
          {update.isSuccess && <Saved text={t('Saved')} />}
          <Group>
            <Button type="submit" loading={update.isPending}>
              {t('Save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Part>
  )
}

function PasswordChange() {
  const t = useText()
  const change = useChange('console.password.change')
  return (
    <Part title={t('Password')}>
      <form
        onSubmit={(event) => {
          const form = event.currentTarget
          const { current_password = '', new_password = '' } = valuesOf(event)
          change.mutate({ current_password, new_password }, { onSuccess: () => form.reset() })
        }}
      >
        <Stack>
          <PasswordField
            name="current_password"
            label={t('Current password')}
            autoComplete="current-password"
            required
          />
          <NewPassword name="new_password" />
          <FormError error={change.error} />
          {change.isSuccess && <Saved text={t('Your password is changed. Your other sessions are signed out.')} />}
          <Group>
            <Button type="submit" loading={change.isPending}>
              {t('Change password')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Part>
  )
}

function SecondFactor() {
  const t = useText()
  const { has_second_factor } = useAccount()
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <Part title={t('Authenticator app')}>
      <Text size="sm">
        {has_second_factor
          ? t('The authenticator app is on.')
          : t(
              'After your password, the console asks for a code from an app on your phone. Whoever learns your password still cannot sign in.',
            )}
      </Text>
      <Group>
        <Button variant="default" onClick={() => setOpen(true)}>
          {has_second_factor ? t('Remove authenticator app') : t('Set up authenticator app')}
        </Button>
      </Group>
      {isOpen && (has_second_factor ? <RemoveApp onClose={close} /> : <SetUpApp onClose={close} />)}
    </Part>
  )
}

function RemoveApp({ onClose }: { onClose: () => void }) {
  const t = useText()
  const remove = useChange('console.second_factor.remove')
  return (
    <FormDialog
      title={t('Remove authenticator app')}
      action={t('Remove')}
      color="red"
      isOpen
      onClose={onClose}
      error={remove.error}
      isBusy={remove.isPending}
      onSubmit={({ password = '' }) => remove.mutate({ password }, { onSuccess: onClose })}
    >
      <PasswordField name="password" label={t('Password')} autoComplete="current-password" required data-autofocus />
    </FormDialog>
  )
}
