import type { MemberCaller } from '../../contract/caller.ts'
import { isAtLeast } from '../../contract/role.ts'
import type { Runner } from '../../db/database.ts'
import { type Application, listApplications } from '../../oauth/applications.ts'
import { listRequests } from '../../privacy/requests.ts'
import { groupedFigures } from '../../requests/read_figures.ts'
import { PII_SCOPE } from '../../scopes.ts'
import { longPauses } from '../applications/pauses.ts'
import { ComposedList, memberOperation } from '../frame.ts'
import { type ATTENTION_KINDS, Attention } from './schema.ts'

const DAY_MS = 24 * 3600 * 1000

/** When something needs attention, in days. */
const UNUSED_DAYS = 30
const OLD_SECRET_DAYS = 365
const DUE_DAYS = 7

type AttentionItem = {
  kind: (typeof ATTENTION_KINDS)[number]
  subject_id: string | null
  name: string | null
  since: Date | null
  count: number | null
  lost_from?: Date | null
}

const tag = 'Monitoring'

/** @param contactOperations the operations that can show contact data */
export const listAttention = (contactOperations: readonly string[]) =>
  memberOperation({
    ...{ id: 'console.attention.list', method: 'GET', path: '/attention', role: 'viewer', tag },
    summary: { th: 'ดึงเรื่องที่ควรจัดการ', en: 'List what needs attention' },
    about: {
      th: 'เรื่องของ Secret และคำขอของเจ้าของข้อมูลแสดงตั้งแต่สิทธิ์ admin',
      en: 'Secrets and requests of persons are shown to admins and owners.',
    },
    response: ComposedList(Attention),
    async handle({ db, caller, clock }) {
      const now = clock()
      const isAdmin = isAtLeast(caller.member.role, 'admin')
      const applications = (await listApplications(db, caller.business.id)).filter(({ revoked_at }) => !revoked_at)
      // A paused application sees nothing, and what it does not use is no sign of anything.
      const working = applications.filter(({ paused_at }) => !paused_at)
      const lists = await Promise.all([
        webhooks(db, caller),
        limited(db, caller, applications, now),
        unusedContactData(db, caller, { applications: working, contactOperations }, now),
        paused(db, caller, now),
        isAdmin ? secrets(working, now) : [],
        isAdmin ? due(db, caller, now) : [],
      ])
      return lists.flat().map((item) => ({ ...item, lost_from: item.lost_from ?? null }))
    },
  })

async function webhooks(db: Runner, { business }: MemberCaller): Promise<AttentionItem[]> {
  const rows = await db<{ id: string; endpoint_url: string; status: string; failing_since: Date }[]>`
    select id, endpoint_url, status, failing_since from subscriptions
    where business_id = ${business.id} and deleted_at is null and not is_suspended and failing_since is not null
    order by failing_since, id`
  return rows.map(({ id, endpoint_url, status, failing_since }) => ({
    kind: status === 'DISABLED' ? 'webhook_stopped' : 'webhook_failing',
    ...{ subject_id: id, name: endpoint_url, since: failing_since, count: null },
  }))
}

/** Applications that reached their rate limit within a day, and requests that the log does not have. */
async function limited(
  db: Runner,
  { business }: MemberCaller,
  applications: readonly Application[],
  now: Date,
): Promise<AttentionItem[]> {
  const search = { from: new Date(now.getTime() - DAY_MS), timeZone: business.timeZone }
  const figures = await groupedFigures(db, business.id, 'application', search)
  return figures.flatMap(({ applicationId, rateLimited, unlogged }): AttentionItem[] => {
    const { name = null } = applications.find(({ id }) => id === applicationId) ?? {}
    const about = { subject_id: applicationId, name, since: null }
    return [
      ...(rateLimited > 0 ? [{ kind: 'rate_limited' as const, ...about, count: rateLimited }] : []),
      ...(unlogged > 0 ? [{ kind: 'log_incomplete' as const, ...about, count: unlogged }] : []),
    ]
  })
}

/**
 * Applications that may read contact data, and have not used it: no successful request for as long as figures exist, at least
 * UNUSED_DAYS, and no webhook with contact data. New grants are left out.
 */
async function unusedContactData(
  db: Runner,
  { business }: MemberCaller,
  { applications, contactOperations }: { applications: readonly Application[]; contactOperations: readonly string[] },
  now: Date,
): Promise<AttentionItem[]> {
  const from = new Date(now.getTime() - UNUSED_DAYS * DAY_MS)
  const granted = applications.filter(({ scopes, created_at }) => scopes.includes(PII_SCOPE) && created_at < from)
  if (granted.length === 0) return []
  const used = await db<{ application_id: string }[]>`
    select distinct application_id from request_figures
    where business_id = ${business.id} and hour >= ${from} and requests > errors
      and operation in ${db(contactOperations as string[])}`
  const receiving = await db<{ application_id: string }[]>`
    select application_id from subscriptions
    where business_id = ${business.id} and deleted_at is null and include_pii and status <> 'DISABLED'`
  const changed = await db<{ application_id: string }[]>`
    select subject_id as application_id from audit_log
    where business_id = ${business.id} and created_at >= ${from} and subject_type = 'application'`
  const [first] = await db<{ hour: Date | null }[]>`
    select min(hour) as hour from request_figures where business_id = ${business.id}`
  const isKnown = first?.hour != null && first.hour <= from
  const excused = new Set([...used, ...receiving, ...changed].map(({ application_id }) => application_id))
  return granted.flatMap((application): AttentionItem[] => {
    const last = application.last_used_at
    const isUnused = last === null || last < from || isKnown
    if (excused.has(application.id) || !isUnused) return []
    return [
      { kind: 'contact_data_unused', subject_id: application.id, name: application.name, since: last, count: null },
    ]
  })
}

/** Applications whose pause somebody may have forgotten. */
const paused = async (db: Runner, { business }: MemberCaller, now: Date): Promise<AttentionItem[]> =>
  (await longPauses(db, business.id, now)).map(({ id, name, paused_at, lost_from }) => ({
    kind: 'paused_long',
    ...{ subject_id: id, name, since: paused_at, count: null, lost_from },
  }))

/** Secrets that nobody uses, and old ones. */
const secrets = (applications: readonly Application[], now: Date): AttentionItem[] =>
  applications.flatMap(({ id, name, secrets }) =>
    secrets.flatMap(({ created_at, last_used_at }): AttentionItem[] => {
      const ageOf = (at: Date) => (now.getTime() - at.getTime()) / DAY_MS
      const about = (since: Date) => ({ subject_id: id, name, since, count: null })
      if (ageOf(last_used_at ?? created_at) > UNUSED_DAYS)
        return [{ kind: 'secret_unused', ...about(last_used_at ?? created_at) }]
      return ageOf(created_at) > OLD_SECRET_DAYS ? [{ kind: 'secret_old', ...about(created_at) }] : []
    }),
  )

/** Requests of persons whose deadline is near or has passed. */
async function due(db: Runner, { business }: MemberCaller, now: Date): Promise<AttentionItem[]> {
  const open = await listRequests(db, business.id, 'open')
  return open
    .filter(({ due_at }) => due_at.getTime() - now.getTime() < DUE_DAYS * DAY_MS)
    .map(({ id, due_at }) => ({ kind: 'request_due', subject_id: id, name: null, since: due_at, count: null }))
}
