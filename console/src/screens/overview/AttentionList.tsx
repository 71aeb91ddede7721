import { Alert, Anchor, Paper, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Attention } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'

/** More would hide the screen below. */
const SHOWN = 8

/** What needs attention: in words, with a link to where it is settled. */
export function AttentionList() {
  const t = useText()
  const items = useRead('console.attention.list', {})
  const words = useWords()
  return (
    <Paper component="section" withBorder p="md" aria-label={t('Needs attention')}>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {t('Needs attention')}
        </Title>
        <Loaded query={items}>
          {(all) => (
            <>
              {all.length === 0 && <Text c="dimmed">{t('Nothing needs your attention.')}</Text>}
              {all.slice(0, SHOWN).map((item) => (
                <Alert
                  key={`${item.kind} ${item.subject_id} ${item.since}`}
                  color={item.kind.startsWith('webhook') || item.kind === 'request_due' ? 'red' : 'yellow'}
                  variant="outline"
                  p="xs"
                >
                  <Text size="sm">{words(item)}</Text>
                  <Anchor className="standalone" size="sm" component={Link} {...placeOf(item)}>
                    {t('Look at it')}
                    <span className="only-spoken">: {words(item)}</span>
                  </Anchor>
                </Alert>
              ))}
              {all.length > SHOWN && <Text c="dimmed">{t('And {count} more.', { count: all.length - SHOWN })}</Text>}
            </>
          )}
        </Loaded>
      </Stack>
    </Paper>
  )
}

function placeOf({ kind, subject_id }: Attention): object {
  switch (kind) {
    case 'webhook_failing':
    case 'webhook_stopped':
      return { to: `/webhooks/${subject_id}` }
    case 'rate_limited':
      return { to: '/requests', search: { application_id: subject_id, status: 'rate_limited' } }
    case 'log_incomplete':
      return { to: '/requests', search: { application_id: subject_id } }
    case 'request_due':
      return { to: '/rights' }
    default:
      return { to: `/applications/${subject_id}` }
  }
}

function useWords(): (item: Attention) => string {
  const t = useText()
  const { time, day, ago } = useFormat()
  return ({ kind, name, since, count, lost_from }) => {
    const values = { name: name ?? '–', count, since: since === null ? t('never') : ago(since) }
    switch (kind) {
      case 'webhook_failing':
        return t('Notifications to {name} have failed since {at}. Tell whoever runs that address.', {
          ...values,
          at: since ? time(since) : '–',
        })
      case 'webhook_stopped':
        return t(
          'Notifications to {name} were stopped, because they failed for days. Resume them when the address works again.',
          values,
        )
      case 'rate_limited':
        return t(
          '{name} asked too often: {count, plural, one {# request was} other {# requests were}} refused within a day. Ask whoever runs it to send fewer, or raise its requests per second.',
          values,
        )
      case 'contact_data_unused':
        return t(
          '{name} may see contact data of customers, and has not used it for 30 days. Take it back if nobody needs it.',
          values,
        )
      case 'secret_unused':
        return t('A secret (password) of {name} has not been used for 30 days. Revoke it if nobody needs it.', values)
      case 'secret_old':
        return t('A secret (password) of {name} is older than a year. Replace it with a new one.', values)
      case 'request_due':
        return t('A customer waits for an answer about their data. Time limit: {since}.', values)
      case 'paused_long': {
        const pause = t('{name} was paused {since}. Resume it, or revoke it if nobody needs it.', values)
        return lost_from === null
          ? pause
          : `${pause} ${t('Events that wait for it are deleted from {at} on.', { at: day(lost_from) })}`
      }
      case 'log_incomplete':
        return t('{name} sent so many requests that {count} of them are not in the request log.', values)
      default:
        return kind
    }
  }
}
