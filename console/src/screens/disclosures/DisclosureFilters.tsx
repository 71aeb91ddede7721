import { Alert, Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useRead, useRows } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useText } from '../../language/text.ts'
import { useFilters } from '../../parts/filters.ts'
import { Loaded } from '../../parts/Loaded.tsx'

export function DisclosureFilters() {
  const t = useText()
  const [filters, change] = useFilters()
  const applications = useRead('console.applications.list', {}, { enabled: useMay('admin') })
  const choices = (applications.data ?? []).map(({ id, name }) => ({ value: id, label: name }))
  return (
    <search aria-label={t('Filters')}>
      <Stack gap="sm">
        {filters.customer ? (
          <Alert color="teal" variant="outline" role="status">
            <Group>
              {t('Only entries about one customer are shown.')}
              <Button size="compact-sm" variant="default" onClick={() => change({ customer: '' })}>
                {t('Show all customers')}
              </Button>
            </Group>
          </Alert>
        ) : (
          <FindCustomer />
        )}
        <Group align="flex-end">
          <NativeSelect
            label={t('Application')}
            value={filters.application_id ?? ''}
            onChange={(event) => change({ application_id: event.currentTarget.value })}
            data={[{ value: '', label: t('All applications') }, ...choices]}
          />
          <NativeSelect
            label={t('Class of data')}
            value={filters.class ?? ''}
            onChange={(event) => change({ class: event.currentTarget.value })}
            data={[
              { value: '', label: t('All classes') },
              { value: 'contact', label: t('contact') },
              { value: 'profile', label: t('profile') },
            ]}
          />
          {(['from', 'to'] as const).map((name) => (
            <TextInput
              key={name}
              type="date"
              label={name === 'from' ? t('From') : t('To')}
              value={filters[name] ?? ''}
              onChange={(event) => change({ [name]: event.currentTarget.value })}
            />
          ))}
        </Group>
      </Stack>
    </search>
  )
}

/** Finds a customer, whose id goes into the URL. What the member types does not: it can be a phone number. */
function FindCustomer() {
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
