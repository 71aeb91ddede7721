import type { Call, Page } from '../../src/answers.ts'
import type { SendOperation } from '../../src/connection.ts'
import { OPERATIONS } from '../../src/generated/operations.ts'
import { pagesOf } from '../../src/lists.ts'
import type { Asked, Operation } from '../../src/operation.ts'
import type { Talad } from '../../src/talad.ts'
import type { CopiedFile } from './files.ts'
import type { CopyRights } from './rights.ts'
import type { Change, CopyRow, CopyStore } from './store.ts'

/** In copies of version 1, no events kept the stock movements up to date. */
export const COPY_VERSION = 2

/** State of a copy, stored in `.talad/state.json`. */
export type CopyState = {
  version: number
  base_url: string
  rights: CopyRights | null
  /** Names of the files in the copy. */
  files: string[]
  /** The copy contains all events up to this position; null before the first walk. */
  position: number | null
  /** Progress of the walk of all lists; null if it is complete. */
  walk: Walk | null
  saved_at: string
}

export type Walk = {
  /** Last days of the ranges to walk, newest first; and the first day of all. */
  days: string[]
  oldest: string
  done: string[]
  /** The current file of the walk: bytes written, and the cursor to continue with. */
  at: { file: string; bytes: number; item_bytes: number; stretch: number; cursor: string | null } | null
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

/** Returns the file with the items of this file's rows, if the copy has one. */
export const itemsFileOf = ({ files }: Pick<Copy, 'files'>, { name }: CopiedFile): CopiedFile | null =>
  files.find(({ kept }) => kept.by === 'parent' && kept.parent === name) ?? null

/** Returns the query that includes the items in the rows of a file whose items are in the copy. */
const included = (copy: Copy, file: CopiedFile): Asked['query'] => (itemsFileOf(copy, file) ? { include: 'items' } : {})

/** Separates a row from its items; each item gets the id of the row. */
export function splitRow(row: CopyRow, itemsFile: CopiedFile | null): { own: CopyRow; items: CopyRow[] } {
  if (!itemsFile) return { own: row, items: [] }
  const { items = [], ...own } = row as CopyRow & { items?: CopyRow[] }
  return { own, items: items.map((item) => ({ [itemsFile.key]: row.id, ...item })) }
}

/** Returns the changes that bring the copy to this state of a record; null if it was deleted. */
export function changesOfRecord(copy: Copy, file: CopiedFile, key: string, row: CopyRow | null): Change[] {
  const itemsFile = itemsFileOf(copy, file)
  const { own, items } = row ? splitRow(row, itemsFile) : { own: null, items: [] }
  const change = { file: file.name, key, rows: own ? [own] : [] }
  return itemsFile ? [change, { file: itemsFile.name, key, rows: items }] : [change]
}

/** Reads one page of a list. Without a cursor it is the first. */
export const pageOf = (copy: Copy, file: CopiedFile, query: Asked['query']): Promise<Page<CopyRow>> =>
  copy.send(
    operationOf(file.operation),
    { path: [], query: 'cursor' in query ? query : { ...query, ...included(copy, file) } },
    copy.call,
  )

/** Reads all pages of a list. */
export const everyPage = (copy: Copy, file: CopiedFile, query: Asked['query'] = {}): AsyncIterable<Page<CopyRow>> =>
  pagesOf<CopyRow>(
    copy.send,
    operationOf(file.operation),
    { path: [], query: { ...query, ...included(copy, file) } },
    copy.call,
  ).pages()

/** A 404 for a record means that it was deleted. */
export const unlessGone = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer
  } catch (error) {
    if ((error as { error?: unknown }).error === 'not_found') return null
    throw error
  }
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
