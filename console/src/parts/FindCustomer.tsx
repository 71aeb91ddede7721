import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api/call.ts'
import { cache, useRows } from '../api/use_call.ts'
import { useMay } from '../frame/account.ts'
import { useText } from '../language/text.ts'
import { useFilters } from './filters.ts'
import { Loaded } from './Loaded.tsx'

/** Customers that a search shows. */
const SHOWN = 5

/** Finds a customer, whose id goes into the URL. What the member types does not: it can be a phone number. */
export function FindCustomer() {
  const t = useText()
  const [, change] = useFilters()
  const [text, setText] = useState('')
  const [q] = useDebouncedValue(text.trim(), 300)
  const found = useRows('console.customers.list', { ...searchFor(q), limit: SHOWN }, { enabled: q.length >= 2 })
  return (
    <Stack gap="xs">
      <TextInput
        type="search"
        label={t('Find a customer')}
        description={t('Name, customer code or phone number')}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autoComplete="off"
        maw={420}
      />
      {q.length >= 2 && (
        <Loaded query={found} empty={t('No customer is like this.')}>
          {(customers) => (
            <Group gap="xs">
              {customers.map(({ id, phone, ...customer }) => {
                const name = nameOf(customer)
                return (
                  <Button
                    key={id}
                    size="compact-sm"
                    variant="default"
                    onClick={() => {
                      cache.setQueryData(chosen(id), name)
                      change({ customer: id })
                    }}
                  >
                    {t('Choose {name}', { name: phone ? `${name} ${phone}` : name })}
                  </Button>
                )
              })}
              {customers.length === SHOWN && (
                <Text size="sm">{t('There may be more: type more letters, the code or the phone number.')}</Text>
              )}
            </Group>
          )}
        </Loaded>
      )}
    </Stack>
  )
}

const chosen = (id: string) => ['name of the chosen customer', id]

/**
 * Returns the name of a customer whom the member has chosen. No URL has a name, so after a reload the server says it, which the
 * ledger records. Undefined until then, and of a customer who is gone.
 */
export function useChosenName(id: string): string | undefined {
  const isAsked = useMay('admin') && id !== ''
  // A name is read once: each time would be an entry of the ledger.
  return useQuery({ queryKey: chosen(id), queryFn: () => readName(id), enabled: isAsked, staleTime: 'static' }).data
}

const readName = async (id: string): Promise<string> => nameOf(await call('console.customers.name', { id }))

const nameOf = ({ full_name, customer_code }: { full_name: string; customer_code: string }): string =>
  `${full_name} (${customer_code})`

/** The search of names and codes does not look into contact data, which is compared as a whole. */
function searchFor(text: string) {
  if (text.includes('@')) return { email: text }
  return /^[+(]?\d[\d\s()-]{7,}$/.test(text) ? { phone: text } : { q: text }
}
