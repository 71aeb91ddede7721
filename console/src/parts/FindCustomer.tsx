import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useRows } from '../api/use_call.ts'
import { useText } from '../language/text.ts'
import { useFilters } from './filters.ts'
import { Loaded } from './Loaded.tsx'

/** Finds a customer, whose id goes into the URL. What the member types does not: it can be a phone number. */
export function FindCustomer() {
  const t = useText()
  const [, change] = useFilters()
  const [text, setText] = useState('')
  const [q] = useDebouncedValue(text.trim(), 300)
  const found = useRows('console.customers.list', { q, limit: 5 }, { enabled: q.length >= 2 })
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
              {customers.map(({ id, full_name, customer_code }) => (
                <Button key={id} size="compact-sm" variant="default" onClick={() => change({ customer: id })}>
                  {t('Choose {name}', { name: `${full_name} (${customer_code})` })}
                </Button>
              ))}
            </Group>
          )}
        </Loaded>
      )}
    </Stack>
  )
}
