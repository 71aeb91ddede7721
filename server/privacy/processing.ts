import { Customer } from '../api/customers/schema.ts'
import { AUDIT_KEPT_MONTHS, REQUESTS_KEPT_DAYS } from '../contract/console_limits.ts'
import { seesContactData } from '../contract/visibility.ts'
import type { Database } from '../db/database.ts'
import { DELIVERIES_KEPT_DAYS, EVENTS_KEPT_DAYS, LEDGER_KEPT_MONTHS } from '../limits.ts'
import { distinctNames } from '../oauth/application_names.ts'
import { applicationsWithoutPurpose, listApplications } from '../oauth/applications.ts'
import { listRequests, type RightsRequest } from './requests.ts'

// The record of processing activities (PDPA §39), as far as this server knows it. The owner adds what happens outside of it.

export type ProcessingRecord = {
  business: { id: string; name: string }
  made_at: Date
  /** (1) The personal data, by class. */
  data: { profile: string[]; contact: string[] }
  /** (2) Purposes, (5) who may read what, and (6) use and disclosure: the applications that may read customers. */
  applications: ProcessingApplication[]
  /** Names of those without a purpose or a legal basis: the record is not complete until they have both. */
  incomplete: string[]
  /** (4) How long what is kept. */
  retention: Retention[]
  /** (7) Requests that were refused, with the reasons. (3), the controller, is the business; (8) is the same for all. */
  refused: RightsRequest[]
}

/** How many days one kind of data is kept; null: until it is erased. */
export type Retention = {
  what: 'customers' | 'events' | 'deliveries' | 'ledger' | 'requests' | 'audit'
  days: number | null
}

export type ProcessingApplication = {
  /** Distinct from those of the other applications. */
  name: string
  client_id: string
  purpose: string | null
  legal_basis: string | null
  reads_contact_data: boolean
  /** Null: all branches. Customers belong to the whole business. */
  branches: number | null
  first_use: Date | null
  last_use: Date | null
  disclosures: number
  revoked_at: Date | null
}

/** Returns the record of a business as of now. */
export async function processingRecord(
  db: Database,
  business: { id: string; name: string },
  now: Date,
): Promise<ProcessingRecord> {
  const uses = await db<{ id: string; first: Date; last: Date; count: string }[]>`
    select application_id as id, min(at) as first, max(at) as last, count(*) as count
    from ledger where business_id = ${business.id} and application_id is not null group by application_id`
  const useOf = new Map(uses.map((use) => [use.id, use]))
  const applications = (await listApplications(db, business.id)).filter(
    ({ id, scopes }) => scopes.includes('read:customers') || useOf.has(id),
  )
  const nameOf = await distinctNames(
    db,
    applications.map(({ id }) => id),
  )
  const requests = await listRequests(db, business.id, 'all')
  const [settings] = await db<{ requests_kept_days: number }[]>`
    select requests_kept_days from businesses where id = ${business.id}`
  return {
    business,
    made_at: now,
    data: { profile: namesOf((scope) => scope === null), contact: namesOf((scope) => scope !== null) },
    applications: applications.map(({ id, name, client_id, purpose, legal_basis, scopes, branch_ids, revoked_at }) => {
      const use = useOf.get(id)
      return {
        name: nameOf.get(id)?.distinctName ?? name,
        ...{ client_id, purpose, legal_basis, revoked_at },
        reads_contact_data: seesContactData(Customer, { scopes: new Set(scopes), wayOut: 'response' }),
        branches: branch_ids?.length ?? null,
        ...{ first_use: use?.first ?? null, last_use: use?.last ?? null, disclosures: Number(use?.count ?? 0) },
      }
    }),
    incomplete: await applicationsWithoutPurpose(db, business.id),
    retention: retentionOf(settings?.requests_kept_days ?? REQUESTS_KEPT_DAYS),
    refused: requests.filter(({ state }) => state === 'REFUSED'),
  }
}

const daysOf = (months: number): number => Math.round((months / 12) * 365)

/** Returns how long each kind of data is kept. @param requestsKeptDays the setting of the business */
export const retentionOf = (requestsKeptDays: number): Retention[] => [
  { what: 'customers', days: null },
  { what: 'events', days: EVENTS_KEPT_DAYS },
  { what: 'deliveries', days: DELIVERIES_KEPT_DAYS },
  { what: 'ledger', days: daysOf(LEDGER_KEPT_MONTHS) },
  { what: 'requests', days: requestsKeptDays },
  { what: 'audit', days: daysOf(AUDIT_KEPT_MONTHS) },
]

/** Returns the names of the fields of customers whose scope, null for none, fits. */
const namesOf = (fits: (scope: string | null) => boolean): string[] =>
  Object.entries(Customer.fields).flatMap(([name, { scope }]) => (fits(scope) ? [name] : []))
