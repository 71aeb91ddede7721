import type { RecordKind, SentRecord, StoredRecord, Update, Value, Values, Writer } from '../../contract/record_kind.ts'
import type { Fields } from '../../contract/schema.ts'
import { build, type Runner, runPrepared, runStatement } from '../../db/database.ts'
import type { Tables } from '../../db/schema/tables.ts'
import { COMPARED_AT_ONCE } from '../../limits.ts'
import { type Readable, readMany } from '../../rows/pages.ts'
import { ALL_SCOPES } from '../../scopes.ts'
import { forEachInSlices, jsonLists, yieldIfSliceOver } from '../../time_slice.ts'
import type { Scalar } from '../../values/kinds.ts'
import { allowedRecords, isForeign, keepHiddenBranches } from './branches.ts'
import { deletedAlongHappenings, erasedOwners, lockDeletedAlong } from './deleted_along.ts'
import { type Happening, type Plan, rejecting } from './plan.ts'
import { lockReferenced, referenceMistakes } from './references.ts'
import { type KindStatements, statementsOf } from './statements.ts'
import { deleteTombstones, readTombstones, type Tombstone, writeTombstones } from './tombstones.ts'
import { verifyBatch } from './verification.ts'

// Writes versioned records. The version with the latest updated_at wins, whenever it arrives, so batches are idempotent.
//
// An application that is limited to branches learns nothing about records in other branches:
//
// - A deletion of such a record changes nothing and gets the same response as the deletion of an unknown id.
// - A record with the id of such a record counts as conflicting, because ids are unique in a business.
// - It reads null for such a branch inside a record of its own branch. If it sends null, the stored branch stays.
//
// A record that was deleted with the same version also counts as conflicting.

/**
 * The action for a record, or the reason to skip it. `bury` stores a tombstone for a deleted id that has no record. `ignore`
 * skips the deletion of a record that the application cannot access.
 */
type Decision = 'create' | 'update' | 'delete' | 'bury' | 'ignore' | 'unchanged' | 'stale' | 'conflicting' | 'erased'

/** Locks the stored records of a batch and plans the changes. @throws Problem `branch_not_allowed` if it is not partial */
export async function planVersions(
  tx: Runner,
  kind: RecordKind,
  writer: Writer,
  sent: readonly SentRecord[],
  isPartial: boolean,
): Promise<Plan> {
  const businessId = writer.business.id
  const statements = statementsOf(kind, businessId)
  const referenced = await lockReferenced(tx, kind, businessId, sent)
  const { reject, rejections, isGood } = rejecting()
  const records = allowedRecords(kind, writer, sent, referenced, { isPartial, reject })
  const stored = await readStored(tx, statements, records)
  const tombstones = await readTombstones(tx, businessId, kind.resource.table, records)
  await yieldIfSliceOver()
  const erased = await erasedOwners(tx, kind, businessId, records, referenced)

  const decisions = new Map<SentRecord, Decision>()
  await forEachInSlices(records, (record) => {
    const isErased = erased.has(record.values[kind.deletedWith?.field ?? ''])
    decisions.set(
      record,
      isErased ? 'erased' : decide(kind, writer, record, stored.get(record.id), tombstones.get(record.id)),
    )
  })
  await compareContents(tx, kind, statements, writer, decisions, stored)

  const decided = (wanted: Decision) => records.filter((record) => decisions.get(record) === wanted)
  const updated = decided('update').map((record): Update => ({ record, stored: stored.get(record.id) as StoredRecord }))
  await forEachInSlices([...decided('create'), ...decided('update')], (record) => {
    for (const { field, message } of referenceMistakes(kind, record, referenced)) reject(record, field, message)
  })
  for (const record of decided('create')) {
    const branch = tombstones.get(record.id)?.branch_id
    if (branch && record.values.branch_id !== branch)
      reject(record, 'branch_id', `must be ${branch}: this field cannot be changed`)
  }
  // Not before: these branches are not locked. They cannot be deleted while the stored rows name them.
  await keepHiddenBranches(tx, kind, writer, decided('update'))
  const along = await lockDeletedAlong(tx, kind, businessId, decided('delete'), reject)
  await verifyBatch({
    tx,
    kind,
    businessId,
    created: decided('create'),
    updated,
    deleted: decided('delete'),
    writer,
    reject,
    isGood,
    rejections,
  })

  await yieldIfSliceOver()
  const good = (wanted: Decision) => decided(wanted).filter(isGood)
  const work = {
    ...{
      tx,
      kind,
      statements,
      writer,
      stored,
      tombstones,
      along,
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
      unchanged: decided('unchanged').length,
      stale: decided('stale').length,
      conflicting: decided('conflicting').length,
      deleted: work.deleted.length + work.buried.length + decided('ignore').length,
      erased: decided('erased').length,
    },
    conflicts: decided('conflicting').map(({ line, id }) => ({ line, id })),
    write: () => write(work),
  }
}

/** Locks the stored rows in the order of their ids against changes. Deletions also lock them against new references. */
async function readStored(
  tx: Runner,
  { stored }: KindStatements,
  records: readonly SentRecord[],
): Promise<Map<string, StoredRecord>> {
  const lock = records.some(({ isDeleted }) => isDeleted) ? 'for update' : 'for no key update'
  const ids = records.map(({ id }) => id)
  const rows = await runStatement(tx, stored(ids.sort(), lock))
  return new Map(rows.map((row) => [row.id, row]))
}

/** Decides the action for a record. Times are ISO 8601 texts of equal length, so comparing texts compares times. */
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
  // Deletions of ids that the application cannot access all have the same result, however often they are sent.
  if (record.isDeleted && !stored && branch === 'has one' && writer.branches !== 'all' && !tomb?.branch_id)
    return known === undefined || record.updatedAt > known ? 'bury' : 'ignore'
  if (known !== undefined && record.updatedAt < known) return 'stale'
  // `compareContents` later finds the records of this version whose content differs.
  if (known === record.updatedAt) return record.isDeleted === !stored ? 'unchanged' : 'conflicting'
  if (record.isDeleted) return stored ? 'delete' : 'bury'
  return stored ? 'update' : 'create'
}

/**
 * Marks records as conflicting if they have the version of the stored row but different content; and as unchanged if the writer
 * keeps equal records, and only the version differs.
 */
async function compareContents(
  tx: Runner,
  kind: RecordKind,
  { items }: KindStatements,
  writer: Writer,
  decisions: Map<SentRecord, Decision>,
  stored: ReadonlyMap<string, StoredRecord>,
): Promise<void> {
  let portion: SentRecord[] = []
  let size = 0
  const compare = async () => {
    if (portion.length > 0) await comparePortion(tx, kind, items, writer, decisions, stored, portion)
    portion = []
    size = 0
  }
  for (const [record, decision] of decisions) {
    if (record.isDeleted || (decision !== 'unchanged' && !(writer.keepsEqual && decision === 'update'))) continue
    const count = kind.items ? (record.values.items as Values[]).length : 0
    // Limits the stored data that is read to about the size of the batch.
    if (kind.items && stored.get(record.id)?.item_count !== String(count)) {
      if (decision === 'unchanged') decisions.set(record, 'conflicting')
      continue
    }
    portion.push(record)
    size += 1 + count + (kind.owns ? OWNED_WEIGHT : 0)
    if (size >= COMPARED_AT_ONCE) await compare()
  }
  await compare()
}

/** The weight of a record with a list inside. Only a few of these are compared at a time. */
const OWNED_WEIGHT = 20

async function comparePortion(
  tx: Runner,
  kind: RecordKind,
  items: KindStatements['items'],
  { business, branches }: Writer,
  decisions: Map<SentRecord, Decision>,
  rows: ReadonlyMap<string, StoredRecord>,
  same: readonly SentRecord[],
): Promise<void> {
  const { resource } = kind
  const ids = same.map(({ id }) => id)
  const table = resource.table as keyof Tables
  const own = build.selectFrom(table).where('business_id' as never, '=', business.id as never) as unknown as Readable
  const reader = { scopes: new Set(ALL_SCOPES), wayOut: 'comparison', business, branches } as const
  const wires = await readMany(tx, reader, resource, own, ids)
  const parts = items ? await runStatement(tx, items.content(ids)) : []
  const itemsOf = Map.groupBy(parts, ({ of }) => of)
  for (const record of same) {
    await yieldIfSliceOver()
    const stored = JSON.parse(`{${wires.get(record.id)}}`) as Values
    for (const name in kind.sentOnly) stored[name] = rows.get(record.id)?.[name] ?? null
    stored.items = (itemsOf.get(record.id) ?? []).map(({ wire }) => JSON.parse(`{${wire}}`) as Values)
    const isEqual = contentOf(kind, stored) === contentOf(kind, record.values)
    if (isEqual) decisions.set(record, 'unchanged')
    else if (decisions.get(record) === 'unchanged') decisions.set(record, 'conflicting')
  }
}

/** Returns the content of a record that its sender controls, without its version, in canonical form. */
function contentOf(kind: RecordKind, values: Values): string {
  const { resource, items, arranged, computed, sentOnly } = kind
  const own = contentFields({ ...resource.fields, ...sentOnly }, computed, values)
  for (const [name, arrange] of Object.entries(arranged)) own[name] = arrange(own[name] as Values[])
  const lines = items ? (values.items as Values[]).map((item) => contentFields(items.resource.fields, [], item)) : []
  return JSON.stringify([own, lines])
}

function contentFields(fields: Fields, computed: readonly string[], values: Values): Values {
  const content: Values = {}
  for (const [name, { value: of, live, expression }] of Object.entries(fields)) {
    if (live || expression || computed.includes(name) || name === 'created_at' || name === 'updated_at') continue
    const value = values[name] as Value
    content[name] = of === null || value === null ? value : of.compared(value as Scalar)
  }
  return content
}

type VersionWork = {
  tx: Runner
  kind: RecordKind
  statements: KindStatements
  writer: Writer
  stored: Map<string, StoredRecord>
  tombstones: Map<string, Tombstone>
  along: Awaited<ReturnType<typeof lockDeletedAlong>>
  created: SentRecord[]
  updated: Update[]
  deleted: SentRecord[]
  buried: SentRecord[]
}

/** Writes the plan. @returns the events, in the order of the lines */
async function write(work: VersionWork): Promise<Happening[]> {
  const { tx, kind, statements, writer, stored, tombstones, created, updated, deleted, buried } = work
  const businessId = writer.business.id
  // Categories refer to each other, so one statement writes all of a batch. Their number is limited.
  const longest = kind.most === null ? undefined : Number.POSITIVE_INFINITY
  const upsert = async (records: Iterable<SentRecord>) => {
    const rows = mapped(records, (record) => rowOf(work, record))
    for await (const list of jsonLists(rows, longest)) await runPrepared(tx, statements.upsert(list))
  }
  // The events depend on the stored rows, so they are determined before the rows change.
  await yieldIfSliceOver()
  const events = await happenings(work)
  const steps = [
    () => upsert(created),
    () => upsert(mapped(updated, ({ record }) => record)),
    () => deleted.length > 0 && runStatement(tx, statements.delete(deleted.map(({ id }) => id))),
  ]
  const changing = updated.map(({ record }) => record)
  const before = [...changing, ...deleted].map(({ id }) => id)
  const after = [...created, ...changing].map(({ id }) => id)
  const change = { tx, businessId, before, after, records: [...created, ...changing] }
  await kind.derive(change, async () => {
    // Create and update before delete, so that references stay valid. For kinds with unique codes, delete and update before
    // insert, so that codes are free.
    for (const step of kind.unique.length === 0 ? steps : steps.toReversed()) await step()
    await writeItems(work)
  })
  const table = kind.resource.table
  await writeTombstones(tx, businessId, table, [...deleted, ...buried], stored)
  await deleteTombstones(
    tx,
    businessId,
    table,
    created.filter(({ id }) => tombstones.has(id)),
  )
  return events
}

/** Returns the row to write for a record. */
function rowOf({ kind, writer, tombstones }: VersionWork, { id, values }: SentRecord): Values {
  const { items, ...row } = values
  for (const [name, arrange] of Object.entries(kind.arranged)) row[name] = arrange(row[name] as Values[])
  if (kind.items) row.item_count = (items as Values[]).length
  for (const [name, sumOf] of Object.entries(kind.summedUp)) row[name] = sumOf(values)
  // A restored record keeps its created_at.
  row.created_at = tombstones.get(id)?.record_created_at ?? values.created_at ?? writer.now.toISOString()
  return row
}

/** Replaces the items of records. Items with a known id and equal content are not written again. */
async function writeItems({ tx, kind, statements, writer, created, updated }: VersionWork): Promise<void> {
  const { items } = statements
  if (!items || !kind.items) return
  const { of } = kind.items
  const itemsOf = ({ values }: SentRecord) => values.items as Values[]
  function* rows() {
    for (const record of [...updated.map((update) => update.record), ...created])
      for (const [at, item] of itemsOf(record).entries()) {
        const created_at = item.created_at ?? record.values.created_at ?? writer.now.toISOString()
        yield { ...item, created_at, [of]: record.id, position: at + 1 }
      }
  }
  const kept = mapped(updated, ({ record }) => ({ of: record.id, kept: itemsOf(record).map(({ id }) => id) }))
  for await (const list of jsonLists(kept)) await runStatement(tx, items.delete(list))
  for await (const list of jsonLists(rows())) await runPrepared(tx, items.upsert(list))
}

function* mapped<T, R>(items: Iterable<T>, change: (item: T) => R): Generator<R> {
  for (const item of items) yield change(item)
}

async function happenings({
  tx,
  kind,
  writer,
  stored,
  along,
  created,
  updated,
  deleted,
}: VersionWork): Promise<Happening[]> {
  if (kind.event === null) return []
  const words = updated.length > 0 ? await kind.happened(tx, writer.business.id, updated) : []
  const changes = [
    ...created.map((record) => ({ record, what: kind.changes.created })),
    ...updated.map(({ record }, at) => ({ record, what: words[at] as string })),
    ...deleted.map((record) => ({ record, what: kind.changes.deleted })),
  ].sort((a, b) => a.record.line - b.record.line)
  const own = changes.map(({ record, what }) => ({
    type: `${kind.event}.${what}`,
    branch_id:
      kind.branch === 'none' ? null : ((record.values.branch_id ?? stored.get(record.id)?.branch_id) as string),
    resource_id: record.id,
    occurred_at: record.updatedAt,
  }))
  return [...deletedAlongHappenings(along, deleted), ...own]
}
