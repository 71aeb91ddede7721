import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useState } from 'react'
import type { ApplicationWithSecret } from '../../api/generated/operations.ts'
import { useAccount } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useText } from '../../language/text.ts'
import { Copyable } from '../../parts/Copyable.tsx'
import { Dialog } from '../../parts/Dialog.tsx'
import { useBranchesText, useScopeWords } from './Applications.tsx'

type NewSecretProps = { made: ApplicationWithSecret; isCopied: boolean; onCopied: () => void }

/** A secret, which is shown once. Leaving the page before somebody has copied it asks first. It is kept in no storage. */
export function NewSecret({ made, isCopied, onCopied }: NewSecretProps) {
  const t = useText()
  const letter = useLetter(made)
  const leaving = useBlocker({
    shouldBlockFn: () => !isCopied,
    enableBeforeUnload: () => !isCopied,
    withResolver: true,
  })
  return (
    // Who marks the text and copies it by the keyboard has copied it, too.
    <Stack
      onCopy={() => {
        if (getSelection()?.toString().includes(made.client_secret)) onCopied()
      }}
    >
      <Alert color="yellow" variant="outline">
        {t('Copy the secret now. It is not shown again.')}
      </Alert>
      <Text size="sm">
        {t(
          'Send this text to whoever connects the application, where nobody else reads it: the secret opens the data of your shop.',
        )}
      </Text>
      <Copyable
        label={t('Text for whoever connects the application')}
        text={letter}
        actionAbove={t('Copy everything')}
        onCopied={onCopied}
      />
      <details>
        <summary>{t('Copy the parts one by one')}</summary>
        <Stack gap="sm" mt="sm">
          <Text size="sm">{t('Client ID')}</Text>
          <Copyable label={t('Client ID')} text={made.client_id} />
          <Text size="sm">{t('Client Secret')}</Text>
          <Copyable label={t('Client Secret')} text={made.client_secret} onCopied={onCopied} />
          <Text size="sm">{t('This command gets a token')}</Text>
          <Copyable label={t('This command gets a token')} text={made.curl} onCopied={onCopied} />
        </Stack>
      </details>
      {leaving.status === 'blocked' && <NotCopied onStay={leaving.reset} onLeave={leaving.proceed} />}
    </Stack>
  )
}

/** The same in a dialog. Closing it before somebody has copied the secret asks first, too. */
export function NewSecretDialog({ made, onClose }: { made: ApplicationWithSecret; onClose: () => void }) {
  const t = useText()
  const [isCopied, setCopied] = useState(false)
  const [isLeaving, setLeaving] = useState(false)
  return (
    <Dialog title={t('New secret')} isOpen onClose={() => (isCopied ? onClose() : setLeaving(true))} size="lg">
      <NewSecret made={made} isCopied={isCopied} onCopied={() => setCopied(true)} />
      {isLeaving && <NotCopied onStay={() => setLeaving(false)} onLeave={onClose} />}
    </Dialog>
  )
}

function NotCopied({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const t = useText()
  return (
    <Dialog title={t('The secret is not copied yet')} isOpen onClose={onStay}>
      <Stack>
        <Text size="sm">{t('It is not shown again. Without it, nobody can connect: you would add a new secret.')}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onLeave}>
            {t('Leave without copying')}
          </Button>
          <Button onClick={onStay} data-autofocus>
            {t('Go back to copy it')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

/** Returns everything that an accountant or a developer needs, as one text in the language of the member. */
function useLetter(made: ApplicationWithSecret): string {
  const t = useText()
  const { number } = useFormat()
  const { business } = useAccount()
  const words = useScopeWords()
  const branches = useBranchesText()
  // The server knows its public address; the console may be open under another one.
  const address = /https?:\S+(?=\/oauth\/token)/.exec(made.curl)?.[0] ?? `${location.origin}/api/partner/v1`
  return [
    t('Connection to the data of {business} for {name}', { business: business.name, name: made.name }),
    '',
    `${t('Address of the API')}: ${address}`,
    `${t('Client ID')}: ${made.client_id}`,
    `${t('Client Secret')}: ${made.client_secret}`,
    `${t('Guide for developers')}: ${new URL('/developer/', address).href}`,
    '',
    made.kind === 'pos' ? t('What it may do:') : t('What it may read:'),
    ...made.scopes.map((scope) => `- ${words(scope)}`),
    `${t('Branches')}: ${branches(made.branch_ids)}`,
    ...(made.scopes.includes('read:sales')
      ? [`${t('Days of sales that it can read')}: ${number(made.history_days)}`]
      : []),
    '',
    `${t('This command gets a token')}:`,
    made.curl,
  ].join('\n')
}
