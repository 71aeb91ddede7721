import { randomUUID } from 'node:crypto'
import type { Database } from '../server/db/database.ts'
import { KINDS } from '../server/scopes.ts'
import {
  type Business,
  makeBusiness,
  makeCustomer,
  makeProduct,
  makeSupplier,
  makeWarehouse,
  newSku,
} from './factories.ts'
import type { Json, TestServer } from './harness.ts'

// Valid, complete records as a shop's system sends them; `row` overrides some fields.

/** Creates a business, a token of its till that writes, and a token of a partner that reads everything. */
export async function openTill(server: TestServer): Promise<{ business: Business; token: string; reader: string }> {
  const business = await makeBusiness(server.db)
  const till = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
  const partner = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
  return { business, token: await server.token(till), reader: await server.token(partner) }
}

/** Sends records through the Ingest API, as a list. @param path of the kind of records, with a query if there is one */
export const sendRecords = (server: TestServer, token: string, path: string, records: readonly Json[]) =>
  server.call(`/api/ingest/v1/${path}`, {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

/** Returns a past moment, this many seconds after the first one. */
export const moment = (seconds = 0): string => new Date(Date.UTC(2026, 5, 1) + seconds * 1000).toISOString()

let counter = 0
const next = () => (counter += 1)

const versioned = (row: object) => ({ id: randomUUID(), updated_at: moment(), ...row })

export const branchRecord = (row: object = {}): Json => {
  const number = next()
  return versioned({ code: `B-${number}-${randomUUID().slice(0, 8)}`, name: `สาขา ${number}`, is_active: true, ...row })
}

export const warehouseRecord = (branch_id: string, row: object = {}): Json =>
  versioned({ branch_id, code: `W-${next()}`, name: 'คลัง', is_active: true, ...row })

export const tierRecord = (row: object = {}): Json => versioned({ name: 'Gold', rank: next(), is_active: true, ...row })

export const customerRecord = (row: object = {}): Json =>
  versioned({
    ...{ customer_code: `C-${next()}-${randomUUID().slice(0, 8)}`, full_name: 'สมหญิง ใจงาม', first_name: 'สมหญิง' },
    ...{
      total_points: 30,
      available_points: 10,
      total_spent: '600',
      total_visits: 4,
      is_active: true,
      is_verified: false,
    },
    ...row,
  })

export const consentRecord = (customer_id: string, row: object = {}): Json =>
  versioned({
    ...{ customer_id, purpose: 'marketing', channel: 'SMS', status: 'GIVEN', occurred_at: moment(-60), source: 'till' },
    ...row,
  })

export const branchPriceRecord = (place: { branch_id: string; sku: string }, row: object = {}): Json =>
  versioned({ branch_id: place.branch_id, product_sku_id: place.sku, price: '72.5', ...row })

export const categoryRecord = (row: object = {}): Json => versioned({ name: `หมวด ${next()}`, is_active: true, ...row })

export const productRecord = (row: object = {}): Json =>
  versioned({ product_code: `P-${next()}`, product_name: 'ชาไทย', is_active: true, skus: [newSku(), newSku()], ...row })

export const supplierRecord = (row: object = {}): Json =>
  versioned({ supplier_code: `S-${next()}`, company_name: 'บริษัท ชาดี จำกัด', status: 'ACTIVE', ...row })

const named = (product_sku_id: string) => ({
  id: randomUUID(),
  product_sku_id,
  sku_code: '',
  sku_name: 'แก้ว',
  product_name: 'ชาไทย',
})

/** A purchase order with two lines, over 535 in total, with tax added. */
export const orderRecord = (
  place: { branch_id: string; warehouse_id: string; supplier_id: string; sku: string },
  row: object = {},
): Json => {
  const { sku, branch_id, warehouse_id, supplier_id } = place
  const line = { quantity_received: '0', discount_amount: '0' }
  return versioned({
    ...{
      po_number: `PO-${next()}`,
      branch_id,
      warehouse_id,
      supplier_id,
      status: 'APPROVED',
      order_date: '2026-06-01',
    },
    ...{ subtotal: '500', discount_amount: '0', tax_amount: '35', tax_added_amount: '35', total_amount: '535' },
    items: [
      { ...named(sku), ...line, quantity_ordered: '4', unit_cost: '100', tax_amount: '28', line_total: '400' },
      { ...named(sku), ...line, quantity_ordered: '10', unit_cost: '10', tax_amount: '7', line_total: '100' },
    ],
    ...row,
  })
}

/** What a sale shows beyond its sums if its sender says nothing of it. */
export const UNSAID_OF_SALE = {
  ...{ tax_lines: [], tax_invoice_number: null, tip_amount: '0', charges: [], channel: null, source: null },
  ...{ staff_ref: null, register_ref: null, shift_ref: null, guest_count: null, note: null, void_reason: null },
  ...{ return_of: null, other_amount: '0', external: null, external_id: null },
}
export const UNSAID_OF_ITEM = {
  ...{ parent_item_id: null, kind: 'GOODS', tax_category: null, note: null, is_amount_fixed: false },
}
export const UNSAID_OF_PAYMENT = {
  ...{
    tendered_amount: null,
    change_amount: null,
    card_brand: null,
    card_last4: null,
    reference: null,
    settled_at: null,
  },
}
export const UNSAID_OF_REFUND = { reason: null, item_ids: [], branch_id: null, reference: null }

/** A sale with two lines, over 107 in total, paid in cash. */
export const saleRecord = (place: { branch_id: string; sku: string }, row: object = {}): Json => {
  const { sku, branch_id } = place
  const line = { refunded_quantity: '0', refunded_amount: '0' }
  return versioned({
    ...{ order_number: `O-${next()}`, branch_id, status: 'COMPLETED', order_date: moment() },
    ...{ subtotal: '100', discount_amount: '30', tax_amount: '7', tax_added_amount: '7', service_charge_amount: '0' },
    ...{ rounding_amount: '0', total_amount: '107', refunded_amount: '0' },
    payments: [{ method: 'CASH', amount: '107', paid_at: moment() }],
    refunds: [],
    items: [
      {
        ...named(sku),
        ...line,
        quantity: '1',
        unit_price: '65',
        discount_amount: '30',
        tax_amount: '2.45',
        line_total: '35',
      },
      {
        ...named(sku),
        ...line,
        quantity: '2',
        unit_price: '32.5',
        discount_amount: '0',
        tax_amount: '4.55',
        line_total: '65',
      },
    ],
    ...row,
  })
}

export const movementRecord = (
  place: { warehouse_id: string; sku: string },
  quantity: string,
  row: object = {},
): Json => {
  const { warehouse_id, sku: product_sku_id } = place
  return {
    id: randomUUID(),
    warehouse_id,
    product_sku_id,
    movement_type: 'SALE',
    quantity,
    occurred_at: moment(),
    ...row,
  }
}

export const levelRecord = (place: { warehouse_id: string; sku: string }, row: object = {}): Json => {
  const { warehouse_id, sku: product_sku_id } = place
  return { warehouse_id, product_sku_id, quantity_reserved: '0', updated_at: moment(), ...row }
}

/** The records that sales, orders and stock reference. */
export type ShopIds = {
  branch_id: string
  warehouse_id: string
  supplier_id: string
  customer_id: string
  product_id: string
  sku: string
}

export async function makeShopIds(db: Database, businessId: string, branchId: string): Promise<ShopIds> {
  const { id, skus } = await makeProduct(db, businessId)
  return {
    branch_id: branchId,
    warehouse_id: await makeWarehouse(db, businessId, branchId),
    supplier_id: await makeSupplier(db, businessId),
    customer_id: await makeCustomer(db, businessId),
    product_id: id,
    sku: skus[0] as string,
  }
}

/** For every record kind, by its path: a valid record that references only the records of this place. */
export const RECORDS: Record<string, (place: ShopIds) => Json> = {
  branches: () => branchRecord(),
  warehouses: ({ branch_id }) => warehouseRecord(branch_id),
  'membership-tiers': () => tierRecord(),
  customers: () => customerRecord(),
  consents: ({ customer_id }) => consentRecord(customer_id),
  categories: () => categoryRecord(),
  products: () => productRecord(),
  'branch-prices': (place) => branchPriceRecord(place),
  suppliers: () => supplierRecord(),
  'purchase-orders': (place) => orderRecord(place),
  sales: (place) => saleRecord(place),
  'stock-movements': (place) => movementRecord(place, '5'),
  'stock-levels': (place) => levelRecord(place),
}

/** For every write operation: a valid record for this business and this branch. */
export const WRITTEN: Record<string, (db: Database, businessId: string, branchId: string) => Promise<Json>> =
  Object.fromEntries(
    Object.entries(RECORDS).map(([path, make]) => [
      `ingest.${path.replaceAll('-', '_')}`,
      async (db, businessId, branchId) => make(await makeShopIds(db, businessId, branchId)),
    ]),
  )
