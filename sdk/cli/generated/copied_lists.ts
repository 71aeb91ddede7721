// Generated from openapi.json by npm run sdk:generate. Do not edit; a test checks it.

import type { CopiedList } from '../sync/copied_list.ts'

/** Every list that a copy can keep up to date: short lists first, then in the order of the document. */
export const COPIED_LISTS: CopiedList[] = [
  {"name":"branches","operation":"branches.list","scope":null,"kept":{"by":"listing"},"key":"id"},
  {"name":"membership_tiers","operation":"membership_tiers.list","scope":"read:customers","kept":{"by":"listing"},"key":"id"},
  {"name":"categories","operation":"categories.list","scope":"read:products","kept":{"by":"listing"},"key":"id"},
  {"name":"warehouses","operation":"warehouses.list","scope":"read:inventory","kept":{"by":"listing"},"key":"id"},
  {"name":"customers","operation":"customers.list","scope":"read:customers","kept":{"by":"events","about":"customer"},"key":"id"},
  {"name":"consents","operation":"consents.list","scope":"read:customers","kept":{"by":"events","about":"consent"},"key":"id"},
  {"name":"products","operation":"products.list","scope":"read:products","kept":{"by":"events","about":"product"},"key":"id"},
  {"name":"branch_prices","operation":"branch_prices.list","scope":"read:products","kept":{"by":"events","about":"branch_price"},"key":"id"},
  {"name":"sales","operation":"sales.list","scope":"read:sales","kept":{"by":"events","about":"sale"},"key":"id"},
  {"name":"sale_items","operation":"sale_items.list","scope":"read:sales","kept":{"by":"parent","parent":"sales"},"key":"sale_id"},
  {"name":"inventory","operation":"inventory.list","scope":"read:inventory","kept":{"by":"events","about":"inventory"},"key":"id"},
  {"name":"stock_movements","operation":"stock_movements.list","scope":"read:inventory","kept":{"by":"events","about":"stock_movement"},"key":"id"},
  {"name":"purchase_orders","operation":"purchase_orders.list","scope":"read:purchasing","kept":{"by":"events","about":"purchase_order"},"key":"id"},
  {"name":"purchase_order_items","operation":"purchase_order_items.list","scope":"read:purchasing","kept":{"by":"parent","parent":"purchase_orders"},"key":"purchase_order_id"},
  {"name":"suppliers","operation":"suppliers.list","scope":"read:purchasing","kept":{"by":"events","about":"supplier"},"key":"id"},
]
