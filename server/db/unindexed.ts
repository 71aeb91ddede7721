import type { Runner } from './database.ts'

// Millions of rows are written several times as fast into a table that has no indexes yet and whose rows are not held,
// one by one, against those of other tables: an index is then sorted once, and a foreign key is one join over all rows.
// What is checked in the end is the same, by the same constraints; whatever fails them undoes the transaction.

type Part = { table: string; name: string; definition: string }

/**
 * Runs `work` while these tables have neither indexes nor keys, and nothing refers to them; then makes all of it again
 * as it was. Until the transaction ends nobody else can read the tables.
 *
 * @param keep indexes that stay, by name
 * @param onMade told how many of the indexes and keys are there again
 */
export async function withoutIndexes(
  tx: Runner,
  tables: readonly string[],
  { keep = [], onMade }: { keep?: readonly string[]; onMade: (done: number, total: number) => void },
  work: () => Promise<void>,
): Promise<void> {
  // In one statement and in one order, so that two who do so wait for each other and not in a circle.
  await tx.unsafe(`lock table ${tables.toSorted().join(', ')} in access exclusive mode`)
  const foreign = await constraintsOf(tx, tables, keep, ['f'])
  const keys = await constraintsOf(tx, tables, keep, ['p', 'u'])
  for (const { table, name } of [...foreign, ...keys]) await tx.unsafe(`alter table ${table} drop constraint ${name}`)
  const indexes = await indexesOf(tx, tables, keep)
  for (const { name } of indexes) await tx.unsafe(`drop index ${name}`)

  await work()

  const again = ({ table, name, definition }: Part) => `alter table ${table} add constraint ${name} ${definition}`
  const statements = [...keys.map(again), ...indexes.map(({ definition }) => definition), ...foreign.map(again)]
  for (const [done, statement] of statements.entries()) {
    onMade(done, statements.length)
    await tx.unsafe(statement)
  }
  onMade(statements.length, statements.length)
}

/** Constraints of these kinds that these tables have, and foreign keys of others that refer to what these do not keep. */
async function constraintsOf(
  tx: Runner,
  tables: readonly string[],
  keep: readonly string[],
  kinds: ('f' | 'p' | 'u')[],
): Promise<Part[]> {
  return await tx<Part[]>`
    select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
    where contype::text = any(${list(kinds)}::text::text[]) and not conname = any(${list(keep)}::text::name[])
      and (conrelid = any(${list(tables)}::text::regclass[])
        or confrelid = any(${list(tables)}::text::regclass[]) and not conindid = any(${list(keep)}::text::regclass[]))
    order by conrelid::regclass::text, conname`
}

/** The indexes that are left when the keys are gone. */
async function indexesOf(tx: Runner, tables: readonly string[], keep: readonly string[]): Promise<Part[]> {
  return await tx<Part[]>`
    select indrelid::regclass::text as table, indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index
    where indrelid = any(${list(tables)}::text::regclass[]) and not indexrelid = any(${list(keep)}::text::regclass[])
    order by indrelid::regclass::text, indexrelid::regclass::text`
}

const list = (names: readonly string[]): string => `{${names}}`
