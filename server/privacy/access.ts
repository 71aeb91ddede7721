import { randomUUID } from 'node:crypto'
import { consentsOfCustomer } from '../api/customers/consents/queries.ts'
import { getCustomer } from '../api/customers/queries.ts'
import { salesWithItemsById } from '../api/sales/queries.ts'
import type { Caller } from '../contract/caller.ts'
import {
  type Channel,
  type Collected,
  collectDisclosures,
  type DisclosureClass,
  type Ledger,
} from '../contract/disclosure.ts'
import { parseRows } from '../contract/page.ts'
import type { Database, Runner } from '../db/database.ts'
import { searchLedger } from '../ledger/entries.ts'
import { type UnknownSpan, unknownSpans } from '../ledger/restored/restores.ts'
import { PAGE_LIMIT_MAX, PAGE_WITH_ITEMS_MAX_BYTES } from '../limits.ts'
import { distinctNames } from '../oauth/application_names.ts'
import { ALL_SCOPES } from '../scopes.ts'

// Everything that is held about one customer, and everyone who received it (PDPA §30). The person gets the document, so it is
// a disclosure like others.

/** Disclosures that the document lists, newest first. */
const DISCLOSURES_MAX = 100_000

/** The JSON of a resource, as the Partner API shows it with all scopes. */
type Shown = Record<string, unknown>

export type AccessDocument = {
  business: { id: string; name: string; currency: string }
  made_at: Date
  /** Null if only sales and disclosures are left of the customer. */
  customer: Shown | null
  /** Name of the membership tier of the customer. */
  membership_tier: string | null
  consents: Shown[]
  sales: Shown[]
  /** Changes of the customer in the event log, which is kept for a limited time. */
  events: { type: string; occurred_at: Date; created_at: Date }[]
  /** Newest first. */
  disclosures: {
    at: string
    /** Its name, distinct from those of others in the document. */
    application: string | null
    client_id: string | null
    channel: Channel
    class: DisclosureClass
    purpose: string | null
  }[]
  /** Times of which it is unknown who received the data, because a restore from a backup lost the entries of the ledger. */
  unknown_spans: UnknownSpan[]
}

/** Returns the access document of a customer, or null if nothing is known of the id. */
export async function accessDocument(
  { db, ledger }: { db: Database; ledger: Ledger },
  business: Caller['business'],
  customerId: string,
  now: Date,
  beforeRecord: () => Promise<void> = async () => {},
): Promise<AccessDocument | null> {
  const disclosures = collectDisclosures()
  const reader = ownerOf(business, disclosures)
  const customer = await getCustomer(db, reader, customerId)
  const document: AccessDocument = {
    business: { id: business.id, name: business.name, currency: business.currency },
    made_at: now,
    customer: customer ? JSON.parse(`{${customer}}`) : null,
    membership_tier: customer ? await tierOf(db, business.id, customer.toString()) : null,
    consents: customer ? parseRows(await consentsOfCustomer(db, reader, customerId)) : [],
    sales: await salesOf(db, reader, customerId),
    events: await db`
      select type, occurred_at, created_at from events
      where business_id = ${business.id} and resource_type = 'customer' and resource_id = ${customerId} order by position`,
    disclosures: await disclosuresOf(db, business.id, customerId),
    unknown_spans: await unknownSpans(db, business.id, now),
  }
  if (!document.customer && document.sales.length === 0 && document.disclosures.length === 0) return null
  await beforeRecord()
  const customerIds = disclosures.customers()
  if (customerIds.length > 0)
    await ledger.record(business.id, [
      {
        ...{ channel: 'access', requestId: randomUUID(), operation: null, applicationId: null, tokenId: null },
        ...{ memberId: null, address: null, class: disclosures.class(), purpose: null, customerIds },
      },
    ])
  return document
}

/** A reader who sees everything of the business. */
const ownerOf = (business: Caller['business'], disclosures: Collected): Caller => ({
  ...{ kind: 'application', id: '', business, scopes: new Set(ALL_SCOPES), branches: 'all', wayOut: 'response' },
  ...{ operation: null, purpose: null, disclosures, historyDays: 0, rate: { requests: 1, perSecond: 1 } },
})

async function tierOf(db: Runner, businessId: string, customer: string): Promise<string | null> {
  const { membership_tier_id: tierId } = JSON.parse(`{${customer}}`) as { membership_tier_id: string | null }
  const [tier] = await db<{ name: string }[]>`
    select name from membership_tiers where business_id = ${businessId} and id = ${tierId}`
  return tier?.name ?? null
}

async function salesOf(db: Database, reader: Caller, customerId: string): Promise<Shown[]> {
  const ids = await db<{ id: string }[]>`
    select id from sales where business_id = ${reader.business.id} and customer_id = ${customerId}
    order by business_date desc, created_at desc, id desc`
  const sales: Shown[] = []
  for (let from = 0; from < ids.length; from += PAGE_LIMIT_MAX) {
    let left = ids.slice(from, from + PAGE_LIMIT_MAX).map(({ id }) => id)
    while (left.length > 0) {
      const rows = await salesWithItemsById(db, reader, left, PAGE_WITH_ITEMS_MAX_BYTES)
      const shown = left.filter((id) => rows.get(id))
      sales.push(...shown.map((id) => JSON.parse(`{${rows.get(id)}}`) as Shown))
      // Those that did not fit, unless they are gone.
      left = left.filter((id) => rows.get(id) === null)
    }
  }
  return sales
}

async function disclosuresOf(
  db: Runner,
  businessId: string,
  customerId: string,
): Promise<AccessDocument['disclosures']> {
  const entries = await searchLedger(db, businessId, { customerId, limit: DISCLOSURES_MAX })
  const nameOf = await distinctNames(
    db,
    entries.flatMap(({ applicationId }) => applicationId ?? []),
  )
  return entries.map(({ at, applicationId, channel, class: of, purpose }) => {
    const known = nameOf.get(applicationId ?? '')
    return {
      ...{ at, application: known?.distinctName ?? applicationId, client_id: known?.client_id ?? null },
      ...{ channel, class: of, purpose },
    }
  })
}
