import type { RecordKind, SentRecord, Update, Values, Writer } from '../contract/record_kind.ts'
import type { Runner } from '../db/database.ts'
import { BY_ID, by, lookUp } from '../db/lookup.ts'
import { KEYS_AT_ONCE } from '../limits.ts'
import { byText, eachInTurn, pause, portionsOf, sortedInTurns } from '../time_slice.ts'
import { whoNeeds } from './references.ts'

// What is wrong with a record only because of others, stored or in the same batch. All of it is asked while they are
// locked, and before anything is written.

type Verifying = {
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

/** Rejects what cannot be written. */
export async function verify(batch: Verifying): Promise<void> {
  refuseChanges(batch)
  await refuseDeletions(batch)
  await refuseSharedCodes(batch)
  await refuseOwned(batch)
  // Each of the two looks at what the other has left.
  for (let before = -1; before < batch.rejections.length; ) {
    before = batch.rejections.length
    await refuseByKind(batch)
    await refuseTooMany(batch)
  }
}

/** What never changes. */
function refuseChanges({ kind, updated, reject }: Verifying): void {
  for (const { record, stored } of updated)
    for (const name of kind.fixed)
      if (record.values[name] !== stored[name]) reject(record, name, `must stay ${stored[name]}: it never changes`)
}

const KEEP = 'set it inactive instead'

/** What others need is not deleted. */
async function refuseDeletions({ tx, kind, writer, deleted, reject }: Verifying): Promise<void> {
  if (deleted.length === 0 || kind.neededBy.length === 0) return
  const needed = await whoNeeds(
    tx,
    writer,
    kind.neededBy,
    deleted.map(({ id }) => id),
  )
  for (const record of deleted) {
    const by = needed.get(record.id)
    if (by !== undefined) reject(record, 'deleted', `is needed by ${by}: ${KEEP}`)
  }
}

/**
 * No two records share a code, at any moment: deletions come first, then updates in no particular order, then new ones.
 * So a code is free if its record is deleted in the same batch, or changes it and the new record is new. Whoever is
 * rejected keeps its code, which may be what another waits for: so all are looked at again, until nothing changes.
 */
async function refuseSharedCodes(batch: Verifying): Promise<void> {
  const { tx, kind, businessId, created, updated, deleted, isGood, rejections } = batch
  const { unique, resource } = kind
  if (unique === null) return
  const written = [...created, ...updated.map(({ record }) => record)].toSorted((a, b) => a.line - b.line)
  if (written.length === 0) return
  const codeOf = ({ values }: SentRecord) => values[unique] as string
  const rows = await tx.unsafe<{ id: string; code: string }[]>(
    lookUp(resource.table, `id, ${unique} as code`, by(unique, 'text')),
    [businessId, written.map(codeOf)],
  )
  await pause()
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
      if (other) batch.reject(record, unique, `must be another than that of line ${other.line}`)
      else if (holder !== undefined && holder !== record.id && !(isNew.has(record) && isLeft))
        batch.reject(record, unique, `must be another than that of ${holder}`)
      else first.set(code, record)
    }
  }
}

/** SKUs belong to one product each, and stay where they are needed. */
async function refuseOwned(batch: Verifying): Promise<void> {
  const { tx, kind, businessId, created, updated, deleted, reject } = batch
  if (!kind.owns) return
  const { field, table, of, neededBy } = kind.owns
  const written = [...created, ...updated.map(({ record }) => record)]
  const ownedBy = (record: SentRecord) => ((record.values[field] ?? []) as Values[]).map(({ id }) => id as string)
  type Owned = { id: string; owner: string }
  const owners = new Map<string, string>()
  const claiming = lookUp(table, `id, ${of} as owner`, BY_ID)
  for (const wanted of portionsOf(written.flatMap(ownedBy), KEYS_AT_ONCE))
    for (const { id, owner } of await tx.unsafe<Owned[]>(claiming, [businessId, wanted])) owners.set(id, owner)
  await eachInTurn(
    written.toSorted((a, b) => a.line - b.line),
    (record) => {
      for (const [at, id] of ownedBy(record).entries()) {
        const owner = owners.get(id) ?? record.id
        owners.set(id, owner)
        if (owner !== record.id) reject(record, `${field}[${at}].id`, `must be another: this one belongs to ${owner}`)
      }
    },
  )

  const changed = [...updated.map(({ record }) => record), ...deleted]
  if (changed.length === 0) return
  const known = await tx.unsafe<Owned[]>(lookUp(table, `id, ${of} as owner`, by(of)), [
    businessId,
    changed.map(({ id }) => id),
  ])
  const kept = new Set(updated.flatMap(({ record }) => ownedBy(record)))
  const dropped: Owned[] = []
  await eachInTurn(known, (one) => {
    if (!kept.has(one.id)) dropped.push(one)
  })
  if (dropped.length === 0) return
  // Against whoever is about to need them.
  const ids = await sortedInTurns(
    dropped.map(({ id }) => id),
    byText,
  )
  for (const wanted of portionsOf(ids, KEYS_AT_ONCE))
    await tx.unsafe(lookUp(table, 'id', BY_ID, 'for update'), [businessId, wanted])
  const needed = await whoNeeds(tx, batch.writer, neededBy, ids)
  const byId = new Map(changed.map((record) => [record.id, record]))
  await eachInTurn(dropped, ({ id, owner }) => {
    const by = needed.get(id)
    const record = byId.get(owner) as SentRecord
    if (by !== undefined)
      reject(record, record.isDeleted ? 'deleted' : field, `its SKU ${id} is needed by ${by}: ${KEEP}`)
  })
}

async function refuseByKind({
  tx,
  kind,
  businessId,
  created,
  updated,
  deleted,
  reject,
  isGood,
}: Verifying): Promise<void> {
  const mistakes = await kind.verify({
    ...{ tx, businessId },
    created: created.filter(isGood),
    updated: updated.filter(({ record }) => isGood(record)),
    deleted: deleted.filter(isGood),
  })
  for (const [record, wrong] of mistakes) for (const { field, message } of wrong) reject(record, field, message)
}

/** Kinds that are listed in one answer have an end; the first of a batch are the ones that still find room. */
async function refuseTooMany({ tx, kind, businessId, created, deleted, reject, isGood }: Verifying): Promise<void> {
  const { most, resource, named } = kind
  if (most === null || created.length === 0) return
  const [row] = await tx.unsafe<{ count: string }[]>(
    `select count(*) as count from ${resource.table} where business_id = $1`,
    [businessId],
  )
  const room = most - Number(row?.count) + deleted.filter(isGood).length
  const wanted = created.filter(isGood).toSorted((a, b) => a.line - b.line)
  for (const record of wanted.slice(Math.max(0, room))) reject(record, 'id', `there may be at most ${most} ${named.en}`)
}
