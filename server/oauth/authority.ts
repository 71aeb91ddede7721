import { hash } from 'node:crypto'
import { cacheOf } from '../cache.ts'
import type { ApplicationCaller, ApplicationRights } from '../contract/caller.ts'
import { UNRECORDED } from '../contract/disclosure.ts'
import type { RequestHead } from '../contract/plane.ts'
import { Problem } from '../contract/problem.ts'
import type { Database, Runner } from '../db/database.ts'
import { deleteFullBuckets } from '../http/rate_limit/bucket.ts'
import {
  AUTHORITY_KEEP_S,
  AUTHORITY_POLL_MS,
  AUTHORITY_STALE_MS,
  GRANTS_REMEMBERED_MAX,
  TOKEN_MAX_BYTES,
  TOKENS_REMEMBERED_MAX,
} from '../limits.ts'
import { ALL_SCOPES, type ApplicationKind, isScope, type Scope } from '../scopes.ts'
import type { AccessTokenClaims, Keys } from './keys.ts'

// Authenticates callers and determines their rights.
//
// Verified tokens and grants of applications are cached, so that a warm request costs one hash and two lookups. Triggers
// record every changed application in authority_changes. Each process reads that table twice a second and drops the cached
// grants of changed applications (migrations/0002_access.sql explains why no change is missed).
//
// Guarantee: a withdrawn scope, branch, token, secret or application, and a paused application, has no effect in any process after
// AUTHORITY_STALE_MS from the commit. A process that cannot read changes for that long stops using its cache. Because the database
// is then unavailable, it responds with 503, never with old rights. When it can read again, it clears the cache, because changes may
// have been deleted meanwhile, or a failover may have replaced the database. New grants apply to the next token of a partner: a
// token carries the revision of the grants at the time of issue.

/** The current rights of an application. */
type Grant = {
  id: string
  application: ApplicationRights['application']
  business: ApplicationRights['business']
  historyDays: number
  purpose: string | null
  rate: ApplicationRights['rate']
  revoked: boolean
  paused: boolean
  revision: number
  scopes: { scope: Scope; since: number }[]
  allBranchesSince: number | null
  branches: { id: string; since: number }[]
  liveSecrets: Set<string>
  revokedTokens: Set<string>
}

/** What an application is told that the owner has paused, once it has shown that it is this application. */
export const PAUSED_MESSAGE =
  'The owner of the business has paused this application: ask the owner to resume it; the client_secret stays the same'

export type Authority = {
  /** Returns the caller for the Authorization header. @throws Problem `invalid_token` */
  authenticate(request: RequestHead): Promise<ApplicationCaller>
  /** Returns the claims and the caller of a valid token, or null. */
  inspect(token: string): Promise<{ claims: AccessTokenClaims; caller: ApplicationCaller } | null>
  /** Starts reading changes. @returns a function that stops it */
  watch(): () => Promise<void>
}

/** Creates the authority of a process. Nothing is read until the first request, or until `watch` is called. */
export function createAuthority(
  db: Database,
  keys: Keys,
  clock: () => Date,
  onError: (error: unknown) => void,
): Authority {
  const tokens = cacheOf<{ claims: AccessTokenClaims; grant?: Grant; caller?: ApplicationCaller }>(
    TOKENS_REMEMBERED_MAX,
  )
  const grants = cacheOf<Grant>(GRANTS_REMEMBERED_MAX)
  const changes = createChangeReader(db, {
    onChanged(subject) {
      if (subject === 'keys') forgetKeys()
      else grants.delete(subject)
    },
    onMissed() {
      grants.clear()
      forgetKeys()
    },
  })

  function forgetKeys(): void {
    keys.forget()
    tokens.clear()
  }

  /** Returns the rights of an application, at least as new as `revision`. */
  async function grantOf(applicationId: string, revision: number): Promise<Grant | null> {
    const known = grants.get(applicationId)
    if (known && known.revision >= revision) return known
    const before = changes.count()
    const grant = await loadGrant(db, applicationId)
    // A change that was read during the load can be newer than the loaded grant, which must not be cached then.
    if (grant && changes.count() === before) grants.set(applicationId, grant)
    return grant
  }

  /** Returns what is known of a token that this server signed, or null. Without a caller, it is not valid any more. */
  async function read(token: string) {
    if (!changes.isFresh()) await changes.read()
    const key = hash('sha256', token, 'base64')
    let remembered = tokens.get(key)
    if (!remembered) {
      const before = changes.count()
      const claims = await keys.verify(token)
      if (!claims) return null
      remembered = { claims }
      // As with grants: the key may have been removed during the verification.
      if (changes.count() === before) tokens.set(key, remembered)
    }
    const { claims } = remembered
    const grant = await grantOf(claims.app, claims.rev)
    if (!grant) return null
    const { revoked, paused, revokedTokens, liveSecrets } = grant
    const isExpired = claims.exp * 1000 <= clock().getTime()
    const hasEnded = isExpired || revoked || revokedTokens.has(claims.jti) || !liveSecrets.has(claims.sec)
    if (hasEnded || paused) return { claims, caller: null, grant, isPaused: !hasEnded }
    if (remembered.grant !== grant || !remembered.caller) {
      remembered.grant = grant
      remembered.caller = callerOf(grant, claims)
    }
    return { claims, caller: remembered.caller, grant, isPaused: false }
  }

  return {
    async inspect(token) {
      const known = await read(token)
      return known?.caller ? { claims: known.claims, caller: known.caller } : null
    },

    async authenticate({ rawHeaders }) {
      const token = bearerToken(rawHeaders)
      const known = token === null ? null : await read(token)
      if (known?.caller) return known.caller
      const sender = known ? { id: known.grant.id, businessId: known.grant.business.id } : undefined
      throw new Problem('invalid_token', known?.isPaused ? PAUSED_MESSAGE : undefined, { ...(sender && { sender }) })
    },

    watch() {
      const stop = repeat(() => changes.read().catch(onError), AUTHORITY_POLL_MS)
      const sweep = setInterval(() => deleteUnneeded(db).catch(onError), (AUTHORITY_KEEP_S * 1000) / 4)
      return async () => {
        clearInterval(sweep)
        await stop()
        await changes.ended()
      }
    },
  }
}

/** Reads the changes of rights. `onMissed` is called when changes may have been missed. */
function createChangeReader(db: Database, on: { onChanged(subject: string): void; onMissed(): void }) {
  let horizon: string | null = null
  let readAt = Number.NEGATIVE_INFINITY
  let count = 0
  let freshUntil = 0
  let reading: Promise<void> | null = null

  async function readOnce(): Promise<void> {
    const startedAt = performance.now()
    const { horizon: next, read_at, subjects } = await changesSince(db, horizon)
    // Uses the clock of the database, because the clock of this process stops while its machine sleeps.
    const sinceLast = read_at - readAt
    if (sinceLast < 0 || sinceLast > AUTHORITY_STALE_MS) on.onMissed()
    for (const subject of subjects) on.onChanged(subject)
    horizon = next
    readAt = read_at
    count += 1
    freshUntil = startedAt + AUTHORITY_STALE_MS
  }

  return {
    /** Reads the changes since the last read. Concurrent calls share one read. */
    read(): Promise<void> {
      reading ??= readOnce().finally(() => {
        reading = null
      })
      return reading
    },
    /** Number of successful reads. */
    count: (): number => count,
    /** Returns whether the last read is recent enough to trust what is cached. */
    isFresh: (): boolean => performance.now() <= freshUntil,
    /** Waits for the running read, if there is one. */
    ended: async (): Promise<void> => reading?.catch(() => {}),
  }
}

type Changes = { horizon: string; read_at: number; subjects: string[] }

/** Returns what changed since the last read, its time by the clock of the database, and the horizon of the next read. */
async function changesSince(db: Database, horizon: string | null): Promise<Changes> {
  const [row] = await db<Changes[]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
           extract(epoch from now())::float8 * 1000 as read_at,
           array(select subject from authority_changes where changed_in >= ${horizon}::text::xid8) as subjects`
  return row as Changes
}

/**
 * Runs `work` again and again, with a pause after each run. @returns a function that stops it and waits for the first run
 */
function repeat(work: () => Promise<void>, pauseMs: number): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout
  const turn = async () => {
    await work()
    if (!stopped) timer = setTimeout(turn, pauseMs)
  }
  const first = turn()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await first
  }
}

/** Returns the bearer token (RFC 6750 §2.1), or null unless exactly one Authorization header has one. */
function bearerToken(rawHeaders: readonly string[]): string | null {
  // Node keeps only the first of several Authorization headers, but the client may mean the second.
  let value: string | null = null
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'authorization') continue
    if (value !== null) return null
    value = rawHeaders[at + 1] ?? null
  }
  if (value === null || value.length > TOKEN_MAX_BYTES) return null
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(value)?.[1] ?? null
}

/**
 * Returns the current rights of an application: everything that it is granted, independent of its tokens and of a pause. Returns
 * null if the application is revoked or does not exist.
 */
export async function rightsOf(db: Runner, applicationId: string): Promise<ApplicationRights | null> {
  const grant = await loadGrant(db, applicationId)
  if (!grant || grant.revoked) return null
  return rightsFor(grant, { rev: grant.revision, scope: ALL_SCOPES.join(' ') })
}

const callerOf = (grant: Grant, claims: AccessTokenClaims): ApplicationCaller => ({
  ...rightsFor(grant, claims),
  token: { id: claims.jti, expiresAt: new Date(claims.exp * 1000) },
})

/** Returns the rights that remain of those that a token had. */
function rightsFor(grant: Grant, claims: Pick<AccessTokenClaims, 'rev' | 'scope'>): ApplicationRights {
  const asked = new Set(claims.scope.split(' '))
  const granted = ({ since }: { since: number }) => since <= claims.rev
  const seesAll = grant.allBranchesSince !== null && grant.allBranchesSince <= claims.rev
  return {
    kind: 'application',
    id: grant.id,
    application: grant.application,
    business: grant.business,
    scopes: new Set(
      ALL_SCOPES.filter((scope) => asked.has(scope) && grant.scopes.some((row) => row.scope === scope && granted(row))),
    ),
    branches: seesAll ? 'all' : grant.branches.filter(granted).map(({ id }) => id),
    wayOut: 'response',
    operation: null,
    purpose: grant.purpose,
    disclosures: UNRECORDED,
    historyDays: grant.historyDays,
    rate: grant.rate,
  }
}

type GrantRow = {
  client_id: string
  name: string
  kind: ApplicationKind
  revision: number
  all_branches_since: number | null
  rate_requests: number
  rate_per_second: string
  history_days: number
  purpose: string | null
  revoked: boolean
  paused: boolean
  business_id: string
  business_name: string
  time_zone: string
  day_starts_at: string
  currency: string
  scopes: { scope: string; since: number }[] | null
  branches: { id: string; since: number }[] | null
  live_secrets: string[]
  revoked_tokens: string[]
}

async function loadGrant(db: Runner, applicationId: string): Promise<Grant | null> {
  const [row] = await db<GrantRow[]>`
    select a.client_id, a.name, a.kind, a.revision, a.all_branches_since, a.rate_requests, a.rate_per_second, a.history_days, a.purpose,
           a.revoked_at is not null as revoked, a.paused_at is not null as paused,
           b.id as business_id, b.name as business_name, b.time_zone, b.currency,
           to_char(b.business_day_starts_at, 'HH24:MI') as day_starts_at,
           (select json_agg(json_build_object('scope', scope, 'since', since_revision))
              from application_scopes where application_id = a.id) as scopes,
           (select json_agg(json_build_object('id', branch_id, 'since', since_revision))
              from application_branches where business_id = a.business_id and application_id = a.id) as branches,
           array(select id::text from application_secrets where application_id = a.id and revoked_at is null) as live_secrets,
           array(select id::text from revoked_tokens where application_id = a.id) as revoked_tokens
    from applications a join businesses b on b.id = a.business_id
    where a.id = ${applicationId}`
  if (!row) return null
  return {
    id: applicationId,
    application: { clientId: row.client_id, name: row.name, kind: row.kind },
    business: {
      id: row.business_id,
      name: row.business_name,
      timeZone: row.time_zone,
      dayStartsAt: row.day_starts_at,
      currency: row.currency,
    },
    historyDays: row.history_days,
    purpose: row.purpose,
    rate: { requests: row.rate_requests, perSecond: Number(row.rate_per_second) },
    revoked: row.revoked,
    paused: row.paused,
    revision: row.revision,
    scopes: (row.scopes ?? []).flatMap(({ scope, since }) => (isScope(scope) ? [{ scope, since }] : [])),
    allBranchesSince: row.all_branches_since,
    branches: row.branches ?? [],
    liveSecrets: new Set(row.live_secrets),
    revokedTokens: new Set(row.revoked_tokens),
  }
}

/** Deletes changes that every process has read, revocations of expired tokens, and full rate limit buckets. */
async function deleteUnneeded(db: Database): Promise<void> {
  await db`delete from authority_changes where changed_at < now() - make_interval(secs => ${AUTHORITY_KEEP_S})`
  await db`delete from revoked_tokens where expires_at < now()`
  await deleteFullBuckets(db)
}
