import { sql } from 'kysely'
import type { Caller } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import { build, type Runner } from '../../db/database.ts'
import { type Owner, type ReadMany, readAll, readListPage, readMany, readOne } from '../../rows/pages.ts'
import { searchPage } from '../../rows/search.ts'
import { Customer, MembershipTier } from './schema.ts'

export type CustomerFilters = { is_active?: boolean; membership_tier_id?: string; q?: string }

/** Selects all customers of the business. Customers do not belong to a branch. */
const customersOf = ({ business }: Owner) =>
  build.selectFrom('customers').where('customers.business_id', '=', business.id)

const tiersOf = (caller: Caller) =>
  build.selectFrom('membership_tiers').where('membership_tiers.business_id', '=', caller.business.id)

function customersBy(owner: Owner, { membership_tier_id }: CustomerFilters) {
  const rows = customersOf(owner)
  return membership_tier_id === undefined ? rows : rows.where('membership_tier_id', '=', membership_tier_id)
}

// The value is a literal: Postgres uses the partial index on inactive customers only if the statement contains it.
const activeBy = (owner: Owner, filters: CustomerFilters) => customersBy(owner, filters).where(sql<boolean>`is_active`)
const inactiveBy = (owner: Owner, filters: CustomerFilters) =>
  customersBy(owner, filters).where(sql<boolean>`not is_active`)

export function listCustomers(db: Runner, caller: Caller, query: PageRequest<CustomerFilters>) {
  const { q, is_active } = query.filters
  const rowsBy = is_active === undefined ? customersBy : is_active ? activeBy : inactiveBy
  return q === undefined
    ? readListPage(db, caller, Customer, rowsBy, query)
    : searchPage(db, caller, Customer, rowsBy(caller, query.filters), q, query, ['is_active', 'membership_tier_id'])
}

export const getCustomer = (db: Runner, caller: Caller, id: string) =>
  readOne(db, caller, Customer, customersOf(caller), id)

export const customersById: ReadMany = (db, caller, ids) => readMany(db, caller, Customer, customersOf(caller), ids)

export const listTiers = (db: Runner, caller: Caller) =>
  readAll(db, caller, MembershipTier, tiersOf(caller).orderBy('rank').orderBy('id'))
