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

function canonical(name: string, { kind, value: of, nullable, fallback, element }: Field, value: unknown): unknown {
  if (value === null && fallback !== undefined) return fallback
  if (value === null && nullable) return null
  if (element && Array.isArray(value)) return value.map((one) => canonical(name, element, one))
  const shown = of?.shown(value)
  if (shown === undefined) throw new TypeError(`${name}: ${String(value)} is not a valid ${kind}`)
  return shown
}
