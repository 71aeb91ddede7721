import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { arrayText } from '../arrays.ts'
import type { Database, Runner } from '../database.ts'
import { isLockTimeout, limitWaiting } from '../locks.ts'
import { StartError } from '../start_error.ts'
import { allowDdlOnShards } from './distribute.ts'

// Texts that Postgres computes from other columns when a row is written, such as the row's JSON. Their expressions come from
// the schemas in the code and change with them.
//
// A changed expression gets a column of its own, whose name ends with the generation (`wire_g2`). Earlier columns stay, so
// processes of the earlier version can read and write, and can start. The new column has one of two forms:
//
// - Small tables: a generated column. Adding it rewrites the table under an exclusive lock, for about a tenth of a second.
// - Other tables: a plain column and a trigger that computes it for every row that is written, by whatever version. Both
//   come into being under a short lock. filling.ts then fills the rows that existed before, in small transactions. Until all
//   rows have the text, readers compute it where it is null (rows/stored_json.ts).
//
// The last step is the switch (`dropEarlierTexts`): it drops the earlier columns. An earlier version can no longer start then.
// Every step is one transaction, and the comment of a column says how far it is. So a process may die at any point, and the
// next start continues.

/** A text stored in a column. The generation is the number at the end of the name (`_g2`), or 1. */
export type StoredText = { table: string; column: string; expression: string }

/** The state of a column: all rows have the text, or rows from before may lack it. */
type TextColumn = {
  table: string
  column: string
  state: 'made' | 'filling'
  fingerprint: string
  /** Whether its rows have had the text for TEXTS_KEPT_HOURS, or since the table was empty. */
  isSettled: boolean
}

/** A column that some rows lack, with the function of the database that computes its text, and the arguments of that. */
export type MissingText = { table: string; column: string; compute: string; columns: string[] }

/** Hours from the first moment when all rows have a text to the switch. A rolling restart takes less. */
export const TEXTS_KEPT_HOURS = 24

/** Rows of a table that is rewritten: a tenth of a second of processor time, with the indexes of customers (measured). */
export const REWRITTEN_MAX_ROWS = 500

export type StoredChanges = {
  /** Tables that were rewritten. */
  rewritten: string[]
  /** Tables whose rows are to be filled. */
  begun: string[]
}

/**
 * Creates the columns of the stored texts, or begins to. If nothing has changed, one query is enough.
 *
 * @param rewrittenMax the number of rows up to which a table is rewritten
 * @throws StartError if a newer version has switched the texts of a table
 */
export async function storeTexts(
  db: Database,
  texts: readonly StoredText[],
  rewrittenMax = REWRITTEN_MAX_ROWS,
): Promise<StoredChanges> {
  const changes: StoredChanges = { rewritten: [], begun: [] }
  const there = await textColumns(db)
  for (const [table, own] of Map.groupBy(texts, ({ table }) => table)) {
    const known = there.filter((column) => column.table === table)
    const changed = own.filter(({ column, expression }) => !known.some(isColumnOf(column, expression)))
    if (changed.length === 0) continue
    refuseEarlier(table, own, known)
    const isSmall = await hasAtMost(db, table, rewrittenMax)
    const earlier = known.some(({ column }) => !own.some((text) => text.column === column))
    await briefly(db, table, (tx) => (isSmall ? addGenerated(tx, changed, earlier) : addFilled(tx, table, changed)))
    changes[isSmall ? 'rewritten' : 'begun'].push(table)
  }
  return changes
}

const isColumnOf = (column: string, expression: string) => (made: TextColumn) =>
  made.column === column && made.fingerprint === fingerprint(expression)

const fingerprint = (expression: string): string => createHash('sha256').update(expression).digest('hex')

const generationOf = (column: string): number => Number(/_g(\d+)$/.exec(column)?.[1] ?? 1)

/** Reads the columns of stored texts, of all generations. Their comments have the state. */
export async function textColumns(db: Runner): Promise<TextColumn[]> {
  const rows = await db<{ table: string; column: string; comment: string; is_settled: boolean }[]>`
    select attrelid::regclass::text as table, attname as column, description as comment,
      coalesce(substring(description from ' at (.+)$')::timestamptz < now() - make_interval(hours => ${TEXTS_KEPT_HOURS}::int), true)
        as is_settled
    from pg_description
      join pg_attribute on attrelid = objoid and attnum = objsubid
      join pg_class on pg_class.oid = attrelid
    where classoid = 'pg_class'::regclass and relnamespace = quote_ident(current_schema())::regnamespace
      and description ~ '^(made|filling) from sha256:'`
  return rows.map(({ table, column, comment, is_settled }) => {
    const [, state, made] = /^(made|filling) from sha256:([0-9a-f]{64})/.exec(comment) as string[]
    return { table, column, state: state as TextColumn['state'], fingerprint: made as string, isSettled: is_settled }
  })
}

/** Refuses to bring back columns of an earlier version. */
function refuseEarlier(table: string, own: readonly StoredText[], known: readonly TextColumn[]): void {
  const generation = Math.max(...own.map(({ column }) => generationOf(column)))
  if (known.some(({ column }) => generationOf(column) > generation))
    throw new StartError(
      `The stored JSON of ${table} was switched to a newer version of Talad; start that version, or use another database.`,
    )
}

async function hasAtMost(db: Database, table: string, rows: number): Promise<boolean> {
  const [{ count }] = (await db`
    select count(*)::int as count from (select 1 from ${db(table)} limit ${rows + 1}) as first`) as [{ count: number }]
  return count <= rows
}

// `unsafe` below: DDL takes no parameters, and names and expressions come from the schemas in the code.

/** @param keepsEarlier whether the table has columns that earlier versions read */
async function addGenerated(tx: Runner, texts: readonly StoredText[], keepsEarlier: boolean): Promise<void> {
  for (const { table, column } of texts) await dropText(tx, table, column)
  const [{ table }] = texts as [StoredText]
  const steps = texts.map(
    ({ column, expression }) => `add column ${column} text not null generated always as (${expression}) stored`,
  )
  await tx.unsafe(`alter table ${table} ${steps.join(', ')}`)
  for (const text of texts) await note(tx, text, fingerprint(text.expression), keepsEarlier ? 'made now' : 'made')
}

async function addFilled(tx: Runner, table: string, texts: readonly StoredText[]): Promise<void> {
  const columns = await tx<{ name: string; quoted: string; type: string }[]>`
    select attname as name, quote_ident(attname) as quoted, format_type(atttypid, null) as type from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum`
  for (const text of texts) {
    const { column, expression } = text
    await dropText(tx, table, column)
    await tx.unsafe(`alter table ${table} add column ${column} text`)
    await tx.unsafe(`alter table ${table} add constraint ${constraintOf(text)} check (${column} is not null) not valid`)
    const used = columns.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(expression))
    const parameters = used.map(({ quoted, type }) => `${quoted} ${type}`)
    await tx.unsafe(
      `create function ${functionOf(text)}(${parameters.join(', ')}) returns text
       language sql immutable parallel safe return (${expression})`,
    )
    const values = used.map(({ quoted }) => `new.${quoted}`)
    await tx.unsafe(
      `create function ${triggerFunctionOf(text)}() returns trigger language plpgsql as $$
       begin new.${column} := ${functionOf(text)}(${values.join(', ')}); return new; end $$`,
    )
    // Triggers run in the order of their names, and this one needs the values that the others set. It runs at each update,
    // because another trigger can change any column.
    await tx.unsafe(
      `create trigger ${triggerOf(text)} before insert or update on ${table}
       for each row execute function ${triggerFunctionOf(text)}()`,
    )
    await note(tx, text, fingerprint(expression), 'filling')
  }
}

type ColumnName = Pick<StoredText, 'table' | 'column'>

const functionOf = ({ table, column }: ColumnName): string => `text_of_${table}_${column}`
const triggerFunctionOf = ({ table, column }: ColumnName): string => `store_${table}_${column}`
const triggerOf = ({ column }: ColumnName): string => `zz_store_${column}`
const constraintOf = ({ table, column }: ColumnName): string => `${table}_${column}_filled`

async function note(
  tx: Runner,
  { table, column }: ColumnName,
  hash: string,
  state: 'made' | 'made now' | 'filling',
): Promise<void> {
  const [{ now }] = (await tx`select to_json(now()) #>> '{}' as now`) as [{ now: string }]
  const [word] = state.split(' ')
  const at = state === 'made now' ? ` at ${now}` : ''
  await tx.unsafe(`comment on column ${table}.${column} is '${word} from sha256:${hash}${at}'`)
}

/** Drops a column of either form. */
async function dropText(tx: Runner, table: string, column: string): Promise<void> {
  const text = { table, column }
  await tx.unsafe(`drop trigger if exists ${triggerOf(text)} on ${table}`)
  await tx.unsafe(`drop function if exists ${triggerFunctionOf(text)}`)
  await tx.unsafe(`alter table ${table} drop column if exists ${column}`)
  await tx.unsafe(`drop function if exists ${functionOf(text)}`)
}

/** Returns the texts that some rows lack. A process that reads this once may use the answer until it ends. */
export async function missingTexts(db: Database, texts: readonly StoredText[]): Promise<MissingText[]> {
  const filling = (await unfilledTexts(db, texts)).map((text) => ({ ...text, compute: functionOf(text) }))
  const names = await db<{ name: string; columns: string[] }[]>`
    select proname as name, to_json(coalesce(proargnames, '{}')) as columns from pg_proc
    where pronamespace = quote_ident(current_schema())::regnamespace
      and proname = any(${arrayText(filling.map(({ compute }) => compute))}::text::text[])`
  return filling.map(({ table, column, compute }) => {
    const { columns } = names.find(({ name }) => name === compute) as { columns: string[] }
    return { table, column, compute, columns }
  })
}

/** Returns those of the texts whose columns are still being filled. */
export async function unfilledTexts(db: Database, texts: readonly StoredText[]): Promise<StoredText[]> {
  const filling = (await textColumns(db)).filter(({ state }) => state === 'filling')
  return texts.filter(({ table, column }) => filling.some((made) => made.table === table && made.column === column))
}

/**
 * Ends the filling of a table: checks that every row has the texts, without a lock that writers notice, and has Postgres
 * guarantee it.
 *
 * @returns whether every row has them
 */
export async function noteFilled(db: Database, table: string, texts: readonly StoredText[]): Promise<boolean> {
  try {
    for (const text of texts)
      await briefly(db, table, (tx) => tx.unsafe(`alter table ${table} validate constraint ${constraintOf(text)}`))
  } catch (error) {
    if ((error as { code?: string }).code === CHECK_VIOLATED) return false
    throw error
  }
  await briefly(db, table, async (tx) => {
    for (const text of texts) {
      // The valid constraint spares Postgres the search for nulls, so the lock is short.
      await tx.unsafe(`alter table ${table} alter column ${text.column} set not null`)
      await tx.unsafe(`alter table ${table} drop constraint ${constraintOf(text)}`)
      await note(tx, text, fingerprint(text.expression), 'made now')
    }
  })
  return true
}

const CHECK_VIOLATED = '23514'

/** Tables with texts of earlier generations, and whether their switch is due. */
export type EarlierTexts = { table: string; columns: string[]; isDue: boolean }

/** Returns the columns of earlier generations that nothing but an earlier version needs: all rows have the texts of this one. */
export async function earlierTexts(db: Database, texts: readonly StoredText[]): Promise<EarlierTexts[]> {
  const there = await textColumns(db)
  return [...Map.groupBy(texts, ({ table }) => table)].flatMap(([table, own]) => {
    const known = there.filter((column) => column.table === table)
    const made = known.filter(({ column, state }) => state === 'made' && own.some((text) => text.column === column))
    const generation = Math.min(...own.map(({ column }) => generationOf(column)))
    const earlier = known.filter(({ column }) => generationOf(column) < generation)
    if (earlier.length === 0 || made.length < own.length) return []
    return [{ table, columns: earlier.map(({ column }) => column), isDue: made.every(({ isSettled }) => isSettled) }]
  })
}

/** Switches a table: drops the columns of earlier generations. No row is read or written. */
export const dropEarlierTexts = (db: Database, { table, columns }: EarlierTexts): Promise<void> =>
  briefly(db, table, async (tx) => {
    for (const column of columns) await dropText(tx, table, column)
  })

/**
 * Changes a table in a transaction. While it waits for the lock, later readers and writers wait behind it, so it gives up
 * soon and tries again.
 */
async function briefly(db: Database, table: string, change: (tx: Runner) => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await db.begin(async (tx) => {
        // A vacuum that Postgres started by itself gives way after a second.
        await limitWaiting(tx, { lockMs: tries % 5 === 0 ? VACUUM_WAIT_MS : LOCK_WAIT_MS, statementMs: 0 })
        await allowDdlOnShards(tx)
        await change(tx)
      })
      return
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      if (tries === LOCK_TRIES)
        throw new StartError(
          `Other transactions keep the table ${table} locked, so it cannot be changed; end them and start again.`,
        )
      await sleep(LOCK_PAUSE_MS)
    }
}

const LOCK_WAIT_MS = 300
const VACUUM_WAIT_MS = 1500
const LOCK_PAUSE_MS = 700
const LOCK_TRIES = 120
