import { randomUUID } from 'node:crypto'
import { skusText } from '../server/api/products/schema.ts'
import type { Database, Runner } from '../server/db/database.ts'

// Rows for tests. Every test database has two businesses, because most of what can go wrong is a row of the other one.

export type Branch = { id: string; code: string; name: string }
export type Business = { id: string; name: string; branches: [Branch, Branch] }

let counter = 0
const next = () => (counter += 1)

/** A business with two branches. */
export async function makeBusiness(db: Database, name = `Business ${next()}`): Promise<Business> {
  const id = randomUUID()
  await db`insert into businesses ${db({ id, name })}`
  return { id, name, branches: [await makeBranch(db, id), await makeBranch(db, id)] }
}

export async function makeBranch(db: Database, businessId: string): Promise<Branch> {
  const number = next()
  const branch = { id: randomUUID(), code: `B${number}`, name: `Branch ${number}` }
  await db`insert into branches ${db({ business_id: businessId, ...branch })}`
  return branch
}

export async function makeTier(db: Database, businessId: string, row: Record<string, unknown> = {}): Promise<string> {
  const id = randomUUID()
  await db`insert into membership_tiers ${db({ business_id: businessId, id, name: `Tier ${next()}`, rank: 1, ...row })}`
  return id
}

/** A customer with every field set; `row` changes some. @returns its id */
export async function makeCustomer(
  db: Database,
  businessId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const number = next()
  const customer = {
    id: randomUUID(),
    customer_code: `C-${number}`,
    full_name: `สมหญิง ทดสอบ${number}`,
    first_name: 'สมหญิง',
    last_name: `ทดสอบ${number}`,
    membership_number: `M-${number}`,
    total_points: 30,
    available_points: 10,
    total_spent: '1234.50',
    total_visits: 4,
    last_visit_date: '2026-05-11',
    joined_date: '2026-05-10',
    phone: '0899999999',
    email: 'test@example.com',
    date_of_birth: '1990-01-02',
    address: '1/2',
    city: 'เมือง',
    state: 'เชียงใหม่',
    postal_code: '50000',
    country: 'Thailand',
    tax_id: '1234567890123',
    ...row,
  }
  await db`insert into customers ${db({ business_id: businessId, ...customer })}`
  return customer.id
}

/** Many customers in one statement, active and made now unless `rows` say otherwise. @returns their ids, in order */
export async function makeCustomers(
  db: Runner,
  businessId: string,
  rows: Record<string, string | number | boolean | null>[],
): Promise<string[]> {
  const now = new Date().toISOString()
  const customers = rows.map((row) => ({
    business_id: businessId,
    id: randomUUID(),
    customer_code: `C-${next()}`,
    full_name: 'ลูกค้า',
    first_name: 'ลูกค้า',
    is_active: true,
    created_at: now,
    ...row,
  }))
  const columns = [...new Set(customers.flatMap((customer) => Object.keys(customer)))]
  await db`
    insert into customers (${db(columns)})
    select ${db(columns)} from jsonb_populate_recordset(null::customers, ${db.json(customers)})`
  return customers.map(({ id }) => id)
}

/** Inserts one row. Unlike a parameter of the driver, a list keeps the order of its keys. */
async function insertRow(db: Runner, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row)
  await db`
    insert into ${db(table)} (${db(columns)})
    select ${db(columns)} from json_populate_record(null::${db(table)}, ${JSON.stringify(row)}::text::json)`
}

export async function makeCategory(db: Runner, businessId: string, row: Record<string, unknown> = {}): Promise<string> {
  const category = { id: randomUUID(), name: `Category ${next()}`, ...row }
  await db`insert into categories ${db({ business_id: businessId, ...category })}`
  return category.id
}

/** A SKU as a product's writer gives it, before it is made canonical. */
export const newSku = (row: Record<string, unknown> = {}) => {
  const number = next()
  return {
    id: randomUUID(),
    sku_code: `S-${number}`,
    sku_name: `แก้ว ${number}`,
    barcode: '8850000000423',
    unit: 'แก้ว',
    price: '65.50',
    is_tax_included: true,
    track_stock: true,
    is_active: true,
    ...row,
  }
}

/** A product with every field set and two SKUs; `row` changes some. */
export async function makeProduct(
  db: Runner,
  businessId: string,
  { skus = [newSku(), newSku()], ...row }: Record<string, unknown> & { skus?: ReturnType<typeof newSku>[] } = {},
): Promise<{ id: string; skus: string[] }> {
  const number = next()
  const product = {
    id: randomUUID(),
    product_code: `P-${number}`,
    product_name: `ชาไทย ${number}`,
    product_name_en: `Thai tea ${number}`,
    description: 'หวานน้อย',
    ...row,
  }
  await insertRow(db, 'products', { business_id: businessId, ...product, skus: JSON.parse(skusText(skus)) })
  return { id: product.id, skus: skus.map(({ id }) => id) }
}

/**
 * For every operation with path parameters: makes the row that they name, in this business and, where rows belong to
 * branches, in this branch. The authorization walk (test/authorization.test.ts) fails for an operation that is missing.
 */
export const FACTORIES: Record<
  string,
  (db: Database, businessId: string, branchId: string) => Promise<Record<string, string>>
> = {
  'customers.get': async (db, businessId) => ({ id: await makeCustomer(db, businessId) }),
  'products.get': async (db, businessId) => ({ id: (await makeProduct(db, businessId)).id }),
}
