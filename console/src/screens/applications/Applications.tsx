import { Anchor, Badge, Button, Group, NativeSelect, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ListedApplication } from '../../api/generated/operations.ts'
import { useRead } from '../../api/use_call.ts'
import { useMay } from '../../frame/account.ts'
import { useFormat } from '../../language/format.ts'
import { useLanguage, useText } from '../../language/text.ts'
import { useFilters } from '../../parts/filters.ts'
import { Loaded, More } from '../../parts/Loaded.tsx'
import { NoneFound } from '../../parts/NoneFound.tsx'
import { type Column, Rows } from '../../parts/Rows.tsx'
import { Screen } from '../../parts/Screen.tsx'
import { Revoke } from './Revoke.tsx'

export function Applications() {
  const t = useText()
  const may = useMay('admin')
  const applications = useRead('console.applications.list', {})
  const [{ q = '', state = 'active' }] = useFilters()
  const shown = applications.data?.filter(
    ({ name, client_id, revoked_at }) =>
      (state === 'all' || revoked_at === null) && `${name} ${client_id}`.toLowerCase().includes(q.toLowerCase()),
  )
  const [limit, setLimit] = useState(ROWS_AT_ONCE)
  const [stopped, setStopped] = useState<ListedApplication | null>(null)
  const columns = useColumns(may ? setStopped : null)
  return (
    <Screen
      title={t('Applications')}
      about={t('Programs of partners that read the data of this business, or send data to it.')}
      actions={
        may && (
          <Button component={Link} to="/applications/new">
            {t('Add an application')}
          </Button>
        )
      }
    >
      <ApplicationFilters />
      <Loaded query={{ ...applications, data: shown }} empty={<NoneFound text={t('No applications yet.')} />}>
        {(rows) => (
          <>
            <Rows label={t('Applications')} rows={rows.slice(0, limit)} rowKey={({ id }) => id} columns={columns} />
            <More
              of={{
                hasNextPage: rows.length > limit,
                isFetchingNextPage: false,
                fetchNextPage: () => setLimit(limit + ROWS_AT_ONCE),
              }}
            />
          </>
        )}
      </Loaded>
      {stopped && <Revoke application={stopped} onClose={() => setStopped(null)} />}
    </Screen>
  )
}

function ApplicationFilters() {
  const t = useText()
  const [{ q = '', state = 'active' }, change] = useFilters()
  return (
    <search aria-label={t('Filters')}>
      <Group align="flex-end">
        <TextInput
          label={t('Search')}
          type="search"
          value={q}
          onChange={(event) => change({ q: event.currentTarget.value })}
        />
        <NativeSelect
          label={t('State')}
          value={state}
          onChange={(event) => change({ state: event.currentTarget.value === 'all' ? 'all' : '' })}
          data={[
            { value: 'active', label: t('Not revoked') },
            { value: 'all', label: t('All') },
          ]}
        />
      </Group>
    </search>
  )
}

/** Rows that are drawn before somebody asks for more: a phone draws a thousand too slowly. */
const ROWS_AT_ONCE = 100

function useColumns(onStop: ((application: ListedApplication) => void) | null): Column<ListedApplication>[] {
  const t = useText()
  // A viewer sees no secrets, so their absence says nothing.
  const mayManage = useMay('admin')
  const { ago, day, number } = useFormat()
  const words = useScopeWords()
  const branches = useBranchesText()
  return [
    {
      label: t('Application name'),
      cell: ({ id, name, revoked_at, paused_at, secrets }) => (
        <>
          <Anchor component={Link} {...({ to: `/applications/${id}` } as object)}>
            {name}
          </Anchor>{' '}
          {revoked_at !== null && (
            <Badge variant="outline" color="red">
              {t('revoked {at}', { at: day(revoked_at) })}
            </Badge>
          )}
          {revoked_at === null && paused_at !== null && (
            <Badge variant="outline" color="orange">
              {t('paused')}
            </Badge>
          )}
          {mayManage && revoked_at === null && secrets.length === 0 && (
            <Badge variant="outline" color="orange">
              {t('Cannot connect (no secret)')}
            </Badge>
          )}
        </>
      ),
    },
    {
      label: t('May see'),
      cell: ({ scopes: [first = '', ...more] }) => (
        <>
          {more.length === 0
            ? words(first)
            : t('{first} and {count} more', { first: words(first), count: more.length })}{' '}
          {[first, ...more].includes('read:customers:pii') && (
            <Badge variant="outline" color="orange">
              {t('sees contact data')}
            </Badge>
          )}
        </>
      ),
    },
    { label: t('Branches'), cell: ({ branch_ids }) => branches(branch_ids) },
    {
      label: t('Last used'),
      cell: ({ last_used_at }) => (last_used_at === null ? t('never') : ago(last_used_at)),
    },
    {
      label: t('Failed within a day'),
      cell: ({ id, requests_last_day, errors_last_day }) =>
        requests_last_day === 0 ? (
          t('no requests')
        ) : errors_last_day === 0 ? (
          t('{errors} of {requests}', { errors: 0, requests: number(requests_last_day) })
        ) : (
          <Anchor
            component={Link}
            {...({ to: '/requests', search: { application_id: id, status: 'error' } } as object)}
          >
            {t('{errors} of {requests}', { errors: number(errors_last_day), requests: number(requests_last_day) })}
          </Anchor>
        ),
    },
    ...(onStop
      ? [
          {
            label: t('Manage'),
            cell: (application: ListedApplication) =>
              application.revoked_at === null && (
                <Button
                  size="compact-sm"
                  variant="outline"
                  color="red"
                  aria-label={t('Revoke {name}', application)}
                  onClick={() => onStop(application)}
                >
                  {t('Revoke')}
                </Button>
              ),
          },
        ]
      : []),
  ]
}

/** Returns a function that says in a sentence what a scope allows. */
export function useScopeWords(): (scope: string) => string {
  const language = useLanguage()
  const scopes = useRead('console.scopes.list', {})
  return (scope) => withoutCodes(scopes.data?.find((one) => one.scope === scope)?.[language] ?? scope)
}

/**
 * Returns a function that names an application. A revoked one has the day of its end, because a new application may have the same
 * name; several revoked ones of one name also have their client ID.
 */
export function useApplicationLabel(): (id: string | null, name: string | null) => string | null {
  const t = useText()
  const { day } = useFormat()
  const applications = useRead('console.applications.list', {})
  return (id, name) => {
    const known = applications.data?.find((one) => one.id === id)
    const shown = known?.name ?? name ?? id
    if (!known?.revoked_at || shown === null) return shown
    const at = day(known.revoked_at)
    const isAlike = (one: ListedApplication) => one.id !== id && one.name === known.name && one.revoked_at !== null
    return applications.data?.some(isAlike)
      ? t('{name} (revoked {at}, {client})', { name: shown, at, client: `${known.client_id.slice(0, 14)}…` })
      : t('{name} (revoked {at})', { name: shown, at })
  }
}

/** Leaves out a remark in parentheses about kinds and codes of scopes: the console sees to what it asks for. */
export const withoutCodes = (text: string): string => text.replace(/ \([^()]*(?:\w+:\w+|\bpos\b)[^()]*\)$/, '')

/** Branches that are named; of more, the number says enough. */
const NAMED_BRANCHES = 3

/** Returns a function that says which branches an application sees. */
export function useBranchesText(): (ids: string[] | null) => string {
  const t = useText()
  const branches = useRead('console.branches.list', {})
  return (ids) => {
    if (ids === null) return t('All branches')
    const count = t('{count, plural, one {# branch} other {# branches}}', { count: ids.length })
    const names = ids.flatMap((id) => branches.data?.find((branch) => branch.id === id)?.name ?? [])
    return ids.length <= NAMED_BRANCHES && names.length > 0 ? `${count}: ${names.join(', ')}` : count
  }
}
