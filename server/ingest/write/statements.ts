import { type RawBuilder, sql } from 'kysely'
import type { FilledIn, RecordKind, StoredRecord } from '../../contract/record_kind.ts'
import type { Field, Resource } from '../../contract/schema.ts'
import { build, type PreparedStatement } from '../../db/database.ts'
import { by, byIds, deleteAll, type Lock, lookUp } from '../../db/lookup.ts'
import { STORAGE } from '../../values/kinds.ts'

// The SQL statements that write a record kind. Each statement takes a long list of records as one parameter, so a batch needs
// few statements.

/** Stand for the values of an upsert. */
const BUSINESS = '/* business */'
const LIST = '/* list */'

type WrittenColumn = { name: string; type: string }

/** Returns the columns to write: without values of other rows, generated columns and values that the server fills in. */
export const columnsOf = (
  { fields }: Pick<Resource, 'fields'>,
  filledIn: RecordKind['filledIn'] = {},
): WrittenColumn[] =>
  Object.entries(fields)
    .filter(([name, { live, expression }]: [string, Field]) => !live && !expression && !Object.hasOwn(filledIn, name))
    .map(([name, { kind }]) => ({ name, type: STORAGE[kind as keyof typeof STORAGE].column }))

const names = (columns: readonly { name: string }[]) => sql.join(columns.map(({ name }) => sql.ref(name)))
const typed = (columns: readonly WrittenColumn[]) =>
  sql.join(columns.map(({ name, type }) => sql`${sql.ref(name)} ${sql.raw(type)}`))
/** The records of a batch as rows, from a JSON list of objects. */
const sent = (columns: readonly WrittenColumn[]) =>
  sql`json_to_recordset(${LIST}::text::json) as sent (${typed(columns)})`
const excluded = (columns: readonly WrittenColumn[]) =>
  sql.join(columns.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))

/**
 * Returns a function that makes the upsert of a list. Its text is compiled once, because compiling it takes as long as writing a
 * record. It has only one possible plan.
 *
 * @param key the object that the upsert belongs to
 */
function upsertOf(
  key: object,
  businessId: string,
  upsert: () => RawBuilder<unknown>,
): (list: string) => PreparedStatement {
  const known = upserts.get(key) ?? upsert().compile(build)
  upserts.set(key, known)
  const { sql, parameters } = known
  return (list) => ({ sql, parameters: parameters.map((value) => (value === LIST ? list : businessId)) })
}

const upserts = new WeakMap<object, PreparedStatement>()

const SEEN = sql`id, iso_time(created_at) as created_at, iso_time(updated_at) as updated_at`

export type KindStatements = ReturnType<typeof statementsOf>

/** Returns the statements of a record kind, for records of this business. */
export function statementsOf(kind: RecordKind, businessId: string) {
  const { resource, items, sentOnly, fixed, before, branch } = kind
  const { table } = resource
  const also = [...(branch === 'has one' ? ['branch_id'] : []), ...(items ? ['item_count'] : [])]
  const looked = [...new Set([...fixed, ...before, ...also, ...Object.keys(sentOnly)])].map(
    (name) => sql`${sql.ref(name)}::text`,
  )
  return {
    /** Locks and reads stored rows, in the order of the ids. */
    stored: (ids: readonly string[], lock: Lock) =>
      lookUp<StoredRecord>(businessId, table, sql.join([SEEN, ...looked]), byIds(ids), lock),
    /** Inserts or updates the records of a list, matched by primary key only. */
    upsert: upsertOf(kind, businessId, () => upsert(kind)),
    delete: (ids: readonly string[]) => deleteAll(businessId, table, byIds(ids)),
    items: items && itemStatements(items, businessId),
  }
}

function upsert({ resource, sentOnly, fixed, filledIn }: RecordKind): RawBuilder<unknown> {
  const columns = columnsOf({ fields: { ...resource.fields, ...sentOnly } }, filledIn)
  const changing = columns.filter(({ name }) => ![...fixed, 'id', 'created_at'].includes(name))
  const filled = filledParts(filledIn)
  return sql`
    insert into ${sql.table(resource.table)} as known (business_id, ${names(columns)} ${filled.columns})
    select ${BUSINESS}::uuid, ${names(columns)} ${filled.values} from ${sent(columns)} ${filled.from} order by id
    on conflict (business_id, id) do update set ${excluded(changing)} ${filled.changes}`
}

/** Returns the parts of an upsert that compute the columns that the server fills in. */
function filledParts(filledIn: RecordKind['filledIn']) {
  const each = (part: (column: RawBuilder<unknown>, about: FilledIn) => RawBuilder<unknown>) =>
    sql.join(
      Object.entries(filledIn).map(([name, about]) => sql`, ${part(sql.ref(name), about)}`),
      sql``,
    )
  return {
    columns: each((column) => column),
    values: each((_column, { value }) => sql.raw(value)),
    changes: each(
      (column, { keptWith }) => sql`${column} = case when known.${sql.ref(keptWith)} = excluded.${sql.ref(keptWith)}
        then known.${column} else excluded.${column} end`,
    ),
    from:
      Object.keys(filledIn).length === 0
        ? sql``
        : sql`, (select time_zone, business_day_starts_at from businesses where id = ${BUSINESS}) as business`,
  }
}

type Items = NonNullable<RecordKind['items']>

function itemStatements(items: Items, businessId: string) {
  const { table } = items.resource
  const { of } = items
  const owner = sql.ref(of)
  return {
    /** Reads the items of records. */
    content: (ids: readonly string[]) => sql<{ of: string; wire: string }>`
      ${lookUp(businessId, table, sql`${owner} as of, wire, position, id`, by(of, ids))} order by position, id`,
    /** Deletes all items except the kept ones. @param list a JSON list of `{of, kept}` */
    delete: (list: string) =>
      deleteAll(businessId, table, {
        wanted: sql`json_to_recordset(${list}::text::json) as wanted (of uuid, kept uuid[])`,
        where: sql`${owner} = wanted.of and id <> all(wanted.kept)`,
      }),
    upsert: upsertOf(items, businessId, () => itemUpsert(items)),
  }
}

function itemUpsert({ resource, of }: Items): RawBuilder<unknown> {
  const columns = [{ name: of, type: 'uuid' }, { name: 'position', type: 'int' }, ...columnsOf(resource)]
  const changing = columns.filter(({ name }) => ![of, 'id', 'created_at'].includes(name))
  const values = (row: string) => names(changing.map(({ name }) => ({ name: `${row}.${name}` })))
  const owner = sql.ref(of)
  return sql`
    insert into ${sql.table(resource.table)} as kept (business_id, ${names(columns)})
    select ${BUSINESS}::uuid, ${names(columns)} from ${sent(columns)} order by ${owner}, id
    on conflict (business_id, ${owner}, id) do update set ${excluded(changing)}
      where (${values('kept')}) is distinct from (${values('excluded')})`
}
