import type { Caller } from './caller.ts'
import { BETWEEN_ROWS } from './page.ts'
import type { Resource } from './schema.ts'
import { type Reader, seesContactData } from './visibility.ts'

// What leaves the server about customers. Rows about customers note it here (`release` in rows/pages.ts). The way out then
// writes an entry to the ledger, before the bytes leave. The id of a customer alone, as in a sale, is no disclosure.

/** Which fields of customers a response shows: those without a scope, or also contact data (PII). */
export type DisclosureClass = 'profile' | 'contact'

/** The channels through which fields of customers leave. */
export type Channel = 'api' | 'webhook' | 'access' | 'console'

/** Collects the customers of one response. */
export type Disclosures = { note(customers: readonly string[], of: DisclosureClass): void }

/** Customers whose fields one response or webhook attempt shows. */
export type Disclosure = {
  channel: Channel
  /** ID of the request or of the delivery. */
  requestId: string
  /** ID of the operation; null for webhooks. */
  operation: string | null
  applicationId: string | null
  tokenId: string | null
  memberId: string | null
  /** Address of the client, or host of the endpoint. */
  address: string | null
  class: DisclosureClass
  /** The purpose that the application has stated. */
  purpose: string | null
  /** Distinct ids, in any order. */
  customerIds: readonly string[]
}

/** Place of an entry in the ledger of a business, and its hash (hexadecimal). */
export type Receipt = { sequence: number; hash: string }

export type Ledger = {
  /**
   * Commits one entry for each disclosure, in their order. The data may leave only afterwards.
   *
   * @throws Problem `temporarily_unavailable` if the entries cannot be written
   */
  record(businessId: string, disclosures: readonly Disclosure[]): Promise<Receipt[]>
}

/** The load of the ledger's writer in this process, for metrics. */
export type LedgerLoad = {
  /** Returns the responses and webhooks that wait for their entries. */
  waiting(): number
  /** Returns for how many seconds the oldest of them has waited; 0 if none waits. */
  oldestSeconds(): number
  /** Returns how many were refused since the start, because their entries could not be written. */
  refused(): number
}

/** The header of responses with customers: the receipt of their entry. */
export const RECEIPT_HEADER = 'Ledger-Receipt'

export const receiptText = ({ sequence, hash }: Receipt): string => `${sequence};sha256=${hash}`

/** The disclosures of a caller outside of a request or a webhook. Rows about customers cannot be read for such a caller. */
export const UNRECORDED: Disclosures = {
  note(customers) {
    if (customers.length > 0) throw new Error('rows about customers were read, but no ledger entry would be written')
  },
}

/** Disclosures that were collected for one response. */
export type Collected = Disclosures & {
  customers(): string[]
  has(customer: string): boolean
  class(): DisclosureClass
}

export function collectDisclosures(): Collected {
  const customers = new Set<string>()
  let highest: DisclosureClass = 'profile'
  return {
    note(some, of) {
      for (const customer of some) customers.add(customer)
      if (of === 'contact' && some.length > 0) highest = of
    },
    customers: () => [...customers],
    has: (customer) => customers.has(customer),
    class: () => highest,
  }
}

/** Returns who reads, for an entry. */
export const readerOf = (caller: Caller) => ({
  applicationId: caller.kind === 'application' ? caller.id : null,
  tokenId: 'token' in caller ? (caller.token as { id: string }).id : null,
  memberId: caller.kind === 'member' ? caller.id : null,
  purpose: caller.purpose,
})

/** Returns the channel of responses to a caller. */
export const channelTo = ({ kind }: Caller): Channel => (kind === 'member' ? 'console' : 'api')

/** Notes rows that are about to leave, if they are about customers. @param rows texts of rows, each one row or joined rows */
export function noteDisclosed(reader: Reader, resource: Resource, rows: () => readonly Buffer[]): void {
  // Rows that ingest compares do not leave.
  if (resource.customerIn === null || reader.wayOut === 'comparison') return
  reader.disclosures.note(
    rows().flatMap((text) => customersIn(resource, text)),
    classOf(resource, reader),
  )
}

/** Returns which fields of customers a reader sees in rows of this resource. */
export const classOf = (resource: Resource, reader: Pick<Reader, 'scopes' | 'wayOut'>): DisclosureClass =>
  seesContactData(resource, reader) ? 'contact' : 'profile'

/** Returns the customers of rows. A quote inside of a value is escaped, so the markers only match members of the rows. */
export function customersIn({ customerIn }: Resource, rows: Buffer): string[] {
  if (rows.length === 0 || customerIn === null) return []
  const found: string[] = []
  let at = customerIn === 'id' ? OWN_ID.length : after(rows, CUSTOMER_ID, 0)
  const marker = customerIn === 'id' ? NEXT_OWN_ID : CUSTOMER_ID
  for (; at >= 0; at = after(rows, marker, at)) found.push(rows.toString('latin1', at, at + UUID_LENGTH))
  return found
}

function after(rows: Buffer, marker: Buffer, from: number): number {
  const at = rows.indexOf(marker, from)
  return at < 0 ? -1 : at + marker.length
}

const OWN_ID = Buffer.from('"id":"')
const NEXT_OWN_ID = Buffer.from(`${BETWEEN_ROWS}"id":"`)
const CUSTOMER_ID = Buffer.from('"customer_id":"')
const UUID_LENGTH = 36
