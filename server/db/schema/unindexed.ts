import { arrayText } from '../arrays.ts'
import type { Runner } from '../database.ts'
import { allowDdlOnShards } from './distribute.ts'

// Millions of rows are written several times as fast into a table without indexes and without foreign keys. An index is then
// sorted once, and a foreign key is checked by one join over all rows. The same constraints are checked at the end, and a
// violation rolls the transaction back.

type DroppedPart = { table: string; name: string; definition: string }

/**
 * Runs `work` while these tables have no indexes and no keys, and no foreign keys refer to them. Then restores all of them.
 * No other session can read the tables until the transaction ends.
 *
 * @param keep names of indexes that are not dropped
 * @param onMade called with the number of restored indexes and keys
 */
export async function withoutIndexes(
  tx: Runner,
  tables: readonly string[],
  { keep = [], onMade }: { keep?: readonly string[]; onMade: (done: number, total: number) => void },
  work: () => Promise<void>,
): Promise<void> {
  await allowDdlOnShards(tx)
  // One statement in a fixed order, so that two sessions cannot deadlock.
  await tx`lock table ${tx(tables.toSorted())} in access exclusive mode`
  const foreign = await constraintsOf(tx, tables, keep, ['f'])
  const keys = await constraintsOf(tx, tables, keep, ['p', 'u'])
  // `unsafe` here and below: DDL takes no parameters, and PostgreSQL has quoted the names and written the definitions.
  for (const { table, name } of [...foreign, ...keys]) await tx.unsafe(`alter table ${table} drop constraint ${name}`)
  const indexes = await indexesOf(tx, tables, keep)
  for (const { name } of indexes) await tx.unsafe(`drop index ${name}`)

  await work()

  const again = ({ table, name, definition }: DroppedPart) =>
    `alter table ${table} add constraint ${name} ${definition}`
  const statements = [...keys.map(again), ...indexes.map(({ definition }) => definition), ...foreign.map(again)]
  for (const [done, statement] of statements.entries()) {
    onMade(done, statements.length)
    await tx.unsafe(statement)
  }
  onMade(statements.length, statements.length)
}

/** Returns the constraints of these kinds on these tables, and foreign keys of other tables that refer to dropped keys. */
async function constraintsOf(
  tx: Runner,
  tables: readonly string[],
  keep: readonly string[],
  kinds: ('f' | 'p' | 'u')[],
): Promise<DroppedPart[]> {
  return await tx<DroppedPart[]>`
    select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
    where contype::text = any(${arrayText(kinds)}::text::text[]) and not conname = any(${arrayText(keep)}::text::name[])
      and (conrelid = any(${arrayText(tables)}::text::regclass[])
        or confrelid = any(${arrayText(tables)}::text::regclass[]) and not conindid = any(${arrayText(keep)}::text::regclass[]))
    order by conrelid::regclass::text, conname`
}

/** Returns the indexes that remain after the keys were dropped. That of a partitioned table is created on its partitions too. */
async function indexesOf(tx: Runner, tables: readonly string[], keep: readonly string[]): Promise<DroppedPart[]> {
  return await tx<DroppedPart[]>`
    select indrelid::regclass::text as table, indexrelid::regclass::text as name, regexp_replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') as definition
    from pg_index
    where indrelid = any(${arrayText(tables)}::text::regclass[]) and not indexrelid = any(${arrayText(keep)}::text::regclass[])
    order by indrelid::regclass::text, indexrelid::regclass::text`
}
