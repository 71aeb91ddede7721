import { Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { encode } from 'uqr'
import { call } from '../../api/call.ts'
import type { SecondFactor } from '../../api/generated/operations.ts'
import { useChange } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { Copyable } from '../../parts/Copyable.tsx'
import { FormDialog } from '../../parts/Dialog.tsx'
import { PasswordField } from '../../parts/PasswordField.tsx'

/** Sets up an authenticator app: the password, then the QR code and a first code. */
export function SetUpApp({ onClose }: { onClose: () => void }) {
  const t = useText()
  // Not `useChange`: until the code is confirmed, nothing has changed.
  const start = useMutation({ mutationFn: (password: string) => call('console.second_factor.set_up', { password }) })
  const confirm = useChange('console.second_factor.confirm')
  if (start.data)
    return (
      <FormDialog
        title={t('Set up authenticator app')}
        action={t('Confirm')}
        isOpen
        onClose={onClose}
        error={confirm.error}
        isBusy={confirm.isPending}
        onSubmit={({ code = '' }) => confirm.mutate({ code: code.trim() }, { onSuccess: onClose })}
      >
        <Secrets made={start.data} />
        <TextInput
          name="code"
          label={t('Verification code')}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
        />
      </FormDialog>
    )
  return (
    <FormDialog
      title={t('Set up authenticator app')}
      action={t('Continue')}
      isOpen
      onClose={onClose}
      error={start.error}
      isBusy={start.isPending}
      onSubmit={({ password = '' }) => start.mutate(password)}
    >
      <PasswordField name="password" label={t('Password')} autoComplete="current-password" required data-autofocus />
    </FormDialog>
  )
}

function Secrets({ made: { uri, backup_codes } }: { made: SecondFactor }) {
  const t = useText()
  return (
    <>
      <Text size="sm">{t('Scan this code with your authenticator app, then type the 6 digits that it shows.')}</Text>
      <QrCode text={uri} label={t('QR code for the authenticator app')} />
      <Text size="sm">{t('Without a camera, type this key into the app')}</Text>
      <Copyable
        label={t('Without a camera, type this key into the app')}
        text={new URL(uri).searchParams.get('secret') ?? uri}
      />
      <Text size="sm">
        {t('Keep these codes in a safe place. Each works once, if you lose your phone. They are shown only now.')}
      </Text>
      <Copyable label={t('Backup codes')} text={backup_codes.join('\n')} />
    </>
  )
}

function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2 })
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} width={200} height={200}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
