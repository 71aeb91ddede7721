import type { AuditEntry } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { useFormat } from '../../language/format.ts'
import type { MessageKey } from '../../language/messages.ts'
import { type Text as Translate, useText } from '../../language/text.ts'
import { fieldName } from '../../parts/field_names.ts'
import { useScopeWords } from '../applications/Applications.tsx'

/** Settings that say nothing to a person, or that another one says. */
const QUIET = new Set([
  'client_id',
  'secret_id',
  'delivery_id',
  'link_id',
  'rate_requests',
  'revoked_at',
  'paused_at',
  'has_contact',
])

/** Branches whose names a line has; more would fill the screen. */
const NAMED = 5

const VALUES: Record<string, MessageKey> = {
  access: 'Copy of the data',
  erasure: 'Erasure of the data',
  rectification: 'Correction of the data',
  objection: 'Objection to the use of the data',
  partner: 'Reads data',
  pos: 'Sends data (POS)',
  customers: 'Customer list',
  products: 'Product list',
  owner: 'owner',
  admin: 'admin',
  viewer: 'viewer',
  ACTIVE: 'active',
  PAUSED: 'paused',
  OPEN: 'open',
  DONE: 'done',
  REFUSED: 'refused',
}

/** Returns a function that says in words what an act changed, one line for each setting. */
export function useActWords(): (act: AuditEntry) => string[] {
  const t = useText()
  const scopeWords = useScopeWords()
  const branches = useRead('console.branches.list', {})
  const { number } = useFormat()
  const shown = (name: string, value: unknown): string => {
    if (name === 'branch_ids') return branchNames(value as string[] | null, branches.data ?? [], t)
    if (value === null || value === undefined) return t('Not stated')
    if (typeof value === 'number') return number(value)
    if (typeof value === 'boolean') return value ? t('Successful') : t('Failed')
    if (typeof value !== 'string') return JSON.stringify(value)
    const known = VALUES[value]
    return known === undefined ? value : t(known)
  }
  return (act) => {
    const before = (act.before ?? {}) as Record<string, unknown>
    const after = (act.after ?? {}) as Record<string, unknown>
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap((name) => {
      const [old, now] = [before[name], after[name]]
      if (QUIET.has(name) || JSON.stringify(old) === JSON.stringify(now)) return []
      if (name === 'scopes') return scopeLines(old, now, scopeWords, t)
      if (name === 'is_contact_changed') return [t('{field} changed', { field: t('Whom to ask about it') })]
      if (name === 'succeeded' || name === 'delivered') return [shown(name, now)]
      // A new thing has no value before, and what nobody stated is no change.
      if (old === undefined) return now === null && name !== 'branch_ids' ? [] : [line(name, shown(name, now), t)]
      return [line(name, now === undefined ? shown(name, old) : `${shown(name, old)} → ${shown(name, now)}`, t)]
    })
  }
}

const line = (field: string, value: string, t: Translate): string => `${fieldName(field, t)}: ${value}`

function scopeLines(old: unknown, now: unknown, words: (scope: string) => string, t: Translate): string[] {
  const [before, after] = [(old ?? []) as string[], (now ?? []) as string[]]
  const granted = after.filter((scope) => !before.includes(scope))
  const withdrawn = before.filter((scope) => !after.includes(scope))
  return [
    ...granted.map((scope) => t('Granted: {scope}', { scope: words(scope) })),
    ...withdrawn.map((scope) => t('Withdrew: {scope}', { scope: words(scope) })),
  ]
}

function branchNames(ids: string[] | null, all: { id: string; name: string }[], t: Translate): string {
  if (ids === null) return t('All branches')
  if (ids.length === 0) return t('No branch')
  const names = ids.slice(0, NAMED).map((id) => all.find((branch) => branch.id === id)?.name ?? id)
  const more = ids.length - names.length
  return more > 0 ? t('{first} and {count} more', { first: names.join(', '), count: more }) : names.join(', ')
}
