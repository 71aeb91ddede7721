import type { RecordKind, SentRecord, Value, Values, Writer } from '../../contract/record_kind.ts'
import { build, type Runner } from '../../db/database.ts'
import { COMPARED_AT_ONCE, WHOLE_DIGITS_MAX } from '../../limits.ts'
import { type Readable, readMany } from '../../rows/pages.ts'
import type { Scope } from '../../scopes.ts'
import { isSliceOver, jsonLists, portionsOf, yieldToOthers } from '../../time_slice.ts'
import { type Exact, exact, exactText } from '../../values/exact.ts'
import { allowedRecords } from './branches.ts'
import { type Happening, type Plan, rejecting } from './plan.ts'
import { lockReferenced, referenceMistakes } from './references.ts'
import { type Level, levelHappenings, lockLevels, newLevel, placeOf, raised } from './stock.ts'

// Stock movements are only added, never changed. The movements of a stock level form a chain in the order of receipt;
// within a batch, in the order of its lines. Their events have the same order.

/** A movement with its place in the chain. */
type ChainLink = { record: SentRecord; level: Level; before: Exact; after: Exact; sequence: number }

/** Locks the stock levels of a batch and plans the movements to add. @throws Problem `branch_not_allowed` if it is not partial */
export async function planMovements(
  tx: Runner,
  kind: RecordKind,
  writer: Writer,
  sent: readonly SentRecord[],
  isPartial: boolean,
): Promise<Plan> {
  const businessId = writer.business.id
  const referenced = await lockReferenced(tx, kind, businessId, sent)
  const { reject, rejections, isGood } = rejecting()
  const records = allowedRecords(kind, writer, sent, referenced, { isPartial, reject })
  // A movement with this id in another branch gets the same error as a movement with different content.
  const known = await readKnown(tx, kind, businessId, records)
  for (const record of records)
    if (record.isDeleted) reject(record, 'deleted', 'is not allowed for movements: send a new movement to correct one')
  const fresh = records.filter((record) => isGood(record) && !known.has(record.id)).toSorted((a, b) => a.line - b.line)
  for (const record of records) {
    if (isSliceOver()) await yieldToOthers()
    const movement = known.get(record.id)
    if (movement && isGood(record) && !isSame(kind, record.values, movement))
      reject(
        record,
        'id',
        'is already used by a movement with different content, which cannot be changed: send a new movement to correct it',
      )
  }
  for (const record of fresh)
    for (const { field, message } of referenceMistakes(kind, record, referenced)) reject(record, field, message)

  const levels = await lockLevels(tx, businessId, fresh)
  const availableBefore = new Map([...levels].map(([place, { onHand, reserved }]) => [place, onHand - reserved]))
  const links: ChainLink[] = []
  for (const record of fresh.filter(isGood)) {
    if (isSliceOver()) await yieldToOthers()
    const place = placeOf(record)
    const branch = referenced.get('warehouses')?.get(record.values.warehouse_id as string)?.branch_id as string
    const level = levels.get(place) ?? newLevel(businessId, record, branch, writer.now)
    const before = level.onHand
    const after = before + exact(record.values.quantity as string)
    const wrong = chainMistake(record.values, before, after)
    if (wrong !== null) {
      reject(record, wrong.field, wrong.message)
      continue
    }
    Object.assign(level, { onHand: after, movements: level.movements + 1 })
    levels.set(place, level)
    links.push({ record, level, before, after, sequence: level.movements })
  }
  return {
    rejections,
    counts: {
      ...{ created: links.length, updated: 0, stale: 0, conflicting: 0, deleted: 0, erased: 0 },
      unchanged: records.filter((record) => known.has(record.id) && isGood(record)).length,
    },
    conflicts: [],
    write: () => write(tx, writer, links, availableBefore),
  }
}

/** Returns the stored movements with these ids, in the form that partners see. */
async function readKnown(
  tx: Runner,
  { resource }: RecordKind,
  businessId: string,
  records: readonly SentRecord[],
): Promise<Map<string, Values>> {
  const rows = build.selectFrom('stock_movements').where('business_id', '=', businessId) as unknown as Readable
  const reader = {
    scopes: new Set<Scope>(),
    wayOut: 'comparison',
    business: { id: businessId },
    branches: 'all',
  } as const
  const known = new Map<string, Values>()
  const ids = records.map(({ id }) => id)
  for (const wanted of portionsOf(ids, COMPARED_AT_ONCE))
    for (const [id, wire] of await readMany(tx, reader, resource, rows, wanted))
      known.set(id, JSON.parse(`{${wire}}`) as Values)
  return known
}

/** Returns whether a sent movement equals the stored one. Names of other records are not compared. */
const isSame = ({ resource }: RecordKind, sent: Values, movement: Values): boolean =>
  Object.entries(resource.fields).every(
    ([name, { live }]) =>
      live !== null || name === 'created_at' || sent[name] === undefined || sent[name] === (movement[name] as Value),
  )

const TOO_MUCH: Exact = exact(`1${'0'.repeat(WHOLE_DIGITS_MAX)}`)

function chainMistake(values: Values, before: Exact, after: Exact): { field: string; message: string } | null {
  for (const [field, due] of [
    ['quantity_before', before],
    ['quantity_after', after],
  ] as const)
    if (values[field] !== undefined && values[field] !== exactText(due))
      return { field, message: `must be ${exactText(due)} or omitted: movements are chained in the order of receipt` }
  return after >= TOO_MUCH || after <= -TOO_MUCH
    ? {
        field: 'quantity',
        message: `must keep the quantity on hand within ${WHOLE_DIGITS_MAX} digits: it is ${exactText(before)} now`,
      }
    : null
}

async function write(
  tx: Runner,
  { business, now }: Writer,
  links: readonly ChainLink[],
  availableBefore: ReadonlyMap<string, Exact>,
): Promise<Happening[]> {
  if (links.length === 0) return []
  const receivedAt = now.toISOString()
  const lasts = new Map(links.map((link) => [link.level, link]))
  const levels = [...lasts.keys()].map((level) => ({
    ...{
      id: level.id,
      branch_id: level.branch_id,
      warehouse_id: level.warehouse_id,
      product_sku_id: level.product_sku_id,
    },
    ...{ on_hand: exactText(level.onHand), movements: level.movements },
    ...{ updated_at: raised(level, receivedAt), created_at: receivedAt },
  }))
  for await (const list of jsonLists(levels))
    await tx`
    insert into stock_levels as known
      (business_id, id, branch_id, warehouse_id, product_sku_id, quantity_on_hand, movements, created_at, updated_at)
    select ${business.id}::uuid, id, branch_id, warehouse_id, product_sku_id, on_hand, movements, created_at, updated_at
    from json_to_recordset(${list}::text::json) as sent (id uuid, branch_id uuid, warehouse_id uuid,
      product_sku_id uuid, on_hand numeric, movements bigint, created_at timestamptz, updated_at timestamptz)
    order by id
    on conflict (business_id, warehouse_id, product_sku_id) do update
      set quantity_on_hand = excluded.quantity_on_hand, movements = excluded.movements, updated_at = excluded.updated_at`
  function* rows() {
    for (const { record, level, before, after, sequence } of links)
      yield {
        ...record.values,
        ...{
          branch_id: level.branch_id,
          quantity_before: exactText(before),
          quantity_after: exactText(after),
          sequence,
        },
        // The time of receipt, whatever was sent: a sender's clock must not put a movement among older ones.
        created_at: receivedAt,
      }
  }
  for await (const list of jsonLists(rows()))
    await tx`
    insert into stock_movements (business_id, id, branch_id, warehouse_id, product_sku_id, sequence, movement_type, quantity,
      quantity_before, quantity_after, unit_cost, reference_type, reference_id, note, external_id, occurred_at, created_at)
    select ${business.id}::uuid, id, branch_id, warehouse_id, product_sku_id, sequence, movement_type, quantity,
      quantity_before, quantity_after, unit_cost, reference_type, reference_id, note, external_id, occurred_at, created_at
    from json_to_recordset(${list}::text::json) as sent (id uuid, branch_id uuid, warehouse_id uuid,
      product_sku_id uuid, sequence bigint, movement_type text, quantity numeric, quantity_before numeric,
      quantity_after numeric, unit_cost numeric, reference_type text, reference_id uuid, note text, external_id text,
      occurred_at timestamptz, created_at timestamptz)
    order by id`
  const added = links.map(
    ({ record, level }): Happening => ({
      type: 'stock_movement.created',
      branch_id: level.branch_id,
      resource_id: record.id,
      occurred_at: record.values.occurred_at as string,
    }),
  )
  // A batch records one change per level, even if it adds several movements to that level.
  const changed = [...lasts.values()].flatMap(({ record, level }) =>
    levelHappenings(level, availableBefore.get(placeOf(record)) ?? 0n, record.values.occurred_at as string),
  )
  return [...added, ...changed]
}
