import { Stack, Title } from '@mantine/core'
import { useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'

/** The last imports of the business. */
export function EarlierImports() {
  const t = useText()
  const { time, number } = useFormat()
  const imports = useRead('console.imports.list', {}, { enabled: useMay('admin') })
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('Earlier imports')}
      </Title>
      <Loaded query={imports} empty={t('Nothing has been imported here yet.')}>
        {(rows) => (
          <Rows
            label={t('Earlier imports')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { label: t('When'), cell: ({ started_at }) => time(started_at) },
              { label: t('Who'), cell: ({ actor }) => actor },
              {
                label: t('What was imported'),
                cell: ({ resource }) => (resource === 'products' ? t('Product list') : t('Customer list')),
              },
              {
                label: t('Result'),
                cell: ({ state, created, updated, rejected }) =>
                  [
                    state === 'RUNNING' && t('running'),
                    state === 'STOPPED' && t('stopped before its end; import the file again'),
                    t('{created} new, {updated} changed, {rejected} wrong', {
                      created: number(created),
                      updated: number(updated),
                      rejected: number(rejected),
                    }),
                  ]
                    .filter(Boolean)
                    .join(' · '),
              },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  )
}
