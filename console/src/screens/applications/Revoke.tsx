import { Text } from '@mantine/core'
import type { Application } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { Confirm } from '../../parts/Dialog.tsx'
import { Loaded } from '../../parts/Loaded.tsx'

type EndProps = { application: Application; onClose: () => void }

/** Says what stops before it does. */
export function Revoke({ application, onClose }: EndProps) {
  const t = useText()
  const { id, name, paused_at } = application
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
      {paused_at === null && (
        <Text size="sm">{t('To stop it for a while only, open its page and choose "Pause application".')}</Text>
      )}
      <Loaded query={stops}>
        {({ webhooks }) => (
          <>
            <Text>{webhooks.length === 0 ? t('No webhook stops.') : t('These webhooks stop:')}</Text>
            {webhooks.length > 0 && <Endpoints webhooks={webhooks} />}
          </>
        )}
      </Loaded>
    </Confirm>
  )
}

/** The endpoints of webhooks. */
export function Endpoints({ webhooks }: { webhooks: { id: string; endpoint_url: string }[] }) {
  return (
    <ul>
      {webhooks.map((webhook) => (
        <li key={webhook.id}>{webhook.endpoint_url}</li>
      ))}
    </ul>
  )
}
