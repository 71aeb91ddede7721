import type { Field, Fields } from './schema.ts'

// Lists inside a record (the SKUs of a product, the payments of a sale) are stored as the JSON text that partners see. All
// writers build that text here: keys in the order of the schema, decimals and times in canonical form, no unknown keys.

/**
 * Returns the JSON text of a list of objects, as it is stored and shown to partners.
 *
 * @param rows validated values: decimals as text, never as numbers; times as Date or as text in wire format
 * @throws TypeError if a value does not have the type of its field
 */
export const canonicalMany = (fields: Fields, rows: readonly Record<string, unknown>[]): string =>
  JSON.stringify(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [name, canonical(name, field, row[name] ?? null)]),
      ),
    ),
  )

function canonical(name: string, { kind, nullable }: Field, value: unknown): unknown {
  if (value === null && nullable) return null
  switch (kind) {
    case 'id':
      if (typeof value === 'string') return value.toLowerCase()
      break
    case 'text':
    case 'choice':
      if (typeof value === 'string') return value
      break
    case 'decimal':
      if (typeof value === 'string') return canonicalDecimal(value)
      break
    case 'flag':
      if (typeof value === 'boolean') return value
      break
    case 'count':
      if (Number.isSafeInteger(value)) return value
      break
    case 'time':
      if (typeof value === 'string' || value instanceof Date) return new Date(value).toISOString()
  }
  throw new TypeError(`${name}: ${String(value)} is not a valid ${kind}`)
}

/** Returns a decimal in canonical form: no exponent, no plus sign, no redundant zeros. @throws TypeError */
export function canonicalDecimal(text: string): string {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)0*(\d+?)(?:\.(?=\d)(\d*?)0*)?$/.exec(text) ?? []
  if (whole === '') throw new TypeError(`${text} is not a decimal`)
  const digits = fraction === '' ? whole : `${whole}.${fraction}`
  return sign === '-' && digits !== '0' ? `-${digits}` : digits
}
