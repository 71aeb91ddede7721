import { ApiError } from '../../src/errors.ts'
import { type Copy, each, itemsOf, next, operationOf, pageOf, type Walk } from './copy.ts'
import type { CopiedFile } from './files.ts'
import { dayBefore } from './rights.ts'
import type { CopyRow } from './store.ts'

// Walks all lists. Each file is written next to the old one and replaces it when complete. A cursor never expires, so an
// interrupted walk resumes where it stopped.

/** Sales are listed in ranges of 31 days. */
const STRETCH_DAYS = 31
const SAVE_EVERY_MS = 1000
const ITEMS_AT_ONCE = 48

/** Returns the initial state of a walk. */
export function newWalk({ rights, timeZone, now }: Pick<Copy, 'rights' | 'timeZone' | 'now'>): Walk {
  const days: string[] = []
  for (let back = 0; back <= rights.history_days; back += STRETCH_DAYS) days.push(dayBefore(back, timeZone, now()))
  return { days, oldest: dayBefore(rights.history_days, timeZone, now()), done: [], at: null }
}

/** Completes a walk. */
export async function walkAll(copy: Copy): Promise<void> {
  const { store, files } = copy
  for (const file of files) {
    const walk = store.state.walk as Walk
    if (walk.done.includes(file.name)) continue
    if (file.kept.by === 'listing') store.replace(file, await listed(copy, file))
    else await (file.kept.by === 'parent' ? walkItems(copy, file) : walkList(copy, file))
    store.save(next(copy, { walk: { ...(store.state.walk as Walk), at: null, done: [...walk.done, file.name] } }))
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

/** Returns where to continue with this file, and truncates its partial file to that state. */
function placeOf({ store }: Copy, file: CopiedFile): At {
  const at = store.state.walk?.at
  const fresh = { file: file.name, bytes: 0, stretch: 0, cursor: null, lines: 0 }
  const known = at?.file === file.name ? at : fresh
  return store.part(file).resume(known.bytes) ? known : fresh
}

/** Returns a function that saves the state of the walk, unless it was saved less than a second ago. */
function saver(copy: Copy, file: CopiedFile): (at: At) => void {
  let savedAt = copy.now()
  return (at) => {
    if (copy.now() - savedAt < SAVE_EVERY_MS) return
    savedAt = copy.now()
    const bytes = copy.store.part(file).flush()
    copy.store.save(next(copy, { walk: { ...(copy.store.state.walk as Walk), at: { ...at, bytes } } }))
  }
}

const linesOf = (rows: readonly CopyRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

async function walkList(copy: Copy, file: CopiedFile): Promise<void> {
  const { store, count } = copy
  const part = store.part(file)
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
    if (file.kept.by === 'top' && at.cursor === null) rememberTop(copy, file, page.data)
    part.append(linesOf(page.data))
    count(page.data.length, file.name)
    const { has_more, next_cursor } = page.pagination
    at = has_more ? { ...at, cursor: next_cursor } : { ...at, cursor: null, stretch: at.stretch + 1 }
    save(at)
  }
  if (isByDays) keepOlder(copy, file)
  part.flush()
  part.place()
}

/** Stores the time from which new rows of an append-only list are read: that of its newest row or now, if that is earlier. */
function rememberTop(copy: Copy, { name }: CopiedFile, rows: readonly CopyRow[]): void {
  const now = new Date(copy.now()).toISOString()
  const newest = String(rows[0]?.created_at ?? now)
  copy.store.save(next(copy, { tops: { ...copy.store.state.tops, [name]: newest < now ? newest : now } }))
}

/** Returns whether a record is older than the allowed range. It stays in the copy while its branch is visible. */
const isOlder = ({ rights, store }: Copy, { business_date, branch_id }: CopyRow): boolean =>
  String(business_date) < (store.state.walk as Walk).oldest && rights.branches.includes(String(branch_id))

/** Keeps the rows of days that can no longer be listed. */
function keepOlder(copy: Copy, file: CopiedFile): void {
  const part = copy.store.part(file)
  part.flush()
  const walked = new Set<string>()
  for (const key of part.keys(file.key)) walked.add(key)
  for (const { key, line } of copy.store.lines(file))
    if (!walked.has(key) && isOlder(copy, JSON.parse(line) as CopyRow)) part.append(`${line}\n`)
}

/** Reads the items of all records in the parent's file, which has just been walked. */
async function walkItems(copy: Copy, file: CopiedFile): Promise<void> {
  const { store, files, count } = copy
  const parent = files.find(({ name }) => file.kept.by === 'parent' && name === file.kept.parent) as CopiedFile
  const part = store.part(file)
  const save = saver(copy, file)
  const at = placeOf(copy, file)
  const older = new Set<string>()
  let seen = 0
  let waiting: string[] = []
  const fetchWaiting = async () => {
    const items = await each(waiting, (id) => itemsOf(copy, file, id))
    part.append(linesOf(items.flat()))
    count(items.flat().length, file.name)
    waiting = []
    save({ ...at, lines: seen })
  }
  for (const { key, line } of store.lines(parent)) {
    const record = JSON.parse(line) as CopyRow
    seen += 1
    if (parent.name === 'sales' && isOlder(copy, record)) older.add(key)
    else if (seen > at.lines && record.item_count !== 0) waiting.push(key)
    if (waiting.length >= ITEMS_AT_ONCE) await fetchWaiting()
  }
  await fetchWaiting()
  if (older.size > 0) for (const { key, line } of store.lines(file)) if (older.has(key)) part.append(`${line}\n`)
  part.flush()
  part.place()
}
