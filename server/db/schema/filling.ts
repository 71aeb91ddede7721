import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { periodically } from '../../periodic.ts'
import { type Database, runStatement } from '../database.ts'
import { byAll, lookUp } from '../lookup.ts'
import { dropEarlierTexts, earlierTexts, noteFilled, type StoredText, unfilledTexts } from './stored.ts'

// Fills the columns of stored texts in rows that existed before them (stored.ts), while other processes read and write.
//
// One process at a time fills: it holds an advisory lock in an otherwise idle transaction. It walks each table by its primary
// key, business by business, and updates a few rows per transaction; the trigger computes the text. Rows that a writer has
// locked are left out, so the filling never waits and takes part in no deadlock; the next walk finds them. An update changes
// nothing that partners see: no event, no version, no time. If the process dies, another one walks again, and rows that have
// the text only cost reading.

/** Advisory lock key: the bytes of "filling". */
const LOCK = 0x66696c6c

/** Rows of one statement that reads, and of one that updates. A writer waits for an update for a few hundredths of a second. */
const READ_AT_ONCE = 2000
const FILLED_AT_ONCE = 200

/** Share of the time in which the filling runs statements. */
const SHARE = 0.5

/** How often the filling tells how far it is. */
const TOLD_MS = 10_000

type FillingOptions = { say(line: string): void; signal?: AbortSignal }

/** @returns `elsewhere` if another process fills, `stopped` if the signal came first */
export async function fillTexts(
  db: Database,
  texts: readonly StoredText[],
  { say, signal }: FillingOptions,
): Promise<'done' | 'elsewhere' | 'stopped'> {
  const unfilled = await unfilledTexts(db, texts)
  if (unfilled.length === 0) return 'done'
  return await db.begin(async (tx) => {
    await tx`set local idle_in_transaction_session_timeout = 0`
    const [lock] = await tx`select pg_try_advisory_xact_lock(${LOCK}) as is_ours`
    if (!lock?.is_ours) return 'elsewhere'
    // Fails if the connection is lost, and the lock with it.
    const goOn = async () => {
      await tx`select 1`
      return signal?.aborted !== true
    }
    // Read again, because another process may have ended meanwhile.
    const rest = await unfilledTexts(db, texts)
    for (const [table, own] of Map.groupBy(rest, ({ table }) => table))
      if (!(await fillTable(db, table, own, { say, goOn }))) return 'stopped'
    return 'done'
  })
}

type FillingWalk = { say(line: string): void; goOn(): Promise<boolean> }

/** @returns whether the table is filled */
async function fillTable(
  db: Database,
  table: string,
  texts: readonly StoredText[],
  { say, goOn }: FillingWalk,
): Promise<boolean> {
  const keys = await keyOf(db, table)
  let filled = 0
  let told = performance.now()
  const onRows = (rows: number) => {
    filled += rows
    if (performance.now() - told < TOLD_MS) return
    told = performance.now()
    say(`Storing the JSON of ${table}: ${filled.toLocaleString('en')} rows`)
  }
  do {
    const businesses = await db<{ id: string }[]>`select id from businesses order by id`
    for (const { id } of businesses)
      if (!(await fillBusiness(db, { table, texts, keys, id }, { goOn, onRows }))) return false
  } while (!(await noteFilled(db, table, texts)))
  say(`Stored the JSON of ${table}: ${filled.toLocaleString('en')} rows`)
  return true
}

type BusinessRows = { table: string; texts: readonly StoredText[]; keys: readonly string[]; id: string }

/** @returns whether it came to the end */
async function fillBusiness(
  db: Database,
  { table, texts, keys, id }: BusinessRows,
  { goOn, onRows }: { goOn(): Promise<boolean>; onRows(rows: number): void },
): Promise<boolean> {
  const key = sql.join(keys.map((name) => sql.ref(name)))
  const isMissing = sql.join(
    texts.map(({ column }) => sql`${sql.ref(column)} is null`),
    sql` or `,
  )
  const emptied = sql.join(texts.map(({ column }) => sql`${sql.ref(column)} = null`))
  let after: Record<string, string> | undefined
  do {
    if (!(await goOn())) return false
    const began = performance.now()
    const place = after && sql`and (${key}) > (${sql.join(keys.map((name) => sql`${after?.[name]}::text::uuid`))})`
    const read: (Record<string, string> & { is_missing: boolean })[] = await runStatement(
      db,
      sql`select ${key}, ${isMissing} as is_missing from ${sql.table(table)}
        where business_id = ${id} ${place ?? sql``} order by ${key} limit ${sql.lit(READ_AT_ONCE)}`,
    )
    const missing = read.filter(({ is_missing }) => is_missing)
    await pause(began)
    for (let at = 0; at < missing.length; at += FILLED_AT_ONCE) {
      if (!(await goOn())) return false
      const start = performance.now()
      const rows = missing.slice(at, at + FILLED_AT_ONCE)
      const { wanted, where } = byAll(
        keys.map((name) => ({ name, type: 'uuid', keys: rows.map((row) => row[name] as string) })),
      )
      const found = { wanted, where: sql`${where} and (${isMissing})` }
      const updated = await runStatement(
        db,
        sql`update ${sql.table(table)} set ${emptied} where business_id = ${id}
          and ctid = any(array(${lookUp(id, table, sql`ctid`, found, 'for no key update skip locked')})) returning 1 as one`,
      )
      onRows(updated.length)
      await pause(start)
    }
    after = read.length === READ_AT_ONCE ? read.at(-1) : undefined
  } while (after)
  return true
}

const pause = (began: number): Promise<unknown> => sleep((performance.now() - began) * (1 / SHARE - 1))

/** Returns the columns of the primary key after `business_id`. */
async function keyOf(db: Database, table: string): Promise<string[]> {
  const columns = await db<{ name: string }[]>`
    select attname as name from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
    where indrelid = ${table}::regclass and indisprimary and attname <> 'business_id'
    order by array_position(indkey::int2[], attnum)`
  return columns.map(({ name }) => name)
}

/** Fills and switches until nothing is left to do. @returns a function that stops it */
export function watchTexts(
  db: Database,
  texts: readonly StoredText[],
  say: (line: string) => void,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const stopping = new AbortController()
  let isDone = false
  const work = async () => {
    if (isDone || stopping.signal.aborted) return
    if ((await fillTexts(db, texts, { say, signal: stopping.signal })) !== 'done') return
    isDone = (await switchTexts(db, texts, { say })).length === 0
  }
  const stop = periodically(WATCHED_MS, work, onError)
  return async () => {
    stopping.abort()
    await stop()
  }
}

/** How often a process looks whether it can fill or switch. */
const WATCHED_MS = 60_000

/**
 * Drops the texts of earlier versions, of tables where that is due.
 *
 * @param isForced whether it is due at once
 * @returns the tables where it is not due
 */
export async function switchTexts(
  db: Database,
  texts: readonly StoredText[],
  { say, isForced = false }: { say(line: string): void; isForced?: boolean },
): Promise<string[]> {
  const waiting: string[] = []
  for (const earlier of await earlierTexts(db, texts)) {
    if (!earlier.isDue && !isForced) {
      waiting.push(earlier.table)
      continue
    }
    await dropEarlierTexts(db, earlier)
    say(`Dropped the stored JSON of earlier versions from ${earlier.table}`)
  }
  return waiting
}
