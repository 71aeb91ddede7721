import { Group, NativeSelect, Text } from '@mantine/core'
import type { AuditEntry } from '../../api/generated/operations.ts'
import { TITLES } from '../../api/generated/titles.ts'
import { useRead, useRows } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { useFilters } from '../../parts/filters.ts'
import { Loaded, More } from '../../parts/Loaded.tsx'
import { NoneFound } from '../../parts/NoneFound.tsx'
import { Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'

export function AuditLog() {
  const t = useText()
  const { seconds } = useFormat()
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
                { label: t('When'), cell: ({ created_at }) => seconds(created_at) },
                { label: t('Who'), cell: (act) => <Actor act={act} /> },
                { label: t('What'), cell: ({ action }) => titleOf(action) },
                {
                  label: t('On what'),
                  cell: ({ subject_type, subject_id }) => [subject_type, subject_id].filter(Boolean).join(' '),
                },
                { label: t('Changed'), cell: (act) => <Changed act={act} /> },
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

/** The values before and after, as far as they differ. */
function Changed({ act }: { act: AuditEntry }) {
  const before = (act.before ?? {}) as Record<string, unknown>
  const after = (act.after ?? {}) as Record<string, unknown>
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
  return names.map((name) => (
    <Text size="sm" key={name}>
      {name}: {name in before ? `${shownValue(before[name])} → ` : ''}
      {shownValue(after[name])}
    </Text>
  ))
}

const shownValue = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value)

function AuditFilters() {
  const t = useText()
  const [{ member_id = '', action = '' }, change] = useFilters()
  const members = useRead('console.members.list', {}, { enabled: useMay('admin') })
  const language = useLanguage()
  const actions = Object.entries(TITLES).map(([id, title]) => ({ value: id, label: title[language] }))
  const choices = (members.data ?? []).map(({ id, name }) => ({ value: id, label: name }))
  return (
    <search aria-label={t('Filters')}>
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
