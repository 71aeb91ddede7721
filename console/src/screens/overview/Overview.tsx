import { Alert, Anchor, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Activity, Figures } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Chart, COLORS } from '../../parts/charts/Chart.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { useMilliseconds } from '../../parts/use_milliseconds.ts'
import { useApplicationLabel } from '../applications/Applications.tsx'
import { AttentionList } from './AttentionList.tsx'

/** What applications did today and in 30 days, and what needs attention. */
export function Overview() {
  const t = useText()
  const figures = useRead('console.figures.get', {})
  const activity = useRead('console.activity.list', {})
  return (
    <Screen
      title={t('Overview')}
      about={t(
        'How applications used the data of your shop, today and in the last 30 days. One request is one time that an application read or sent data.',
      )}
    >
      {/* If the server is out of order, one message says so. */}
      {!figures.error && <AttentionList />}
      <Loaded query={figures}>
        {(found) => (
          <Stack gap="lg">
            <Unlogged count={found.total[0]?.unlogged ?? 0} />
            <Totals figures={found} activity={activity.data} />
            {(found.total[0]?.requests ?? 0) > 0 ? <RequestCharts figures={found} /> : <NoRequests />}
          </Stack>
        )}
      </Loaded>
      {!figures.error && <Loaded query={activity}>{(days) => <ActivityChart days={days} />}</Loaded>}
      {figures.data && figures.data.applications.length > 0 && <ByApplication figures={figures.data} />}
    </Screen>
  )
}

function NoRequests() {
  const t = useText()
  return (
    <Paper withBorder p="xl">
      <Text c="dimmed" ta="center">
        {t('No application has used the data in the last 30 days.')}{' '}
        <Anchor component={Link} {...({ to: '/applications' } as object)}>
          {t('Show the applications')}
        </Anchor>
      </Text>
    </Paper>
  )
}

/** Says so if the log does not have every request. */
function Unlogged({ count }: { count: number }) {
  const t = useText()
  if (count === 0) return null
  return (
    <Alert color="yellow" variant="outline">
      {t(
        'The request log lacks {count, plural, one {# request} other {# requests}} that are counted here, because too many came at once.',
        {
          count,
        },
      )}
    </Alert>
  )
}

function Totals({ figures, activity }: { figures: Figures; activity: Activity[] | undefined }) {
  const t = useText()
  const { number } = useFormat()
  const ms = useMilliseconds()
  const [today, total] = [figures.today[0], figures.total[0]]
  const sum = (name: 'events' | 'deliveries', days: Activity[]) => days.reduce((all, day) => all + day[name], 0)
  const counted = (name: 'events' | 'deliveries'): [string, string] =>
    activity ? [number(sum(name, activity.slice(-1))), number(sum(name, activity))] : ['…', '…']
  const cards: [label: string, today: string, total: string][] = [
    [t('Requests'), number(today?.requests ?? 0), number(total?.requests ?? 0)],
    [t('Failed requests'), number(today?.errors ?? 0), number(total?.errors ?? 0)],
    [t('Usual response time'), ms(today?.p50_ms ?? null), ms(total?.p50_ms ?? null)],
    [t('19 of 20 responses within'), ms(today?.p95_ms ?? null), ms(total?.p95_ms ?? null)],
    [t('Notifications sent (webhooks)'), ...counted('deliveries')],
    [t('Changes of data'), ...counted('events')],
  ]
  return (
    <SimpleGrid component="section" aria-label={t('Totals')} cols={{ base: 2, md: 3, xl: 6 }} spacing="sm">
      {cards.map(([label, ofToday, ofAll]) => (
        <Paper key={label} withBorder p="sm">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text size="xl" fw={600}>
            {ofToday}
          </Text>
          <Text size="sm" c="dimmed">
            {t('today; in 30 days: {value}', { value: ofAll })}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  )
}

function RequestCharts({ figures }: { figures: Figures }) {
  const t = useText()
  const { dayOfMonth, number } = useFormat()
  const ms = useMilliseconds()
  const points = figures.days.map(({ day, requests, errors, p50_ms, p95_ms }) => ({
    ...{ x: dayOfMonth(day), good: requests - errors, bad: errors },
    ...{ p50: p50_ms === null ? null : Number(p50_ms), p95: p95_ms === null ? null : Number(p95_ms) },
  }))
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <Chart
        title={t('Requests by day')}
        of={t('Day')}
        points={points}
        series={[
          { name: 'good', label: t('Successful'), color: COLORS.good },
          { name: 'bad', label: t('Failed'), color: COLORS.bad },
        ]}
        shown={number}
      />
      <Chart
        title={t('Response time by day (1,000 milliseconds are one second)')}
        of={t('Day')}
        points={points}
        series={[
          { name: 'p50', label: t('Usual response time'), color: COLORS.good, isLine: true },
          { name: 'p95', label: t('19 of 20 responses within'), color: COLORS.other, isLine: true },
        ]}
        shown={ms}
      />
    </SimpleGrid>
  )
}

function ActivityChart({ days }: { days: Activity[] }) {
  const t = useText()
  const { dayOfMonth, number } = useFormat()
  const points = days.map(({ day, events, deliveries, undelivered }) => ({
    ...{ x: dayOfMonth(day), events, good: deliveries - undelivered, bad: undelivered },
  }))
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <Chart
        title={t('Changes of data by day')}
        of={t('Day')}
        points={points}
        series={[{ name: 'events', label: t('Changes of data'), color: COLORS.good }]}
        shown={number}
      />
      <Chart
        title={t('Notifications by day (webhooks)')}
        of={t('Day')}
        points={points}
        series={[
          { name: 'good', label: t('Delivered'), color: COLORS.good },
          { name: 'bad', label: t('Not delivered'), color: COLORS.bad },
        ]}
        shown={number}
      />
    </SimpleGrid>
  )
}

function ByApplication({ figures }: { figures: Figures }) {
  const t = useText()
  const label = useApplicationLabel()
  const { number } = useFormat()
  const ms = useMilliseconds()
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('Requests by application, 30 days')}
      </Title>
      <Rows
        label={t('Requests by application, 30 days')}
        rows={figures.applications}
        rowKey={({ application_id }) => application_id}
        columns={[
          {
            label: t('Application'),
            cell: ({ application_id, application }) => (
              <Anchor component={Link} {...({ to: `/applications/${application_id}` } as object)}>
                {label(application_id, application)}
              </Anchor>
            ),
          },
          { label: t('Requests'), cell: ({ requests }) => number(requests) },
          { label: t('Failed'), cell: ({ errors }) => number(errors) },
          { label: t('Refused: too many at once'), cell: ({ rate_limited }) => number(rate_limited) },
          { label: t('19 of 20 responses within'), cell: ({ p95_ms }) => ms(p95_ms) },
        ]}
      />
    </Stack>
  )
}
