import { COPIED_LISTS } from '../generated/copied_lists.ts'
import type { CopiedList } from './copied_list.ts'

// The files of a copy: one for each list of the API.

export type CopiedFile = CopiedList & {
  /** Files that show names of these records. The filter selects the rows of one record; without it all rows are read. */
  carried: { by: string; filter: string | null }[]
}

/** By file: the files that show its names. A test compares this with the schemas of the server. */
const CARRIED: Record<string, CopiedFile['carried']> = {
  categories: [{ by: 'products', filter: null }],
  warehouses: [{ by: 'inventory', filter: null }],
  products: [{ by: 'inventory', filter: 'product_sku_id' }],
  suppliers: [{ by: 'purchase_orders', filter: 'supplier_id' }],
}

/** All files in walking order: parents before their items. */
export const FILES: CopiedFile[] = COPIED_LISTS.map((list) => ({ ...list, carried: CARRIED[list.name] ?? [] }))

/** Lists that are not part of a copy, with the reason. A test requires every listing operation here or above. */
export const NOT_COPIED: Record<string, string> = {
  'customer_consents.list': 'consents.list has the same rows',
  'events.list': 'it is what keeps the copy up to date',
  'webhooks.list': 'it describes the application, not the shop',
  'webhook_deliveries.list': 'it describes the application, not the shop',
}
