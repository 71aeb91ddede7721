import { Alert, Anchor, Stack } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { LoggedRequest } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { reasonText } from '../../language/server_messages.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { FactTable } from '../../parts/FactTable.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { useMilliseconds } from '../../parts/use_milliseconds.ts'
import { useApplicationLabel } from '../applications/Applications.tsx'
import { Result, useRequestTitle } from './Requests.tsx'

/** One request in full. */
export function RequestScreen() {
  const t = useText()
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const request = useRead('console.requests.get', { id })
  return (
    <Screen title={t('A request')}>
      <Anchor className="standalone" component={Link} {...({ to: '/requests' } as object)}>
        {t('Back to the request log')}
      </Anchor>
      <Loaded query={request}>
        {(one) => (
          <Stack gap="lg">
            <Explained request={one} />
            <Facts request={one} />
          </Stack>
        )}
      </Loaded>
    </Screen>
  )
}

function Facts({ request }: { request: LoggedRequest }) {
  const t = useText()
  const label = useApplicationLabel()
  const language = useLanguage()
  const { seconds } = useFormat()
  const ms = useMilliseconds()
  const title = useRequestTitle()
  const { application, application_id, operation, method, path, query, error, reason, address, request_id } = request
  const facts: [string, ReactNode][] = [
    [t('When'), seconds(request.created_at)],
    [
      t('Application'),
      <Anchor key="application" component={Link} {...({ to: `/applications/${application_id}` } as object)}>
        {label(application_id, application)}
      </Anchor>,
    ],
    [t('Request'), title(operation)],
    [t('Path'), `${method} ${path}`],
    [t('Parameters'), query?.split('&').join(' · ') ?? t('none')],
    [t('Result'), <Result key="result" request={request} />],
    ...(error === null ? [] : [[t('Error code'), error] as [string, ReactNode]]),
    ...(reason === null ? [] : [[t('Reason'), reasonText(reason, language)] as [string, ReactNode]]),
    [t('Duration'), ms(request.duration_ms)],
    [t('Client address'), address ?? t('Only admins and owners see it.')],
    [t('Request ID'), request_id],
  ]
  return <FactTable facts={facts} />
}

/** Says in words why a request failed. */
function Explained({ request: { error, status } }: { request: LoggedRequest }) {
  const t = useText()
  const WORDS: Record<string, string> = {
    invalid_request: t(
      'The application sent something that this request does not allow. Its developer must correct it.',
    ),
    invalid_client: t('The secret was wrong or revoked. The application needs a secret that is valid.'),
    invalid_token: t(
      'The application must get a new token. If its secret or the application was revoked, it gets none.',
    ),
    insufficient_scope: t('The application may not see this. Grant it the permission if it needs it.'),
    branch_not_allowed: t('The application may not see this branch.'),
    rate_limit_exceeded: t(
      'The application sent more requests than its rate limit allows. It must wait, and then continues.',
    ),
    not_found: t('This record does not exist, or the application may not see it.'),
    temporarily_unavailable: t('This server was too busy. The application must try again.'),
    server_error: t('This server had a problem. Whoever runs it finds the reason in its log by the request ID.'),
  }
  const words = status === null ? t('The connection was lost before the response.') : WORDS[error ?? '']
  if (!words) return null
  return (
    <Alert color={status !== null && status < 500 ? 'yellow' : 'red'} variant="outline">
      {words}
    </Alert>
  )
}
