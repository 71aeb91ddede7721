import type { Call, Page } from '../../src/answers.ts'
import type { Send } from '../../src/connection.ts'
import { OPERATIONS } from '../../src/generated/operations.ts'
import { pagesOf } from '../../src/lists.ts'
import type { Asked, Operation } from '../../src/operation.ts'
import type { Talad } from '../../src/talad.ts'
import type { CopiedFile } from './files.ts'
import type { Rights } from './rights.ts'
import type { Row, Store } from './store.ts'

/** How far a copy is; what `.talad/state.json` holds. */
export type State = {
  version: 1
  base_url: string
  rights: Rights | null
  /** The files that are kept. */
  files: string[]
  /** Everything up to here is in the copy; null: nothing is. */
  position: number | null
  /** How far the walk of all lists is; null: it is complete. */
  walk: Walk | null
  /** Lists that are kept from the top: until when they have been looked at, and what has to be looked at. */
  tops: Record<string, string>
  due: Record<string, { from: string; received: string }>
  saved_at: string
}

export type Walk = {
  /** The last days of the stretches in which days are walked, the newest first; and the first day of all. */
  days: string[]
  oldest: string
  done: string[]
  /** The file that is being walked: how much of it is written, and where it goes on. */
  at: { file: string; bytes: number; stretch: number; cursor: string | null; lines: number } | null
}

/** What all parts of a sync work with. */
export type Copy = {
  talad: Talad
  send: Send
  call: Call
  store: Store<State>
  files: CopiedFile[]
  rights: Rights
  timeZone: string
  now: () => number
  /** Rows that came. */
  count(rows: number, file: string): void
}

/** A new state of the store; what is not named stays as it is. */
export const next = (copy: Pick<Copy, 'store' | 'now'>, changed: Partial<State>): State => ({
  ...copy.store.state,
  ...changed,
  saved_at: new Date(copy.now()).toISOString(),
})

export const operationOf = (id: string): Operation => {
  const operation = OPERATIONS.find((one) => one.id === id)
  if (!operation) throw new Error(`there is no operation ${id}`)
  return operation
}

/** One page of a list. */
export const pageOf = ({ send, call }: Copy, { operation }: CopiedFile, query: Asked['query']): Promise<Page<Row>> =>
  send(operationOf(operation), { path: [], query }, call)

/** All pages of a list. */
export const allPages = (
  { send, call }: Copy,
  { operation }: CopiedFile,
  query: Asked['query'] = {},
): AsyncIterable<Page<Row>> => pagesOf<Row>(send, operationOf(operation), { path: [], query }, call).pages()

/** What is gone is gone, whether its record or itself is asked for. */
export const unlessGone = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer
  } catch (error) {
    if ((error as { error?: unknown }).error === 'not_found') return null
    throw error
  }
}

/** The items of a record, each with the id of what it belongs to; none if that is gone. */
export async function itemsOf({ send, call }: Copy, { operation, key }: CopiedFile, id: string): Promise<Row[]> {
  const items = await unlessGone(send<Row[]>(operationOf(operation), { path: [id], query: {} }, call))
  return (items ?? []).map((item) => ({ [key]: id, ...item }))
}

/** Calls at once: enough to fill the time that an answer takes, whatever the rate limit. */
const AT_ONCE = 8

/** Does this for each, some at a time; the results in the order of what they are of. */
export async function each<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const rest = values.entries()
  const worker = async () => {
    for (const [index, value] of rest) results[index] = await work(value)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, values.length) }, worker))
  return results
}
