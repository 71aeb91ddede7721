import { sql } from 'kysely'
import { type Mistake, RecordKind, type Update, type Values } from '../../contract/record_kind.ts'
import { addedTaxMistakes, amount, amounts, countMistakes, expected, linesMistakes } from '../../contract/sums.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { LIST_MAX } from '../../limits.ts'
import { jsonLists } from '../../time_slice.ts'
import { exact, exactText, sumOf } from '../../values/exact.ts'
import { PurchaseOrder, PurchaseOrderItem, Supplier } from './schema.ts'

export const suppliers = RecordKind({
  path: 'suppliers',
  named: { th: 'ผู้จำหน่าย', en: 'suppliers' },
  resource: Supplier,
  event: 'supplier',
})

export const purchaseOrders = RecordKind({
  path: 'purchase-orders',
  named: { th: 'ใบสั่งซื้อ', en: 'purchase orders' },
  resource: PurchaseOrder,
  items: { resource: PurchaseOrderItem, of: 'purchase_order_id', most: LIST_MAX },
  computed: ['item_count'],
  fixed: ['branch_id', 'warehouse_id'],
  branch: 'has one',
  references: {
    branch_id: 'branches',
    warehouse_id: 'warehouses',
    'items.product_sku_id': 'product_skus',
    supplier_id: 'suppliers',
  },
  event: 'purchase_order',
  check: (order) => [
    ...linesMistakes(order, ['quantity_ordered', 'unit_cost']),
    ...taxMistakes(order),
    ...addedTaxMistakes(order),
    ...expected(
      order,
      'total_amount',
      amount(order, 'subtotal') + amount(order, 'tax_added_amount'),
      'subtotal + tax_added_amount',
    ),
    ...statusMistakes(order),
    ...countMistakes(order),
  ],
  happened: receivedOrUpdated,
})

function taxMistakes(order: Values): Mistake[] {
  const ofItems = sumOf(amounts(order.items), 'tax_amount')
  return ofItems > amount(order, 'tax_amount')
    ? [{ field: 'tax_amount', message: `must be at least ${exactText(ofItems)}: the sum of the items' tax_amount` }]
    : []
}

/** Requires FULLY_RECEIVED if every item is fully received, PARTIALLY_RECEIVED if only some are received, else neither. */
function statusMistakes({ status, items }: Values): Mistake[] {
  const lines = amounts(items).map((item) => {
    const [ordered, received] = [exact(item.quantity_ordered as string), exact(item.quantity_received as string)]
    return { hasAll: received >= ordered, hasSome: received > 0n }
  })
  // An order without items is not received.
  const isFull = lines.length > 0 && lines.every(({ hasAll }) => hasAll)
  const due = isFull ? 'FULLY_RECEIVED' : lines.some(({ hasSome }) => hasSome) ? 'PARTIALLY_RECEIVED' : null
  if (due !== null && status !== due)
    return [
      {
        field: 'status',
        message: `must be ${due}: ${isFull ? 'every item is fully received' : 'some items are received'}`,
      },
    ]
  if (due === null && ['FULLY_RECEIVED', 'PARTIALLY_RECEIVED'].includes(status as string))
    return [{ field: 'status', message: 'must not be FULLY_RECEIVED or PARTIALLY_RECEIVED: no items are received' }]
  return []
}

/** Reads the orders with an item whose received quantity exceeds the stored one. @param list a JSON list of items */
const receivedMore = (businessId: string, list: string) => sql<{ of: string }>`
  select distinct sent.of from json_to_recordset(${list}::text::json) as sent (of uuid, id uuid, received numeric)
  left join lateral (
    select quantity_received from purchase_order_items
    where business_id = ${businessId} and purchase_order_id = sent.of and id = sent.id offset 0) as stored on true
  where sent.received > coalesce(stored.quantity_received, 0)`

/** Returns `received` for orders in which a received quantity increased. New items start at zero. */
async function receivedOrUpdated(tx: Runner, businessId: string, updates: readonly Update[]): Promise<string[]> {
  function* sent() {
    for (const { record } of updates)
      for (const { id, quantity_received: received } of amounts(record.values.items))
        yield { of: record.id, id, received }
  }
  const more = new Set<string>()
  for await (const list of jsonLists(sent()))
    for (const row of await runStatement(tx, receivedMore(businessId, list))) more.add(row.of)
  return updates.map(({ record }) => (more.has(record.id) ? 'received' : 'updated'))
}
