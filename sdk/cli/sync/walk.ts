import { ApiError } from '../../src/errors.ts'
import { type Copy, itemsFileOf, next, operationOf, pageOf, splitRow, type Walk } from './copy.ts'
import type { CopiedFile } from './files.ts'
import { dayBefore } from './rights.ts'
import type { CopyRow } from './store.ts'

// Walks all lists. Each file is written next to the old one and replaces it when complete. A cursor never expires, so an
// interrupted walk resumes where it stopped.

/** Sales are listed in ranges of 31 days. */
const STRETCH_DAYS = 31
const SAVE_EVERY_MS = 1000

/** Returns the initial state of a walk. */
export function newWalk({ rights, timeZone, now }: Pick<Copy, 'rights' | 'timeZone' | 'now'>): Walk {
  const days: string[] = []
  for (let back = 0; back <= rights.history_days; back += STRETCH_DAYS) days.push(dayBefore(back, timeZone, now()))
  return { days, oldest: dayBefore(rights.history_days, timeZone, now()), done: [], at: null }
}

/** Completes a walk. Items are walked with their parents. */
export async function walkAll(copy: Copy): Promise<void> {
  const { store, files } = copy
  for (const file of files.filter(({ kept }) => kept.by !== 'parent')) {
    const walk = store.state.walk as Walk
    const names = [file, itemsFileOf(copy, file)].flatMap((one) => (one ? [one.name] : []))
    if (names.every((name) => walk.done.includes(name))) continue
    if (file.kept.by === 'listing') store.replace(file, await listed(copy, file))
    else await walkList(copy, file)
    store.save(next(copy, { walk: { ...(store.state.walk as Walk), at: null, done: [...walk.done, ...names] } }))
  }
  store.save(next(copy, { walk: null }))
}

/** Reads all rows of a short list. */
export async function listed({ send, call, count }: Copy, file: CopiedFile): Promise<CopyRow[]> {
  const rows = await send<CopyRow[]>(operationOf(file.operation), { path: [], query: {} }, call)
  count(rows.length, file.name)
  return rows
}

type At = NonNullable<Walk['at']>

/** Returns where to continue with this file and its items, and truncates their partial files to that state. */
function placeOf(copy: Copy, file: CopiedFile): At {
  const { store } = copy
  const itemsFile = itemsFileOf(copy, file)
  const resume = ({ bytes, item_bytes }: At) => {
    const isThere = store.part(file).resume(bytes)
    return !itemsFile || store.part(itemsFile).resume(item_bytes) ? isThere : false
  }
  const at = store.state.walk?.at
  if (at?.file === file.name && at.item_bytes !== undefined && resume(at)) return at
  const fresh = { file: file.name, bytes: 0, item_bytes: 0, stretch: 0, cursor: null }
  resume(fresh)
  return fresh
}

/** Returns a function that saves the state of the walk, unless it was saved less than a second ago. */
function saver(copy: Copy, file: CopiedFile): (at: At) => void {
  const itemsFile = itemsFileOf(copy, file)
  let savedAt = copy.now()
  return (at) => {
    if (copy.now() - savedAt < SAVE_EVERY_MS) return
    savedAt = copy.now()
    const bytes = copy.store.part(file).flush()
    const item_bytes = itemsFile ? copy.store.part(itemsFile).flush() : 0
    copy.store.save(next(copy, { walk: { ...(copy.store.state.walk as Walk), at: { ...at, bytes, item_bytes } } }))
  }
}

const linesOf = (rows: readonly CopyRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

async function walkList(copy: Copy, file: CopiedFile): Promise<void> {
  const { store, count } = copy
  const part = store.part(file)
  const itemsFile = itemsFileOf(copy, file)
  const itemsPart = itemsFile && store.part(itemsFile)
  const save = saver(copy, file)
  const isByDays = file.name === 'sales'
  const stretches = isByDays ? (store.state.walk as Walk).days : ['']
  let at = placeOf(copy, file)
  while (at.stretch < stretches.length) {
    const to = stretches[at.stretch]
    const first = { limit: operationOf(file.operation).most ?? undefined, ...(to && { to }) }
    const page = await pageOf(copy, file, at.cursor === null ? first : { cursor: at.cursor }).catch((error) => {
      // At midnight the oldest day drops out of the allowed range.
      if (at.stretch > 0 && error instanceof ApiError && error.error === 'invalid_request') return null
      throw error
    })
    if (!page) break
    const rows = page.data.map((row) => splitRow(row, itemsFile))
    part.append(linesOf(rows.map(({ own }) => own)))
    itemsPart?.append(linesOf(rows.flatMap(({ items }) => items)))
    count(page.data.length, file.name)
    const { has_more, next_cursor } = page.pagination
    at = has_more ? { ...at, cursor: next_cursor } : { ...at, cursor: null, stretch: at.stretch + 1 }
    save(at)
  }
  if (isByDays) keepOlder(copy, file)
  for (const written of [part, itemsPart]) {
    written?.flush()
    written?.place()
  }
}

/** Returns whether a record is older than the allowed range. It stays in the copy while its branch is visible. */
const isOlder = ({ rights, store }: Copy, { business_date, branch_id }: CopyRow): boolean =>
  String(business_date) < (store.state.walk as Walk).oldest && rights.branches.includes(String(branch_id))

/** Keeps the rows of days that can no longer be listed, and their items. */
function keepOlder(copy: Copy, file: CopiedFile): void {
  const { store } = copy
  const part = store.part(file)
  part.flush()
  const walked = new Set<string>()
  for (const key of part.keys(file.key)) walked.add(key)
  const older = new Set<string>()
  for (const { key, line } of store.lines(file)) {
    if (walked.has(key) || !isOlder(copy, JSON.parse(line) as CopyRow)) continue
    older.add(key)
    part.append(`${line}\n`)
  }
  const itemsFile = itemsFileOf(copy, file)
  if (!itemsFile || older.size === 0) return
  for (const { key, line } of store.lines(itemsFile)) if (older.has(key)) store.part(itemsFile).append(`${line}\n`)
}
