import { hash } from 'node:crypto'
import { cacheOf } from '../cache.ts'
import type { Caller } from '../contract/operation.ts'
import { Problem } from '../contract/problem.ts'
import type { Database, Runner } from '../db/database.ts'
import { deleteFullBuckets } from '../http/bucket.ts'
import {
  AUTHORITY_KEEP_S,
  AUTHORITY_POLL_MS,
  AUTHORITY_STALE_MS,
  GRANTS_REMEMBERED_MAX,
  TOKEN_MAX_BYTES,
  TOKENS_REMEMBERED_MAX,
} from '../limits.ts'
import { ALL_SCOPES, isScope, type Kind, type Scope } from '../scopes.ts'
import type { AccessTokenClaims, Keys } from './keys.ts'

// Who is calling, and what may they do?
//
// A verified token and an application's grants are remembered, so that a warm request costs a hash and two look-ups.
// What is remembered is forgotten as soon as it changed: triggers name every changed application in authority_changes,
// and each process reads that table twice a second (migrations/0002_access.sql says why it misses nothing).
//
// Guaranteed: what was withdrawn (a scope, a branch, a token, a secret, an application) is gone from every process
// within AUTHORITY_STALE_MS of the commit. A process that cannot read the changes for so long trusts nothing that it
// remembers and asks the database, which then is away: 503, never an old answer. It starts afresh once it can read
// again: meanwhile the changes may have been deleted, or the database may have become another one (a failover).
// Granted rights reach a partner with its next token: a token carries the revision of the grants at its making.

/** The rights of an application as they are now. */
type Grant = {
  application: Caller['application']
  business: Caller['business']
  historyDays: number
  rate: Caller['rate']
  revoked: boolean
  revision: number
  scopes: { scope: Scope; since: number }[]
  allBranchesSince: number | null
  branches: { id: string; since: number }[]
  liveSecrets: Set<string>
  revokedTokens: Set<string>
}

export type Authority = {
  /** The caller that this Authorization header stands for. @throws Problem `invalid_token` */
  authenticate(rawHeaders: readonly string[]): Promise<Caller>
  /** What a token says, if it is valid at this moment; else null. */
  inspect(token: string): Promise<{ claims: AccessTokenClaims; caller: Caller } | null>
  /** Starts reading changes. @returns how to stop */
  watch(): () => Promise<void>
}

export function createAuthority(
  db: Database,
  keys: Keys,
  clock: () => Date,
  onError: (error: unknown) => void,
): Authority {
  const tokens = cacheOf<{ claims: AccessTokenClaims; grant?: Grant; caller?: Caller }>(TOKENS_REMEMBERED_MAX)
  const grants = cacheOf<Grant>(GRANTS_REMEMBERED_MAX)
  let horizon: string | null = null
  let readAt = Number.NEGATIVE_INFINITY
  let readings = 0
  let freshUntil = 0
  let reading: Promise<void> | null = null

  /** Reads what changed, once at a time, and forgets it. */
  function readChanges(): Promise<void> {
    reading ??= forgetChanged().finally(() => {
      reading = null
    })
    return reading
  }

  async function forgetChanged(): Promise<void> {
    const startedAt = performance.now()
    const [row] = await db<{ horizon: string; read_at: number; subjects: string[] }[]>`
      select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
             extract(epoch from now())::float8 * 1000 as read_at,
             array(select subject from authority_changes where changed_in >= ${horizon}::text::xid8) as subjects`
    const { horizon: next, read_at, subjects } = row as NonNullable<typeof row>
    // By the database's clock: that of this process stands still while its machine sleeps.
    const sinceLast = read_at - readAt
    if (sinceLast < 0 || sinceLast > AUTHORITY_STALE_MS) {
      grants.clear()
      forgetKeys()
    }
    for (const subject of subjects) {
      if (subject === 'keys') forgetKeys()
      else grants.delete(subject)
    }
    horizon = next
    readAt = read_at
    readings += 1
    freshUntil = startedAt + AUTHORITY_STALE_MS
  }

  function forgetKeys(): void {
    keys.forget()
    tokens.clear()
  }

  /** The rights of an application, at least as new as `revision`. */
  async function grantOf(applicationId: string, revision: number): Promise<Grant | null> {
    const known = grants.get(applicationId)
    if (known && known.revision >= revision) return known
    const before = readings
    const grant = await loadGrant(db, applicationId)
    // A change that was read while this was being loaded may be newer than what was loaded.
    if (grant && readings === before) grants.set(applicationId, grant)
    return grant
  }

  async function inspect(token: string) {
    if (performance.now() > freshUntil) await readChanges()
    const key = hash('sha256', token, 'base64')
    let remembered = tokens.get(key)
    if (!remembered) {
      const before = readings
      const claims = await keys.verify(token)
      if (!claims) return null
      remembered = { claims }
      // As with grants: the key may have gone while it was being used.
      if (readings === before) tokens.set(key, remembered)
    }
    const { claims } = remembered
    if (claims.exp * 1000 <= clock().getTime()) return null
    const grant = await grantOf(claims.app, claims.rev)
    if (!grant || grant.revoked || grant.revokedTokens.has(claims.jti) || !grant.liveSecrets.has(claims.sec))
      return null
    if (remembered.grant !== grant || !remembered.caller) {
      remembered.grant = grant
      remembered.caller = callerOf(grant, claims)
    }
    return { claims, caller: remembered.caller }
  }

  return {
    inspect,

    async authenticate(rawHeaders) {
      const token = bearerToken(rawHeaders)
      const valid = token === null ? null : await inspect(token)
      if (!valid) throw new Problem('invalid_token')
      return valid.caller
    },

    watch() {
      let stopped = false
      let timer: NodeJS.Timeout
      const turn = async () => {
        await readChanges().catch(onError)
        if (!stopped) timer = setTimeout(turn, AUTHORITY_POLL_MS)
      }
      const running = turn()
      const sweep = setInterval(() => deleteUnneeded(db).catch(onError), (AUTHORITY_KEEP_S * 1000) / 4)
      return async () => {
        stopped = true
        clearTimeout(timer)
        clearInterval(sweep)
        await running
        await reading?.catch(() => {})
      }
    },
  }
}

/** RFC 6750 §2.1, exactly one header; anything else is no token. */
function bearerToken(rawHeaders: readonly string[]): string | null {
  // Node keeps the first of several Authorization headers; whoever sends two may mean the other.
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
 * What an application may see at this moment, whatever tokens it has: everything that it is granted. Null if it is
 * revoked, or there is no such application.
 */
export async function rightsOf(db: Runner, applicationId: string): Promise<Caller | null> {
  const grant = await loadGrant(db, applicationId)
  if (!grant || grant.revoked) return null
  return callerOf(grant, {
    jti: '',
    exp: Number.MAX_SAFE_INTEGER / 1000,
    rev: grant.revision,
    scope: ALL_SCOPES.join(' '),
  })
}

function callerOf(grant: Grant, claims: Pick<AccessTokenClaims, 'jti' | 'exp' | 'rev' | 'scope'>): Caller {
  const asked = new Set(claims.scope.split(' '))
  const granted = ({ since }: { since: number }) => since <= claims.rev
  const seesAll = grant.allBranchesSince !== null && grant.allBranchesSince <= claims.rev
  return {
    tokenId: claims.jti,
    expiresAt: new Date(claims.exp * 1000),
    application: grant.application,
    business: grant.business,
    scopes: new Set(
      ALL_SCOPES.filter((scope) => asked.has(scope) && grant.scopes.some((row) => row.scope === scope && granted(row))),
    ),
    branches: seesAll ? 'all' : grant.branches.filter(granted).map(({ id }) => id),
    historyDays: grant.historyDays,
    rate: grant.rate,
  }
}

type GrantRow = {
  client_id: string
  name: string
  kind: Kind
  revision: number
  all_branches_since: number | null
  rate_requests: number
  rate_per_second: string
  history_days: number
  revoked: boolean
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
    select a.client_id, a.name, a.kind, a.revision, a.all_branches_since, a.rate_requests, a.rate_per_second, a.history_days,
           a.revoked_at is not null as revoked,
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
    application: { id: applicationId, clientId: row.client_id, name: row.name, kind: row.kind },
    business: {
      id: row.business_id,
      name: row.business_name,
      timeZone: row.time_zone,
      dayStartsAt: row.day_starts_at,
      currency: row.currency,
    },
    historyDays: row.history_days,
    rate: { requests: row.rate_requests, perSecond: Number(row.rate_per_second) },
    revoked: row.revoked,
    revision: row.revision,
    scopes: (row.scopes ?? []).flatMap(({ scope, since }) => (isScope(scope) ? [{ scope, since }] : [])),
    allBranchesSince: row.all_branches_since,
    branches: row.branches ?? [],
    liveSecrets: new Set(row.live_secrets),
    revokedTokens: new Set(row.revoked_tokens),
  }
}

/** Changes that every process has read, revocations of tokens that have expired by themselves, buckets that are full. */
async function deleteUnneeded(db: Database): Promise<void> {
  await db`delete from authority_changes where changed_at < now() - make_interval(secs => ${AUTHORITY_KEEP_S})`
  await db`delete from revoked_tokens where expires_at < now()`
  await deleteFullBuckets(db)
}
