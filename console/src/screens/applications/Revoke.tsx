import { Anchor, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../../api/call.ts'
import type { Application } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useText } from '../../language/text.ts'
import { Confirm } from '../../parts/Dialog.tsx'
import { Loaded } from '../../parts/Loaded.tsx'

type EndProps = { application: Application; onClose: () => void }

/** Says what stops before it does. */
export function Revoke({ application, onClose }: EndProps) {
  const t = useText()
  const { id, name, secrets } = application
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
      {secrets.length > 0 && (
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

/** Revokes every secret of an application, so that it cannot connect until somebody adds a new one. */
export function PauseApplication({ application: { id, name, secrets }, onClose }: EndProps) {
  const t = useText()
  const client = useQueryClient()
  const stops = useRead('console.applications.stops', { id })
  const pause = useMutation<void, Error, SecretsOf>({
    async mutationFn({ id, secrets }) {
      for (const secret of secrets) await call('console.applications.revoke_secret', { id, secret_id: secret.id })
    },
    // After a failure, too: some secrets may be revoked, and a repetition must not name them again.
    onSettled: () => client.invalidateQueries(),
  })
  return (
    <Confirm
      title={t('Pause {name}', { name })}
      action={t('Pause application')}
      change={pause}
      input={{ id, secrets }}
      onClose={onClose}
    >
      <Text>{t('The application is disconnected at once: all its secrets are revoked.')}</Text>
      <Text size="sm">
        {t(
          'Its permissions and settings stay. To let it work again, add a new secret and send it to whoever connects it.',
        )}
      </Text>
      <Loaded query={stops}>
        {({ webhooks }) =>
          webhooks.length > 0 && (
            <>
              <Text size="sm">
                {t('Its webhooks go on. Pause them here:')}{' '}
                <Anchor component={Link} {...({ to: '/webhooks' } as object)}>
                  {t('Webhooks')}
                </Anchor>
              </Text>
              <Endpoints webhooks={webhooks} />
            </>
          )
        }
      </Loaded>
    </Confirm>
  )
}

type SecretsOf = Pick<Application, 'id' | 'secrets'>

function Endpoints({ webhooks }: { webhooks: { id: string; endpoint_url: string }[] }) {
  return (
    <ul>
      {webhooks.map((webhook) => (
        <li key={webhook.id}>{webhook.endpoint_url}</li>
      ))}
    </ul>
  )
}
