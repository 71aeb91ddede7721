import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { INVITATION_VALID_MS, INVITATIONS_MAX } from '../../contract/console_limits.ts'
import type { Role } from '../../contract/role.ts'
import type { Runner } from '../../db/database.ts'
import { Refusal } from '../../oauth/applications.ts'
import { addMember, findAccount, type MemberEntry } from './membership.ts'

// Invitations: a link that makes its holder a member, once, within seven days. The database holds a hash of its token.

export type InvitationEntry = {
  id: string
  email: string
  role: Role
  invited_by: string
  created_at: Date
  expires_at: Date
}

export type Invited = { businessId: string; email: string; role: Role; by: string }

/** @returns the invitation and its token, which is shown only now */
export async function invite(
  tx: Runner,
  { businessId, email, role, by }: Invited,
  now: Date,
): Promise<{ invitation: InvitationEntry; token: string }> {
  const address = email.toLowerCase()
  const open = await listInvitations(tx, businessId, now)
  if (open.length >= INVITATIONS_MAX) throw new Refusal(`At most ${INVITATIONS_MAX} invitations can be open at once.`)
  const [known] = await tx`
    select 1 from members m join auth_users u on u.id = m.user_id where m.business_id = ${businessId} and u.email = ${address}`
  if (known) throw new Refusal(`${address} is a member of the business already.`)
  // A new link replaces the earlier one.
  await tx`delete from invitations where business_id = ${businessId} and email = ${address} and used_at is null`
  const token = randomBytes(32).toString('base64url')
  const [row] = await tx<InvitationEntry[]>`
    insert into invitations (business_id, id, email, role, token_hash, invited_by, created_at, expires_at)
    values (${businessId}, ${randomUUID()}, ${address}, ${role}, ${hashOfToken(token)}, ${by}, ${now},
            ${new Date(now.getTime() + INVITATION_VALID_MS)})
    returning ${COLUMNS(tx)}`
  return { invitation: row as InvitationEntry, token }
}

/** Returns the open invitations, newest first. */
export const listInvitations = (db: Runner, businessId: string, now: Date): Promise<InvitationEntry[]> =>
  db<InvitationEntry[]>`
    select ${COLUMNS(db)} from invitations
    where business_id = ${businessId} and used_at is null and expires_at > ${now} order by created_at desc, id`

/** Withdraws an open invitation. @returns it, or null if there is none with this id */
export async function withdrawInvitation(tx: Runner, businessId: string, id: string): Promise<InvitationEntry | null> {
  const [row] = await tx<InvitationEntry[]>`
    delete from invitations where business_id = ${businessId} and id = ${id} and used_at is null returning ${COLUMNS(tx)}`
  return row ?? null
}

export type OpenInvitation = InvitationEntry & { business_id: string; business_name: string; has_account: boolean }

/** Returns the open invitation of a token, or null. */
export async function openInvitation(db: Runner, token: string, now: Date): Promise<OpenInvitation | null> {
  const [row] = await db<Omit<OpenInvitation, 'has_account'>[]>`
    select ${COLUMNS(db)}, business_id, (select name from businesses where businesses.id = business_id) as business_name
    from invitations where token_hash = ${hashOfToken(token)} and used_at is null and expires_at > ${now}`
  return row ? { ...row, has_account: (await findAccount(db, row.email)) !== undefined } : null
}

/**
 * Makes the invited person a member. Of two attempts at once, one finds the invitation used.
 *
 * @returns the member, or null if the invitation is used, withdrawn or too old
 */
export async function acceptInvitation(
  tx: Runner,
  token: string,
  { name, passwordHash }: { name: string; passwordHash: string | null },
  now: Date,
): Promise<(MemberEntry & { businessId: string }) | null> {
  const [used] = await tx<{ business_id: string; email: string; role: Role }[]>`
    update invitations set used_at = ${now}
    where token_hash = ${hashOfToken(token)} and used_at is null and expires_at > ${now}
    returning business_id, email, role`
  if (!used) return null
  const { business_id: businessId, email, role } = used
  return { ...(await addMember(tx, { businessId, email, role, name, passwordHash }, now)), businessId }
}

const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest()

const COLUMNS = (db: Runner) => db`id, email, role, invited_by, created_at, expires_at`
