import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ConsoleWebhook } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { useApplicationLabel } from '../applications/Applications.tsx'

export function Webhooks() {
  const t = useText()
  const { ago } = useFormat()
  const state = useWebhookState()
  const label = useApplicationLabel()
  const isAdmin = useMay('admin')
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
                // The deliveries are for admins, so a viewer gets no link to a refusal.
                cell: ({ id, endpoint_url }) =>
                  isAdmin ? (
                    <Anchor component={Link} {...({ to: `/webhooks/${id}` } as object)}>
                      {endpoint_url}
                    </Anchor>
                  ) : (
                    endpoint_url
                  ),
              },
              {
                label: t('Application'),
                cell: ({ application_id, application }) => label(application_id, application),
              },
              {
                label: t('State'),
                cell: (webhook) => (
                  <Text size="sm" {...(isBroken(webhook) && { c: 'var(--mantine-color-error)', fw: 600 })}>
                    {state(webhook)}
                  </Text>
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

const isBroken = ({ status, is_suspended }: ConsoleWebhook) =>
  !is_suspended && (status === 'FAILING' || status === 'DISABLED')

/** Returns a function that says how a webhook does, and since when. */
export function useWebhookState(): (webhook: ConsoleWebhook) => string {
  const t = useText()
  const language = useLanguage()
  const { time } = useFormat()
  return ({ status_th, status_en, failing_since, is_suspended }) => {
    const words = language === 'th' ? status_th : status_en
    return failing_since === null || is_suspended
      ? words
      : t('{state}, since {at}', { state: words, at: time(failing_since) })
  }
}
