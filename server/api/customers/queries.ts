import { build, type Runner } from '../../db/database.ts'
import type { Caller } from '../../http/operation.ts'
import type { PageRequest } from '../../http/page.ts'
import { type Owner, type ReadMany, readAll, readListPage, readMany, readOne, searchPage } from '../../http/wire.ts'
import { Customer, MembershipTier } from './schema.ts'

export type CustomerFilters = { is_active?: boolean; membership_tier_id?: string; q?: string }

/** Customers belong to the business, not to a branch: every token that may read them sees all of them. */
const customersOf = ({ business }: Owner) =>
  build.selectFrom('customers').where('customers.business_id', '=', business.id)

const tiersOf = (caller: Caller) =>
  build.selectFrom('membership_tiers').where('membership_tiers.business_id', '=', caller.business.id)

function customersBy(owner: Owner, { is_active, membership_tier_id }: CustomerFilters) {
  let rows = customersOf(owner)
  if (is_active !== undefined) rows = rows.where('is_active', '=', is_active)
  if (membership_tier_id !== undefined) rows = rows.where('membership_tier_id', '=', membership_tier_id)
  return rows
}

export function listCustomers(db: Runner, caller: Caller, query: PageRequest<CustomerFilters>) {
  const { q } = query.filters
  return q === undefined
    ? readListPage(db, caller, Customer, customersBy, query)
    : searchPage(db, caller, Customer, customersBy(caller, query.filters), q, query, [
        'is_active',
        'membership_tier_id',
      ])
}

export const getCustomer = (db: Runner, caller: Caller, id: string) =>
  readOne(db, caller, Customer, customersOf(caller), id)

export const customersById: ReadMany = (db, caller, ids) => readMany(db, caller, Customer, customersOf(caller), ids)

export const listTiers = (db: Runner, caller: Caller) =>
  readAll(db, caller, MembershipTier, tiersOf(caller).orderBy('rank').orderBy('id'))
