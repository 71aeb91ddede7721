import { Readable } from 'node:stream'
import type { Runner } from '../db/database.ts'
import { textColumns } from '../db/schema/stored.ts'
import type { TableDigest } from './archive.ts'

// What a backup contains: every row of every table, except for rate limits and the list of migrations. Columns that PostgreSQL computes
// are left out, because the restore computes them again.

/** Tables whose rows are not in a backup. */
const LEFT_OUT = ['migrations', 'restore_state']

export type BackupTable = { name: string; columns: string[]; estimate: number }

/** Returns the tables with their stored columns, in alphabetical order. Unlogged tables are left out. */
export async function tablesToBackUp(db: Runner): Promise<BackupTable[]> {
  const computed = new Set((await textColumns(db)).map(({ table, column }) => `${table}.${column}`))
  const rows = await db<{ table: string; column: string; estimate: number }[]>`
    select relname as table, attname as column,
           greatest(0, case when relkind = 'p' then (
             select sum(part.reltuples) from pg_inherits join pg_class as part on part.oid = inhrelid
             where inhparent = pg_class.oid) else reltuples end)::float8 as estimate
    from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relpersistence = 'p'
      and attnum > 0 and not attisdropped and attgenerated = ''
      and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
    order by relname, attnum`
  return [...Map.groupBy(rows, ({ table }) => table)]
    .filter(([name]) => !LEFT_OUT.includes(name))
    .map(([name, of]) => ({
      name,
      columns: of.map(({ column }) => column).filter((column) => !computed.has(`${name}.${column}`)),
      estimate: of[0]?.estimate ?? 0,
    }))
}

/** Returns the names of all partitions: months of the ledger, and days of the request log. */
export const partitionsToBackUp = async (db: Runner): Promise<string[]> =>
  (
    await db<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relispartition
      order by relname`
  ).map(({ name }) => name)

/** Counts the rows of a table, and sums the first 60 bits of a hash of each. */
export async function digestOf(
  db: Runner,
  { name, columns }: Pick<BackupTable, 'name' | 'columns'>,
): Promise<TableDigest> {
  const [row] = await db<TableDigest[]>`
    select count(*)::float8 as rows,
           coalesce(sum(('x' || left(md5(row(${db(columns)})::text), 15))::bit(60)::int8), 0)::text as digest
    from ${db(name)}`
  return row as TableDigest
}

/** Returns the rows of a table as the text of COPY, in constant memory. */
export async function copyOut(
  db: Runner,
  { name, columns }: Pick<BackupTable, 'name' | 'columns'>,
): Promise<AsyncIterable<Buffer>> {
  const copy = db`copy (select ${db(columns)} from ${db(name)}) to stdout`
  const { resolve, reject } = copy as unknown as { resolve(value: unknown): void; reject(error: Error): void }
  let stream: Readable | null = null
  // After the stream was handed over, the driver would report an error nowhere, and the stream would never end.
  Object.assign(copy, {
    resolve(value: unknown) {
      if (value instanceof Readable) stream = value
      resolve(value)
    },
    reject(error: Error) {
      if (stream) stream.destroy(error)
      else reject(error)
    },
  })
  return (await copy.readable()) as Readable
}
