import type { Event, Scope } from '../../src/generated/schemas.ts'

// The files of a copy: one for each list of the API.

export type CopiedFile = {
  /** `customers` is customers.ndjson. */
  name: string
  /** Operation that lists its rows. */
  operation: string
  scope: Scope | null
  /**
   * How the file is kept up to date: by events of its records; with its parent, for items; from the top, for append-only
   * lists; or by listing it again periodically, for short lists that rarely change.
   */
  kept:
    | { by: 'events'; about: Event['resource_type'] }
    | { by: 'parent'; parent: string }
    | { by: 'top'; moves: Event['resource_type'] }
    | { by: 'listing' }
  /** Key of a line. Items are grouped by the id of their parent, which is added to each item. */
  key: string
  /** Files that show names of these records. The filter selects the rows of one record; without it all rows are read. */
  carried?: { by: string; filter: string | null }[]
}

/** All files in walking order: referenced records first. */
export const FILES: CopiedFile[] = [
  { name: 'branches', operation: 'branches.list', scope: null, kept: { by: 'listing' }, key: 'id' },
  {
    name: 'membership_tiers',
    operation: 'membership_tiers.list',
    scope: 'read:customers',
    kept: { by: 'listing' },
    key: 'id',
  },
  {
    name: 'categories',
    operation: 'categories.list',
    scope: 'read:products',
    kept: { by: 'listing' },
    key: 'id',
    carried: [{ by: 'products', filter: null }],
  },
  {
    name: 'warehouses',
    operation: 'warehouses.list',
    scope: 'read:inventory',
    kept: { by: 'listing' },
    key: 'id',
    carried: [{ by: 'inventory', filter: null }],
  },
  {
    name: 'customers',
    operation: 'customers.list',
    scope: 'read:customers',
    kept: { by: 'events', about: 'customer' },
    key: 'id',
  },
  {
    name: 'products',
    operation: 'products.list',
    scope: 'read:products',
    kept: { by: 'events', about: 'product' },
    key: 'id',
    carried: [{ by: 'inventory', filter: 'product_sku_id' }],
  },
  {
    name: 'suppliers',
    operation: 'suppliers.list',
    scope: 'read:purchasing',
    kept: { by: 'events', about: 'supplier' },
    key: 'id',
    carried: [{ by: 'purchase_orders', filter: 'supplier_id' }],
  },
  {
    name: 'inventory',
    operation: 'inventory.list',
    scope: 'read:inventory',
    kept: { by: 'events', about: 'inventory' },
    key: 'id',
  },
  {
    name: 'stock_movements',
    operation: 'stock_movements.list',
    scope: 'read:inventory',
    kept: { by: 'top', moves: 'inventory' },
    key: 'id',
  },
  {
    name: 'purchase_orders',
    operation: 'purchase_orders.list',
    scope: 'read:purchasing',
    kept: { by: 'events', about: 'purchase_order' },
    key: 'id',
  },
  {
    name: 'purchase_order_items',
    operation: 'purchase_order_items.list',
    scope: 'read:purchasing',
    kept: { by: 'parent', parent: 'purchase_orders' },
    key: 'purchase_order_id',
  },
  { name: 'sales', operation: 'sales.list', scope: 'read:sales', kept: { by: 'events', about: 'sale' }, key: 'id' },
  {
    name: 'sale_items',
    operation: 'sale_items.list',
    scope: 'read:sales',
    kept: { by: 'parent', parent: 'sales' },
    key: 'sale_id',
  },
]

/** Lists that are not part of a copy, with the reason. A test requires every listing operation here or above. */
export const NOT_COPIED: Record<string, string> = {
  'events.list': 'it is what keeps the copy up to date',
  'webhooks.list': 'it describes the application, not the shop',
  'webhook_deliveries.list': 'it describes the application, not the shop',
}
