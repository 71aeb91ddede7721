import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { resources } from '../server/api/index.ts'
import type { Database } from '../server/db/database.ts'
import { applyFiles, migrate } from '../server/db/schema/migrate.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { newDatabase } from './database.ts'
import { type Json, serverOn } from './harness.ts'
import { onlyThorough } from './thorough.ts'

// The data of version 0.1.0: rows in every table, with a value in every column, migrated to this version.

/** The last migration of version 0.1.0. */
const RELEASED = '0016'

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const BUSINESS = id(1)
const BRANCH = id(2)
const AT = '2026-05-01T03:04:05.678Z'
const TIMES = { created_at: AT, updated_at: '2026-05-02T03:04:05.678Z' }
const SECRET = `talad_sk_${'A'.repeat(43)}`
const CLIENT = `talad_${'0'.repeat(32)}`
/** The period of all rows. */
const MAY = 'from=2026-05-01&to=2026-05-31'
const BYTES = '\\x0102'
const SKU = { sku_code: 'S-1', sku_name: 'แก้วใหญ่', product_name: 'ชาไทย' }
const DAY_AMOUNTS = { subtotal: '100', discount_amount: '30', tax_amount: '7', tax_added_amount: '7' }
const EVENT = { branch_id: BRANCH, resource_type: 'sale', resource_id: id(20), occurred_at: AT }

const ADDRESS = { address: '1 ถนนสุขุมวิท', city: 'วัฒนา', postal_code: '10110', country: 'Thailand' }

const skuOf = (number: number, code: string) => ({
  ...{ id: id(number), sku_code: code, sku_name: SKU.sku_name, barcode: '8850000000423', unit: 'แก้ว', price: '65' },
  ...{ is_tax_included: true, track_stock: true, is_active: true },
})

/** Rows of the tables that version 0.1.0 wrote, in an order that foreign keys allow. Triggers fill the others. */
const ROWS: [table: string, rows: Json[]][] = [
  [
    'businesses',
    [
      {
        id: BUSINESS,
        name: 'ครัวเดิม',
        time_zone: 'Asia/Bangkok',
        business_day_starts_at: '04:00',
        currency: 'THB',
        ...TIMES,
      },
    ],
  ],
  ['branches', [{ id: BRANCH, code: 'B1', name: 'สาขาหนึ่ง', is_active: true, ...TIMES }]],
  ['warehouses', [{ id: id(3), branch_id: BRANCH, code: 'W1', name: 'คลัง', is_active: true, ...TIMES }]],
  ['membership_tiers', [{ id: id(4), name: 'Gold', rank: 2, is_active: true, ...TIMES }]],
  [
    'customers',
    [
      {
        ...{ id: id(5), customer_code: 'C-1', full_name: 'สมหญิง ใจดี', first_name: 'สมหญิง', last_name: 'ใจดี' },
        ...{
          membership_tier_id: id(4),
          membership_number: 'M1',
          total_points: 7,
          available_points: 5,
          total_spent: '107.5',
        },
        ...{
          total_visits: 2,
          last_visit_date: '2026-05-01',
          is_active: true,
          is_verified: true,
          joined_date: '2025-01-02',
        },
        ...{ phone: '0812345678', email: 'a@example.com', date_of_birth: '1990-02-03', state: 'กรุงเทพ', tax_id: '1' },
        ...{ ...ADDRESS, ...TIMES },
      },
    ],
  ],
  [
    'categories',
    [
      { id: id(6), name: 'เครื่องดื่ม', is_active: true, ...TIMES },
      { id: id(7), name: 'ชา', parent_id: id(6) },
    ],
  ],
  [
    'products',
    [
      {
        ...{
          id: id(8),
          product_code: 'P-1',
          product_name: 'ชาไทย',
          product_name_en: 'Thai tea',
          description: 'หวานน้อย',
        },
        ...{ category_id: id(7), is_active: true, skus: [skuOf(9, 'S-1'), skuOf(10, 'S-2')], ...TIMES },
      },
    ],
  ],
  [
    'suppliers',
    [
      {
        ...{ id: id(11), supplier_code: 'SU-1', company_name: 'บริษัทชา', contact_name: 'สมชาย', phone_number: '02' },
        ...{ email: 's@example.com', tax_id: '2', province: 'กรุงเทพ', payment_terms: '30 วัน', status: 'ACTIVE' },
        ...{ ...ADDRESS, ...TIMES },
      },
    ],
  ],
  [
    'purchase_orders',
    [
      {
        ...{
          id: id(12),
          po_number: 'PO-1',
          branch_id: BRANCH,
          warehouse_id: id(3),
          supplier_id: id(11),
          status: 'APPROVED',
        },
        ...{
          order_date: '2026-05-01',
          expected_date: '2026-05-09',
          ...DAY_AMOUNTS,
          total_amount: '107',
          item_count: 1,
        },
        ...{ note: 'ด่วน', ...TIMES },
      },
    ],
  ],
  [
    'purchase_order_items',
    [
      {
        ...{ purchase_order_id: id(12), id: id(13), position: 1, product_sku_id: id(9), ...SKU, quantity_ordered: '2' },
        ...{
          quantity_received: '1',
          unit_cost: '65',
          discount_amount: '30',
          tax_amount: '7',
          line_total: '100',
          created_at: AT,
        },
      },
    ],
  ],
  [
    'sales',
    [
      {
        ...{ id: id(20), order_number: 'O-1', branch_id: BRANCH, customer_id: id(5), status: 'PARTIALLY_REFUNDED' },
        ...{ order_date: '2026-05-01T20:00:00.000Z', ...DAY_AMOUNTS, service_charge_amount: '0', rounding_amount: '0' },
        ...{ total_amount: '107', refunded_amount: '50', item_count: 1, ...TIMES },
        payments: [{ method: 'CASH', amount: '107', paid_at: AT }],
        refunds: [{ id: id(26), method: 'CASH', amount: '50', refunded_at: AT }],
      },
    ],
  ],
  [
    'sale_items',
    [
      {
        ...{ sale_id: id(20), id: id(21), position: 1, product_sku_id: id(9), ...SKU, quantity: '2', unit_price: '65' },
        ...{
          discount_amount: '30',
          tax_amount: '7',
          line_total: '100',
          refunded_quantity: '1',
          refunded_amount: '50',
          created_at: AT,
        },
      },
    ],
  ],
  [
    'stock_levels',
    [
      {
        ...{ id: id(22), branch_id: BRANCH, warehouse_id: id(3), product_sku_id: id(9), quantity_on_hand: '24' },
        ...{ quantity_reserved: '1', reorder_point: '6', unit_cost: '52.5', movements: 1, set_at: AT, ...TIMES },
      },
    ],
  ],
  [
    'stock_movements',
    [
      {
        ...{ id: id(23), branch_id: BRANCH, warehouse_id: id(3), product_sku_id: id(9), sequence: 1 },
        ...{
          movement_type: 'PURCHASE_RECEIPT',
          quantity: '24',
          quantity_before: '0',
          quantity_after: '24',
          unit_cost: '52.5',
        },
        ...{ reference_type: 'purchase_order', reference_id: id(12), note: 'รับของ', occurred_at: AT, created_at: AT },
      },
    ],
  ],
  [
    'tombstones',
    [{ resource: 'sales', id: id(24), updated_at: AT, is_erased: false, branch_id: BRANCH, record_created_at: AT }],
  ],
  ['event_heads', [{ position: 1, told_at: AT }]],
  ['events', [{ position: 1, id: id(25), type: 'sale.created', ...EVENT, created_at: AT }]],
  [
    'applications',
    [
      {
        ...{ id: id(30), client_id: CLIENT, name: 'บัญชี', kind: 'partner', revision: 2, all_branches_since: 1 },
        ...{ rate_requests: 100, rate_per_second: '10', history_days: 365, ...TIMES },
      },
      {
        ...{ id: id(31), client_id: `talad_${'1'.repeat(32)}`, name: 'เก่า', kind: 'partner', revoked_at: AT },
        ...{ rate_requests: 100, rate_per_second: '10' },
      },
    ],
  ],
  ['application_branches', [{ application_id: id(31), branch_id: BRANCH, since_revision: 1 }]],
  [
    'application_scopes',
    [
      'read:sales',
      'read:products',
      'read:inventory',
      'read:purchasing',
      'read:customers',
      'read:customers:pii',
      'read:reports',
      'read:webhooks',
    ].map((scope) => ({ application_id: id(30), scope, since_revision: 1 })),
  ],
  [
    'application_secrets',
    [
      {
        ...{
          id: id(32),
          application_id: id(30),
          hash: `\\x${createHash('sha256').update(SECRET).digest('hex')}`,
          hint: 'AAAA',
        },
        ...{ last_used_at: AT, last_used_address: '192.0.2.1', created_at: AT },
      },
      {
        ...{ id: id(33), application_id: id(31), hash: `\\x${'00'.repeat(32)}`, hint: 'BBBB', revoked_at: AT },
      },
    ],
  ],
  ['revoked_tokens', [{ id: id(34), application_id: id(30), expires_at: '2036-05-01T00:00:00.000Z' }]],
  [
    'subscriptions',
    [
      {
        ...{
          id: id(40),
          application_id: id(30),
          endpoint_url: 'https://example.com/a',
          event_types: ['*'],
          include_pii: true,
        },
        ...{ description: 'บัญชี', status: 'FAILING', failing_since: AT, last_delivered_at: AT, lost_before: AT },
        ...{ secret_sealed: BYTES, old_secret_sealed: BYTES, old_secret_until: AT, position: 1, sequence: 1 },
        ...{ fanned_out_at: AT, worker_id: id(41), next_at: AT, probe_at: AT, is_resuming: false, ...TIMES },
      },
      {
        ...{ id: id(42), application_id: id(30), endpoint_url: 'https://example.com/b', event_types: ['sale.created'] },
        ...{ include_pii: false, secret_sealed: BYTES, position: 1, fanned_out_at: AT, deleted_at: AT, ...TIMES },
      },
    ],
  ],
  [
    'deliveries',
    [
      {
        ...{
          subscription_id: id(40),
          id: id(43),
          sequence: 1,
          event_id: id(25),
          position: 1,
          event_type: 'sale.created',
        },
        ...{ ...EVENT, event_created_at: AT, status: 'RETRYING', attempt_count: 1, failure_count: 1, due_at: AT },
        ...{ asked_at: AT, response_status: 500, response_body: 'x', error: 'status', ...TIMES },
      },
      {
        ...{
          subscription_id: id(42),
          id: id(44),
          sequence: 1,
          event_id: id(25),
          position: 1,
          event_type: 'sale.created',
        },
        ...{ ...EVENT, event_created_at: AT, status: 'DELIVERED', attempt_count: 1, delivered_at: AT, ...TIMES },
      },
    ],
  ],
  [
    'replays',
    [{ subscription_id: id(40), after_position: 0, to_position: 1, event_types: ['sale.created'], created_at: AT }],
  ],
  ['rate_buckets', [{ key: 'application:x', tokens: 3.5, allowed: true, at: AT }]],
  ['workers', [{ id: id(41), expires_at: AT }]],
  [
    'signing_keys',
    [
      {
        id: id(50),
        public_jwk: { kty: 'EC' },
        private_sealed: BYTES,
        created_at: AT,
        retired_at: '2026-05-03T00:00:00.000Z',
      },
    ],
  ],
]

/** Tables that triggers of version 0.1.0 fill. */
const BY_TRIGGERS = ['authority_changes', 'product_skus', 'sales_totals']

/** Columns whose content a migration changes, with the reason. The test looks at their meaning below. */
const CHANGED: Record<string, string> = { 'products.skus': '0037 adds barcodes, pack_quantity and tax_category' }

test('rows in every table of version 0.1.0 keep their values, and the API shows them', onlyThorough, async () => {
  const { db, url: _, close } = await newDatabase({ template: 'template1' })
  after(close)
  await applyFiles(db, { isWanted: (name) => name.slice(0, 4) <= RELEASED })
  for (const [table, rows] of ROWS) for (const row of rows) await insert(db, table, row)

  const before = await contentOf(db)
  const empty = before.flatMap(({ table, rows, columns }) =>
    rows.length === 0
      ? [table]
      : columns.filter((name) => rows.every((row) => row[name] === null)).map((name) => `${table}.${name}`),
  )
  assert.deepEqual(empty, [], 'every table and every column of version 0.1.0 needs a value here')
  const known = [...ROWS.map(([table]) => table), ...BY_TRIGGERS, 'migrations'].sort()
  assert.deepEqual(before.map(({ table }) => table).sort(), known)

  await migrate(db, resources.flatMap(storedText))
  const now = new Map((await contentOf(db)).map((content) => [content.table, content]))
  const different = before.flatMap(({ table, rows, columns }) => {
    const found = now.get(table)
    if (table === 'migrations') return []
    if (!found) return [`${table} is gone`]
    if (found.rows.length !== rows.length) return [`${table}: ${found.rows.length} rows instead of ${rows.length}`]
    return columns
      .filter((name) => !(`${table}.${name}` in CHANGED))
      .flatMap((name) => {
        const of = (all: Json[]) => JSON.stringify(all.map((row) => row[name]).sort())
        return of(rows) === of(found.rows) ? [] : [`${table}.${name}: ${of(rows)} → ${of(found.rows)}`]
      })
  })
  assert.deepEqual(different, [])

  const server = await serverOn(db, randomBytes(32), {})
  after(() => server.stop())
  const token = await server.token({ client_id: CLIENT, client_secret: SECRET } as never)
  const first = async (path: string): Promise<Json> => {
    const { status, body, text } = await server.get(path, token)
    assert.equal(status, 200, `${path}: ${text}`)
    return Array.isArray(body.data) ? body.data[0] : body.data
  }
  const customer = await first('/customers')
  assert.deepEqual([customer.full_name, customer.phone, customer.total_spent], ['สมหญิง ใจดี', '0812345678', '107.5'])
  const product = await first('/products?barcode=8850000000423')
  assert.deepEqual(
    product.skus.map(({ sku_code, barcodes }: Json) => [sku_code, barcodes]),
    [
      ['S-1', ['8850000000423']],
      ['S-2', ['8850000000423']],
    ],
  )
  const sale = await first(`/sales?${MAY}`)
  assert.deepEqual([sale.business_date, sale.total_amount, sale.refunds[0].amount], ['2026-05-01', '107', '50'])
  assert.equal((await first(`/sales/${sale.id}/items`)).sku_name, SKU.sku_name)
  const summary = await first(`/reports/sales-summary?branch_id=${BRANCH}&${MAY}`)
  assert.match(JSON.stringify(summary), /107/)
  assert.equal((await first('/inventory')).quantity_on_hand, '24')
  assert.equal((await first(`/inventory/movements?${MAY}`)).quantity_after, '24')
  assert.equal((await first(`/purchase-orders?${MAY}`)).po_number, 'PO-1')
  assert.equal((await first('/suppliers')).company_name, 'บริษัทชา')
  assert.equal((await first('/webhooks')).endpoint_url, 'https://example.com/a')
  for (const path of [
    '/branches',
    '/categories',
    '/membership-tiers',
    '/warehouses',
    `/reports/inventory-summary?warehouse_id=${id(3)}`,
  ])
    assert.ok(await first(path), path)
})

/** Inserts a row; columns that it does not name get their default. */
async function insert(db: Database, table: string, row: Json): Promise<void> {
  const columns = await db`select column_name from information_schema.columns where table_name = ${table}`
  const hasBusiness = columns.some(({ column_name }) => column_name === 'business_id')
  const full = { ...(hasBusiness && { business_id: BUSINESS }), ...row }
  const names = Object.keys(full)
  await db`
    insert into ${db(table)} (${db(names)})
    select ${db(names)} from json_populate_record(null::${db(table)}, ${JSON.stringify(full)}::text::json)`
}

/** Returns all rows of all tables as text, without generated columns. */
async function contentOf(db: Database): Promise<{ table: string; columns: string[]; rows: Json[] }[]> {
  const tables = await db<{ table: string; columns: string[] }[]>`
    select relname as table, array_agg(attname::text order by attnum) as columns
    from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and attnum > 0 and not attisdropped and attgenerated = ''
    group by 1 order by 1`
  return Promise.all(
    tables.map(async ({ table, columns }) => ({
      ...{ table, columns },
      rows: (await db`select ${db.unsafe(columns.map((name) => `${name}::text as "${name}"`).join(', '))} from ${db(table)}`) as Json[],
    })),
  )
}
