import type { RecordKind } from '../contract/record_kind.ts'
import type { Field, Kind, Resource } from '../contract/schema.ts'
import { BY_ID, by, deleteAll, lookUp } from '../db/lookup.ts'

// The SQL statements that write a record kind. Each statement takes a long list of records as one parameter, so a batch needs
// few statements.

/** The column type of each field kind. */
const COLUMN: Partial<Record<Kind, string>> = {
  id: 'uuid',
  text: 'text',
  choice: 'text',
  decimal: 'numeric',
  count: 'bigint',
  flag: 'boolean',
  time: 'timestamptz',
  date: 'date',
  day: 'date',
  many: 'json',
}

type Column = { name: string; type: string }

/** Returns the columns to write: without values of other rows, generated columns and values that triggers fill in. */
export const columnsOf = ({ fields }: Resource, filledIn: readonly string[] = []): Column[] =>
  Object.entries(fields)
    .filter(([name, { live, expression }]: [string, Field]) => !live && !expression && !filledIn.includes(name))
    .map(([name, { kind }]) => ({ name, type: COLUMN[kind] as string }))

const names = (columns: readonly Column[]) => columns.map(({ name }) => name).join(', ')
const sent = (columns: readonly Column[]) =>
  `json_to_recordset($2::text::json) as sent (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`

const SEEN = ['id', 'iso_time(created_at) as created_at', 'iso_time(updated_at) as updated_at']

export type Statements = ReturnType<typeof statementsOf>

/** Returns the statements of a record kind. In each of them, $1 is the business. */
export function statementsOf({ resource, items, fixed, filledIn, before, branch }: RecordKind) {
  const { table } = resource
  const columns = columnsOf(resource, filledIn)
  const changing = columns.filter(({ name }) => ![...fixed, 'id', 'created_at'].includes(name))
  const also = [...(branch === 'has one' ? ['branch_id'] : []), ...(items ? ['item_count'] : [])]
  const looked = [...new Set([...fixed, ...before, ...also])]
  return {
    /** Locks and reads stored rows, in the order of the ids in $2. */
    stored: (lock: string) =>
      lookUp(table, [...SEEN, ...looked.map((name) => `${name}::text`)].join(', '), BY_ID, lock),
    /** Inserts or updates the records in $2, matched by primary key only. */
    upsert: `insert into ${table} (business_id, ${names(columns)})
      select $1::uuid, ${names(columns)} from ${sent(columns)} order by id
      on conflict (business_id, id) do update set ${changing.map(({ name }) => `${name} = excluded.${name}`).join(', ')}`,
    delete: deleteAll(table, BY_ID),
    items: items && itemStatements(items),
  }
}

function itemStatements({ resource, of }: NonNullable<RecordKind['items']>) {
  const { table } = resource
  const columns = [{ name: of, type: 'uuid' }, { name: 'position', type: 'int' }, ...columnsOf(resource)]
  const changing = columns.filter(({ name }) => ![of, 'id', 'created_at'].includes(name))
  const values = (row: string) => changing.map(({ name }) => `${row}.${name}`).join(', ')
  return {
    /** Reads the items of the records whose ids are in $2. */
    content: `${lookUp(table, `${of} as of, wire, position, id`, by(of))} order by position, id`,
    /** Deletes all items except the kept ones. $2: a list of `{of, kept}`. */
    delete: deleteAll(table, {
      wanted: 'json_to_recordset($2::text::json) as wanted (of uuid, kept uuid[])',
      where: `${of} = wanted.of and id <> all(wanted.kept)`,
    }),
    upsert: `insert into ${table} as kept (business_id, ${names(columns)})
      select $1::uuid, ${names(columns)} from ${sent(columns)} order by ${of}, id
      on conflict (business_id, ${of}, id) do update
        set ${changing.map(({ name }) => `${name} = excluded.${name}`).join(', ')}
        where (${values('kept')}) is distinct from (${values('excluded')})`,
  }
}
