import type postgres from 'postgres'
import { parse } from 'postgres-array'

// Left to itself the driver (postgres.js 3.4.9) asks every new connection which types are arrays, before its first
// statement, and nobody waits for that question: if the connection is lost meanwhile, its refusal is nobody's, and ends
// the process. So it is told: these oids are the same in every Postgres (src/include/catalog/pg_type.dat).

type Read = (text: string) => unknown

const asItIs: Read = (text) => text
/** Array types by their oid, and how an element is read: the way that the driver reads it when it comes alone. */
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

/** Arrays of one dimension. */
export const ARRAY_TYPES: Record<string, postgres.PostgresType> = Object.fromEntries(
  Object.entries(ARRAYS).map(([oid, read]) => [
    `array${oid}`,
    {
      to: Number(oid),
      from: [Number(oid)],
      serialize: (values: unknown[] | string) => (typeof values === 'string' ? values : `{${values.map(written)}}`),
      parse: (text: string) => parse(text, read),
    },
  ]),
)

function written(value: unknown): string {
  if (value === null) return 'null'
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
