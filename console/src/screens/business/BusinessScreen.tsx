import { Alert, Button, Group, NativeSelect, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import type { BusinessSettings } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { type Text as Translate, useLanguage, useText } from '../../language/text.ts'
import { valuesOf } from '../../parts/Dialog.tsx'
import { download } from '../../parts/download.ts'
import { FactTable } from '../../parts/FactTable.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'

export function BusinessScreen() {
  const t = useText()
  const isAdmin = useMay('admin')
  const isOwner = useMay('owner')
  const settings = useRead('console.business.get', {})
  return (
    <Screen
      title={t('Business')}
      about={t('The name of the business, how days are counted, and what the law wants to know.')}
    >
      <Loaded query={settings}>
        {(found) => (
          <>
            {isOwner ? <BusinessForm settings={found} /> : <BusinessFacts settings={found} />}
            <RetentionRows settings={found} />
          </>
        )}
      </Loaded>
      {/* If the server is out of order, one message says so. */}
      {settings.data && <BranchRows />}
      {isAdmin && <ProcessingRecord />}
    </Screen>
  )
}

const LANGUAGES: Record<string, string> = { th: 'ไทย', en: 'English' }
const REQUESTS_KEPT_DAYS = { min: 7, max: 90 }

/** The same for members who cannot change it. */
function BusinessFacts({ settings }: { settings: BusinessSettings }) {
  const t = useText()
  const { number } = useFormat()
  const { name, time_zone, day_starts_at, currency, language, requests_kept_days } = settings
  return (
    <FactTable
      facts={[
        [t('Business name'), name],
        [t('Time zone'), time_zone],
        [t('Start of the business day'), day_starts_at],
        [t('Currency'), currency],
        [t('Language of new members and of pages for customers'), LANGUAGES[language] ?? language],
        [t('Days that the request log is kept'), number(requests_kept_days)],
      ]}
    />
  )
}

function BusinessForm({ settings }: { settings: BusinessSettings }) {
  const t = useText()
  const update = useChange('console.business.update')
  return (
    <Paper withBorder p="lg" maw={560}>
      <form
        onSubmit={(event) => {
          const { name = '', language, requests_kept_days } = valuesOf(event)
          update.mutate({
            ...{ name, language: language === 'en' ? 'en' : 'th' },
            requests_kept_days: Number(requests_kept_days),
          })
        }}
      >
        <Stack>
          <TextInput name="name" label={t('Business name')} defaultValue={settings.name} maxLength={200} required />
          <TextInput label={t('Time zone')} value={settings.time_zone} readOnly />
          <TextInput
            label={t('Start of the business day')}
            description={t(
              'For a shop that is open past midnight: sales before this time count for the day before. It was set when the business was created.',
            )}
            value={settings.day_starts_at}
            readOnly
          />
          <TextInput label={t('Currency')} value={settings.currency} readOnly />
          <NativeSelect
            name="language"
            label={t('Language of new members and of pages for customers')}
            description={t('Each member can choose another one for the console.')}
            defaultValue={settings.language}
            data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          />
          <TextInput
            type="number"
            name="requests_kept_days"
            label={t('Days that the request log is kept')}
            description={t(
              'From 7 to 90. Older requests disappear from the log at once and are deleted within an hour.',
            )}
            defaultValue={settings.requests_kept_days}
            {...REQUESTS_KEPT_DAYS}
            required
          />
          <FormError error={update.error} />
          {update.isSuccess && (
            <Alert color="teal" variant="outline" role="status">
              {t('Saved')}
            </Alert>
          )}
          <Group>
            <Button type="submit" loading={update.isPending}>
              {t('Save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}

const kindsOf = (t: Translate): Record<string, string> => ({
  customers: t('Records of customers'),
  events: t('Event log'),
  deliveries: t('Deliveries of webhooks'),
  ledger: t('Who saw personal data'),
  requests: t('Request log'),
  audit: t('Audit log'),
})

function RetentionRows({ settings: { retention } }: { settings: BusinessSettings }) {
  const t = useText()
  const { number } = useFormat()
  const kinds = kindsOf(t)
  return (
    <Stack gap="sm" maw={760}>
      <Title order={2} size="h4">
        {t('Retention')}
      </Title>
      <Rows
        label={t('Retention')}
        rows={retention}
        rowKey={({ what }) => what}
        columns={[
          { label: t('Kind of data'), cell: ({ what }) => kinds[what] ?? what },
          {
            label: t('Kept for'),
            cell: ({ days }) => (days === null ? t('until they are erased') : t('{days} days', { days: number(days) })),
          },
        ]}
      />
    </Stack>
  )
}

function BranchRows() {
  const t = useText()
  const branches = useRead('console.branches.list', {})
  return (
    <Stack gap="sm" maw={760}>
      <Title order={2} size="h4">
        {t('Branches')}
      </Title>
      <Loaded query={branches} empty={t('No branches yet. The POS sends them.')}>
        {(rows) => (
          <Rows
            label={t('Branches')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { label: t('Name'), cell: ({ name }) => name },
              { label: t('Number'), cell: ({ code }) => code },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  )
}

function ProcessingRecord() {
  const t = useText()
  const language = useLanguage()
  const made = useMutation({
    mutationFn: () => call('console.processing_record', { language }),
    onSuccess: ({ html }) => download('processing.html', 'text/html', html),
  })
  return (
    <Stack gap="xs" maw={760}>
      <Title order={2} size="h4">
        {t('Record of processing')}
      </Title>
      <Text size="sm">
        {t('The record of processing activities that the PDPA asks for, made from what the applications are for.')}
      </Text>
      <Group>
        <Button variant="default" loading={made.isPending} onClick={() => made.mutate()}>
          {t('Download the record')}
        </Button>
      </Group>
      <FormError error={made.error} />
    </Stack>
  )
}
