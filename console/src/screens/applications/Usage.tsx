import { Anchor, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Figures } from '../../api/generated/operations.ts'
import { useRead, useRows } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Chart, COLORS } from '../../parts/charts/Chart.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { useMilliseconds } from '../../parts/use_milliseconds.ts'
import { useRequestColumns, useRequestTitle } from '../requests/Requests.tsx'

/** What an application did in 30 days: by day, by endpoint, and its last requests. */
export function Usage({ applicationId }: { applicationId: string }) {
  const t = useText()
  const figures = useRead('console.figures.get', { application_id: applicationId })
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('Usage in 30 days')}
      </Title>
      <Loaded query={figures}>
        {(found) =>
          (found.total[0]?.requests ?? 0) === 0 ? (
            <Text c="dimmed">{t('It has sent no request in 30 days.')}</Text>
          ) : (
            <Stack gap="lg">
              <ByDay figures={found} />
              <ByEndpoint figures={found} />
              <LastRequests applicationId={applicationId} />
            </Stack>
          )
        }
      </Loaded>
    </Stack>
  )
}

function ByDay({ figures }: { figures: Figures }) {
  const t = useText()
  const { dayOfMonth, number } = useFormat()
  const points = figures.days.map(({ day, requests, errors }) => ({
    ...{ x: dayOfMonth(day), good: requests - errors, bad: errors },
  }))
  return (
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
  )
}

function ByEndpoint({ figures }: { figures: Figures }) {
  const t = useText()
  const { number, day } = useFormat()
  const ms = useMilliseconds()
  const title = useRequestTitle()
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        {t('By endpoint')}
      </Title>
      <Rows
        label={t('By endpoint')}
        rows={figures.operations}
        rowKey={({ operation }) => operation}
        columns={[
          { label: t('Request'), cell: ({ operation }) => title(operation) },
          { label: t('Requests'), cell: ({ requests }) => number(requests) },
          { label: t('Failed'), cell: ({ errors }) => number(errors) },
          { label: t('19 of 20 responses within'), cell: ({ p95_ms }) => ms(p95_ms) },
        ]}
      />
      <details>
        <summary>{t('By day and endpoint')}</summary>
        <Rows
          label={t('By day and endpoint')}
          rows={figures.operations_by_day.toReversed()}
          rowKey={(row) => `${row.day} ${row.operation}`}
          columns={[
            { label: t('Day'), cell: (row) => day(row.day) },
            { label: t('Request'), cell: ({ operation }) => title(operation) },
            { label: t('Requests'), cell: ({ requests }) => number(requests) },
            { label: t('Failed'), cell: ({ errors }) => number(errors) },
          ]}
        />
      </details>
    </Stack>
  )
}

const LAST = 10

function LastRequests({ applicationId }: { applicationId: string }) {
  const t = useText()
  const requests = useRows('console.requests.list', { application_id: applicationId, limit: LAST })
  const columns = useRequestColumns({ withApplication: false })
  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        {t('Last requests')}
      </Title>
      <Loaded query={requests}>
        {(rows) => (
          <Rows label={t('Last requests')} rows={rows.slice(0, LAST)} rowKey={({ id }) => id} columns={columns} />
        )}
      </Loaded>
      <Anchor component={Link} {...({ to: '/requests', search: { application_id: applicationId } } as object)}>
        {t('Show all its requests')}
      </Anchor>
    </Stack>
  )
}
