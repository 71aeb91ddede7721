import { Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { businessOfTab, call } from '../../api/call.ts'
import { useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import type { MessageKey } from '../../language/messages.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'
import type { Draft } from './NewApplication.tsx'

/** What an application with these rights would see, from the data of the shop. */
export function Effect({ scopes, branchIds }: { scopes: Draft['scopes']; branchIds: Draft['branch_ids'] }) {
  const t = useText()
  const language = useLanguage()
  const preview = useQuery({
    queryKey: ['console.applications.preview', scopes, branchIds, businessOfTab()],
    queryFn: () => call('console.applications.preview', { scopes, branch_ids: branchIds }),
    enabled: branchIds === null || branchIds.length > 0,
  })
  const { number } = useFormat()
  // Customers belong to the business as a whole, whatever the branches.
  const data = useRead('console.data.get', {}, { enabled: scopes.includes('read:customers') })
  const stored = data.data?.resources.find(({ resource }) => resource === 'customers')
  const sampleText = (count: number) =>
    stored && !stored.is_more && stored.records >= count
      ? t('A sample: {count} of the {total} customers, all of whom it would see.', {
          ...{ count, total: number(stored.records) },
        })
      : t('A sample: {count} of all customers, all of whom it would see.', { count })
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Title order={3} size="h5">
          {t('What this application would see')}
        </Title>
        {branchIds?.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('It shows when you have chosen a branch.')}
          </Text>
        ) : (
          <Loaded query={preview}>
            {({ customers, operations }) => (
              <>
                <Text size="sm">
                  {customers.length > 0
                    ? sampleText(customers.length)
                    : scopes.includes('read:customers')
                      ? t('There is no customer yet. It would see all who come.')
                      : scopes.includes('read:sales')
                        ? t(
                            'It would see no customer. A sale has only the number of its customer (customer_id), without name or phone.',
                          )
                        : t('It would see no customer.')}
                </Text>
                {customers.map((customer) => (
                  <Shown key={customer.id} customer={customer} />
                ))}
                <Text size="sm">{t('What it could do:')}</Text>
                <ul>
                  {operations.map((operation) => (
                    <li key={operation.id}>{operation[language]}</li>
                  ))}
                </ul>
              </>
            )}
          </Loaded>
        )}
      </Stack>
    </Paper>
  )
}

/** Fields that an owner knows, in the order in which they read them. */
const KNOWN: Record<string, MessageKey> = {
  customer_code: 'Customer code',
  full_name: 'Full name',
  phone: 'Phone number',
  email: 'Email address',
  date_of_birth: 'Date of birth',
  address: 'Address',
  tax_id: 'Tax ID',
  total_points: 'Points',
  total_spent: 'Total spent',
  total_visits: 'Visits',
  last_visit_date: 'Last visit',
}

/** One customer in words; behind it, every field as the API sends it. */
function Shown({ customer }: { customer: object }) {
  const t = useText()
  const { day, money } = useFormat()
  const values = customer as Record<string, unknown>
  const text = (field: string, value: unknown) =>
    field === 'total_spent' ? money(String(value)) : /_date$|^date_/.test(field) ? day(String(value)) : String(value)
  return (
    <Paper withBorder p="sm">
      <pre className="record">
        {Object.entries(KNOWN)
          .flatMap(([field, label]) => {
            const value = values[field]
            return value === null || value === undefined ? [] : [`${t(label)}: ${text(field, value)}`]
          })
          .join('\n')}
      </pre>
      <details>
        <summary>{t('Every field, as the API sends it')}</summary>
        <pre className="code">{JSON.stringify(customer, null, 2)}</pre>
      </details>
    </Paper>
  )
}
