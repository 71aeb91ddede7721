import { type CopyValue, copyRows } from '../../db/bulk_copy.ts'
import type { Runner } from '../../db/database.ts'
import { iso } from '../figures.ts'
import { type Random, randomFrom } from '../random.ts'
import { PAGE_CUSTOMER } from './customers.ts'

const COLUMNS = [
  ...['business_id', 'id', 'customer_id', 'purpose', 'channel', 'status', 'occurred_at', 'source', 'external_id'],
  ...['created_at', 'updated_at'],
]

/** Who gives consents: a customer and the time when it was created. */
type Consenting = { id: string; created_at: string; is_member: boolean }

export type DemoConsent = {
  id: string
  customer_id: string
  purpose: string
  channel: string | null
  status: 'GIVEN' | 'WITHDRAWN'
  occurred_at: string
  source: string | null
  external_id: string | null
}

/** The share of customers who allow marketing on each channel. */
const CHANNELS: [channel: string, share: number][] = [
  ['LINE', 0.5],
  ['SMS', 0.4],
  ['EMAIL', 0.25],
]

const SIGNUP = ['signup_form', 'till', 'line_oa']

/** The time between a statement and its record. */
const NOTED_MS = 4_000

/** Writes the consents of customers, with the history of those who withdrew. @returns their number */
export async function writeConsents(
  tx: Runner,
  business: string,
  seed: number,
  customers: readonly Consenting[],
  end: number,
): Promise<number> {
  const random = randomFrom(seed)
  const consents = customers.flatMap((customer) => consentsOf(random, customer, end))
  await copyRows(tx, 'consents', COLUMNS, rowsOf(business, consents))
  return consents.length
}

function* rowsOf(business: string, consents: readonly DemoConsent[]): Generator<CopyValue[]> {
  for (const { id, customer_id, purpose, channel, status, occurred_at, source, external_id } of consents) {
    const noted = iso(Date.parse(occurred_at) + NOTED_MS)
    yield [business, id, customer_id, purpose, channel, status, occurred_at, source, external_id, noted, noted]
  }
}

/** Generates what a customer said. Members agree to the loyalty programme, on every channel. */
function consentsOf(random: Random, { id, created_at, is_member }: Consenting, end: number): DemoConsent[] {
  const signedUp = Date.parse(created_at)
  const source = random.pick(SIGNUP)
  const given = { customer_id: id, status: 'GIVEN', occurred_at: iso(signedUp), source } as const
  const consents: DemoConsent[] = []
  const add = (consent: Omit<DemoConsent, 'id' | 'external_id'>) =>
    consents.push({
      ...consent,
      id: random.id(),
      external_id: random.chance(0.5) ? `C-${random.whole(1, 9_999_999)}` : null,
    })
  if (is_member) add({ ...given, purpose: 'loyalty', channel: null })
  for (const [channel, share] of CHANNELS) {
    // The example customer shows both: a consent in force, and one that was withdrawn.
    const isExample = id === PAGE_CUSTOMER.id
    if (!random.chance(share) && !isExample) continue
    add({ ...given, purpose: 'marketing', channel })
    const isWithdrawn = isExample ? channel === 'SMS' : random.chance(0.1)
    if (!isWithdrawn) continue
    const later = Math.floor(signedUp + ((end - signedUp) * random.whole(100, 900)) / 1000)
    add({
      ...given,
      purpose: 'marketing',
      channel,
      status: 'WITHDRAWN',
      occurred_at: iso(later),
      source: 'customer_service',
    })
  }
  return consents
}

/** Generates one statement that a customer makes now. */
export const newConsent = (random: Random, customerId: string, at: number): DemoConsent & { updated_at: string } => ({
  id: random.id(),
  customer_id: customerId,
  purpose: 'marketing',
  channel: random.pick(CHANNELS)[0],
  status: random.chance(0.75) ? 'GIVEN' : 'WITHDRAWN',
  occurred_at: iso(at),
  source: 'till',
  external_id: random.chance(0.5) ? `C-${random.whole(1, 9_999_999)}` : null,
  updated_at: iso(at),
})
