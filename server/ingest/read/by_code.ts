import { sql } from 'kysely'
import type { FileRules, RecordKind } from '../../contract/record_kind.ts'
import type { Field, Fields } from '../../contract/schema.ts'
import { build, type Database, runStatement } from '../../db/database.ts'
import { by, lookUp } from '../../db/lookup.ts'
import { derivedId } from '../../db/named_ids.ts'
import type { Tables } from '../../db/schema/tables.ts'
import { type Readable, readMany } from '../../rows/pages.ts'
import { ALL_SCOPES } from '../../scopes.ts'
import { yieldIfSliceOver } from '../../time_slice.ts'
import type { Json, JsonObject } from '../../values/json.ts'
import type { FileRow } from './rows.ts'

// Completes the rows of a spreadsheet that knows records by their code: it has no ids, no versions, and only the columns that
// people keep. A record that exists keeps its id, and its values in the columns that the file does not have. A new record gets
// an id that follows from its code, so that the same file can be imported again.
//
// Stored values are read before the batch that writes them. If the shop writes the record in between, its version is newer than
// that of the file, and the row of the file counts as stale.

export type ByCode = { db: Database; businessId: string; version: string; fields: Fields; columns: readonly string[] }

/** Rows whose stored records are read at once. */
const ROWS_AT_ONCE = 500

/** Returns whether the rows of a file with these columns are completed by code. */
export const isByCode = ({ inFiles }: RecordKind, columns: readonly string[]): boolean =>
  inFiles !== null && !columns.includes('id') && columns.includes(inFiles.key)

/** Completes rows, in order. Rows with a mistake pass as they are. */
export async function* completeByCode(
  kind: RecordKind,
  rows: AsyncIterable<FileRow>,
  options: ByCode,
): AsyncGenerator<FileRow> {
  let held: FileRow[] = []
  try {
    for await (const row of rows) {
      held.push(row)
      if (held.length < ROWS_AT_ONCE) continue
      yield* await completed(kind, held, options)
      held = []
    }
  } catch (error) {
    // The rows before the mistake are valid.
    yield* await completed(kind, held, options)
    throw error
  }
  yield* await completed(kind, held, options)
}

async function completed(kind: RecordKind, rows: readonly FileRow[], options: ByCode): Promise<readonly FileRow[]> {
  const { businessId, version, fields, columns } = options
  const rules = kind.inFiles as FileRules
  const codeOf = ({ value }: FileRow) => (value as JsonObject | null)?.[rules.key]
  const stored = await storedByCode(
    kind,
    rows.flatMap((row) => (row.mistake === null && typeof codeOf(row) === 'string' ? [codeOf(row) as string] : [])),
    options,
  )
  for (const row of rows) {
    await yieldIfSliceOver()
    const code = codeOf(row)
    if (row.mistake !== null) continue
    const missing = typeof code !== 'string' ? [rules.key] : missingOf(rules, row.value as JsonObject)
    if (typeof code !== 'string' || missing.length > 0) {
      row.mistake = `${missing.map((name) => row.cellOf?.(name) ?? name).join(' or ')} is required`
      continue
    }
    const value = row.value as JsonObject
    row.fields = columns
    const known = stored.get(code)
    value.id = known?.id ?? derivedId(businessId, kind.resource.table, code)
    value.updated_at ??= version
    for (const [name, field] of Object.entries(fields)) {
      if (columns.includes(name) || name in value || name === 'created_at') continue
      const kept = known?.[name]
      if (kept !== undefined && kept !== null) value[name] = sentForm(field, kept)
    }
    rules.complete(value)
    for (const [name, cell] of Object.entries(rules.blank))
      value[name] ??= (fields[name]?.value?.ofCell(cell) ?? cell) as Json
  }
  return rows
}

/** Returns the fields of which a row has none, although one is required. */
const missingOf = ({ either }: FileRules, row: JsonObject): readonly string[] =>
  either.some((name) => name in row) ? [] : either

/** Returns a value of a stored record as a sender writes it. */
const sentForm = ({ value }: Field, stored: Json): Json =>
  typeof stored === 'number' && value ? value.ofCell(String(stored)) : stored

type StoredByCode = JsonObject & { id: string }

/** Reads records by their codes, with the fields that only senders know. */
async function storedByCode(
  { resource, sentOnly, inFiles }: RecordKind,
  codes: readonly string[],
  { db, businessId }: ByCode,
): Promise<Map<string, StoredByCode>> {
  const wanted = [...new Set(codes)]
  if (wanted.length === 0) return new Map()
  const { table } = resource
  const key = inFiles?.key as string
  const names = [...new Set(['id', key, ...Object.keys(sentOnly)])]
  const columns = sql.join(names.map((name) => sql.ref(name)))
  const found = await runStatement(
    db,
    lookUp<JsonObject & { id: string }>(businessId, table, columns, by(key, wanted, 'text')),
  )
  const own = build.selectFrom(table as keyof Tables).where('business_id' as never, '=', businessId as never)
  const business = { id: businessId }
  const reader = { scopes: new Set(ALL_SCOPES), wayOut: 'comparison', business, branches: 'all' } as const
  const wires = await readMany(
    db,
    reader,
    resource,
    own as unknown as Readable,
    found.map(({ id }) => id),
  )
  return new Map(
    found.map((row) => [row[key] as string, { ...(JSON.parse(`{${wires.get(row.id)}}`) as JsonObject), ...row }]),
  )
}
