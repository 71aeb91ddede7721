import { Alert, Button, Group, NativeSelect, Stack } from '@mantine/core'
import { useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useText } from '../../language/text.ts'
import { DateField } from '../../parts/DateField.tsx'
import { FindCustomer, useChosenName } from '../../parts/FindCustomer.tsx'
import { useFilters } from '../../parts/filters.ts'
import { useApplicationLabel } from '../applications/Applications.tsx'

export function DisclosureFilters() {
  const t = useText()
  const [filters, change] = useFilters()
  const name = useChosenName(filters.customer ?? '')
  const applications = useRead('console.applications.list', {}, { enabled: useMay('admin') })
  const members = useRead('console.members.list', {}, { enabled: useMay('admin') })
  const label = useApplicationLabel()
  const choices = (applications.data ?? []).map(({ id, name }) => ({ value: id, label: label(id, name) ?? name }))
  return (
    <search aria-label={t('Filters')}>
      <Stack gap="sm">
        {filters.customer ? (
          <Alert color="teal" variant="outline" role="status">
            <Group>
              {t('Only entries about one customer are shown.')} {name}
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
            label={t('Member')}
            value={filters.member_id ?? ''}
            onChange={(event) => change({ member_id: event.currentTarget.value })}
            data={[
              { value: '', label: t('All members') },
              ...(members.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
            ]}
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
            <DateField
              key={name}
              label={name === 'from' ? t('From') : t('To')}
              value={filters[name]}
              onChange={(day) => change({ [name]: day })}
            />
          ))}
        </Group>
      </Stack>
    </search>
  )
}
