import { Alert, Text } from '@mantine/core'
import type { Application } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Confirm } from '../../parts/Dialog.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Endpoints } from './Revoke.tsx'

type PauseProps = { application: Application; onClose: () => void }

/** EVENTS_KEPT_DAYS in server/limits.ts. */
const EVENTS_KEPT_DAYS = 90

/** Stops an application for a while, and says first what waits. */
export function PauseApplication({ application: { id, name }, onClose }: PauseProps) {
  const t = useText()
  const stops = useRead('console.applications.stops', { id })
  const pause = useChange('console.applications.pause')
  return (
    <Confirm
      title={t('Pause {name}', { name })}
      action={t('Pause application')}
      change={pause}
      input={{ id }}
      onClose={onClose}
    >
      <Text>{t('The application cannot connect from now on, until you resume it.')}</Text>
      <Text size="sm">{t('Nothing is deleted. When you resume it, the same secrets work again.')}</Text>
      <Loaded query={stops}>
        {({ webhooks }) =>
          webhooks.length > 0 && (
            <>
              <Text size="sm">
                {t(
                  'These webhooks send nothing meanwhile. Events are kept for {days} days and sent when you resume it:',
                  {
                    days: EVENTS_KEPT_DAYS,
                  },
                )}
              </Text>
              <Endpoints webhooks={webhooks} />
            </>
          )
        }
      </Loaded>
    </Confirm>
  )
}

/** Lets a paused application go on. */
export function ResumeApplication({ application: { id, name }, onClose }: PauseProps) {
  const t = useText()
  const resume = useChange('console.applications.resume')
  return (
    <Confirm
      title={t('Resume {name}', { name })}
      action={t('Resume application')}
      change={resume}
      input={{ id }}
      isHarmless
      onClose={onClose}
    >
      <Text>{t('The same secrets work again, and webhooks send what has waited.')}</Text>
    </Confirm>
  )
}

/** Whether this member may resume an application. Contact data can be granted by owners only, and so can its return. */
export function useMayResume({ scopes }: Pick<Application, 'scopes'>): boolean {
  const isOwner = useMay('owner')
  const isAdmin = useMay('admin')
  return scopes.includes('read:customers:pii') ? isOwner : isAdmin
}

/** Says that an application does not work, and who can let it work again. */
export function PausedNote({ application }: { application: Application & { paused_at: string } }) {
  const t = useText()
  const { time } = useFormat()
  const mayResume = useMayResume(application)
  return (
    <Alert color="orange" variant="outline" title={t('Paused since {at}', { at: time(application.paused_at) })}>
      {t('It cannot connect, and its webhooks send nothing. Its secrets and settings stay.')}{' '}
      {!mayResume && application.scopes.includes('read:customers:pii')
        ? t('Only an owner can resume it, because it sees contact data.')
        : null}
    </Alert>
  )
}
