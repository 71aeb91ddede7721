import { randomUUID } from 'node:crypto'
import { arrayText } from '../db/arrays.ts'
import { atomically, type Runner } from '../db/database.ts'
import { lockRecords } from '../db/locks.ts'
import { HISTORY_DAYS, LIVE_SECRETS_MAX, RATE_PER_SECOND, RATE_REQUESTS } from '../limits.ts'
import { ALL_SCOPES, type ApplicationKind, type Purpose, purposeMistake, type Scope, scopesMistake } from '../scopes.ts'
import { newClientId, newClientSecret } from './secrets.ts'

// Operations of an owner on applications. Every grant carries the revision of the application at that time
// (migrations/0002). So a token has the grants that existed when it was issued, minus those withdrawn since.

/** An error whose message is meant for the owner. */
export class Refusal extends Error {}

export type ApplicationSecret = {
  id: string
  hint: string
  created_at: Date
  last_used_at: Date | null
  last_used_address: string | null
}

export type Application = {
  id: string
  business_id: string
  client_id: string
  name: string
  kind: ApplicationKind
  scopes: Scope[]
  /** Null: all branches, future ones included. */
  branch_ids: string[] | null
  rate_requests: number
  rate_per_second: number
  history_days: number
  /** Why it reads personal data, and the legal basis; null if not stated. The ledger copies the purpose. */
  purpose: string | null
  legal_basis: string | null
  /** Whom the owner reaches at the partner. */
  contact: string | null
  revoked_at: Date | null
  /** Since when it is refused until the owner resumes it. */
  paused_at: Date | null
  created_at: Date
  /** When it last got a token, also with a secret that is revoked since. */
  last_used_at: Date | null
  /** Active ones. */
  secrets: ApplicationSecret[]
}

export type NewApplication = {
  businessId: string
  name: string
  kind: ApplicationKind
  scopes: Scope[]
  /** `all`, or ids of branches of the business. */
  branches: 'all' | string[]
  rate?: { requests: number; perSecond: number } | undefined
  historyDays?: number | undefined
  purpose?: string | undefined
  legalBasis?: string | undefined
  contact?: string | undefined
}

/** Creates an application with its first secret. This is the only time that the secret is returned. */
export async function createApplication(
  db: Runner,
  wanted: NewApplication,
  now: Date,
): Promise<Application & { client_secret: string }> {
  rejectScopes(wanted.kind, wanted.scopes, wanted)
  const id = randomUUID()
  const rate = wanted.rate ?? { requests: RATE_REQUESTS, perSecond: RATE_PER_SECOND }
  return atomically(db, async (tx) => {
    await rejectTakenName(tx, wanted.businessId, wanted.name, id)
    await tx`
      insert into applications (id, business_id, client_id, name, kind, all_branches_since, rate_requests, rate_per_second, history_days,
                                purpose, legal_basis, contact, created_at, updated_at)
      values (${id}, ${wanted.businessId}, ${newClientId()}, ${wanted.name}, ${wanted.kind}, ${wanted.branches === 'all' ? 1 : null},
              ${rate.requests}, ${rate.perSecond}, ${wanted.historyDays ?? HISTORY_DAYS},
              ${wanted.purpose ?? null}, ${wanted.legalBasis ?? null}, ${wanted.contact ?? null}, ${now}, ${now})`
    for (const scope of wanted.scopes)
      await tx`insert into application_scopes (application_id, scope, since_revision) values (${id}, ${scope}, 1)`
    if (wanted.branches !== 'all') await grantBranches(tx, wanted.businessId, id, wanted.branches, 1)
    const secret = await addSecret(tx, id, now)
    return { ...(await findApplication(tx, id)), client_secret: secret }
  })
}

export type ApplicationChange = {
  name?: string | undefined
  scopes?: Scope[] | undefined
  branches?: 'all' | string[] | undefined
  rate?: { requests: number; perSecond: number } | undefined
  historyDays?: number | undefined
  /** Null: no longer stated. */
  purpose?: string | null | undefined
  legalBasis?: string | null | undefined
  contact?: string | null | undefined
}

/** Updates an application. New grants apply to its next token; withdrawn grants end within 2 seconds. */
export async function editApplication(
  db: Runner,
  id: string,
  change: ApplicationChange,
  now: Date,
): Promise<Application> {
  return atomically(db, async (tx) => {
    const before = await lockApplication(tx, id)
    const revision = await nextRevision(tx, id, now)
    if (change.name !== undefined) {
      await rejectTakenName(tx, before.business_id, change.name, id)
      await tx`update applications set name = ${change.name} where id = ${id}`
    }
    if (change.historyDays !== undefined)
      await tx`update applications set history_days = ${change.historyDays} where id = ${id}`
    await state(tx, before, change)
    if (change.rate)
      await tx`update applications set rate_requests = ${change.rate.requests}, rate_per_second = ${change.rate.perSecond} where id = ${id}`
    if (change.scopes) {
      await tx`delete from application_scopes where application_id = ${id} and scope <> all(${change.scopes})`
      for (const scope of change.scopes)
        await tx`insert into application_scopes (application_id, scope, since_revision) values (${id}, ${scope}, ${revision}) on conflict do nothing`
    }
    if (change.branches) await changeBranches(tx, before, change.branches, revision)
    return findApplication(tx, id)
  })
}

/** Stores what the owner states. What an application needs for its scopes can be changed, but not emptied. */
async function state(tx: Runner, before: Application, change: ApplicationChange): Promise<void> {
  const { purpose = before.purpose, legalBasis = before.legal_basis, contact = before.contact } = change
  // Applications that are older than the rule can still be renamed.
  if (change.scopes || change.purpose === null || change.legalBasis === null)
    rejectScopes(before.kind, change.scopes ?? before.scopes, { purpose, legalBasis })
  await tx`
    update applications set purpose = ${purpose}, legal_basis = ${legalBasis}, contact = ${contact} where id = ${before.id}`
}

async function changeBranches(
  tx: Runner,
  before: Application & { all_branches_since: number | null },
  branches: 'all' | string[],
  revision: number,
) {
  const { id, business_id, all_branches_since } = before
  if (branches === 'all') {
    // The selected branches remain: tokens issued before now can access only those.
    await tx`update applications set all_branches_since = coalesce(all_branches_since, ${revision}) where id = ${id}`
    return
  }
  await tx`update applications set all_branches_since = null where id = ${id}`
  await tx`delete from application_branches where business_id = ${business_id} and application_id = ${id} and branch_id <> all(${branches})`
  // Tokens with access to all branches could access these too, and keep them.
  await grantBranches(tx, business_id, id, branches, all_branches_since ?? revision)
}

async function grantBranches(
  tx: Runner,
  businessId: string,
  id: string,
  branches: string[],
  revision: number,
): Promise<void> {
  // Locked, because a cluster keeps no foreign key between the two tables.
  const known = await tx`
    select id from branches where business_id = ${businessId} and id = any(${arrayText(branches)}::text::uuid[])
    order by id for key share`
  const missing = branches.filter((branch) => !known.some((row) => row.id === branch))
  if (missing.length > 0) throw new Refusal(`The business has no branch ${missing.join(', ')}.`)
  for (const branch of branches)
    await tx`
      insert into application_branches (business_id, application_id, branch_id, since_revision)
      values (${businessId}, ${id}, ${branch}, ${revision})
      on conflict (business_id, application_id, branch_id)
      do update set since_revision = least(application_branches.since_revision, excluded.since_revision)`
}

/** Adds a second live secret. This is the only time that the secret is returned. */
export async function rotateSecret(
  db: Runner,
  id: string,
  now: Date,
): Promise<{ application: Application; client_secret: string }> {
  return atomically(db, async (tx) => {
    const { secrets } = await lockApplication(tx, id)
    if (secrets.length >= LIVE_SECRETS_MAX)
      throw new Refusal(
        `The application already has ${LIVE_SECRETS_MAX} active secrets; revoke one of them first: ${secrets.map(({ id }) => id).join(', ')}.`,
      )
    await nextRevision(tx, id, now)
    const secret = await addSecret(tx, id, now)
    return { application: await findApplication(tx, id), client_secret: secret }
  })
}

/** Revokes a secret and, within 2 seconds, every token that was issued with it. */
export async function revokeSecret(db: Runner, id: string, secretId: string, now: Date): Promise<Application> {
  return atomically(db, async (tx) => {
    const { secrets } = await lockApplication(tx, id)
    if (!secrets.some((secret) => secret.id === secretId))
      throw new Refusal(`The application has no active secret ${secretId}.`)
    await tx`update application_secrets set revoked_at = ${now} where id = ${secretId}`
    return findApplication(tx, id)
  })
}

/** Revokes an application permanently, with its secrets and, within 2 seconds, its tokens. */
export async function revokeApplication(db: Runner, id: string, now: Date): Promise<Application> {
  return atomically(db, async (tx) => {
    await lockApplication(tx, id)
    await tx`update applications set revoked_at = ${now}, updated_at = ${now} where id = ${id}`
    await tx`update application_secrets set revoked_at = ${now} where application_id = ${id} and revoked_at is null`
    return findApplication(tx, id)
  })
}

/** Pauses an application: its secrets and, within 2 seconds, its tokens are refused until it is resumed. Nothing is deleted. */
export const pauseApplication = (db: Runner, id: string, now: Date): Promise<Application> =>
  atomically(db, async (tx) => {
    const { name, paused_at } = await lockApplication(tx, id)
    if (paused_at) throw new Refusal(`${name} is already paused.`)
    await tx`update applications set paused_at = ${now}, updated_at = ${now} where id = ${id}`
    return findApplication(tx, id)
  })

/** Ends a pause: the same secrets work again, and tokens that have not expired. @returns since when it was paused */
export const resumeApplication = (
  db: Runner,
  id: string,
  now: Date,
): Promise<{ application: Application; pausedAt: Date }> =>
  atomically(db, async (tx) => {
    const { name, paused_at: pausedAt } = await lockApplication(tx, id)
    if (!pausedAt) throw new Refusal(`${name} is not paused.`)
    await tx`update applications set paused_at = null, updated_at = ${now} where id = ${id}`
    return { application: await findApplication(tx, id), pausedAt }
  })

/** Returns the applications of one business, or of all businesses if the id is null, oldest first. */
export async function listApplications(db: Runner, businessId: string | null): Promise<Application[]> {
  const ids = await db<{ id: string }[]>`
    select id from applications where ${businessId}::uuid is null or business_id = ${businessId}`
  return findApplications(
    db,
    ids.map(({ id }) => id),
  )
}

/**
 * Returns the names of applications that may read customers without a purpose or a legal basis, because they are older than
 * this rule. @param businessId null: of all businesses
 */
export async function applicationsWithoutPurpose(db: Runner, businessId: string | null): Promise<string[]> {
  const rows = await db<{ name: string }[]>`
    select name from applications as application
    where (${businessId}::uuid is null or business_id = ${businessId}) and revoked_at is null
      and (purpose is null or legal_basis is null)
      and exists (
        select from application_scopes where application_id = application.id and scope = 'read:customers')
    order by created_at, name`
  return rows.map(({ name }) => name)
}

/**
 * Finds an application by its id, client id or unambiguous name. A name means a revoked application only if no other has it.
 *
 * @throws Refusal
 */
export async function resolveApplication(db: Runner, word: string): Promise<Application> {
  const rows = await db<
    { id: string; business_id: string; revoked_at: Date | null }[]
  >`select id, business_id, revoked_at from applications where id::text = ${word} or client_id = ${word} or name = ${word}`
  const active = rows.filter(({ revoked_at }) => revoked_at === null)
  const [row, ...others] = active.length > 0 ? active : rows
  if (others.length > 0)
    throw new Refusal(
      others.every(({ business_id }) => business_id === row?.business_id)
        ? `Several revoked applications are named ${word}; use the client_id (talad app list).`
        : `Several businesses have an application named ${word}; use its client_id.`,
    )
  if (!row) throw new Refusal(`No such application: ${word}. Run talad app list to see all applications.`)
  return findApplication(db, row.id)
}

async function lockApplication(tx: Runner, id: string): Promise<Application & { all_branches_since: number | null }> {
  const [row] = await tx<{ all_branches_since: number | null; revoked_at: Date | null }[]>`
    select all_branches_since, revoked_at from applications where id = ${id} for update`
  if (!row) throw new Refusal(`No such application: ${id}.`)
  if (row.revoked_at) throw new Refusal('The application is revoked; create a new one.')
  return { ...(await findApplication(tx, id)), all_branches_since: row.all_branches_since }
}

async function nextRevision(tx: Runner, id: string, now: Date): Promise<number> {
  const [row] = await tx<{ revision: number }[]>`
    update applications set revision = revision + 1, updated_at = ${now} where id = ${id} returning revision`
  return (row as { revision: number }).revision
}

async function addSecret(tx: Runner, applicationId: string, now: Date): Promise<string> {
  const { id, secret, hash, hint } = newClientSecret()
  await tx`
    insert into application_secrets (id, application_id, hash, hint, created_at) values (${id}, ${applicationId}, ${hash}, ${hint}, ${now})`
  return secret
}

async function findApplication(db: Runner, id: string): Promise<Application> {
  const [application] = await findApplications(db, [id])
  if (!application) throw new Refusal(`No such application: ${id}.`)
  return application
}

type ApplicationRow = Omit<Application, 'secrets' | 'branch_ids' | 'rate_per_second'> & {
  rate_per_second: string
  all_branches_since: number | null
  branch_ids: string[]
}

/** Returns the applications with these ids, oldest first. */
async function findApplications(db: Runner, ids: readonly string[]): Promise<Application[]> {
  const rows = await db<ApplicationRow[]>`
    select id, business_id, client_id, name, kind, rate_requests, rate_per_second, history_days, purpose, legal_basis, contact,
           revoked_at, paused_at, created_at,
           (select max(last_used_at) from application_secrets where application_id = a.id) as last_used_at,
           array(select scope from application_scopes where application_id = a.id) as scopes, all_branches_since,
           array(select branch_id::text from application_branches where business_id = a.business_id and application_id = a.id order by 1) as branch_ids
    from applications a where id = any(${arrayText(ids)}::text::uuid[]) order by created_at, name`
  const secrets = await db<(ApplicationSecret & { application_id: string })[]>`
    select application_id, id, hint, created_at, last_used_at, last_used_address from application_secrets
    where application_id = any(${arrayText(ids)}::text::uuid[]) and revoked_at is null order by created_at, id`
  const secretsOf = Map.groupBy(secrets, ({ application_id }) => application_id)
  return rows.map(({ all_branches_since, ...row }) => ({
    ...row,
    scopes: ALL_SCOPES.filter((scope) => row.scopes.includes(scope)),
    branch_ids: all_branches_since === null ? row.branch_ids : null,
    rate_per_second: Number(row.rate_per_second),
    secrets: (secretsOf.get(row.id) ?? []).map(({ application_id: _, ...secret }) => secret),
  }))
}

/**
 * Returns an application of a business, or null.
 *
 * @param forUpdate whether the row stays locked until the transaction ends
 */
export async function ownApplication(
  db: Runner,
  businessId: string,
  id: string,
  { forUpdate }: { forUpdate: boolean },
): Promise<Application | null> {
  const [row] = await db`
    select id from applications where business_id = ${businessId} and id = ${id} ${forUpdate ? db`for update` : db``}`
  return row ? findApplication(db, id) : null
}

async function rejectTakenName(tx: Runner, businessId: string, name: string, id: string): Promise<void> {
  // Of two at once, the second waits for the first and gets this sentence, and not the error of the index.
  await lockRecords(tx, businessId, [{ table: 'applications', key: name }])
  const [taken] = await tx`
    select 1 from applications
    where business_id = ${businessId} and name = ${name} and id <> ${id} and revoked_at is null`
  if (taken) throw new Refusal(`The business already has an application named ${name}.`)
}

function rejectScopes(kind: ApplicationKind, scopes: Scope[], stated: Purpose): void {
  const mistake = scopesMistake(kind, scopes) ?? purposeMistake(scopes, stated)
  if (mistake) throw new Refusal(mistake)
}
