import type { Database, Runner } from '../db/database.ts'
import { limitWaiting, lockRecords } from '../db/locks.ts'
import { type Happened, recordEvents } from '../events/record.ts'
import { addTombstoneOfErased, tombstoneOf } from '../ingest/write/tombstones.ts'
import { recipientsOf } from '../ledger/entries.ts'
import { LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS } from '../limits.ts'
import type { Journal } from './journal.ts'

// Erases a person (PDPA §33): the row of the customer and its consents go, and an id-only tombstone stays, so that no system
// can bring the person back. Sales keep the id. Whoever had received data of the person is told by `customer.deleted`.

/** An erasure to carry out. `reason` and `by` must not name the person, because they stay. */
export type WantedErasure = { businessId: string; customerId: string; reason: string; by: string }

/** `absent`: the business never had this customer. `known`: the customer is erased already. */
export type ErasureOutcome = 'erased' | 'known' | 'absent'

/**
 * Erases a customer of a business, also one whose record was deleted before.
 *
 * @param journal gets the erasure before the commit, so that a backup cannot bring the person back
 */
export async function eraseCustomer(
  db: Database,
  journal: Journal,
  wanted: WantedErasure,
  now: Date,
  also: (tx: Runner) => Promise<void> = async () => {},
): Promise<ErasureOutcome> {
  return db.begin(async (tx) => {
    const found = await lockPerson(tx, wanted)
    if (found !== 'here') return found
    await journal.add([{ ...wanted, erasedAt: now }])
    await carryOut(tx, wanted, now)
    await also(tx)
    return 'erased'
  })
}

/** Locks a person in the lock order of all writers. */
export async function lockPerson(
  tx: Runner,
  { businessId, customerId }: WantedErasure,
): Promise<'here' | 'known' | 'absent'> {
  await limitWaiting(tx, { lockMs: LOCK_TIMEOUT_MS, statementMs: STATEMENT_TIMEOUT_MS })
  await lockRecords(tx, businessId, [{ table: 'customers', key: customerId }])
  const [row] = await tx`
    select from customers where business_id = ${businessId} and id = ${customerId} for update`
  const tombstone = await tombstoneOf(tx, businessId, 'customers', customerId)
  if (tombstone?.is_erased) return 'known'
  return row || tombstone ? 'here' : 'absent'
}

/** Deletes what is stored, leaves the tombstone, and tells everyone. */
export async function carryOut(tx: Runner, wanted: WantedErasure, now: Date): Promise<void> {
  const { businessId, customerId, reason, by } = wanted
  const consents = await tx<{ id: string }[]>`
    select id from consents where business_id = ${businessId} and customer_id = ${customerId} order by id for update`
  await tx`delete from customers where business_id = ${businessId} and id = ${customerId}`
  await addTombstoneOfErased(tx, businessId, 'customers', customerId, now)
  await tx`
    insert into erasures (business_id, customer_id, reason, erased_by, erased_at)
    values (${businessId}, ${customerId}, ${reason}, ${by}, ${now}) on conflict do nothing`
  await addRecipients(tx, businessId, customerId)
  const about = { branch_id: null, occurred_at: now }
  const happened: Happened[] = [
    ...consents.map(({ id }) => ({ ...about, type: 'consent.changed' as const, resource_id: id })),
    { ...about, type: 'customer.deleted', resource_id: customerId },
  ]
  await recordEvents(tx, businessId, happened, now)
}

/**
 * Notes the applications that have received data of a person, from the ledger. Called again later, because a response that was
 * built before the erasure can reach the ledger after it.
 */
export async function addRecipients(db: Runner, businessId: string, customerId: string): Promise<void> {
  const recipients = await recipientsOf(db, businessId, customerId)
  if (recipients.length === 0) return
  await db`
    insert into erasure_recipients as known
      (business_id, customer_id, application_id, class, times, first_at, last_at)
    select ${businessId}::uuid, ${customerId}::uuid, id, class, times, first_at, last_at
    from json_to_recordset(${JSON.stringify(recipients)}::text::json)
      as recipient (id uuid, class text, times int, first_at timestamptz, last_at timestamptz)
    on conflict (business_id, customer_id, application_id) do update
      set class = excluded.class, times = excluded.times, first_at = excluded.first_at, last_at = excluded.last_at`
}
