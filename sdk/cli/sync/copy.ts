import type { Call, Page } from '../../src/answers.ts'
import type { SendOperation } from '../../src/connection.ts'
import { OPERATIONS } from '../../src/generated/operations.ts'
import { pagesOf } from '../../src/lists.ts'
import type { Asked, Operation } from '../../src/operation.ts'
import type { Talad } from '../../src/talad.ts'
import type { CopiedFile } from './files.ts'
import type { CopyRights } from './rights.ts'
import type { CopyRow, CopyStore } from './store.ts'

/** State of a copy, stored in `.talad/state.json`. */
export type CopyState = {
  version: 1
  base_url: string
  rights: CopyRights | null
  /** Names of the files in the copy. */
  files: string[]
  /** The copy contains all events up to this position; null before the first walk. */
  position: number | null
  /** Progress of the walk of all lists; null if it is complete. */
  walk: Walk | null
  /** Append-only lists: the time up to which rows are known; and the time from which rows may be missing. */
  tops: Record<string, string>
  due: Record<string, { from: string; received: string }>
  saved_at: string
}

export type Walk = {
  /** Last days of the ranges to walk, newest first; and the first day of all. */
  days: string[]
  oldest: string
  done: string[]
  /** The current file of the walk: bytes written, and the cursor to continue with. */
  at: { file: string; bytes: number; stretch: number; cursor: string | null; lines: number } | null
}

/** Context shared by all parts of a sync. */
export type Copy = {
  talad: Talad
  send: SendOperation
  call: Call
  store: CopyStore<CopyState>
  files: CopiedFile[]
  rights: CopyRights
  timeZone: string
  now: () => number
  /** Called with the number of rows received. */
  count(rows: number, file: string): void
}

/** Merges changes into the state of the store. */
export const next = (copy: Pick<Copy, 'store' | 'now'>, changed: Partial<CopyState>): CopyState => ({
  ...copy.store.state,
  ...changed,
  saved_at: new Date(copy.now()).toISOString(),
})

export const operationOf = (id: string): Operation => {
  const operation = OPERATIONS.find((one) => one.id === id)
  if (!operation) throw new Error(`unknown operation ${id}`)
  return operation
}

/** Reads one page of a list. */
export const pageOf = (
  { send, call }: Copy,
  { operation }: CopiedFile,
  query: Asked['query'],
): Promise<Page<CopyRow>> => send(operationOf(operation), { path: [], query }, call)

/** Reads all pages of a list. */
export const everyPage = (
  { send, call }: Copy,
  { operation }: CopiedFile,
  query: Asked['query'] = {},
): AsyncIterable<Page<CopyRow>> => pagesOf<CopyRow>(send, operationOf(operation), { path: [], query }, call).pages()

/** A 404 for a record or its items means that it was deleted. */
export const unlessGone = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer
  } catch (error) {
    if ((error as { error?: unknown }).error === 'not_found') return null
    throw error
  }
}

/** Reads the items of a record, each with the id of its parent; none if the parent was deleted. */
export async function itemsOf({ send, call }: Copy, { operation, key }: CopiedFile, id: string): Promise<CopyRow[]> {
  const items = await unlessGone(send<CopyRow[]>(operationOf(operation), { path: [id], query: {} }, call))
  return (items ?? []).map((item) => ({ [key]: id, ...item }))
}

/** Concurrent calls: enough to hide the latency at any rate limit. */
const AT_ONCE = 8

/** Maps with limited concurrency; results keep the order of the inputs. */
export async function each<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const rest = values.entries()
  const worker = async () => {
    for (const [index, value] of rest) results[index] = await work(value)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, values.length) }, worker))
  return results
}
