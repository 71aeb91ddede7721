import { sql } from 'kysely'
import type { Caller } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import { build, type Runner, readRaw } from '../../db/database.ts'
import { type Owner, pageOfIds, type ReadMany, readAll, readListPage, readMany, readOne } from '../../rows/pages.ts'
import { searched, searchPage } from '../../rows/search.ts'
import { Customer, MembershipTier } from './schema.ts'

export type CustomerFilters = {
  id?: string[]
  is_active?: boolean
  membership_tier_id?: string
  q?: string
  customer_code?: string
  membership_number?: string
  phone?: string
  email?: string
}

/** The columns that the filters compare, other than by search. */
const FILTERED = ['is_active', 'membership_tier_id', 'customer_code', 'membership_number', 'phone', 'email']

/** Selects all customers of the business. Customers do not belong to a branch. */
export const customersOf = ({ business }: Owner) =>
  build.selectFrom('customers').where('customers.business_id', '=', business.id)

const tiersOf = (caller: Caller) =>
  build.selectFrom('membership_tiers').where('membership_tiers.business_id', '=', caller.business.id)

function customersBy(owner: Owner, { phone, email, ...equal }: CustomerFilters) {
  let rows = customersOf(owner)
  for (const column of ['membership_tier_id', 'customer_code', 'membership_number'] as const)
    if (equal[column] !== undefined) rows = rows.where(column, '=', equal[column])
  if (phone !== undefined) rows = rows.where(sql<boolean>`phone_key(phone) = phone_key(${phone}::text)`)
  if (email !== undefined) rows = rows.where(sql<boolean>`search_fold(email) = search_fold(${email}::text)`)
  return rows
}

// The value is a literal: Postgres uses the partial index on inactive customers only if the statement contains it.
const activeBy = (owner: Owner, filters: CustomerFilters) => customersBy(owner, filters).where(sql<boolean>`is_active`)
const inactiveBy = (owner: Owner, filters: CustomerFilters) =>
  customersBy(owner, filters).where(sql<boolean>`not is_active`)

export function listCustomers(db: Runner, caller: Caller, query: PageRequest<CustomerFilters>) {
  const { id, q, is_active } = query.filters
  const rowsBy = is_active === undefined ? customersBy : is_active ? activeBy : inactiveBy
  if (id !== undefined) return pageOfIds(db, caller, Customer, searched(rowsBy(caller, query.filters), q), id, query)
  return q === undefined
    ? readListPage(db, caller, Customer, rowsBy, query)
    : searchPage(db, caller, Customer, rowsBy(caller, query.filters), q, query, FILTERED)
}

export const getCustomer = (db: Runner, caller: Caller, id: string) =>
  readOne(db, caller, Customer, customersOf(caller), id)

/** Returns whether the business has a customer. */
export const hasCustomer = async (db: Runner, owner: Owner, id: string): Promise<boolean> =>
  (await readRaw(db, customersOf(owner).where('id', '=', id).select('id'))).length > 0

/** Returns who a customer is, or null. The caller notes the disclosure. */
export async function customerNameOf(db: Runner, owner: Owner, id: string) {
  const wanted = customersOf(owner).where('id', '=', id).select(['id', 'customer_code', 'full_name'])
  const [found] = await readRaw(db, wanted)
  if (!found) return null
  const [own, code, name] = found
  return { id: String(own), customer_code: String(code), full_name: String(name) }
}

/** Returns the id of the customer with this code, or undefined. */
export async function idByCode(db: Runner, owner: Owner, code: string): Promise<string | undefined> {
  const [found] = await readRaw(db, customersOf(owner).where('customer_code', '=', code).select('id'))
  return found && String(found[0])
}

export const customersById: ReadMany = (db, caller, ids) => readMany(db, caller, Customer, customersOf(caller), ids)

export const listTiers = (db: Runner, caller: Caller) =>
  readAll(db, caller, MembershipTier, tiersOf(caller).orderBy('rank').orderBy('id'))
