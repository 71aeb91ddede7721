import { Button, Text } from '@mantine/core'
import { useCallback, useEffect, useRef, useState } from 'react'
import { call, proveWith } from '../api/call.ts'
import { useText } from '../language/text.ts'
import { FormDialog } from '../parts/Dialog.tsx'
import { PasswordField } from '../parts/PasswordField.tsx'
import { answerByPasskey, canUsePasskeys } from '../parts/passkeys.ts'

/** The step-up dialog. It opens when an operation needs a proof of identity, and the operation then runs. */
export function AskForProof() {
  const t = useText()
  const [isOpen, setOpen] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  const waiting = useRef<((proved: boolean) => void) | null>(null)
  const end = useCallback((proved: boolean) => {
    waiting.current?.(proved)
    waiting.current = null
    setOpen(false)
  }, [])
  useEffect(
    () =>
      proveWith(() => {
        waiting.current?.(false)
        setError(null)
        setOpen(true)
        return new Promise((resolve) => {
          waiting.current = resolve
        })
      }),
    [],
  )
  const prove = async (give: () => Promise<unknown>) => {
    setBusy(true)
    try {
      await give()
      end(true)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  // Made when it opens, so that it stands above a dialog that is open already.
  if (!isOpen) return null
  return (
    <FormDialog
      title={t('Confirm that it is you')}
      action={t('Confirm')}
      isOpen
      onClose={() => end(false)}
      onSubmit={({ password = '' }) => void prove(() => call('console.proof', { password }))}
      error={error}
      isBusy={isBusy}
    >
      <Text size="sm">{t('This action needs your password again. For the next 10 minutes you are not asked.')}</Text>
      <PasswordField name="password" label={t('Password')} autoComplete="current-password" required data-autofocus />
      {canUsePasskeys() && (
        <Button variant="default" disabled={isBusy} onClick={() => void prove(proveByPasskey)}>
          {t('Use a passkey')}
        </Button>
      )}
    </FormDialog>
  )
}

async function proveByPasskey(): Promise<void> {
  const { options } = await call('console.proof.passkey_options', {})
  await call('console.proof.passkey', { answer: await answerByPasskey(options) })
}
