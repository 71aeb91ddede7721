import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'

/** A generated column: text that Postgres computes from other columns when the row is written. */
export type StoredText = { table: string; column: string; expression: string }

/**
 * Creates or updates the stored texts according to the schema. If an expression has changed since the last start, the table
 * is rewritten under an exclusive lock (about 10 µs per row), all of its columns at once. Otherwise one query is enough. The
 * comment of a column stores the hash of its expression.
 */
export async function storeTexts(db: Database, texts: StoredText[]): Promise<string[]> {
  const rewritten: string[] = []
  for (const [table, columns] of Map.groupBy(texts, ({ table }) => table)) {
    const changed = await changedColumns(db, table, columns)
    if (changed.length === 0) continue
    await db.begin(async (tx) => {
      await tx`set local statement_timeout = 0`
      const steps = changed.flatMap(({ column, expression }) => [
        `drop column if exists ${column}`,
        `add column ${column} text not null generated always as (${expression}) stored`,
      ])
      // `unsafe`, because DDL takes no parameters; names and expressions come from the schemas in the code.
      await tx.unsafe(`alter table ${table} ${steps.join(', ')}`)
      for (const { column, expression } of changed)
        await tx.unsafe(`comment on column ${table}.${column} is '${fingerprint(expression)}'`)
    })
    rewritten.push(table)
  }
  return rewritten
}

async function changedColumns(db: Database, table: string, columns: StoredText[]): Promise<StoredText[]> {
  const made = await db<{ attname: string; comment: string | null }[]>`
    select attname, col_description(attrelid, attnum) as comment
    from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`
  const comments = new Map(made.map(({ attname, comment }) => [attname, comment]))
  return columns.filter(({ column, expression }) => comments.get(column) !== fingerprint(expression))
}

const fingerprint = (expression: string): string =>
  `made from sha256:${createHash('sha256').update(expression).digest('hex')}`
