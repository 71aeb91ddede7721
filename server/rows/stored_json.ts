import { type RawBuilder, sql } from 'kysely'
import { type Field, fieldNames, fieldScopes, type Kind, type LiveSource, type Resource } from '../contract/schema.ts'
import type { StoredText } from '../db/stored.ts'
import type { Scope } from '../scopes.ts'

// A row's JSON is made once, when the row is written: Postgres stores it in generated columns, `wire` for what every
// reader of the resource sees and one more for each extra scope (`wire_pii`). Reading is then copying bytes, and what
// a caller may not see is not even read. The expressions come from the schema that the contract is made from
// (db/stored.ts puts them in place); docs/decisions/0004 has the figures.
//
// Names of other records are not stored, or each rename would rewrite every row that shows it. Where they stand the
// text is cut (`wire`, `wire_2`, …), and what belongs there is stored with the row it is the name of (`wire_of_…`) and
// looked up by primary key for the rows of a page.

/** SQL that renders a column of each kind as JSON. All of it is immutable, as generated columns demand. */
const RENDER: Partial<Record<Kind, (column: string) => string>> = {
  id: (column) => `'"' || ${column}::text || '"'`,
  text: (column) => `json_text(${column})`,
  choice: (column) => `json_text(${column})`,
  decimal: (column) => `'"' || trim_scale(${column})::text || '"'`,
  count: (column) => `${column}::text`,
  flag: (column) => `case when ${column} then 'true' else 'false' end`,
  time: (column) => `'"' || iso_time(${column}) || '"'`,
  date: (column) => `'"' || iso_date(${column}) || 'T00:00:00.000Z"'`,
  day: (column) => `'"' || iso_date(${column}) || '"'`,
  // Its writer made it what partners see (contract/canonical.ts).
  many: (column) => `${column}::text`,
}

function renderField(name: string, { kind, nullable }: Field, column: string): string {
  const render = RENDER[kind]
  if (!render) throw new Error(`${name}: a field of kind ${kind} cannot be stored with its row`)
  return nullable ? `coalesce(${render(column)}, 'null')` : render(column)
}

/**
 * Neighbouring fields that are stored together: in a column of their own row, or, if they are `live`, in one of the row
 * of another table that they belong to.
 */
export type Stretch = { names: string[]; live: LiveSource | null; table: string; column: string }

/** The fields that need this scope, cut where those of the row end and those of another one begin. */
export function stretchesOf(resource: Resource, scope: Scope | null): Stretch[] {
  const own = resource.table as string
  const stretches: Stretch[] = []
  for (const name of fieldNames(resource, scope)) {
    const { live } = resource.fields[name] as Field
    const last = stretches.at(-1)
    if (last && last.live?.table === live?.table && last.live?.by === live?.by) {
      last.names.push(name)
      continue
    }
    const table = live?.table ?? own
    const first = live ? `wire_of_${own}` : scope === null ? 'wire' : `wire_${scope.split(':').at(-1)}`
    const before = stretches.filter((stretch) => stretch.table === table && !stretch.live === !live).length
    stretches.push({ names: [name], live, table, column: before === 0 ? first : `${first}_${before + 1}` })
  }
  return stretches
}

const key = (name: string, isFirst: boolean): string => `${isFirst ? '' : ','}"${name}":`

/**
 * The generated columns of a resource: the insides of a JSON object, in the order of the schema. What needs a scope of
 * its own begins with a comma, since it only ever follows the rest.
 */
export function storedText(resource: Resource): StoredText[] {
  if (!resource.isStored) return []
  return [null, ...fieldScopes(resource)].flatMap((scope) =>
    stretchesOf(resource, scope).map(({ names, table, column }, at) => ({
      table,
      column,
      expression: stretchExpression(resource, names, scope === null && at === 0),
    })),
  )
}

function stretchExpression({ fields }: Resource, names: readonly string[], isFirst: boolean): string {
  const parts = names.map((name, index) => {
    const field = fields[name] as Field
    const value = field.expression === null ? (field.live?.column ?? name) : `(${field.expression})`
    return `'${key(name, isFirst && index === 0)}' || ${renderField(name, field, value)}`
  })
  return parts.join(' || ')
}

/** SQL for one stretch of a row's JSON. */
export function stretchText(
  resource: Resource,
  { names, live, table, column }: Stretch,
  isFirst: boolean,
): RawBuilder<string> {
  const { table: own } = resource
  if (!resource.isStored) return sql.raw(stretchExpression(resource, names, isFirst))
  if (!live) return sql`${sql.ref(`${own}.${column}`)}`
  const absent = names.map((name, index) => `${key(name, isFirst && index === 0)}null`)
  return sql`coalesce((select live.${sql.ref(column)} from ${sql.table(table)} as live
    where live.business_id = ${sql.ref(`${own}.business_id`)} and live.id = ${sql.ref(`${own}.${live.by}`)}), ${sql.lit(absent.join(''))})`
}
