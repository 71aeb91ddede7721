import { Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { businessOfTab, call } from '../../api/call.ts'
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
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Title order={3} size="h5">
          {t('What this application would see')}
        </Title>
        {(branchIds === null || branchIds.length > 0) && (
          <Loaded query={preview}>
            {({ customers, operations }) => (
              <>
                <Text size="sm">
                  {customers.length === 0
                    ? t('It would see no customer.')
                    : t('It would see these {count} newest customers, like this:', { count: customers.length })}
                </Text>
                {customers.map((customer) => (
                  <pre className="record" key={customer.id}>
                    {shownFields(customer)}
                  </pre>
                ))}
                <Text size="sm">
                  {t('It could call {count, plural, one {# operation} other {# operations}}', {
                    count: operations.length,
                  })}
                </Text>
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

/** The fields that have a value, one a line. */
const shownFields = (customer: object): string =>
  Object.entries(customer)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
    .join('\n')
