import { isDeepStrictEqual } from 'node:util'
import type { CompiledQuery } from 'kysely'
import type { Compilable } from '../db/database.ts'

// Composing the statement of a list is the most expensive computation of a warm request, and creates most of its garbage. A
// list has few different statements: they depend on which filters are present, not on their values. So each statement is
// composed once with placeholders, and later calls only fill in the values.

/** A composed statement: each parameter is either the name of a value or a constant. */
type Written = { sql: string; parameters: (StandIn | { always: unknown })[] }
type BoundValues = Readonly<Record<string, unknown>>

class StandIn {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Statements by shape. Their number is small, because no key contains a value. */
export type WrittenStatements = Map<string, Written>

/**
 * Returns the statement that `write` composes for these values.
 *
 * @param shape everything else that `write` depends on, besides which values are present
 * @param write may depend on which values are present, but not on the values. The first statement of each shape is also
 * composed with the real values, and both must be equal
 */
export function writtenOnce<V extends BoundValues>(
  statements: WrittenStatements,
  shape: string,
  values: V,
  write: (values: V) => Compilable,
): Pick<CompiledQuery, 'sql' | 'parameters'> {
  const names = Object.keys(values).filter((name) => values[name] !== undefined)
  const key = `${shape} ${names}`
  const known = statements.get(key)
  if (known) return filledIn(known, values)
  const written = writtenFor(write(Object.fromEntries(names.map((name) => [name, new StandIn(name)])) as unknown as V))
  const filled = filledIn(written, values)
  const { sql, parameters } = write(values).compile()
  if (sql !== written.sql || !isDeepStrictEqual(parameters, filled.parameters))
    throw new Error(`a statement depends on more than its shape: ${sql}`)
  statements.set(key, written)
  return filled
}

function writtenFor(statement: Compilable): Written {
  const { sql, parameters } = statement.compile()
  return { sql, parameters: parameters.map((value) => (value instanceof StandIn ? value : { always: value })) }
}

const filledIn = ({ sql, parameters }: Written, values: BoundValues) => ({
  sql,
  parameters: parameters.map((value) => (value instanceof StandIn ? values[value.name] : value.always)),
})
