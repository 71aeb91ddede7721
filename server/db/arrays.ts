import type postgres from 'postgres'
import { parse } from 'postgres-array'

// By default the driver (postgres.js 3.4.9) queries the array types on every new connection, before the first statement, and
// does not handle a failure of that query: if the connection is lost meanwhile, the unhandled rejection ends the process. So
// the types are configured here. Their oids are the same in every Postgres (src/include/catalog/pg_type.dat).

type Read = (text: string) => unknown

const asItIs: Read = (text) => text
/** Array types by oid, and the parser of an element: the one that the driver uses for a single value. */
const ARRAYS: Record<number, Read> = {
  1000: (text) => text === 't', // boolean
  1005: Number, // smallint
  1007: Number, // integer
  1016: asItIs, // bigint
  1022: Number, // double precision
  1009: asItIs, // text
  1015: asItIs, // varchar
  1003: asItIs, // name
  1231: asItIs, // numeric
  2951: asItIs, // uuid
  1182: (text) => new Date(text), // date
  1185: (text) => new Date(text), // timestamptz
  3807: (text) => JSON.parse(text), // jsonb
}

/** Arrays of one dimension, for the driver. */
export const ARRAY_TYPES: Record<string, postgres.PostgresType> = Object.fromEntries(
  Object.entries(ARRAYS).map(([oid, read]) => [
    `array${oid}`,
    {
      to: Number(oid),
      from: [Number(oid)],
      serialize: (values: unknown[] | string) => (typeof values === 'string' ? values : arrayText(values)),
      parse: (text: string) => parse(text, read),
    },
  ]),
)

/**
 * Returns an array of one dimension as PostgreSQL writes it. As a parameter it is text, so a statement casts it in one way,
 * whether a tagged template or Kysely builds it: `${arrayText(ids)}::text::uuid[]`.
 */
export const arrayText = (values: readonly unknown[]): string => `{${values.map(written)}}`

function written(value: unknown): string {
  if (value === null) return 'null'
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
