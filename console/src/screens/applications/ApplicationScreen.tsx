import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { Application } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import type { MessageKey } from '../../language/messages.ts'
import { useText } from '../../language/text.ts'
import { Confirm } from '../../parts/Dialog.tsx'
import { FactTable } from '../../parts/FactTable.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { useBranchesText, useScopeWords } from './Applications.tsx'
import { EditApplication } from './EditApplication.tsx'
import { NewSecretDialog } from './NewSecret.tsx'
import { PauseApplication, PausedNote, ResumeApplication, useMayResume } from './Pause.tsx'
import { Revoke } from './Revoke.tsx'
import { Timeline } from './Timeline.tsx'
import { Usage } from './Usage.tsx'

/** One application: what it may see, its secrets, and its end. */
export function ApplicationScreen() {
  const t = useText()
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const application = useRead('console.applications.get', { id })
  const isAdmin = useMay('admin')
  const may = isAdmin && application.data?.revoked_at === null
  const mayResume = useMayResume({ scopes: application.data?.scopes ?? [] })
  const [open, setOpen] = useState<'edit' | 'pause' | 'resume' | 'revoke' | null>(null)
  const [isSaved, setSaved] = useState(false)
  return (
    <Screen
      title={application.data?.name ?? t('Applications')}
      actions={
        may && (
          <Group>
            <Button
              variant="default"
              onClick={() => {
                setSaved(false)
                setOpen('edit')
              }}
            >
              {t('Edit')}
            </Button>
            {application.data?.paused_at === null && (
              <Button variant="default" onClick={() => setOpen('pause')}>
                {t('Pause application')}
              </Button>
            )}
            {application.data?.paused_at && mayResume && (
              <Button onClick={() => setOpen('resume')}>{t('Resume application')}</Button>
            )}
            <Button color="red" variant="outline" onClick={() => setOpen('revoke')}>
              {t('Revoke application')}
            </Button>
          </Group>
        )
      }
    >
      <Loaded query={application}>
        {(one) => (
          <Stack gap="lg">
            {one.revoked_at !== null && <RevokedNote at={one.revoked_at} />}
            {one.revoked_at === null && one.paused_at !== null && (
              <PausedNote application={{ ...one, paused_at: one.paused_at }} />
            )}
            {may && one.secrets.length === 0 && <NoSecretNote />}
            {isSaved && (
              <Alert color="teal" variant="outline" role="status">
                {t('Saved')}
              </Alert>
            )}
            <Facts application={one} />
            {isAdmin && <SecretRows application={one} />}
            <Usage applicationId={one.id} />
            {isAdmin && <Timeline applicationId={one.id} />}
            {open === 'edit' && (
              <EditApplication application={one} onSaved={() => setSaved(true)} onClose={() => setOpen(null)} />
            )}
            {open === 'pause' && <PauseApplication application={one} onClose={() => setOpen(null)} />}
            {open === 'resume' && <ResumeApplication application={one} onClose={() => setOpen(null)} />}
            {open === 'revoke' && <Revoke application={one} onClose={() => setOpen(null)} />}
          </Stack>
        )}
      </Loaded>
    </Screen>
  )
}

function RevokedNote({ at }: { at: string }) {
  const t = useText()
  const { time } = useFormat()
  return <Alert color="red" variant="outline" title={`${t('revoked')} · ${time(at)}`} />
}

/** Says why an application does not work, and what lets it work again. */
function NoSecretNote() {
  const t = useText()
  return (
    <Alert color="orange" variant="outline" title={t('Cannot connect (no secret)')}>
      {t('Add a secret below to let it connect.')}
    </Alert>
  )
}

function Facts({ application }: { application: Application }) {
  const t = useText()
  const { time, number } = useFormat()
  const isAdmin = useMay('admin')
  const words = useScopeWords()
  const branches = useBranchesText()
  const { contact, client_id, purpose, legal_basis, scopes, branch_ids, last_used_at } = application
  const facts: [string, ReactNode][] = [
    [t('Client ID'), client_id],
    [t('Whom to ask about it'), contact ?? (isAdmin ? t('Not stated') : t('Only admins and owners see it.'))],
    [t('Purpose'), purpose ?? t('Not stated')],
    [t('Legal basis'), legal_basis ?? t('Not stated')],
    [
      t('May see'),
      <ul className="plain" key="scopes">
        {scopes.map((scope) => (
          <li key={scope}>{words(scope)}</li>
        ))}
      </ul>,
    ],
    [t('Branches'), branches(branch_ids)],
    [t('Days of sales that it can read'), number(application.history_days)],
    [t('Requests per second'), application.rate_per_second],
    [t('Last used'), last_used_at === null ? t('never') : time(last_used_at)],
  ]
  return <FactTable facts={facts} />
}

/** LIVE_SECRETS_MAX in server/limits.ts. */
const SECRETS_MAX = 2

/** Says in a sentence what happens without a secret. */
const effectOf = (isSafe: boolean, count: number): MessageKey =>
  isSafe
    ? 'Nothing stops: nothing uses it.'
    : count === 1
      ? 'The application stops: it has no other.'
      : 'Whoever uses it stops: it was used lately.'

type SecretOfApplication = Application['secrets'][number]

function SecretRows({ application }: { application: Application }) {
  const t = useText()
  const { time, ago } = useFormat()
  const may = useMay('admin') && application.revoked_at === null
  const add = useChange('console.applications.add_secret')
  const revoke = useChange('console.applications.revoke_secret')
  const [revoked, setRevoked] = useState<SecretOfApplication | null>(null)
  const count = application.secrets.length
  const button = (secret: SecretOfApplication) => (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => setRevoked(secret)}
      aria-label={`${t('Revoke secret')}: ${secret.hint}`}
    >
      {t('Revoke secret')}
    </Button>
  )
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t('Secrets')}
      </Title>
      {count === 0 ? (
        <Text c="dimmed">{t('It has no secret.')}</Text>
      ) : (
        <Rows
          label={t('Secrets')}
          rows={application.secrets}
          rowKey={({ id }) => id}
          columns={[
            { label: t('Secret begins with'), cell: ({ hint }) => `${hint}…` },
            { label: t('Created'), cell: ({ created_at }) => time(created_at) },
            {
              label: t('Last used'),
              cell: ({ last_used_at, last_used_address }) => (
                <>
                  {last_used_at === null ? t('never') : ago(last_used_at)}
                  {last_used_address !== null && (
                    <Text size="sm" c="dimmed">
                      {t('From address {address}', { address: last_used_address })}
                    </Text>
                  )}
                </>
              ),
            },
            { label: t('If it is revoked'), cell: ({ is_safe_to_revoke }) => t(effectOf(is_safe_to_revoke, count)) },
            ...(may ? [{ label: t('Manage'), cell: button }] : []),
          ]}
        />
      )}
      <FormError error={add.error} />
      {may && count < SECRETS_MAX && (
        <Group>
          <Button variant="default" loading={add.isPending} onClick={() => add.mutate({ id: application.id })}>
            {count === 0 ? t('Add a secret') : t('Add a second secret')}
          </Button>
        </Group>
      )}
      {add.data && <NewSecretDialog made={add.data} onClose={add.reset} />}
      {revoked && (
        <Confirm
          title={t('Revoke secret')}
          action={t('Revoke secret')}
          change={revoke}
          input={{ id: application.id, secret_id: revoked.id }}
          onClose={() => setRevoked(null)}
        >
          <Text size="sm">
            {t('Secret begins with')} <b>{revoked.hint}…</b>
          </Text>
          <Text size="sm">
            {revoked.is_safe_to_revoke
              ? t('Nothing uses this secret.')
              : t('Whoever uses this secret gets no new token. Tokens that it got stop at once.')}
          </Text>
        </Confirm>
      )}
    </Stack>
  )
}
