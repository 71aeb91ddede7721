import { Alert, Anchor, Button, Group, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { CallError } from '../api/call.ts'
import { serverText } from '../language/server_messages.ts'
import { type Language, type Text as Translate, useLanguage, useText } from '../language/text.ts'
import { fieldName } from './field_names.ts'
import { PasskeyStopped } from './passkeys.ts'

/** Says what went wrong in the language of the member. */
function messageOf(error: unknown, t: Translate, language: Language): string {
  if (error instanceof PasskeyStopped) return t('The passkey was not used. Try again, or use your password.')
  if (!(error instanceof CallError)) return t('Something went wrong')
  const { code, status, message, retryAfterSeconds } = error
  if (status === 0) return t('The server does not answer. Check your internet connection, then try again.')
  switch (code) {
    case 'invalid_request':
      return error.details
        .map(({ field, message }) => `${fieldName(field, t)} ${serverText(message, language)}`)
        .join(' · ')
    case 'invalid_credentials':
      return t('Email address, password or code is wrong.')
    case 'invalid_session':
      return t('You are signed out. Sign in again, then try again here.')
    case 'insufficient_role':
      return t('Your role does not allow this')
    case 'proof_required':
      return t('This needs your password.')
    case 'rate_limit_exceeded':
      return t('Too many requests. Try again in {seconds} seconds.', { seconds: retryAfterSeconds ?? 60 })
    case 'not_found':
      return t('It may have been deleted, or it belongs to another business.')
    case 'conflict':
      return t('This is not possible: {message}', { message: serverText(message, language) })
    case 'payload_too_large':
    case 'unsupported_media_type':
      return serverText(message, language)
    default:
      return t('The server has a problem. Please try again later.')
  }
}

/** Returns a function that says what is wrong with a field, for the `error` of its input. */
export function useFieldMistake(error: unknown): (field: string) => string | undefined {
  const language = useLanguage()
  const details = error instanceof CallError && error.code === 'invalid_request' ? error.details : []
  return (field) => {
    const detail = details.find((one) => one.field === field)
    return detail && serverText(detail.message, language)
  }
}

/** Leads to the sign-in in another tab, so that nothing on this page is lost. */
function SignInAgain({ error }: { error: unknown }) {
  const t = useText()
  if (!(error instanceof CallError) || error.code !== 'invalid_session') return null
  return (
    <Anchor className="standalone" size="sm" href="/console/sign-in" target="_blank">
      {t('Sign in in a new tab')}
    </Anchor>
  )
}

/** An error below a form or a button. It is announced when it appears. */
export function FormError({ error }: { error: unknown }) {
  const t = useText()
  const language = useLanguage()
  const alert = useRef<HTMLDivElement>(null)
  // A long form ends below the window.
  useEffect(() => {
    if (error) alert.current?.scrollIntoView({ block: 'nearest' })
  }, [error])
  if (!error) return null
  return (
    <Alert ref={alert} color="red" variant="outline" role="alert">
      {messageOf(error, t, language)} <SignInAgain error={error} />
    </Alert>
  )
}

/** An error instead of a screen or of a part of it. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useText()
  const language = useLanguage()
  const failed = error instanceof CallError ? error : null
  const title =
    failed?.status === 0
      ? t('No connection')
      : failed?.code === 'not_found'
        ? t('Not found')
        : failed?.code === 'insufficient_role'
          ? t('Your role does not allow this')
          : failed?.code === 'invalid_session'
            ? t('You are signed out')
            : t('Something went wrong')
  return (
    <Alert color="red" variant="outline" title={title} role="alert">
      <Text size="sm">{messageOf(error, t, language)}</Text>
      <SignInAgain error={error} />
      {failed?.requestId && failed.code !== 'invalid_session' && (
        <Text size="xs" c="dimmed" mt={4}>
          {t('Request ID: {id}', { id: failed.requestId })}
        </Text>
      )}
      {onRetry && failed?.code !== 'insufficient_role' && (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={onRetry}>
            {t('Try again')}
          </Button>
        </Group>
      )}
    </Alert>
  )
}
