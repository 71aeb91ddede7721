import { isDeepStrictEqual } from 'node:util'
import type { CompiledQuery } from 'kysely'
import type { Compilable } from '../db/database.ts'

// Composing a list's statement takes longer than anything else that a warm request makes us compute, and makes most of
// the garbage. But a list has only so many statements: they differ by which filters there are, not by their values. So
// each is written once, for stand-ins, and the values are put in their places afterwards.

/** A statement without its values: of each parameter, the name of the value that belongs there, or what it always is. */
type Written = { sql: string; parameters: (StandIn | { always: unknown })[] }
type Values = Readonly<Record<string, unknown>>

class StandIn {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Statements by what tells their shapes apart: few, since no value is ever in it. */
export type Statements = Map<string, Written>

/**
 * The statement that `write` composes for these values.
 *
 * @param shape everything that `write` looks at, beside which values there are
 * @param write may look at which values there are, and not at what they are. The first one of each shape is composed for
 *   the values as well, and must be the same
 */
export function writtenOnce<V extends Values>(
  statements: Statements,
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

const filledIn = ({ sql, parameters }: Written, values: Values) => ({
  sql,
  parameters: parameters.map((value) => (value instanceof StandIn ? values[value.name] : value.always)),
})
