import type { Event, Scope } from '../../src/generated/schemas.ts'

// What a copy consists of: a file for each list of the API.

export type CopiedFile = {
  /** `customers` is customers.ndjson. */
  name: string
  /** The operation that lists it. */
  operation: string
  scope: Scope | null
  /**
   * How it is kept up to date: by the events about its records; with its parent's, for the items of a record; from the
   * top, for what is only ever added; or by listing all of it now and then, for what is short and changes rarely.
   */
  kept:
    | { by: 'events'; about: Event['resource_type'] }
    | { by: 'parent'; parent: string }
    | { by: 'top'; moves: Event['resource_type'] }
    | { by: 'listing' }
  /** The key of a line. Items are kept together, by the id of what they belong to, which is added to each. */
  key: string
  /** Copies of this one's names stand in that one, and change with it: found by this filter, or all of it. */
  carried?: { by: string; filter: string | null }[]
}

/** Every file, in the order in which they are walked: what others name comes first. */
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

/** Lists that are no part of a copy, and why: an operation that lists is here or above (a test). */
export const NOT_COPIED: Record<string, string> = {
  'events.list': 'it is what keeps the copy up to date',
  'webhooks.list': 'it is about the application itself, and none of the shop',
  'webhook_deliveries.list': 'it is about the application itself, and none of the shop',
}
