import type { MemberCaller } from '../contract/caller.ts'
import {
  type AnyQuery,
  type Context,
  Data,
  type Declaration,
  type Operation,
  operation,
  type PlainQuery,
  type QueryValues,
  type Response,
} from '../contract/operation.ts'
import { BETWEEN_ROWS, type PageRows } from '../contract/page.ts'
import type { Parameters, ParameterValues } from '../contract/parameters.ts'
import { CONSOLE_PLANE } from '../contract/plane.ts'
import { Problem } from '../contract/problem.ts'
import type { Role } from '../contract/role.ts'
import { type Resource, refTo } from '../contract/schema.ts'
import { Refusal } from '../oauth/applications.ts'

// Declares operations of the console.

/** The arguments of a handler that a member calls. */
export type MemberContext<Query = unknown, Path = unknown, Sent = unknown> = Context<Query, Path, MemberCaller, Sent>

type MemberDeclaration<Q, P extends Parameters, R, B> = Omit<
  Declaration<Q, P, R, 'token', B, MemberCaller>,
  'plane' | 'scope' | 'role'
> & { role: Role }

/** Declares an operation that members call. A `Refusal` of a function that commands use too becomes a conflict. */
export function memberOperation<
  R,
  Q extends AnyQuery = PlainQuery<Record<never, never>>,
  P extends Parameters = Record<never, never>,
  B = undefined,
>(declaration: MemberDeclaration<Q, P, R, B>): Operation {
  const { handle, problems = [], method } = declaration
  return operation<'token', R, Q, P, B, MemberCaller>({
    ...declaration,
    plane: CONSOLE_PLANE,
    scope: 'token',
    problems: method === 'GET' ? problems : [...new Set([...problems, 'conflict' as const])],
    handle: (context: MemberContext<QueryValues<Q>, ParameterValues<P>, B>) => refusing(async () => handle(context)),
  })
}

type PublicDeclaration<R, B> = Omit<
  Declaration<PlainQuery<Record<never, never>>, Record<never, never>, R, 'public', B, MemberCaller>,
  'plane' | 'scope' | 'role' | 'needsProof'
>

/** Declares an operation of the console that needs no session. */
export const publicOperation = <R, B = undefined>(declaration: PublicDeclaration<R, B>): Operation =>
  operation({ ...declaration, plane: CONSOLE_PLANE, scope: 'public' })

async function refusing<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) throw new Problem('conflict', error.message)
    throw error
  }
}

/** A whole list that the handler composed: `{"data": […]}`. */
export const ComposedList = (resource: Resource): Response<object[]> => ({
  ...(Data(resource) as Response<object[]>),
  schema: {
    type: 'object',
    properties: { data: { type: 'array', items: refTo(resource.name) } },
    required: ['data'],
  },
})

/** Returns a page of rows that the handler composed. @param rows newest first, one more than `limit` if another page follows */
export function composedPage(rows: readonly { created_at: string; id: string }[], limit: number): PageRows {
  const shown = rows.slice(0, limit)
  const text = shown.map((row) => JSON.stringify(row).slice(1, -1)).join(BETWEEN_ROWS)
  return { rows: Buffer.from(text), count: shown.length, hasMore: rows.length > limit }
}
