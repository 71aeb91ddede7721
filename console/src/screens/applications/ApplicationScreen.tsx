import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { Application } from '../../api/generated/operations.ts'
import { useChange, useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Confirm, Dialog } from '../../parts/Dialog.tsx'
import { FactTable } from '../../parts/FactTable.tsx'
import { FormError } from '../../parts/Failure.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { branchesText, useScopeWords } from './Applications.tsx'
import { EditApplication } from './EditApplication.tsx'
import { NewSecret } from './NewApplication.tsx'
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
  const [open, setOpen] = useState<'edit' | 'revoke' | null>(null)
  return (
    <Screen
      title={application.data?.name ?? t('Applications')}
      actions={
        may && (
          <Group>
            <Button variant="default" onClick={() => setOpen('edit')}>
              {t('Edit')}
            </Button>
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
            <Facts application={one} />
            <SecretRows application={one} />
            <Usage applicationId={one.id} />
            {isAdmin && <Timeline applicationId={one.id} />}
            {open === 'edit' && <EditApplication application={one} onClose={() => setOpen(null)} />}
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

function Facts({ application }: { application: Application }) {
  const t = useText()
  const { time, number } = useFormat()
  const words = useScopeWords()
  const { contact, client_id, purpose, legal_basis, scopes, branch_ids, last_used_at } = application
  const facts: [string, ReactNode][] = [
    [t('Client ID'), client_id],
    [t('Whom to ask about it'), contact ?? t('Not stated')],
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
    [t('Branches'), branchesText(branch_ids, t)],
    [t('Days of sales that it can read'), number(application.history_days)],
    [t('Requests per second'), application.rate_per_second],
    [t('Last used'), last_used_at === null ? t('never') : time(last_used_at)],
  ]
  return <FactTable facts={facts} />
}

type SecretOfApplication = Application['secrets'][number]

function SecretRows({ application }: { application: Application }) {
  const t = useText()
  const { time, ago } = useFormat()
  const may = useMay('admin') && application.revoked_at === null
  const add = useChange('console.applications.add_secret')
  const revoke = useChange('console.applications.revoke_secret')
  const [revoked, setRevoked] = useState<SecretOfApplication | null>(null)
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
          { label: t('Safe to remove'), cell: ({ is_safe_to_revoke }) => (is_safe_to_revoke ? t('yes') : t('no')) },
          ...(may ? [{ label: t('Manage'), cell: button }] : []),
        ]}
      />
      <FormError error={add.error} />
      {may && (
        <Group>
          <Button variant="default" loading={add.isPending} onClick={() => add.mutate({ id: application.id })}>
            {t('Add a second secret')}
          </Button>
        </Group>
      )}
      {add.data && (
        <Dialog title={t('New secret')} isOpen onClose={add.reset} size="lg">
          <NewSecret made={add.data} />
        </Dialog>
      )}
      {revoked && (
        <Confirm
          title={t('Revoke secret')}
          action={t('Revoke secret')}
          change={revoke}
          input={{ id: application.id, secret_id: revoked.id }}
          onClose={() => setRevoked(null)}
        >
          {revoked.is_safe_to_revoke
            ? t('Nothing uses this secret.')
            : t('Whoever uses this secret gets no new token. Tokens that it got stop at once.')}
        </Confirm>
      )}
    </Stack>
  )
}
