import type { Caller } from '../../../contract/caller.ts'
import type { PageRequest } from '../../../contract/page.ts'
import { build, type Runner } from '../../../db/database.ts'
import { type Owner, type ReadMany, readListPage, readMany, readParts } from '../../../rows/pages.ts'
import { customersOf } from '../queries.ts'
import { Consent } from './schema.ts'

/** Selects all consents of the business. Like customers, they do not belong to a branch. */
const consentsOf = ({ business }: Owner) => build.selectFrom('consents').where('consents.business_id', '=', business.id)

export const listConsents = (db: Runner, caller: Caller, query: PageRequest<object>) =>
  readListPage(db, caller, Consent, consentsOf, query)

/** Latest statement first, so that the first one of a purpose and channel is its current state. */
export const consentsOfCustomer = (db: Runner, caller: Caller, id: string) =>
  readParts(
    db,
    caller,
    Consent,
    consentsOf(caller).where('customer_id', '=', id).orderBy('occurred_at', 'desc').orderBy('consents.id', 'desc'),
    customersOf(caller).where('customers.id', '=', id),
  )

export const consentsById: ReadMany = (db, caller, ids) => readMany(db, caller, Consent, consentsOf(caller), ids)
