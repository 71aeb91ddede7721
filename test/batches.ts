import { randomUUID } from 'node:crypto'
import type { Json } from './harness.ts'
import { categoryRecord, type ShopIds, saleRecord } from './records.ts'

// Batches that are small to send and expensive to process.

/** Returns a batch as lines. */
export const ndjson = (records: Json[]): string => records.map((record) => JSON.stringify(record)).join('\n')

/** Returns the inside of a JSON object with this many unknown keys. */
export const keys = (count: number): string => Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',')

/** A sale of 65 for each of its items. */
export function longSale(shop: ShopIds, items: number): Json {
  const sale = saleRecord(shop)
  const total = String(items * 65)
  return {
    ...sale,
    ...{ subtotal: total, total_amount: total, discount_amount: '0', tax_amount: '0', tax_added_amount: '0' },
    payments: [{ ...sale.payments[0], amount: total }],
    items: Array.from({ length: items }, () => ({ ...sale.items[1], id: randomUUID(), tax_amount: '0' })),
  }
}

/** Returns categories of which each is the parent of the next. The parent of the first one does not exist. */
export function categoryChain(count: number): Json[] {
  const all = Array.from({ length: count }, () => categoryRecord())
  return all.map((record, at) => ({ ...record, parent_id: all[at - 1]?.id ?? randomUUID() }))
}
