import type { Mistake, RecordKind, SentRecord, Value, Writer } from '../../contract/record_kind.ts'
import type { Runner } from '../../db/database.ts'
import { AMOUNT_PLACES } from '../../limits.ts'
import { isSliceOver, jsonLists, yieldToOthers } from '../../time_slice.ts'
import { exact, exactText, rounded, times } from '../../values/exact.ts'
import { allowedRecords } from './branches.ts'
import { type Happening, type Plan, rejecting } from './plan.ts'
import { lockReferenced, referenceMistakes } from './references.ts'
import { type Level, levelHappenings, lockLevels, newLevel, placeOf, raised } from './stock.ts'

// Writes the settings of stock levels, by warehouse and SKU: quantity reserved, reorder point and unit cost. Settings have
// versions. The quantity on hand comes only from movements.

type Setting = { record: SentRecord; before: Level; level: Level }

/** Locks the stock levels of a batch and plans the settings to change. @throws Problem `branch_not_allowed` if it is not partial */
export async function planLevels(
  tx: Runner,
  kind: RecordKind,
  writer: Writer,
  records: readonly SentRecord[],
  isPartial: boolean,
): Promise<Plan> {
  const businessId = writer.business.id
  const { reject, rejections, isGood } = rejecting()
  for (const record of records)
    if (record.isDeleted) reject(record, 'deleted', 'is not allowed for stock levels, because their movements remain')
  const settable = records.filter(isGood)
  const referenced = await lockReferenced(tx, kind, businessId, settable)
  const sent = allowedRecords(kind, writer, settable, referenced, { isPartial, reject })
  const levels = await lockLevels(tx, businessId, sent)

  const counts = { created: 0, updated: 0, unchanged: 0, stale: 0, conflicting: 0, deleted: 0, erased: 0 }
  const conflicts: Plan['conflicts'] = []
  const settings: Setting[] = []
  for (const record of sent) {
    if (isSliceOver()) await yieldToOthers()
    const known = levels.get(placeOf(record))
    const version = known?.set_at ?? null
    if (version !== null && record.updatedAt < version) counts.stale += 1
    else if (known && version === record.updatedAt) {
      const isSame = settingsOf(setTo(known, record)) === settingsOf(known)
      counts[isSame ? 'unchanged' : 'conflicting'] += 1
      if (!isSame) conflicts.push({ line: record.line, id: known.id })
    } else {
      const wrong = referenceMistakes(kind, record, referenced)
      for (const { field, message } of wrong) reject(record, field, message)
      if (wrong.length > 0) continue
      const branch = referenced.get('warehouses')?.get(record.values.warehouse_id as string)?.branch_id as string
      const before = known ?? newLevel(businessId, record, branch, writer.now)
      const setting = { record, before, level: setTo(before, record) }
      const mistakes = computedMistakes(setting)
      for (const { field, message } of mistakes) reject(record, field, message)
      if (mistakes.length > 0) continue
      settings.push(setting)
      counts[before.isNew ? 'created' : 'updated'] += 1
    }
  }
  return { rejections, counts, conflicts, write: () => write(tx, writer, settings) }
}

function setTo(level: Level, { values, updatedAt }: SentRecord): Level {
  return {
    ...level,
    reserved: exact(values.quantity_reserved as string),
    reorder_point: values.reorder_point as string | null,
    unit_cost: values.unit_cost as string | null,
    external_id: values.external_id as string | null,
    set_at: updatedAt,
    updated_at: raised(level, updatedAt),
  }
}

const settingsOf = ({ reserved, reorder_point, unit_cost, external_id }: Level): string =>
  JSON.stringify([exactText(reserved), reorder_point, unit_cost, external_id])

/** Returns mistakes in sent figures that the server computes. */
function computedMistakes({ record: { values }, level }: Setting): Mistake[] {
  const { id, onHand, reserved, unit_cost } = level
  const worth = unit_cost === null ? null : exactText(rounded(times(onHand, exact(unit_cost)), AMOUNT_PLACES))
  const due: Record<string, Value> = {
    id,
    quantity_on_hand: exactText(onHand),
    quantity_available: exactText(onHand - reserved),
    stock_value: worth,
    is_out_of_stock: onHand <= reserved,
  }
  return Object.entries(due)
    .filter(([field, value]) => values[field] !== undefined && values[field] !== value)
    .map(([field, value]) => ({ field, message: `must be ${value} or omitted` }))
}

async function write(tx: Runner, { business, now }: Writer, settings: readonly Setting[]): Promise<Happening[]> {
  if (settings.length === 0) return []
  const rows = settings.map(({ record, level }) => ({
    ...{
      id: level.id,
      branch_id: level.branch_id,
      warehouse_id: level.warehouse_id,
      product_sku_id: level.product_sku_id,
    },
    ...{
      reserved: exactText(level.reserved),
      reorder_point: level.reorder_point,
      unit_cost: level.unit_cost,
      external_id: level.external_id,
    },
    ...{
      set_at: level.set_at,
      updated_at: level.updated_at,
      created_at: record.values.created_at ?? now.toISOString(),
    },
  }))
  for await (const list of jsonLists(rows))
    await tx`
    insert into stock_levels as known (business_id, id, branch_id, warehouse_id, product_sku_id, quantity_reserved,
      reorder_point, unit_cost, external_id, set_at, created_at, updated_at)
    select ${business.id}::uuid, id, branch_id, warehouse_id, product_sku_id, reserved, reorder_point, unit_cost, external_id, set_at,
      created_at, updated_at
    from json_to_recordset(${list}::text::json) as sent (id uuid, branch_id uuid, warehouse_id uuid,
      product_sku_id uuid, reserved numeric, reorder_point numeric, unit_cost numeric, external_id text, set_at timestamptz,
      created_at timestamptz, updated_at timestamptz)
    order by id
    on conflict (business_id, warehouse_id, product_sku_id) do update
      set quantity_reserved = excluded.quantity_reserved, reorder_point = excluded.reorder_point,
          unit_cost = excluded.unit_cost, external_id = excluded.external_id, set_at = excluded.set_at, updated_at = excluded.updated_at`
  return settings
    .toSorted((a, b) => a.record.line - b.record.line)
    .flatMap(({ record, before, level }) => levelHappenings(level, before.onHand - before.reserved, record.updatedAt))
}
