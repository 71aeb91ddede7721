import { type CopyValue, copyRows } from '../db/copy.ts'
import type { Database, Runner } from '../db/database.ts'
import { BUSINESS, PAGE_CUSTOMER, TIERS } from './business.ts'
import { demoCustomers } from './customers.ts'
import { randomFrom } from './random.ts'

// Large sets, for benchmarks: by COPY, without events, with the indexes made afterwards.

export type Volume = {
  /** Customers to add, in all. */
  customers: number
  /** Businesses among which they are spread: half of them in the first, the rest evenly. */
  businesses: number
}

export type VolumeProgress = (step: string, done: number, total: number) => void

const SEED = 1_000_000
const COLUMNS = Object.keys(PAGE_CUSTOMER)

/**
 * Adds businesses with customers, all or nothing; `db` must be unhurried. Businesses are named `Volume 1` …; their ids are returned, the
 * large one first.
 */
export async function addVolume(
  db: Database,
  { customers, businesses }: Volume,
  now: Date,
  progress: VolumeProgress,
): Promise<string[]> {
  const random = randomFrom(SEED)
  const [{ count }] =
    (await db`select count(*)::int as count from businesses where name like 'Volume %'`) as unknown as [
      { count: number },
    ]
  const ids = Array.from({ length: businesses }, () => random.id())
  if (count > 0) throw new Error('The database has its large set already.')
  await db.begin(async (tx) => {
    await tx`set local maintenance_work_mem = '512MB'`
    await copyRows(tx, 'businesses', ['id', 'name', 'time_zone', 'currency'], businessRows(ids))
    await copyRows(tx, 'membership_tiers', ['business_id', 'id', 'name', 'rank'], tierRows(ids))
    const indexes = await dropIndexes(tx, 'customers')
    let done = 0
    await copyRows(tx, 'customers', ['business_id', ...COLUMNS], customerRows(ids, customers, now), (rows) => {
      done += rows
      progress('customers', done, customers)
    })
    for (const [index, definition] of indexes.entries()) {
      progress('indexes', index, indexes.length)
      await tx.unsafe(definition)
    }
    progress('indexes', indexes.length, indexes.length)
  })
  await db`vacuum analyze customers`
  return ids
}

function* businessRows(ids: string[]): Generator<CopyValue[]> {
  for (const [index, id] of ids.entries()) yield [id, `Volume ${index + 1}`, BUSINESS.time_zone, BUSINESS.currency]
}

function* tierRows(ids: string[]): Generator<CopyValue[]> {
  for (const id of ids) for (const [rank, tier] of TIERS.entries()) yield [id, tier.id, tier.name, rank + 1]
}

function* customerRows(ids: string[], customers: number, now: Date): Generator<CopyValue[]> {
  // The page's own customer belongs to the demo business; here its number is anybody's.
  for (const [index, id] of ids.entries())
    for (const customer of demoCustomers(SEED + index, shareOf(index, ids.length, customers), now))
      yield [id, ...COLUMNS.map((name) => (customer as Record<string, CopyValue>)[name] as CopyValue)]
}

/** Half for the first business, the rest evenly; what does not divide goes to the first. */
export function shareOf(index: number, businesses: number, customers: number): number {
  if (businesses === 1) return customers
  const other = Math.floor(customers / 2 / (businesses - 1))
  return index === 0 ? customers - other * (businesses - 1) : other
}

/** Drops the secondary indexes of a table. @returns the statements that make them again */
async function dropIndexes(tx: Runner, table: string): Promise<string[]> {
  const indexes = await tx<{ name: string; definition: string }[]>`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i where i.indrelid = ${table}::regclass and not i.indisunique`
  for (const { name } of indexes) await tx.unsafe(`drop index ${name}`)
  return indexes.map(({ definition }) => definition)
}
