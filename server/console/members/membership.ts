import { randomUUID } from 'node:crypto'
import { MEMBERS_MAX } from '../../contract/console_limits.ts'
import type { Role } from '../../contract/role.ts'
import { arrayText } from '../../db/arrays.ts'
import { atomically, type Runner } from '../../db/database.ts'
import { Refusal } from '../../oauth/applications.ts'

// Members of businesses. A person has one account (auth_users) and may be a member of several businesses.

export type MemberEntry = {
  id: string
  name: string
  email: string
  role: Role
  has_second_factor: boolean
  created_at: Date
  last_seen_at: Date | null
}

export type NewMember = {
  businessId: string
  email: string
  name: string
  role: Role
  /** The hash of the password; null if the member chooses one by a link. */
  passwordHash: string | null
}

/** Makes a person a member of a business. An account with this address keeps its name and its password. */
export function addMember(db: Runner, wanted: NewMember, now: Date): Promise<MemberEntry> {
  const { businessId, role } = wanted
  return atomically(db, async (tx) => {
    const id = (await findAccount(tx, wanted.email))?.id ?? (await createAccount(tx, wanted, now))
    // Owners are few, so concurrent additions may exceed the limit by a little.
    const [{ count }] = (await tx`select count(*)::int from members where business_id = ${businessId}`) as [
      { count: number },
    ]
    if (count >= MEMBERS_MAX) throw new Refusal(`A business has at most ${MEMBERS_MAX} members.`)
    const added = await tx`
      insert into members (business_id, user_id, role, created_at) values (${businessId}, ${id}, ${role}, ${now})
      on conflict do nothing returning 1`
    if (added.length === 0) throw new Refusal(`${wanted.email} is a member of the business already.`)
    return (await findMember(tx, businessId, id)) as MemberEntry
  })
}

/** Returns the account of an email address. */
export async function findAccount(db: Runner, email: string): Promise<{ id: string; name: string } | undefined> {
  const [row] = await db<{ id: string; name: string }[]>`
    select id, name from auth_users where email = ${email.toLowerCase()}`
  return row
}

async function createAccount(
  tx: Runner,
  { businessId, email, name, passwordHash }: NewMember,
  now: Date,
): Promise<string> {
  const id = randomUUID()
  const [business] = await tx<{ language: string }[]>`select language from businesses where id = ${businessId}`
  await tx`
    insert into auth_users (id, name, email, email_verified, language, created_at, updated_at)
    values (${id}, ${name}, ${email.toLowerCase()}, false, ${business?.language ?? 'th'}, ${now}, ${now})`
  if (passwordHash !== null)
    await tx`
      insert into auth_accounts (id, user_id, account_id, provider_id, password, created_at, updated_at)
      values (${randomUUID()}, ${id}, ${id}, 'credential', ${passwordHash}, ${now}, ${now})`
  return id
}

/** Returns the members of a business, by name. */
export const listMembers = (db: Runner, businessId: string): Promise<MemberEntry[]> =>
  selectMembers(db, businessId, null)

async function findMember(db: Runner, businessId: string, id: string): Promise<MemberEntry | undefined> {
  const [row] = await selectMembers(db, businessId, id)
  return row
}

const selectMembers = (db: Runner, businessId: string, id: string | null) => db<MemberEntry[]>`
  select m.user_id as id, u.name, u.email, m.role, coalesce(u.two_factor_enabled, false) as has_second_factor, m.created_at,
         (select max(s.updated_at) from auth_sessions s where s.user_id = m.user_id) as last_seen_at
  from members m join auth_users u on u.id = m.user_id
  where m.business_id = ${businessId} and (${id}::uuid is null or m.user_id = ${id})
  order by u.name, m.user_id`

/** Changes the role of a member. It has effect from the member's next request on. @returns the role before */
export async function changeRole(tx: Runner, businessId: string, id: string, role: Role): Promise<MemberEntry> {
  const before = await lockMember(tx, businessId, id)
  if (role !== 'owner') assertOtherOwner(before)
  await tx`update members set role = ${role} where business_id = ${businessId} and user_id = ${id}`
  return before.member
}

/** Removes a member. The account stays, because the audit log and other businesses may name it. */
export async function removeMember(tx: Runner, businessId: string, id: string): Promise<MemberEntry> {
  const before = await lockMember(tx, businessId, id)
  assertOtherOwner(before)
  await tx`delete from members where business_id = ${businessId} and user_id = ${id}`
  return before.member
}

type LockedMember = { member: MemberEntry; owners: readonly string[] }

/** Locks the owners, in order of id, so that two of them cannot remove each other at once. */
async function lockMember(tx: Runner, businessId: string, id: string): Promise<LockedMember> {
  const owners = await tx<{ user_id: string }[]>`
    select user_id from members where business_id = ${businessId} and role = 'owner' order by user_id for update`
  const member = await findMember(tx, businessId, id)
  if (!member) throw new NoSuchMember()
  return { member, owners: owners.map(({ user_id }) => user_id) }
}

function assertOtherOwner({ member, owners }: LockedMember): void {
  if (owners.includes(member.id) && owners.length === 1)
    throw new Refusal('The last owner of a business stays: make another member owner first.')
}

/** The business has no member with this id. */
export class NoSuchMember extends Refusal {
  constructor() {
    super('The business has no such member.')
  }
}

/** Ends the sessions of a person, and takes second factors and passkeys away, for somebody who has lost their phone. */
export async function resetSignIn(tx: Runner, id: string): Promise<void> {
  await tx`delete from auth_sessions where user_id = ${id}`
  await tx`delete from auth_two_factors where user_id = ${id}`
  await tx`delete from passkeys where user_id = ${id}`
  await tx`update auth_users set two_factor_enabled = false where id = ${id}`
}

/** Returns whether anybody can sign in. */
export async function hasMembers(db: Runner): Promise<boolean> {
  const [row] = await db`select from members limit 1`
  return row !== undefined
}

/** Returns the names of members by their ids, also of former ones. */
export async function memberNames(db: Runner, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db<{ id: string; name: string }[]>`
    select id, name from auth_users where id = any(${arrayText([...new Set(ids)])}::text::uuid[])`
  return new Map(rows.map(({ id, name }) => [id, name]))
}
