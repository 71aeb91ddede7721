import { Anchor, Badge } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'

export function Webhooks() {
  const t = useText()
  const { ago } = useFormat()
  const language = useLanguage()
  const webhooks = useRead('console.webhooks.list', {})
  return (
    <Screen title={t('Webhooks')} about={t('Where applications get notified of changes, and whether that works.')}>
      <Loaded query={webhooks} empty={t('No application has a webhook.')}>
        {(rows) => (
          <Rows
            label={t('Webhooks')}
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              {
                label: t('Endpoint'),
                cell: ({ id, endpoint_url }) => (
                  <Anchor component={Link} {...({ to: `/webhooks/${id}` } as object)}>
                    {endpoint_url}
                  </Anchor>
                ),
              },
              { label: t('Application'), cell: ({ application }) => application },
              {
                label: t('State'),
                cell: ({ status, status_th, status_en }) => (
                  <>
                    <Badge variant="outline" color={STATE_COLORS[status] ?? 'gray'}>
                      {status}
                    </Badge>{' '}
                    {language === 'th' ? status_th : status_en}
                  </>
                ),
              },
              {
                label: t('Last delivered'),
                cell: ({ last_delivered_at }) => (last_delivered_at === null ? t('never') : ago(last_delivered_at)),
              },
            ]}
          />
        )}
      </Loaded>
    </Screen>
  )
}

const STATE_COLORS: Record<string, string> = { ACTIVE: 'teal', FAILING: 'red', DISABLED: 'red' }
