import { randomUUID } from 'node:crypto'
import type { Database } from '../server/db/database.ts'

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

/**
 * For every operation with path parameters: makes the row that they name, in this business and, where rows belong to
 * branches, in this branch. The authorization walk (test/authorization.test.ts) fails for an operation that is missing.
 */
export const FACTORIES: Record<
  string,
  (db: Database, businessId: string, branchId: string) => Promise<Record<string, string>>
> = {
  'customers.get': async (db, businessId) => ({ id: await makeCustomer(db, businessId) }),
}
