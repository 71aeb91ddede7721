import { OPERATIONS } from '../../src/generated/operations.ts'
import type { Event } from '../../src/generated/schemas.ts'
import type { Operation } from '../../src/operation.ts'
import { type Copy, changesOfRecord, each, everyPage, operationOf, unlessGone } from './copy.ts'
import type { CopiedFile } from './files.ts'
import { sees } from './rights.ts'
import type { Change, CopyRow } from './store.ts'

// Turns events into changes of the files. An event contains the current state of its record. So the last event of a
// record is enough, and a record never returns to an older state.

type Told = Event<never>

/** Up to this many records are fetched one by one, without comparing with the cost of the whole list. */
const FEW = 20

/** Returns all changes that follow from these events. */
export async function changesOf(copy: Copy, events: readonly Told[]): Promise<Change[]> {
  const changes: Change[] = []
  for (const file of copy.files) {
    const { kept } = file
    if (kept.by === 'events') changes.push(...(await recordsOf(copy, file, latest(events, kept.about))))
  }
  for (const file of copy.files) changes.push(...(await followersOf(copy, file, events, changes)))
  return changes
}

/** Returns the last event of each record. */
const latest = (events: readonly Told[], about: string): Map<string, Told> =>
  new Map(events.filter(({ resource_type }) => resource_type === about).map((event) => [event.resource_id, event]))

const isGone = ({ data }: Told): boolean => Object.keys(data).length === 1

async function recordsOf(copy: Copy, file: CopiedFile, told: Map<string, Told>): Promise<Change[]> {
  const gone = [...told].filter(([, event]) => isGone(event)).map(([key]) => key)
  const there = [...told].filter(([, event]) => !isGone(event))
  const deletions = gone.flatMap((key) => changesOfRecord(copy, file, key, null))
  // Events contain no PII fields, so read the customer instead.
  if (file.name === 'customers' && sees(copy.rights, 'read:customers:pii'))
    return [
      ...deletions,
      ...(await readRecords(
        copy,
        file,
        there.map(([key]) => key),
      )),
    ]
  return [...deletions, ...there.flatMap(([key, { data }]) => changesOfRecord(copy, file, key, data as CopyRow))]
}

/** Reads the current state of records: one by one, or by reading the whole list if that takes fewer requests. */
async function readRecords(copy: Copy, file: CopiedFile, keys: readonly string[]): Promise<Change[]> {
  const list = operationOf(file.operation)
  if (isMany(copy, file, keys.length)) {
    const found = new Map<string, CopyRow>()
    const wanted = new Set(keys)
    for await (const { data } of everyPage(copy, file))
      for (const row of data) if (wanted.has(String(row.id))) found.set(String(row.id), row)
    return keys.map((key) => ({ file: file.name, key, rows: found.has(key) ? [found.get(key) as CopyRow] : [] }))
  }
  const get = OPERATIONS.find(({ path }) => path === `${list.path}/{id}`) as Operation
  return each(keys, async (key) => {
    const row = await unlessGone(copy.send<CopyRow>(get, { path: [key], query: {} }, copy.call))
    return { file: file.name, key, rows: row ? [row] : [] }
  })
}

/** Returns whether the whole list takes fewer requests than this many single ones. */
function isMany({ store }: Copy, file: CopiedFile, requests: number): boolean {
  if (requests <= FEW) return false
  let lines = 0
  for (const _ of store.lines(file)) lines += 1
  return requests > Math.ceil(lines / (operationOf(file.operation).most ?? 1))
}

/** Returns changes that follow from another file, which has the names that this file shows. */
async function followersOf(
  copy: Copy,
  file: CopiedFile,
  events: readonly Told[],
  changes: readonly Change[],
): Promise<Change[]> {
  const found: Change[] = []
  for (const source of copy.files)
    for (const { by, filter } of source.carried)
      if (by === file.name && filter)
        found.push(...(await carriersOf(copy, file, filter, namesIn(source, filter, events, changes))))
  return found
}

/**
 * Returns the ids by which other files refer to the changed records: for products, the ids of their SKUs. Omits new records,
 * of which no file shows an older name.
 */
function namesIn(source: CopiedFile, filter: string, events: readonly Told[], changes: readonly Change[]): string[] {
  const last = [...latest(events, source.kept.by === 'events' ? source.kept.about : '').values()]
  const made = new Set(last.filter(({ type }) => type.endsWith('.created')).map(({ resource_id }) => resource_id))
  const changed = changes.filter(({ file, key, rows }) => file === source.name && rows.length > 0 && !made.has(key))
  if (filter !== 'product_sku_id') return changed.map(({ key }) => key)
  return changed.flatMap(({ rows }) => ((rows[0]?.skus ?? []) as { id: string }[]).map(({ id }) => id))
}

async function carriersOf(copy: Copy, file: CopiedFile, filter: string, ids: readonly string[]): Promise<Change[]> {
  if (ids.length === 0) return []
  if (isMany(copy, file, ids.length)) return wholeOf(copy, file)
  return (await each(ids, (id) => wholeOf(copy, file, { [filter]: id }))).flat()
}

/** Reads a list or a part of it as changes. */
export async function wholeOf(copy: Copy, file: CopiedFile, query: Record<string, string> = {}): Promise<Change[]> {
  const changes: Change[] = []
  for await (const { data } of everyPage(copy, file, query))
    changes.push(...data.flatMap((row) => changesOfRecord(copy, file, String(row.id), row)))
  return changes
}
