import type { DisclosureClass } from '../contract/disclosure.ts'
import type { Runner } from '../db/database.ts'
import type { Entry } from './chain.ts'

// Reads entries of the ledger.

/** An entry with its hashes (hexadecimal). */
export type StoredEntry = Entry & { previousHash: string; hash: string }

type EntryRow = Omit<StoredEntry, 'sequence' | 'customerIds'> & { sequence: string; customerIds: string }

/** Times have the precision of the column, and ids the spelling of PostgreSQL: what is hashed is what is stored. */
const columnsOf = (db: Runner) => db`
  business_id as "businessId", sequence, iso_time(at) as at, channel, request_id as "requestId", operation,
  application_id as "applicationId", token_id as "tokenId", member_id as "memberId", address, class, purpose,
  customer_ids::text as "customerIds", encode(previous_hash, 'hex') as "previousHash", encode(hash, 'hex') as hash`

const entryOf = ({ sequence, customerIds, ...row }: EntryRow): StoredEntry => ({
  ...row,
  sequence: Number(sequence),
  customerIds: customerIds.slice(1, -1).split(','),
})

/** Returns the entries after a sequence number, in order. */
export async function entriesAfter(
  db: Runner,
  businessId: string,
  after: number,
  limit: number,
): Promise<StoredEntry[]> {
  const rows = await db<EntryRow[]>`
    select ${columnsOf(db)} from ledger where business_id = ${businessId} and sequence > ${after}
    order by sequence limit ${limit}`
  return rows.map(entryOf)
}

/** Returns the hash of an entry (hexadecimal), or undefined if there is none with this number. */
export async function hashOf(db: Runner, businessId: string, sequence: number): Promise<string | undefined> {
  const [row] = await db<{ hash: string }[]>`
    select encode(hash, 'hex') as hash from ledger where business_id = ${businessId} and sequence = ${sequence}`
  return row?.hash
}

/** The end of a chain as the server last wrote it. `at` is in ISO 8601. */
export type LedgerHead = { sequence: number; hash: string; at: string }

export async function ledgerHead(db: Runner, businessId: string): Promise<LedgerHead | undefined> {
  const [row] = await db<{ sequence: string; hash: string; at: string }[]>`
    select sequence, encode(hash, 'hex') as hash, iso_time(at) as at from ledger_heads where business_id = ${businessId}`
  return row && { ...row, sequence: Number(row.sequence) }
}

/** What to search for. Times are inclusive at `from` and exclusive at `to`. */
export type LedgerSearch = {
  customerId?: string | undefined
  applicationId?: string | undefined
  memberId?: string | undefined
  class?: DisclosureClass | undefined
  from?: Date | undefined
  to?: Date | undefined
  /** Only entries with a lower sequence number: continues an earlier search. */
  before?: number | undefined
  limit: number
}

/** Returns the entries that match, newest first. */
export async function searchLedger(db: Runner, businessId: string, search: LedgerSearch): Promise<StoredEntry[]> {
  const { customerId, applicationId, memberId, from, to, before, limit } = search
  const rows = await db<EntryRow[]>`
    select ${columnsOf(db)} from ledger where business_id = ${businessId}
      ${customerId === undefined ? db`` : db`and customer_ids @> array[${customerId}::text::uuid]`}
      ${applicationId === undefined ? db`` : db`and application_id = ${applicationId}`}
      ${memberId === undefined ? db`` : db`and member_id = ${memberId}`}
      ${search.class === undefined ? db`` : db`and class = ${search.class}`}
      ${from === undefined ? db`` : db`and at >= ${from}`} ${to === undefined ? db`` : db`and at < ${to}`}
      ${before === undefined ? db`` : db`and sequence < ${before}`}
    order by sequence desc limit ${limit}`
  return rows.map(entryOf)
}

/** An application that has received data of a person: the most that it received, how often, and when. */
export type LedgerRecipient = { id: string; class: DisclosureClass; times: number; first_at: Date; last_at: Date }

/** Returns the applications that have received data of a customer. */
export async function recipientsOf(db: Runner, businessId: string, customerId: string): Promise<LedgerRecipient[]> {
  return db<LedgerRecipient[]>`
    select application_id as id, case when bool_or(class = 'contact') then 'contact' else 'profile' end as class,
           count(*)::int as times, min(at) as first_at, max(at) as last_at
    from ledger where business_id = ${businessId} and customer_ids @> array[${customerId}::text::uuid]
      and application_id is not null
    group by application_id order by application_id`
}

/** Disclosures of a person to one recipient in one way. */
export type GroupedDisclosures = Pick<Entry, 'applicationId' | 'channel' | 'class' | 'purpose'> & {
  times: number
  first: Date
  last: Date
}

/** Returns the disclosures of a customer, grouped by recipient and way, latest first. */
export const groupedDisclosures = (
  db: Runner,
  businessId: string,
  customerId: string,
  limit: number,
): Promise<GroupedDisclosures[]> =>
  db<GroupedDisclosures[]>`
    select application_id as "applicationId", channel, class, purpose, count(*)::int as times, min(at) as first,
           max(at) as last
    from ledger where business_id = ${businessId} and customer_ids @> array[${customerId}::text::uuid]
    group by application_id, channel, class, purpose order by max(at) desc limit ${limit}`

/** Disclosures that have the same key: the newest and the oldest, and their number. */
export type SummedUp<One> = { newest: One; oldest: One; count: number }

/** Groups disclosures, latest first. @param disclosures newest first @param keyOf what is the same in a group */
export function summedUp<One>(disclosures: readonly One[], keyOf: (one: One) => readonly unknown[]): SummedUp<One>[] {
  const groups = new Map<string, SummedUp<One>>()
  for (const one of disclosures) {
    const key = JSON.stringify(keyOf(one))
    const known = groups.get(key)
    groups.set(key, { newest: known?.newest ?? one, oldest: one, count: (known?.count ?? 0) + 1 })
  }
  return [...groups.values()]
}
