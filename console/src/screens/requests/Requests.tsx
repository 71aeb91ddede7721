import { Anchor, Badge, Group, NativeSelect, Text, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Calls, LoggedRequest } from '../../api/generated/operations.ts'
import { REQUEST_TITLES } from '../../api/generated/request_titles.ts'
import { useRead, useRows } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import type { MessageKey } from '../../language/messages.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { DateField } from '../../parts/DateField.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Loaded, More } from '../../parts/Loaded.tsx'
import { NoneFound } from '../../parts/NoneFound.tsx'
import { type Column, Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { useMilliseconds } from '../../parts/use_milliseconds.ts'
import { useApplicationLabel } from '../applications/Applications.tsx'

type Status = Calls['console.requests.list']['input']['status']

/** The log of requests. */
export function Requests() {
  const t = useText()
  const [{ application_id, operation, status, request_id, from, to }] = useFilters()
  const wanted = { application_id, operation, status: status as Status, request_id, from, to }
  const requests = useRows('console.requests.list', wanted)
  const columns = useRequestColumns()
  return (
    <Screen
      title={t('Request log')}
      about={t(
        'The requests of applications, at most of the last 90 days. What they searched for and sent is not kept.',
      )}
    >
      <RequestFilters />
      <Loaded query={requests} empty={<NoneFound text={t('No application has sent a request yet.')} />}>
        {(rows) => (
          <>
            <Rows label={t('Request log')} rows={rows} rowKey={({ id }) => id} columns={columns} />
            <More of={requests} />
          </>
        )}
      </Loaded>
    </Screen>
  )
}

/** Returns a function that says what an operation does. */
export function useRequestTitle(): (operation: string | null) => string {
  const t = useText()
  const language = useLanguage()
  return (operation) => (operation ? (REQUEST_TITLES[operation]?.[language] ?? operation) : t('Unknown path'))
}

export function useRequestColumns({ withApplication = true } = {}): Column<LoggedRequest>[] {
  const t = useText()
  const { seconds } = useFormat()
  const ms = useMilliseconds()
  const title = useRequestTitle()
  const label = useApplicationLabel()
  return [
    {
      label: t('When'),
      cell: ({ id, created_at }) => (
        <Anchor component={Link} {...({ to: `/requests/${id}` } as object)}>
          <time>{seconds(created_at)}</time>
        </Anchor>
      ),
    },
    ...(withApplication
      ? [
          {
            label: t('Application'),
            cell: ({ application, application_id }: LoggedRequest) => (
              <Text size="sm" lineClamp={2} maw={{ sm: 240 }}>
                {label(application_id, application)}
              </Text>
            ),
          },
        ]
      : []),
    {
      label: t('Request'),
      cell: ({ operation, method, path }) => (
        <>
          {title(operation)}
          <Text size="sm" c="dimmed">
            {method} {path}
          </Text>
        </>
      ),
    },
    { label: t('Result'), cell: (request) => <Result request={request} /> },
    { label: t('Duration'), cell: ({ duration_ms }) => ms(duration_ms) },
  ]
}

/** What an error word means; the screen of one request says more. */
const ERROR_WORDS: Record<string, MessageKey> = {
  invalid_request: 'not a valid request',
  unsupported_grant_type: 'not a valid request',
  unsupported_media_type: 'not a valid request',
  method_not_allowed: 'not a valid request',
  payload_too_large: 'too much data at once',
  conflict: 'another change came first',
  invalid_token: 'token expired, revoked or wrong, or application paused',
  invalid_scope: 'not permitted',
  rate_limit_exceeded: 'over the rate limit',
  not_found: 'nothing found',
  insufficient_scope: 'not permitted',
  branch_not_allowed: 'not permitted',
  invalid_client: 'wrong secret, or application paused',
  server_error: 'this server had a problem',
  temporarily_unavailable: 'the server was too busy',
}

/** The status, and the error in some words. */
export function Result({ request: { status, error } }: { request: Pick<LoggedRequest, 'status' | 'error'> }) {
  const t = useText()
  const words = ERROR_WORDS[error ?? '']
  const color = status === null || status >= 500 ? 'red' : status >= 400 ? 'orange' : 'gray'
  return (
    <>
      <Badge variant="outline" color={color}>
        {status ?? t('connection lost')}
      </Badge>
      {error !== null && <Text size="sm">{words === undefined ? error : t(words)}</Text>}
    </>
  )
}

function RequestFilters() {
  const t = useText()
  const language = useLanguage()
  const [filters, change] = useFilters()
  const applications = useRead('console.applications.list', {})
  const labelOf = useApplicationLabel()
  const choices = (applications.data ?? []).map(({ id, name }) => ({ value: id, label: labelOf(id, name) ?? name }))
  const operations = Object.entries(REQUEST_TITLES).map(([id, title]) => ({ value: id, label: title[language] }))
  const statuses = [
    { value: '', label: t('All results') },
    { value: 'ok', label: t('Successful') },
    { value: 'partly', label: t('Accepted in part') },
    { value: 'rejected', label: t('Failed, or accepted in part') },
    { value: 'error', label: t('Failed') },
    { value: 'client_error', label: t('Failed: the application was wrong (400–499)') },
    { value: 'rate_limited', label: t('Failed: rate limit (429)') },
    { value: 'server_error', label: t('Failed: this server had a problem (500–599)') },
    { value: 'lost', label: t('connection lost') },
  ]
  const select = (name: string, label: string, data: { value: string; label: string }[]) => (
    <NativeSelect
      label={label}
      value={filters[name] ?? ''}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      data={data}
      // The longest choice must not set the width.
      w={{ sm: 240 }}
    />
  )
  return (
    <search aria-label={t('Filters')}>
      <Group align="flex-end">
        {select('application_id', t('Application'), [{ value: '', label: t('All applications') }, ...choices])}
        {select('operation', t('Request'), [
          { value: '', label: t('All requests') },
          { value: 'ingest', label: t('All data sent') },
          ...operations,
        ])}
        {select('status', t('Result'), statuses)}
        <TextInput
          key={filters.request_id ?? ''}
          label={t('Request ID')}
          description={t('The header X-Request-Id of a response')}
          defaultValue={filters.request_id ?? ''}
          onBlur={(event) => change({ request_id: event.currentTarget.value.trim() })}
          onKeyDown={(event) => {
            if (event.key === 'Enter') change({ request_id: event.currentTarget.value.trim() })
          }}
        />
        {(['from', 'to'] as const).map((name) => (
          <DateField
            key={name}
            label={name === 'from' ? t('From') : t('To')}
            value={filters[name]}
            onChange={(day) => change({ [name]: day })}
          />
        ))}
      </Group>
    </search>
  )
}
