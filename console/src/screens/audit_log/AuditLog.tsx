import { Alert, Anchor, Button, Group, NativeSelect, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type AuditEntry, CALLS } from '../../api/generated/operations.ts'
import { TITLES } from '../../api/generated/titles.ts'
import { useRead, useRows } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import type { MessageKey } from '../../language/messages.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { useFilters } from '../../parts/filters.ts'
import { Loaded, More } from '../../parts/Loaded.tsx'
import { NoneFound } from '../../parts/NoneFound.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { shortId } from '../../parts/short_id.ts'
import { useApplicationLabel } from '../applications/Applications.tsx'
import { useActWords } from './act_words.ts'

export function AuditLog() {
  const t = useText()
  const { seconds } = useFormat()
  const words = useActWords()
  const language = useLanguage()
  const titleOf = (action: string) => TITLES[action]?.[language] ?? action
  const [{ member_id, action, subject_id }] = useFilters()
  const acts = useRows('console.audit_log.list', { member_id, action, subject_id }, { enabled: useMay('admin') })
  return (
    <Screen
      title={t('Audit log')}
      about={t('Everything that members changed in this business. Entries are kept for 2 years.')}
      least="admin"
    >
      <AuditFilters />
      <Loaded query={acts} empty={<NoneFound text={t('Nobody has changed anything yet.')} />}>
        {(rows) => (
          <>
            <Rows
              label={t('Audit log')}
              rows={rows}
              rowKey={({ id }) => id}
              columns={[
                { label: t('When'), cell: ({ created_at }) => <time>{seconds(created_at)}</time> },
                { label: t('Who'), cell: (act) => <Actor act={act} /> },
                { label: t('What'), cell: ({ action }) => titleOf(action) },
                { label: t('On what'), cell: (act) => <Subject act={act} /> },
                { label: t('Changed'), width: '30%', cell: (act) => <Changed lines={words(act)} /> },
              ]}
            />
            <More of={acts} />
          </>
        )}
      </Loaded>
    </Screen>
  )
}

function Actor({ act: { actor, address, member_id } }: { act: AuditEntry }) {
  const t = useText()
  return (
    <>
      {actor}
      <Text size="sm" c="dimmed">
        {address !== null
          ? t('From address {address}', { address })
          : member_id === null && t('a command on the server')}
      </Text>
    </>
  )
}

/**
 * What was acted on: its kind, its name while it exists, and a link if it has a screen. Who a customer is stands on their
 * screen only: the ledger records each reading of a name.
 */
function Subject({ act: { subject_type, subject_id } }: { act: AuditEntry }) {
  const t = useText()
  const nameOf = useNames()
  if (subject_type === null) return null
  const word = SUBJECTS[subject_type]
  const kind = word === undefined ? subject_type : t(word)
  const text = subject_type === 'customer' && subject_id !== null ? `${kind} ${shortId(subject_id)}` : kind
  const link = {
    application: { to: `/applications/${subject_id}` },
    customer: { to: '/rights', search: { customer: subject_id } },
    webhook: { to: `/webhooks/${subject_id}` },
  }[subject_type]
  return (
    <>
      {link === undefined ? (
        text
      ) : (
        <Anchor component={Link} {...(link as object)}>
          {text}
        </Anchor>
      )}
      <Text size="sm" c="dimmed">
        {nameOf(subject_type, subject_id) ?? (NAMELESS.has(subject_type) ? null : subject_id)}
      </Text>
    </>
  )
}

/** Returns a function that names an application or a member. */
function useNames(): (type: string, id: string | null) => string | undefined {
  const enabled = useMay('admin')
  const label = useApplicationLabel()
  const applications = useRead('console.applications.list', {}, { enabled })
  const members = useRead('console.members.list', {}, { enabled })
  const rows = { application: applications.data, member: members.data } as Record<
    string,
    { id: string; name: string }[] | undefined
  >
  return (type, id) => {
    const name = rows[type]?.find((one) => one.id === id)?.name
    return type === 'application' && name !== undefined ? (label(id, name) ?? name) : name
  }
}

/** Kinds whose ids say nothing to a person: the link, or what has changed, says which one it is. */
const NAMELESS = new Set(['customer', 'import', 'invitation', 'rights_request'])

const SUBJECTS: Record<string, MessageKey> = {
  application: 'Application',
  customer: 'Customer',
  import: 'Import',
  invitation: 'Invitation',
  member: 'Member',
  passkey: 'Passkey',
  rights_request: 'Request of a customer',
  webhook: 'Webhook',
}

/** The values before and after, as far as they differ. */
function Changed({ lines }: { lines: string[] }) {
  return lines.map((line) => (
    <Text size="sm" key={line}>
      {line}
    </Text>
  ))
}

function AuditFilters() {
  const t = useText()
  const [{ member_id = '', action = '', subject_id }, change] = useFilters()
  const members = useRead('console.members.list', {}, { enabled: useMay('admin') })
  const language = useLanguage()
  // Reading is no act.
  const actions = Object.entries(TITLES)
    .filter(([id]) => (CALLS as Record<string, readonly string[]>)[id]?.[0] !== 'GET')
    .map(([id, title]) => ({ value: id, label: title[language] }))
  const choices = (members.data ?? []).map(({ id, name }) => ({ value: id, label: name }))
  return (
    <search aria-label={t('Filters')}>
      {subject_id !== undefined && (
        <Alert color="teal" variant="outline" role="status" mb="sm">
          <Group>
            {t('Only entries about one thing are shown.')}
            <Button size="compact-sm" variant="default" onClick={() => change({ subject_id: '' })}>
              {t('Show all entries')}
            </Button>
          </Group>
        </Alert>
      )}
      <Group align="flex-end">
        <NativeSelect
          label={t('Member')}
          value={member_id}
          onChange={(event) => change({ member_id: event.currentTarget.value })}
          data={[{ value: '', label: t('All members') }, ...choices]}
        />
        <NativeSelect
          label={t('What')}
          value={action}
          onChange={(event) => change({ action: event.currentTarget.value })}
          data={[{ value: '', label: t('All actions') }, ...actions]}
        />
      </Group>
    </search>
  )
}
