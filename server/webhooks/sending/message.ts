import type { Caller } from '../../contract/caller.ts'
import {
  type Collected,
  classOf,
  collectDisclosures,
  customersIn,
  type Disclosure,
  type Ledger,
  readerOf,
} from '../../contract/disclosure.ts'
import { ITEMS_BEGIN } from '../../contract/page.ts'
import { webhookWayOut } from '../../contract/visibility.ts'
import { near, type Runner } from '../../db/database.ts'
import { isSeen } from '../../events/event_types.ts'
import { dataOf, dataWithItemsOf, type LoggedEvent, type ResourceReaders } from '../../events/feed.ts'
import { ITEMS_AHEAD_MAX_BYTES, WEBHOOK_BODY_MAX_BYTES } from '../../limits.ts'
import type { Seal } from '../../seal.ts'
import type { Due } from '../queue/due.ts'
import type { Held } from '../queue/held.ts'
import type { Message } from './send.ts'
import { openSecrets, signatureOf } from './sign.ts'

// Builds messages at the time of sending, from the current rows and with the current permissions. They are not stored.

const USER_AGENT = 'Talad-Webhooks/1.0'

/** Returns whether the application still has permission for this event. */
export const isAllowed = (
  caller: Caller | null,
  { event: { type, branch_id }, isErasureNotice }: Pick<Due, 'event' | 'isErasureNotice'>,
): caller is Caller =>
  caller !== null &&
  (isErasureNotice || isSeen(type, caller.scopes)) &&
  (branch_id === null || caller.branches === 'all' || caller.branches.includes(branch_id))

/** Deliveries whose data was read, and the function that builds the message of one at the time of its attempt. */
export type ReadMessages = { due: readonly Due[]; messageOf(one: Due, now: Date): Message }

/**
 * Reads the data of deliveries: of all, or of the first ones only if they have many items. Records what they disclose.
 *
 * @param at now; determines which secrets sign
 * @throws Error if the secrets cannot be decrypted
 */
export async function messagesOf(
  db: Runner,
  resourceReaders: ResourceReaders,
  seal: Seal,
  ledger: Ledger,
  held: Held,
  caller: Caller,
  due: readonly Due[],
  at: Date,
): Promise<ReadMessages> {
  const secrets = openSecrets(seal, held.secrets, at)
  const events = due.map(({ businessId, event }): LoggedEvent => ({ ...event, business_id: businessId }))
  const disclosures = collectDisclosures()
  const reader = { ...caller, wayOut: webhookWayOut(held.includePii), disclosures }
  const there = near(db, held.businessId)
  const data = held.include.includes('items')
    ? (await dataWithItemsOf(there, reader, resourceReaders, events, ITEMS_AHEAD_MAX_BYTES)).map(withinBody)
    : events.map(await dataOf(there, reader, resourceReaders, events))
  const dataOfOne = new Map(data.map((content, at) => [due[at] as Due, content]))
  await ledger.record(held.businessId, disclosedBy(dataOfOne, resourceReaders, held, reader))
  return { due: due.slice(0, data.length), messageOf }

  function messageOf(one: Due, now: Date): Message {
    return signed(held.endpointUrl, secrets, now, {
      envelope: { ...one.event, webhook_id: held.id, sequence: one.sequence, business_id: one.businessId },
      data: dataOfOne.get(one) as Buffer,
      headers: {
        // A probe does not count, but its number is that of the next attempt.
        'webhook-attempt': String(one.state.attemptCount + 1),
        ...(one.isReplay && { 'webhook-replay': '1' }),
      },
    })
  }
}

/** Returns the disclosures of deliveries, one for each that shows customers. An attempt follows within FRESH_MS, or none. */
function disclosedBy(
  dataOfOne: ReadonlyMap<Due, Buffer>,
  resourceReaders: ResourceReaders,
  { endpointUrl }: Held,
  reader: Caller & { disclosures: Collected },
): Disclosure[] {
  const { disclosures } = reader
  return [...dataOfOne].flatMap(([{ id, event }, data]) => {
    const { resource } = resourceReaders[event.resource_type]
    // The id of a customer that is not there any more is no disclosure.
    const customerIds = customersIn(resource, data).filter(disclosures.has)
    if (customerIds.length === 0) return []
    const about = { channel: 'webhook', requestId: id, operation: null, address: new URL(endpointUrl).host } as const
    return [{ ...about, class: classOf(resource, reader), customerIds, ...readerOf(reader) }]
  })
}

/** Omits items that cannot fit into any body at once, so that they do not stay in memory until the attempt. */
const withinBody = (data: Buffer): Buffer => (data.length > WEBHOOK_BODY_MAX_BYTES ? withoutItems(data) : data)

/** Replaces the items of a record by the statement that they are omitted. */
function withoutItems(data: Buffer): Buffer {
  const items = data.indexOf(ITEMS_BEGIN)
  return items < 0 ? data : Buffer.concat([data.subarray(0, items), ITEMS_OMITTED])
}

const ITEMS_OMITTED = Buffer.from(',"items":null,"items_omitted":true')

/** Builds a ping: a signed message without an event. */
export const pingMessage = (
  seal: Seal,
  { endpointUrl, id, businessId, secrets }: Pick<Held, 'endpointUrl' | 'id' | 'businessId' | 'secrets'>,
  eventId: string,
  now: Date,
): Message =>
  signed(endpointUrl, openSecrets(seal, secrets, now), now, {
    envelope: {
      ...{ id: eventId, type: 'ping', webhook_id: id, sequence: null, position: null },
      ...{ occurred_at: now.toISOString(), created_at: now.toISOString(), business_id: businessId, branch_id: null },
    },
    data: Buffer.alloc(0),
    headers: { 'webhook-attempt': '1' },
  })

/** The members of a message other than its data, in the order of the contract. */
export type Envelope = {
  id: string
  type: string
  webhook_id: string
  sequence: number | null
  position: number | null
  occurred_at: string
  created_at: string
  business_id: string
  branch_id: string | null
}

/**
 * Builds a signed message (Standard Webhooks 1.0.0).
 *
 * @param data the inside of a JSON object
 */
export function signed(
  url: string,
  secrets: readonly string[],
  now: Date,
  { envelope, data, headers }: { envelope: Envelope; data: Buffer; headers: Record<string, string> },
): Message {
  const { id, type, webhook_id, sequence, position, occurred_at, created_at, business_id, branch_id } = envelope
  const head = { id, type, webhook_id, sequence, position, occurred_at, created_at, business_id, branch_id }
  const bodyWith = (inside: Buffer) =>
    Buffer.concat([Buffer.from(`${JSON.stringify(head).slice(0, -1)},"data":{`), inside, END])
  const whole = bodyWith(data)
  const body = whole.length > WEBHOOK_BODY_MAX_BYTES ? bodyWith(withoutItems(data)) : whole
  const timestamp = Math.floor(now.getTime() / 1000)
  return {
    url,
    body,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': USER_AGENT,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signatureOf(secrets, id, timestamp, body),
      ...headers,
    },
  }
}

const END = Buffer.from('}}')
