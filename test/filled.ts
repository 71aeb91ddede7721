import type { Field, Fields, Resource } from '../server/contract/schema.ts'
import type { Json } from './harness.ts'

/**
 * Returns what these rows do not show of a resource, by its schema: fields that are empty or have their default in every row,
 * and words that no row has. Fields in lists and items are included, such as `refunds.reason`. A refund has the same methods as a
 * payment, so not every word is needed again.
 */
export const unfilled = ({ fields, items }: Pick<Resource, 'fields' | 'items'>, rows: readonly Json[]): string[] => [
  ...unfilledFields(fields, rows, ''),
  ...(items ? unfilledFields(items.of.fields, inside(rows, 'items'), 'items.') : []),
]

const inside = (rows: readonly Json[], list: string): Json[] => rows.flatMap((row) => row[list] ?? [])

const unfilledFields = (fields: Fields, rows: readonly Json[], path: string): string[] =>
  Object.entries(fields).flatMap(([name, field]) => {
    const values = rows.map((row) => row[name])
    if (values.every((value) => isEmpty(field, value))) return [`${path}${name}`]
    const words = path === 'refunds.' ? [] : wordsOf(field).filter((word) => !values.includes(word))
    const inner = field.elements ? unfilledFields(field.elements, inside(rows, name), `${path}${name}.`) : []
    return [...words.map((word) => `${path}${name} ${word}`), ...inner]
  })

/** Returns the words of a field, as far as we name them. */
const wordsOf = ({ choices, schema }: Field): readonly string[] =>
  choices ?? (schema['x-extensible-enum'] as string[] | undefined) ?? []

const isEmpty = ({ fallback, kind }: Field, value: Json): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  value === '0' ||
  value === 0 ||
  (kind !== 'choice' && value === fallback) ||
  (typeof value === 'object' && Object.keys(value).length === 0)
