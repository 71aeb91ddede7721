import { Alert, Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import type { Disclosure } from '../../api/generated/operations.ts'
import { REQUEST_TITLES } from '../../api/generated/request_titles.ts'
import { TITLES } from '../../api/generated/titles.ts'
import { useRows } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { download } from '../../parts/download.ts'
import { FormError } from '../../parts/Failure.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Loaded, More } from '../../parts/Loaded.tsx'
import { NoneFound } from '../../parts/NoneFound.tsx'
import { type Column, Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { useApplicationLabel } from '../applications/Applications.tsx'
import { DisclosureFilters } from './DisclosureFilters.tsx'
import { Proofs } from './Proofs.tsx'

type ClassOfData = 'profile' | 'contact' | undefined

/** The ledger of disclosures: of all customers, or of one. */
export function Disclosures() {
  const t = useText()
  const [filters] = useFilters()
  const may = useMay('admin')
  const { customer, application_id, member_id, from, to } = filters
  const wanted = { application_id, member_id, class: filters.class as ClassOfData, from, to }
  const all = useRows('console.disclosures.list', wanted, { enabled: may && !customer })
  const ofOne = useRows(
    'console.disclosures.of_customer',
    { id: customer ?? '', ...wanted },
    { enabled: may && !!customer },
  )
  const entries = customer ? ofOne : all
  const columns = useColumns()
  return (
    <Screen
      title={t('Who saw personal data')}
      about={t(
        'Every time data of customers left the system: to whom, when and why. Nobody can change these entries unnoticed.',
      )}
      least="admin"
      actions={<ExportFile wanted={wanted} />}
    >
      <DisclosureFilters />
      <Classes />
      <Loaded query={entries} empty={<NoneFound text={t('Nobody has seen data of customers yet.')} />}>
        {(rows) => (
          <>
            <Rows label={t('Who saw personal data')} rows={rows} rowKey={({ id }) => id} columns={columns} />
            <More of={entries} />
          </>
        )}
      </Loaded>
      <Proofs />
    </Screen>
  )
}

/** Words of the server that have a text. */
const WORDS = ['api', 'webhook', 'access', 'console', 'contact', 'profile'] as const

function useColumns(): Column<Disclosure>[] {
  const t = useText()
  const label = useApplicationLabel()
  const { seconds, number } = useFormat()
  const language = useLanguage()
  const known = (word: string) =>
    (WORDS as readonly string[]).includes(word) ? t(word as (typeof WORDS)[number]) : word
  const titleOf = (operation: string) => (REQUEST_TITLES[operation] ?? TITLES[operation])?.[language] ?? operation
  return [
    { label: t('When'), cell: ({ created_at }) => <time>{seconds(created_at)}</time> },
    {
      label: t('Who saw it'),
      cell: ({ application_id, application, member, address, channel }) => (
        <>
          {label(application_id, application) ?? member ?? (channel === 'access' ? t('The customer') : '–')}
          <Text size="sm" c="dimmed">
            {address}
          </Text>
        </>
      ),
    },
    {
      label: t('Class of data'),
      cell: (entry) => (
        <Badge variant="outline" color={entry.class === 'contact' ? 'orange' : 'gray'}>
          {known(entry.class)}
        </Badge>
      ),
    },
    { label: t('Customers'), cell: ({ customers }) => number(customers) },
    {
      label: t('What for'),
      cell: ({ purpose, application_id }) => purpose ?? (application_id === null ? '–' : t('Not stated')),
    },
    {
      label: t('How'),
      cell: ({ channel, operation }) => [known(channel), titleOf(operation ?? '')].filter(Boolean).join(' · '),
    },
    { label: t('Number'), cell: ({ id }) => id },
  ]
}

/** Says what each class holds: an entry has the class, and no list of fields. */
function Classes() {
  const t = useText()
  return (
    <Stack gap={2} component="section" aria-label={t('Class of data')}>
      <Text size="sm">
        {t('Contact data: phone number, email, date of birth, address and tax ID, together with the profile.')}
      </Text>
      <Text size="sm">
        {t('Profile: name, customer code, membership, points, spending and visits. No phone number and no address.')}
      </Text>
    </Stack>
  )
}

function ExportFile({ wanted }: { wanted: object }) {
  const t = useText()
  const file = useMutation({
    mutationFn: () => call('console.disclosures.export', wanted),
    onSuccess: ({ csv }) => download('disclosures.csv', 'text/csv', csv),
  })
  return (
    <Stack gap="xs" align="flex-end">
      <Group>
        <Button variant="default" loading={file.isPending} onClick={() => file.mutate()}>
          {t('Export CSV')}
        </Button>
      </Group>
      <FormError error={file.error} />
      {file.data && !file.data.is_complete && (
        <Alert color="yellow" variant="outline" role="status">
          {t('The file has only the newest {rows} rows. Choose a shorter time.', { rows: file.data.rows })}
        </Alert>
      )}
    </Stack>
  )
}
