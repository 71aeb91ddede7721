import type { RecordKind, SentRecord, StoredRecord, Update, Value, Values, Writer } from '../contract/record_kind.ts'
import type { Fields } from '../contract/schema.ts'
import { build, type Runner } from '../db/database.ts'
import type { Tables } from '../db/tables.ts'
import { COMPARED_AT_ONCE } from '../limits.ts'
import { type Readable, readMany } from '../rows/pages.ts'
import { ALL_SCOPES } from '../scopes.ts'
import { eachInTurn, jsonLists, pause } from '../time_slice.ts'
import { assertBranches, isForeign, recordBranches } from './branches.ts'
import { type Happening, type Plan, rejecting } from './plan.ts'
import { lockNamed, namingMistakes } from './references.ts'
import { type Statements, statementsOf } from './statements.ts'
import { buryAll, raiseAll, readTombstones, type Tombstone } from './tombstones.ts'
import { verify } from './verification.ts'

// Records with versions: the greater updated_at wins, whenever it arrives, so that any batch may be sent again.

// An application of some branches learns nothing of records in others. A deletion of such a record is counted as one of
// an id that was never seen, and does nothing. A record with such an id cannot be stored, since ids are unique in a
// business: it is conflicting, as a record is that was deleted at this very version.

/** What is done with a record, or why nothing is. `ignore`: a deletion of what the application cannot see. */
type Decision = 'create' | 'update' | 'delete' | 'bury' | 'ignore' | 'unchanged' | 'stale' | 'conflicting' | 'erased'

/** What a batch would do to the stored records, which it has locked. @throws Problem `branch_not_allowed` */
export async function planVersions(
  tx: Runner,
  kind: RecordKind,
  writer: Writer,
  records: readonly SentRecord[],
): Promise<Plan> {
  const businessId = writer.business.id
  const statements = statementsOf(kind)
  const named = await lockNamed(tx, kind, businessId, records)
  const stored = await readStored(tx, statements, businessId, records)
  const tombs = await readTombstones(tx, businessId, kind.resource.table, records)
  await pause()
  assertBranches(kind, writer, recordBranches(records, named))

  const decisions = new Map<SentRecord, Decision>()
  await eachInTurn(records, (record) => {
    decisions.set(record, decide(kind, writer, record, stored.get(record.id), tombs.get(record.id)))
  })
  await compareContents(tx, kind, statements, businessId, decisions, stored)

  const made = (wanted: Decision) => records.filter((record) => decisions.get(record) === wanted)
  const updated = made('update').map((record): Update => ({ record, stored: stored.get(record.id) as StoredRecord }))
  const { reject, rejections, isGood } = rejecting()
  await eachInTurn([...made('create'), ...made('update')], (record) => {
    for (const { field, message } of namingMistakes(kind, record, named)) reject(record, field, message)
  })
  for (const record of made('create')) {
    const branch = tombs.get(record.id)?.branch_id
    if (branch && record.values.branch_id !== branch)
      reject(record, 'branch_id', `must stay ${branch}: it never changes`)
  }
  await verify({
    tx,
    kind,
    businessId,
    created: made('create'),
    updated,
    deleted: made('delete'),
    writer,
    reject,
    isGood,
    rejections,
  })

  await pause()
  const good = (wanted: Decision) => made(wanted).filter(isGood)
  const work = {
    ...{
      tx,
      kind,
      statements,
      writer,
      stored,
      tombs,
      created: good('create'),
      deleted: good('delete'),
      buried: good('bury'),
    },
    updated: updated.filter(({ record }) => isGood(record)),
  }
  return {
    rejections,
    counts: {
      created: work.created.length,
      updated: work.updated.length,
      unchanged: made('unchanged').length,
      stale: made('stale').length,
      conflicting: made('conflicting').length,
      deleted: work.deleted.length + work.buried.length + made('ignore').length,
      erased: made('erased').length,
    },
    conflicts: made('conflicting').map(({ line, id }) => ({ line, id })),
    write: () => write(work),
  }
}

/** Locks the stored rows, in the order of their ids: against everybody who changes them, or also who needs them. */
async function readStored(
  tx: Runner,
  { stored }: Statements,
  businessId: string,
  records: readonly SentRecord[],
): Promise<Map<string, StoredRecord>> {
  const lock = records.some(({ isDeleted }) => isDeleted) ? 'for update' : 'for no key update'
  const ids = records.map(({ id }) => id)
  const rows = await tx.unsafe<StoredRecord[]>(stored(lock), [businessId, ids.sort()])
  return new Map(rows.map((row) => [row.id, row]))
}

/** Times in the form of the wire are in the order of their letters. */
function decide(
  { branch }: RecordKind,
  writer: Writer,
  record: SentRecord,
  stored: StoredRecord | undefined,
  tomb: Tombstone | undefined,
): Decision {
  if (isForeign(writer, stored?.branch_id) || isForeign(writer, tomb?.branch_id))
    return record.isDeleted ? 'ignore' : 'conflicting'
  if (tomb?.is_erased) return 'erased'
  const known = stored?.updated_at ?? tomb?.updated_at
  // Ids that the application cannot see all answer alike, however often they are deleted.
  if (record.isDeleted && !stored && branch === 'has one' && writer.branches !== 'all' && !tomb?.branch_id)
    return known === undefined || record.updatedAt > known ? 'bury' : 'ignore'
  if (known !== undefined && record.updatedAt < known) return 'stale'
  // For a record of the same version its content decides, below.
  if (known === record.updatedAt) return record.isDeleted === !stored ? 'unchanged' : 'conflicting'
  if (record.isDeleted) return stored ? 'delete' : 'bury'
  return stored ? 'update' : 'create'
}

/** Of the same version, what has another content than the stored row is conflicting. */
async function compareContents(
  tx: Runner,
  kind: RecordKind,
  { items }: Statements,
  businessId: string,
  decisions: Map<SentRecord, Decision>,
  stored: ReadonlyMap<string, StoredRecord>,
): Promise<void> {
  let portion: SentRecord[] = []
  let size = 0
  const compare = async () => {
    if (portion.length > 0) await comparePortion(tx, kind, items, businessId, decisions, portion)
    portion = []
    size = 0
  }
  for (const [record, decision] of decisions) {
    if (decision !== 'unchanged' || record.isDeleted) continue
    const count = kind.items ? (record.values.items as Values[]).length : 0
    // So what is read of the stored records is never much more than what was sent.
    if (kind.items && stored.get(record.id)?.item_count !== String(count)) {
      decisions.set(record, 'conflicting')
      continue
    }
    portion.push(record)
    size += 1 + count + (kind.owns ? OWNED_WEIGHT : 0)
    if (size >= COMPARED_AT_ONCE) await compare()
  }
  await compare()
}

/** Records that have lists inside, whatever was sent of them, are compared a few at a time. */
const OWNED_WEIGHT = 20

async function comparePortion(
  tx: Runner,
  kind: RecordKind,
  items: Statements['items'],
  businessId: string,
  decisions: Map<SentRecord, Decision>,
  same: readonly SentRecord[],
): Promise<void> {
  const { resource } = kind
  const ids = same.map(({ id }) => id)
  const table = resource.table as keyof Tables
  const rows = build.selectFrom(table).where('business_id' as never, '=', businessId as never) as unknown as Readable
  const wires = await readMany(tx, { scopes: new Set(ALL_SCOPES) }, resource, rows, ids)
  const parts = items ? await tx.unsafe<{ of: string; wire: string }[]>(items.content, [businessId, ids]) : []
  const itemsOf = Map.groupBy(parts, ({ of }) => of)
  for (const record of same) {
    await pause()
    const stored = JSON.parse(`{${wires.get(record.id)}}`) as Values
    stored.items = (itemsOf.get(record.id) ?? []).map(({ wire }) => JSON.parse(`{${wire}}`) as Values)
    if (contentOf(kind, stored) !== contentOf(kind, record.values)) decisions.set(record, 'conflicting')
  }
}

/** What its sender says of a record, in one form. */
function contentOf(kind: RecordKind, values: Values): string {
  const { resource, items, arranged, computed } = kind
  const own = sayings(resource.fields, computed, values)
  for (const [name, arrange] of Object.entries(arranged)) own[name] = arrange(own[name] as Values[])
  const lines = items ? (values.items as Values[]).map((item) => sayings(items.resource.fields, [], item)) : []
  return JSON.stringify([own, lines])
}

function sayings(fields: Fields, computed: readonly string[], values: Values): Values {
  const said: Values = {}
  for (const [name, { kind, live, expression }] of Object.entries(fields))
    if (!live && !expression && !computed.includes(name) && name !== 'created_at')
      said[name] =
        kind === 'date' && values[name] !== null ? String(values[name]).slice(0, 10) : (values[name] as Value)
  return said
}

type Work = {
  tx: Runner
  kind: RecordKind
  statements: Statements
  writer: Writer
  stored: Map<string, StoredRecord>
  tombs: Map<string, Tombstone>
  created: SentRecord[]
  updated: Update[]
  deleted: SentRecord[]
  buried: SentRecord[]
}

/** Writes what was planned. @returns what happened, in the order of the lines */
async function write(work: Work): Promise<Happening[]> {
  const { tx, kind, statements, writer, stored, tombs, created, updated, deleted, buried } = work
  const businessId = writer.business.id
  const run = async (statement: string, parameter: string | string[]) => {
    await tx.unsafe(statement, [businessId, parameter])
  }
  // Categories name each other, so those of a batch are written at once; there are few.
  const longest = kind.most === null ? undefined : Number.POSITIVE_INFINITY
  const upsert = async (records: Iterable<SentRecord>) => {
    const rows = mapped(records, (record) => rowOf(work, record))
    for await (const list of jsonLists(rows, longest)) await run(statements.upsert, list)
  }
  // Whoever looks at the stored rows to say what happened does so before they change.
  await pause()
  const events = await happenings(work)
  const steps = [
    () => upsert(created),
    () => upsert(mapped(updated, ({ record }) => record)),
    () =>
      deleted.length > 0 &&
      run(
        statements.delete,
        deleted.map(({ id }) => id),
      ),
  ]
  // New records may be named by others, and old ones are, until those are written. But codes must be left first.
  for (const step of kind.unique === null ? steps : steps.toReversed()) await step()
  await writeItems(work)
  const table = kind.resource.table
  await buryAll(tx, businessId, table, [...deleted, ...buried], stored)
  await raiseAll(
    tx,
    businessId,
    table,
    created.filter(({ id }) => tombs.has(id)),
  )
  return events
}

/** A record as its row is written. */
function rowOf({ kind, writer, tombs }: Work, { id, values }: SentRecord): Values {
  const { items, ...row } = values
  for (const [name, arrange] of Object.entries(kind.arranged)) row[name] = arrange(row[name] as Values[])
  if (kind.items) row.item_count = (items as Values[]).length
  // Who comes back is as old as it was.
  row.created_at = tombs.get(id)?.record_created_at ?? values.created_at ?? writer.now.toISOString()
  return row
}

/** Items are replaced; those with the id of one that was there stay what they were, as far as they are equal. */
async function writeItems({ tx, kind, statements, writer, created, updated }: Work): Promise<void> {
  const { items } = statements
  if (!items || !kind.items) return
  const { of } = kind.items
  const businessId = writer.business.id
  const itemsOf = ({ values }: SentRecord) => values.items as Values[]
  function* rows() {
    for (const record of [...updated.map((update) => update.record), ...created])
      for (const [at, item] of itemsOf(record).entries()) {
        const created_at = item.created_at ?? record.values.created_at ?? writer.now.toISOString()
        yield { ...item, created_at, [of]: record.id, position: at + 1 }
      }
  }
  const kept = mapped(updated, ({ record }) => ({ of: record.id, kept: itemsOf(record).map(({ id }) => id) }))
  for await (const list of jsonLists(kept)) await tx.unsafe(items.delete, [businessId, list])
  for await (const list of jsonLists(rows())) await tx.unsafe(items.upsert, [businessId, list])
}

function* mapped<T, R>(items: Iterable<T>, change: (item: T) => R): Generator<R> {
  for (const item of items) yield change(item)
}

async function happenings({ tx, kind, writer, stored, created, updated, deleted }: Work): Promise<Happening[]> {
  if (kind.event === null) return []
  const words = updated.length > 0 ? await kind.happened(tx, writer.business.id, updated) : []
  const told = [
    ...created.map((record) => ({ record, what: 'created' })),
    ...updated.map(({ record }, at) => ({ record, what: words[at] as string })),
    ...deleted.map((record) => ({ record, what: 'deleted' })),
  ].sort((a, b) => a.record.line - b.record.line)
  return told.map(({ record, what }) => ({
    type: `${kind.event}.${what}`,
    branch_id:
      kind.branch === 'none' ? null : ((record.values.branch_id ?? stored.get(record.id)?.branch_id) as string),
    resource_id: record.id,
    occurred_at: record.updatedAt,
  }))
}
