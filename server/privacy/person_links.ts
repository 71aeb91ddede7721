import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { atomically, type Runner } from '../db/database.ts'
import { PERSON_LINK_DAYS_MAX, PERSON_LINKS_MAX } from '../limits.ts'
import { Refusal } from '../oauth/applications.ts'

// Links with which a person sees who has received their data, without an account. The owner makes and revokes them.
//
// A token is the id of the business, which says where to look, and 256 random bits. Only its hash is stored, so nobody can make
// the link from the database. The page shows no field of the customer: whoever gets hold of a link learns who received data, and
// not whose it is. So the page is no disclosure.

export type PersonLink = {
  id: string
  customer_id: string
  created_by: string
  created_at: Date
  expires_at: Date
  revoked_at: Date | null
}

export type WantedLink = { businessId: string; customerId: string; days: number; by: string }

const DAY_MS = 24 * 3600 * 1000

/** How long links that no longer work stay in the list. */
const KEPT_DAYS = 90

/** Makes a link. This is the only time that its token is returned. @throws Refusal */
export async function createPersonLink(
  db: Runner,
  { businessId, customerId, days, by }: WantedLink,
  now: Date,
): Promise<PersonLink & { token: string }> {
  if (!Number.isInteger(days) || days < 1 || days > PERSON_LINK_DAYS_MAX)
    throw new Refusal(`A link is valid for 1 to ${PERSON_LINK_DAYS_MAX} days.`)
  const token = Buffer.concat([businessBytes(businessId), randomBytes(32)]).toString('base64url')
  const expires = new Date(now.getTime() + days * DAY_MS)
  const row = await atomically(db, async (tx) => {
    await tx`
      delete from person_links
      where business_id = ${businessId} and expires_at < ${new Date(now.getTime() - KEPT_DAYS * DAY_MS)}`
    const active = await tx`
      select from person_links
      where business_id = ${businessId} and customer_id = ${customerId} and revoked_at is null and expires_at > ${now}`
    if (active.length >= PERSON_LINKS_MAX)
      throw new Refusal(`This customer has ${active.length} links already: revoke one first.`)
    const [made] = await tx<PersonLink[]>`
      insert into person_links (business_id, id, customer_id, token_hash, created_by, created_at, expires_at)
      values (${businessId}, ${randomUUID()}, ${customerId}, ${hashOfToken(token)}, ${by}, ${now}, ${expires})
      returning ${COLUMNS(tx)}`.catch(explainAbsent(customerId))
    return made as PersonLink
  })
  return { ...row, token }
}

/** The foreign key knows whether the business has the customer, also while somebody deletes it. */
const explainAbsent = (customerId: string) => (error: unknown) => {
  if ((error as { code?: string }).code === '23503') throw new Refusal(`The business has no customer ${customerId}.`)
  throw error
}

/** Returns links, newest first. @param which `active`: only those that work */
export const listPersonLinks = (
  db: Runner,
  businessId: string,
  { customerId = null, which }: { customerId?: string | null; which: 'active' | 'all' },
  now: Date,
): Promise<PersonLink[]> =>
  db<PersonLink[]>`
    select ${COLUMNS(db)} from person_links
    where business_id = ${businessId} and (${customerId}::text::uuid is null or customer_id = ${customerId}::text::uuid)
      and (${which === 'all'}::boolean or (revoked_at is null and expires_at > ${now}))
    order by created_at desc, id`

/** Revokes a link. @returns it, or null if there is no such link that works */
export async function revokePersonLink(
  db: Runner,
  businessId: string,
  id: string,
  now: Date,
): Promise<PersonLink | null> {
  const [row] = await db<PersonLink[]>`
    update person_links set revoked_at = ${now}
    where business_id = ${businessId} and id = ${id} and revoked_at is null and expires_at > ${now}
    returning ${COLUMNS(db)}`
  return row ?? null
}

const COLUMNS = (db: Runner) => db`id, customer_id, created_by, created_at, expires_at, revoked_at`

/** Whom a link is about, and until when it works. */
export type LinkedPerson = {
  businessId: string
  business: string
  language: 'th' | 'en'
  timeZone: string
  customerId: string
  expiresAt: Date
}

/** Returns whom a token is about; null if it is unknown, expired or revoked, or the customer is gone. */
export async function linkedPerson(db: Runner, token: string, now: Date): Promise<LinkedPerson | null> {
  if (!TOKEN.test(token)) return null
  const businessId = businessIn(token)
  const hash = hashOfToken(token)
  const [row] = await db<(Omit<LinkedPerson, 'businessId'> & { hash: Buffer; works: boolean })[]>`
    select business.name as business, business.language, business.time_zone as "timeZone", link.customer_id as "customerId",
           link.expires_at as "expiresAt", link.token_hash as hash,
           (link.revoked_at is null and link.expires_at > ${now}) as works
    from person_links as link join businesses as business on business.id = link.business_id
    where link.business_id = ${businessId} and link.token_hash = ${hash}`
  const isRight = timingSafeEqual(row?.hash ?? NO_HASH, hash)
  if (!row || !isRight || !row.works) return null
  const { business, language, timeZone, customerId, expiresAt } = row
  return { businessId, business, language, timeZone, customerId, expiresAt }
}

/** 16 bytes of the business and 32 random ones, in base64url. */
const TOKEN = /^[\w-]{64}$/
const NO_HASH = Buffer.alloc(32)

const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest()

const businessBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')

const businessIn = (token: string): string =>
  Buffer.from(token, 'base64url')
    .toString('hex', 0, 16)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
