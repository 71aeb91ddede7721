import { Anchor, Button, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { StoredData } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { reasonText } from '../../language/server_messages.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { Result, useRequestTitle } from '../requests/Requests.tsx'

/** What is stored, by kind and branch, and how data arrives. */
export function DataScreen() {
  const t = useText()
  const data = useRead('console.data.get', {})
  const may = useMay('admin')
  return (
    <Screen
      title={t('Data')}
      about={t('How many records this business has, and how its POS sends them.')}
      actions={
        may && (
          <Button variant="default" component={Link} {...({ to: '/import' } as object)}>
            {t('Import a file')}
          </Button>
        )
      }
    >
      <Loaded query={data}>
        {(found) => (
          <Stack gap="lg">
            <Latest data={found} />
            {/* Export, digest and sandbox follow here. */}
            <Records data={found} />
            <Refused data={found} />
          </Stack>
        )}
      </Loaded>
    </Screen>
  )
}

function Latest({ data: { last_event_at, last_event_type, last_ingest_at, last_ingest_by } }: { data: StoredData }) {
  const t = useText()
  const { time, ago } = useFormat()
  const cards: [label: string, value: string, detail: string][] = [
    [
      t('Last data from the POS'),
      last_ingest_at === null ? t('never') : ago(last_ingest_at),
      last_ingest_at === null
        ? t('No POS has sent data while the request log was kept.')
        : `${time(last_ingest_at)} · ${last_ingest_by ?? '–'}`,
    ],
    [
      t('Last event'),
      last_event_at === null ? t('never') : ago(last_event_at),
      last_event_at === null ? '' : `${time(last_event_at)} · ${last_event_type ?? '–'}`,
    ],
  ]
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      {cards.map(([label, value, detail]) => (
        <Paper key={label} withBorder p="sm">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text size="lg" fw={600}>
            {value}
          </Text>
          <Text size="sm" c="dimmed">
            {detail}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  )
}

type Kind = StoredData['resources'][number]

function Records({ data: { resources } }: { data: StoredData }) {
  const t = useText()
  const language = useLanguage()
  const { number } = useFormat()
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('Records')}
      </Title>
      <Rows
        label={t('Records')}
        rows={resources}
        rowKey={({ resource }) => resource}
        columns={[
          { label: t('Kind of data'), cell: (kind) => kind[language] },
          {
            label: t('Count'),
            cell: ({ records, is_more }) =>
              is_more ? t('more than {count}', { count: number(records) }) : number(records),
          },
          { label: t('By branch'), cell: (kind) => <ByBranch kind={kind} /> },
        ]}
      />
    </Stack>
  )
}

function ByBranch({ kind: { branches } }: { kind: Kind }) {
  const t = useText()
  const { number } = useFormat()
  if (branches.length === 0) return null
  return (
    <details>
      <summary>{t('{count, plural, one {# branch} other {# branches}}', { count: branches.length })}</summary>
      <ul className="plain">
        {branches.map(({ branch_id, branch, records }) => (
          <li key={branch_id ?? ''}>
            {branch ?? branch_id ?? t('Without a branch')}: {number(records)}
          </li>
        ))}
      </ul>
    </details>
  )
}

function Refused({ data: { refused } }: { data: StoredData }) {
  const t = useText()
  const language = useLanguage()
  const { seconds } = useFormat()
  const title = useRequestTitle()
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('Rejected lately')}
      </Title>
      {refused.length === 0 ? (
        <Text c="dimmed">{t('No data was rejected while the request log was kept.')}</Text>
      ) : (
        <>
          <Rows
            label={t('Rejected lately')}
            rows={refused}
            rowKey={({ id }) => id}
            columns={[
              {
                label: t('When'),
                cell: ({ id, created_at }) => (
                  <Anchor component={Link} {...({ to: `/requests/${id}` } as object)}>
                    <time>{seconds(created_at)}</time>
                  </Anchor>
                ),
              },
              { label: t('Application'), cell: ({ application }) => application ?? '–' },
              { label: t('Kind of data'), cell: ({ operation }) => title(operation) },
              { label: t('Result'), cell: (request) => <Result request={request} /> },
              {
                label: t('Reason'),
                cell: ({ reason }) => (
                  <Text size="sm" lineClamp={3}>
                    {reason === null ? '–' : reasonText(reason, language)}
                  </Text>
                ),
              },
            ]}
          />
          <Anchor
            component={Link}
            {...({ to: '/requests', search: { operation: 'ingest', status: 'rejected' } } as object)}
          >
            {t('Show all rejected data')}
          </Anchor>
        </>
      )}
    </Stack>
  )
}
