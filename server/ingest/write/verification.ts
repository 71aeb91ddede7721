import { sql } from 'kysely'
import type { RecordKind, SentRecord, Update, Values, Verifying, Writer } from '../../contract/record_kind.ts'
import type { Field } from '../../contract/schema.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { by, byAll, byIds, lookUp } from '../../db/lookup.ts'
import { KEYS_AT_ONCE } from '../../limits.ts'
import { byText, forEachInSlices, portionsOf, sortInSlices, yieldIfSliceOver } from '../../time_slice.ts'
import { STORAGE } from '../../values/kinds.ts'
import { rejectTooManyParts } from './deleted_along.ts'
import { findReferences } from './references.ts'

// Checks that depend on other records, stored or in the same batch. They run while those records are locked, and before
// the first write.

type BatchCheck = {
  tx: Runner
  kind: RecordKind
  businessId: string
  created: readonly SentRecord[]
  updated: readonly Update[]
  deleted: readonly SentRecord[]
  writer: Writer
  reject(record: SentRecord, field: string, message: string): void
  isGood(record: SentRecord): boolean
  rejections: readonly unknown[]
}

/** Rejects the records that cannot be written. */
export async function verifyBatch(batch: BatchCheck): Promise<void> {
  rejectChanges(batch)
  await rejectDeletions(batch)
  await rejectSharedCodes(batch)
  await rejectOwned(batch)
  // Each of the two checks considers only the records that the other has accepted.
  for (let before = -1; before < batch.rejections.length; ) {
    before = batch.rejections.length
    await rejectByKind(batch)
    await rejectTooMany(batch)
    await rejectTooManyParts(batch.kind, good(batch), batch.reject)
  }
}

/** Rejects changes of fixed fields. */
function rejectChanges({ kind, updated, reject }: BatchCheck): void {
  for (const { record, stored } of updated)
    for (const name of kind.fixed)
      if (record.values[name] !== stored[name])
        reject(record, name, `must be ${stored[name]}: this field cannot be changed`)
}

/** Returns what to do with a record in use. Every kind that others refer to has one of the two fields. */
const insteadOfDeletion = ({ resource }: RecordKind): string =>
  `set ${'is_active' in resource.fields ? 'is_active to false' : 'status to INACTIVE'} instead`

const ownedMessage = ({ isDeleted }: SentRecord, id: string, by: string): string =>
  isDeleted
    ? `is not allowed: the SKU ${id} is used by ${by}; set is_active to false instead`
    : `must contain the SKU ${id}, which is used by ${by}; set its is_active to false instead`

/** Rejects the deletion of records that other records refer to. */
async function rejectDeletions({ tx, kind, writer, deleted, reject }: BatchCheck): Promise<void> {
  if (deleted.length === 0 || kind.neededBy.length === 0) return
  const needed = await findReferences(
    tx,
    writer,
    kind.neededBy,
    deleted.map(({ id }) => id),
  )
  for (const record of deleted) {
    const by = needed.get(record.id)
    if (by !== undefined)
      reject(record, 'deleted', `is not allowed: the record is used by ${by}; ${insteadOfDeletion(kind)}`)
  }
}

/**
 * Rejects records whose code another record has. Codes are unique at every moment: a batch deletes first, then updates in
 * no particular order, then creates. So a code is free if the batch deletes its holder. It is also free for a new record
 * if the batch changes the code of its holder. A rejected record keeps its code, which another record may claim. So the
 * check repeats until no further record is rejected.
 */
async function rejectSharedCodes(batch: BatchCheck): Promise<void> {
  const { tx, kind, businessId, created, updated, deleted, isGood, rejections } = batch
  const { unique, resource } = kind
  if (unique.length === 0) return
  const written = [...created, ...updated.map(({ record }) => record)].toSorted((a, b) => a.line - b.line)
  if (written.length === 0) return
  const codeOf = ({ values }: SentRecord) => unique.map((name) => values[name]).join('/')
  const code = sql.join(
    unique.map((name) => sql`${sql.ref(name)}::text`),
    sql` || '/' || `,
  )
  const keys = unique.map((name) => {
    const { kind } = resource.fields[name] as Field
    return {
      name,
      type: STORAGE[kind as keyof typeof STORAGE].column,
      keys: written.map(({ values }) => values[name] as string),
    }
  })
  const holding = lookUp<{ id: string; code: string }>(
    businessId,
    resource.table,
    sql`id, ${code} as code`,
    byAll(keys),
  )
  const field = unique.at(-1) as string
  const others = unique.slice(0, -1).join(' and ')
  const used = others === '' ? 'is already used by' : `with this ${others} is already used by`
  const rows = await runStatement(tx, holding)
  await yieldIfSliceOver()
  const isNew = new Set(created)
  for (let before = -1; before < rejections.length; ) {
    before = rejections.length
    const isGone = new Set(deleted.filter(isGood).map(({ id }) => id))
    const leaving = new Map(
      updated.filter(({ record }) => isGood(record)).map(({ record }) => [record.id, codeOf(record)]),
    )
    const holders = new Map(rows.filter(({ id }) => !isGone.has(id)).map(({ id, code }) => [code, id]))
    const first = new Map<string, SentRecord>()
    for (const record of written.filter(isGood)) {
      const code = codeOf(record)
      const holder = holders.get(code)
      const other = first.get(code)
      const isLeft = holder !== undefined && leaving.has(holder) && leaving.get(holder) !== code
      if (other) batch.reject(record, field, `${used} line ${other.line}`)
      else if (holder !== undefined && holder !== record.id && !(isNew.has(record) && isLeft))
        batch.reject(record, field, `${used} ${holder}`)
      else first.set(code, record)
    }
  }
}

/** Rejects SKUs that belong to another product, and products that drop a SKU in use. */
async function rejectOwned(batch: BatchCheck): Promise<void> {
  const { tx, kind, businessId, created, updated, deleted, reject } = batch
  if (!kind.owns) return
  const { field, table, of } = kind.owns
  const written = [...created, ...updated.map(({ record }) => record)]
  const ownedBy = (record: SentRecord) => ((record.values[field] ?? []) as Values[]).map(({ id }) => id as string)
  type Owned = { id: string; owner: string }
  const owners = new Map<string, string>()
  const columns = sql`id, ${sql.ref(of)} as owner`
  for (const wanted of portionsOf(written.flatMap(ownedBy), KEYS_AT_ONCE))
    for (const { id, owner } of await runStatement(tx, lookUp<Owned>(businessId, table, columns, byIds(wanted))))
      owners.set(id, owner)
  await forEachInSlices(
    written.toSorted((a, b) => a.line - b.line),
    (record) => {
      for (const [at, id] of ownedBy(record).entries()) {
        const owner = owners.get(id) ?? record.id
        owners.set(id, owner)
        if (owner !== record.id) reject(record, `${field}[${at}].id`, `already belongs to ${owner}`)
      }
    },
  )

  const changed = [...updated.map(({ record }) => record), ...deleted]
  if (changed.length === 0) return
  const theirs = by(
    of,
    changed.map(({ id }) => id),
  )
  const known = await runStatement(tx, lookUp<Owned>(businessId, table, columns, theirs))
  const kept = new Set(updated.flatMap(({ record }) => ownedBy(record)))
  const dropped: Owned[] = []
  await forEachInSlices(known, (one) => {
    if (!kept.has(one.id)) dropped.push(one)
  })
  if (dropped.length === 0) return
  // The lock keeps other transactions from referring to these SKUs meanwhile.
  const ids = await sortInSlices(
    dropped.map(({ id }) => id),
    byText,
  )
  for (const wanted of portionsOf(ids, KEYS_AT_ONCE))
    await runStatement(tx, lookUp(businessId, table, sql`id`, byIds(wanted), 'for update'))
  const needed = await findReferences(tx, batch.writer, kind.ownedNeededBy, ids)
  const byId = new Map(changed.map((record) => [record.id, record]))
  await forEachInSlices(dropped, ({ id, owner }) => {
    const by = needed.get(id)
    const record = byId.get(owner) as SentRecord
    if (by !== undefined) reject(record, record.isDeleted ? 'deleted' : field, ownedMessage(record, id, by))
  })
}

/** Returns the records that no check has rejected so far. */
const good = ({ tx, businessId, created, updated, deleted, isGood }: BatchCheck): Verifying => ({
  tx,
  businessId,
  created: created.filter(isGood),
  updated: updated.filter(({ record }) => isGood(record)),
  deleted: deleted.filter(isGood),
})

async function rejectByKind(batch: BatchCheck): Promise<void> {
  const { kind, reject } = batch
  const mistakes = await kind.verify(good(batch))
  for (const [record, wrong] of mistakes) for (const { field, message } of wrong) reject(record, field, message)
}

/** Rejects new records beyond the limit of a kind that is listed without pages. Earlier lines are accepted first. */
async function rejectTooMany({ tx, kind, businessId, created, deleted, reject, isGood }: BatchCheck): Promise<void> {
  const { most, resource, named } = kind
  if (most === null || created.length === 0) return
  const [row] = await tx<{ count: string }[]>`
    select count(*) as count from ${tx(resource.table)} where business_id = ${businessId}`
  const room = most - Number(row?.count) + deleted.filter(isGood).length
  const wanted = created.filter(isGood).toSorted((a, b) => a.line - b.line)
  for (const record of wanted.slice(Math.max(0, room))) reject(record, 'id', `exceeds the limit of ${most} ${named.en}`)
}
