import { type RawBuilder, sql } from 'kysely'
import { type Field, type Fields, fieldNames, fieldScopes, type LiveSource, type Resource } from '../contract/schema.ts'
import type { MissingText, StoredText } from '../db/schema/stored.ts'
import type { Scope } from '../scopes.ts'
import { STORAGE } from '../values/kinds.ts'
import { GENERATIONS } from './generations.ts'

// Postgres builds the JSON of a row once, when the row is written, and stores it in generated columns: `wire` for what every
// reader sees, and one column for each extra scope (`wire_pii`). Reading copies bytes, and columns that the caller may not
// see are not read. The expressions come from the same schema as the contract (db/schema/stored.ts creates the columns);
// docs/decisions/0004 has the measurements.
//
// Names of other records are not stored in the row, because each rename would rewrite every row that shows it. The JSON is
// split at these names (`wire`, `wire_2`, …). The missing part is stored with the record that has the name (`wire_of_…`) and
// looked up by primary key for the rows of a page.

function renderField(name: string, { kind, nullable, since, elements }: Field, column: string): string {
  if (kind === 'object') throw new Error(`${name}: a field of kind ${kind} cannot be stored with its row`)
  const rendered = STORAGE[kind].rendered(column)
  if (since !== null) return renderGrown(rendered, since, elements as Fields)
  return nullable ? `coalesce(${rendered}, 'null')` : rendered
}

/**
 * Adds the missing fields to the objects of a list that an earlier version stored. These objects have no texts and no objects
 * inside, so every `}` is the end of one of them.
 */
function renderGrown(rendered: string, since: string, elements: Fields): string {
  const names = Object.keys(elements)
  const added = names.slice(names.indexOf(since)).map((name) => {
    return `,"${name}":${JSON.stringify((elements[name] as Field).fallback ?? null)}`
  })
  return `case when strpos(${rendered}, '"${since}":') > 0 then ${rendered} else replace(${rendered}, '}', '${added.join('')}}') end`
}

/**
 * Adjacent fields that are stored in one column: a column of the row itself or, for `live` fields, of the row that they are
 * read from. The column is null for fields that are rendered on read.
 */
export type ColumnSegment = { names: string[]; live: LiveSource | null; table: string; column: string | null }

/** Returns the fields that need this scope, split where fields of the row and fields of another row meet. */
export function columnSegmentsOf(resource: Resource, scope: Scope | null): ColumnSegment[] {
  const own = resource.table as string
  const segments: ColumnSegment[] = []
  for (const name of fieldNames(resource, scope)) {
    const { live, isRenderedOnRead } = resource.fields[name] as Field
    const last = segments.at(-1)
    const isStored = !isRenderedOnRead
    if (last && (last.column !== null) === isStored && last.live?.table === live?.table && last.live?.by === live?.by) {
      last.names.push(name)
      continue
    }
    if (!isStored) {
      segments.push({ names: [name], live, table: own, column: null })
      continue
    }
    const table = live?.table ?? own
    const first = live ? `wire_of_${own}` : scope === null ? 'wire' : `wire_${scope.split(':').at(-1)}`
    const before = segments.filter(
      (segment) => segment.table === table && !segment.live === !live && segment.column !== null,
    ).length
    const logical = before === 0 ? first : `${first}_${before + 1}`
    segments.push({ names: [name], live, table, column: `${logical}${generationSuffix(table)}` })
  }
  return segments
}

function generationSuffix(table: string): string {
  const { number = 1 } = GENERATIONS[table] ?? {}
  return number === 1 ? '' : `_g${number}`
}

const key = (name: string, isFirst: boolean): string => `${isFirst ? '' : ','}"${name}":`

/**
 * Returns the generated columns of a resource: the inside of a JSON object, in the order of the schema. Columns of an extra
 * scope begin with a comma, because they always follow others.
 */
export function storedText(resource: Resource): StoredText[] {
  if (!resource.isStored) return []
  return [null, ...fieldScopes(resource)].flatMap((scope) =>
    columnSegmentsOf(resource, scope).flatMap(({ names, table, column }, at) =>
      column === null
        ? []
        : [{ table, column, expression: segmentExpression(resource, names, scope === null && at === 0) }],
    ),
  )
}

function segmentExpression({ fields }: Resource, names: readonly string[], isFirst: boolean): string {
  const parts = names.map((name, index) => {
    const field = fields[name] as Field
    const value = field.expression === null ? (field.live?.column ?? name) : `(${field.expression})`
    return `'${key(name, isFirst && index === 0)}' || ${renderField(name, field, value)}`
  })
  return parts.join(' || ')
}

/** Returns SQL for one column segment of a row's JSON. @param businessId SQL for the id of the business */
export function segmentText(
  resource: Resource,
  { names, live, table, column }: ColumnSegment,
  isFirst: boolean,
  businessId: RawBuilder<unknown>,
): RawBuilder<string> {
  const { table: own } = resource
  if (!resource.isStored || column === null) return sql.raw(segmentExpression(resource, names, isFirst))
  if (!live) return stored(own as string, table, column)
  const absent = names.map((name, index) => `${key(name, isFirst && index === 0)}null`)
  return sql`coalesce((select ${stored('live', table, column)} from ${sql.table(table)} as live
    where live.business_id = ${businessId} and live.id = ${sql.ref(`${own}.${live.by}`)}), ${sql.lit(absent.join(''))})`
}

/** Returns SQL for the text in a column. @param as the name of the table in the statement */
function stored(as: string, table: string, column: string): RawBuilder<string> {
  const text = sql<string>`${sql.ref(`${as}.${column}`)}`
  const missing = missingTexts.find((missing) => missing.table === table && missing.column === column)
  if (!missing) return text
  const values = missing.columns.map((name) => sql.ref(`${as}.${name}`))
  return sql`coalesce(${text}, ${sql.raw(missing.compute)}(${sql.join(values)}))`
}

let missingTexts: readonly MissingText[] = []

/**
 * Has this process compute texts that some rows lack, until it ends. Called once, before the first read: statements are
 * composed once. A process has one database.
 */
export function computeMissing(missing: readonly MissingText[]): void {
  missingTexts = missing
}
