import { Text } from '@mantine/core'
import type { Application } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { Confirm } from '../../parts/Dialog.tsx'
import { Loaded } from '../../parts/Loaded.tsx'

/** Says what stops before it does. */
export function Revoke({ application: { id, name }, onClose }: { application: Application; onClose: () => void }) {
  const t = useText()
  const stops = useRead('console.applications.stops', { id })
  const revoke = useChange('console.applications.revoke')
  return (
    <Confirm
      title={t('Revoke {name}', { name })}
      action={t('Revoke application')}
      change={revoke}
      input={{ id }}
      onClose={onClose}
    >
      <Text>{t('It stops at once and cannot be undone.')}</Text>
      <Loaded query={stops}>
        {({ webhooks }) => (
          <>
            <Text>{webhooks.length === 0 ? t('No webhook stops.') : t('These webhooks stop:')}</Text>
            {webhooks.length > 0 && (
              <ul>
                {webhooks.map((webhook) => (
                  <li key={webhook.id}>{webhook.endpoint_url}</li>
                ))}
              </ul>
            )}
          </>
        )}
      </Loaded>
    </Confirm>
  )
}
