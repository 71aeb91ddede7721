import { type RawBuilder, sql } from 'kysely'
import type { FilledIn, RecordKind, StoredRecord } from '../../contract/record_kind.ts'
import type { Field, Resource } from '../../contract/schema.ts'
import { by, byIds, deleteAll, type Lock, lookUp } from '../../db/lookup.ts'
import { STORAGE } from '../../values/kinds.ts'

// The SQL statements that write a record kind. Each statement takes a long list of records as one parameter, so a batch needs
// few statements.

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
/** The records of a batch as rows; `list` is a JSON list of objects. */
const sent = (list: string, columns: readonly WrittenColumn[]) =>
  sql`json_to_recordset(${list}::text::json) as sent (${typed(columns)})`
const excluded = (columns: readonly WrittenColumn[]) =>
  sql.join(columns.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))

const SEEN = sql`id, iso_time(created_at) as created_at, iso_time(updated_at) as updated_at`

export type KindStatements = ReturnType<typeof statementsOf>

/** Returns the statements of a record kind, for records of this business. */
export function statementsOf(
  { resource, items, sentOnly, fixed, filledIn, before, branch }: RecordKind,
  businessId: string,
) {
  const { table } = resource
  const columns = columnsOf({ fields: { ...resource.fields, ...sentOnly } }, filledIn)
  const changing = columns.filter(({ name }) => ![...fixed, 'id', 'created_at'].includes(name))
  const also = [...(branch === 'has one' ? ['branch_id'] : []), ...(items ? ['item_count'] : [])]
  const filled = filledParts(filledIn, businessId)
  const looked = [...new Set([...fixed, ...before, ...also, ...Object.keys(sentOnly)])].map(
    (name) => sql`${sql.ref(name)}::text`,
  )
  return {
    /** Locks and reads stored rows, in the order of the ids. */
    stored: (ids: readonly string[], lock: Lock) =>
      lookUp<StoredRecord>(businessId, table, sql.join([SEEN, ...looked]), byIds(ids), lock),
    /** Inserts or updates the records of a list, matched by primary key only. */
    upsert: (list: string): RawBuilder<unknown> => sql`
      insert into ${sql.table(table)} as known (business_id, ${names(columns)} ${filled.columns})
      select ${businessId}::uuid, ${names(columns)} ${filled.values} from ${sent(list, columns)} ${filled.from} order by id
      on conflict (business_id, id) do update set ${excluded(changing)} ${filled.changes}`,
    delete: (ids: readonly string[]) => deleteAll(businessId, table, byIds(ids)),
    items: items && itemStatements(items, businessId),
  }
}

/** Returns the parts of an upsert that compute the columns that the server fills in. */
function filledParts(filledIn: RecordKind['filledIn'], businessId: string) {
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
        : sql`, (select time_zone, business_day_starts_at from businesses where id = ${businessId}) as business`,
  }
}

function itemStatements({ resource, of }: NonNullable<RecordKind['items']>, businessId: string) {
  const { table } = resource
  const columns = [{ name: of, type: 'uuid' }, { name: 'position', type: 'int' }, ...columnsOf(resource)]
  const changing = columns.filter(({ name }) => ![of, 'id', 'created_at'].includes(name))
  const values = (row: string) => names(changing.map(({ name }) => ({ name: `${row}.${name}` })))
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
    upsert: (list: string): RawBuilder<unknown> => sql`
      insert into ${sql.table(table)} as kept (business_id, ${names(columns)})
      select ${businessId}::uuid, ${names(columns)} from ${sent(list, columns)} order by ${owner}, id
      on conflict (business_id, ${owner}, id) do update set ${excluded(changing)}
        where (${values('kept')}) is distinct from (${values('excluded')})`,
  }
}
