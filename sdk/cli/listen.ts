import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { NetworkError } from '../src/errors.ts'
import type { EventsListQuery } from '../src/generated/operations.ts'
import type { Event, WebhookEvent } from '../src/generated/schemas.ts'
import { errorText, pause } from '../src/retry.ts'
import { setupTrouble } from '../src/setup.ts'
import { nearest, type Words } from './arguments.ts'
import { chosenCredentials, chosenRetries, clientOf, senderOf } from './client.ts'
import { CALLING, type Task } from './command.ts'
import { CommandFailure, UsageMistake } from './exit.ts'
import { COMMANDS } from './generated/commands.ts'
import type { World } from './world.ts'

// Delivers webhooks to a machine that the server cannot reach. It reads the event feed, as any partner can, and sends each
// event to a local URL, signed like a webhook. It uses only the public API, and creates nothing on the server.

/** Interval between two reads of the feed, and between two attempts while nothing listens on the URL. */
const EVERY_MS = 1000
/** Timeout of one attempt, the same as that of the server. */
const TIMEOUT_MS = 15_000

const EVENT_TYPES =
  COMMANDS.find(({ operation }) => operation === 'events.list')?.options.find(({ name }) => name === 'event_type')
    ?.choices ?? []

export const listen: Task = {
  words: ['listen'],
  summary: 'Forward events to a local URL as signed webhooks, for development',
  about: [
    'Reads the event feed of the API and sends each new event to the URL, signed like a webhook. The server does not need to reach your machine.',
    'If nothing listens on the URL, an event waits. If the receiver responds with an error, its status is printed and the next event follows. Customers have no contact data (PII): read the customer over the API.',
  ],
  params: [],
  flags: [
    { flag: 'forward-to', value: '<url>', about: 'URL that receives the events (required)' },
    { flag: 'event-type', value: '<type>', isList: true, about: `Only events of this type: ${EVENT_TYPES.join(', ')}` },
    { flag: 'after', value: '<position>', about: 'Start after this position of the event log. Default: latest' },
    { flag: 'secret', value: '<secret>', about: 'Signing secret, whsec_…. Default: a new one, which is printed' },
    ...CALLING,
  ],
  examples: [
    'talad-api listen --forward-to http://localhost:4000/hook',
    'talad-api listen --forward-to http://localhost:4000/hook --event-type sale.created --after 0',
  ],
  run: runListen,
}

async function runListen(world: World, { given }: Words): Promise<void> {
  const target = {
    url: targetUrl(given.get('forward-to')?.[0]),
    secret: given.has('secret') ? secretFrom(given.get('secret')?.[0] ?? '') : newSigningSecret(),
    webhookId: randomUUID(),
  }
  const types = [...new Set((given.get('event-type') ?? []).map(eventType))]
  const asked = positionFrom(given.get('after')?.[0] ?? 'latest')
  const talad = clientOf(senderOf(world, chosenCredentials(world, given), chosenRetries(given)))
  const call = { signal: world.signal }
  try {
    // Reading once checks the credentials and the position before the first line is printed.
    const { pagination } = await talad.events.list({ after: asked, limit: 1 }, call).page()
    const after = asked === 'latest' ? pagination.next_after : asked
    await world.out.write(
      `Events after position ${after} go to ${target.url}, signed with\n\n  ${target.secret}\n\nCtrl-C stops.\n\n`,
    )
    const query: EventsListQuery = { after, ...(types.length > 0 && { event_type: types as never }) }
    const onTrouble = (error: Error, waitMs: number) =>
      void world.err.write(`${error.message}: retrying in ${Math.ceil(waitMs / 1000)} s\n`)
    let sequence = 0
    for await (const event of talad.events.follow(query, { ...call, onTrouble, pollMs: EVERY_MS, idleMs: EVERY_MS })) {
      sequence += 1
      await deliver(world, target, event as Event<never>, sequence)
    }
  } catch (error) {
    // Ctrl-C is the normal way to end.
    if (!world.signal.aborted) throw error
  }
}

type Target = { url: string; secret: string; webhookId: string }

/** Sends one event. Waits while nothing listens on the URL. */
async function deliver(world: World, target: Target, event: Event<never>, sequence: number): Promise<void> {
  for (let isSaid = false; ; isSaid = true) {
    const startedAt = performance.now()
    try {
      const status = await post(target, event, sequence, world.signal)
      const took = Math.round(performance.now() - startedAt)
      const { position, type, id } = event
      return await world.out.write(
        `${String(position).padStart(8)}  ${type.padEnd(24)}  ${id}  ${status}  ${took} ms\n`,
      )
    } catch (error) {
      if (world.signal.aborted) throw error
      const words = errorText(error)
      const trouble = setupTrouble(words)
      if (trouble) throw new CommandFailure(`${target.url}: ${trouble.says.replace('the base URL', '--forward-to')}.`)
      const reason = /ECONNREFUSED/.test(words)
        ? `Nothing listens on ${target.url}`
        : `${target.url}: ${error instanceof NetworkError ? error.message : 'the connection failed'}`
      if (!isSaid) await world.err.write(`${reason}; event ${event.position} waits …\n`)
      await pause(EVERY_MS, world.signal)
    }
  }
}

/** Sends a signed message. @returns the status, or a note that the receiver took too long */
async function post({ url, ...by }: Target, event: Event<never>, sequence: number, signal: AbortSignal) {
  const late = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, {
      method: 'POST',
      ...signedMessage(by, event, sequence, Date.now()),
      redirect: 'manual',
      signal: AbortSignal.any([signal, late]),
    })
    await response.arrayBuffer()
    return String(response.status)
  } catch (error) {
    if (late.aborted && !signal.aborted) return `no response within ${TIMEOUT_MS / 1000} s`
    throw error
  }
}

/** Builds headers and body of a webhook (Standard Webhooks 1.0.0), as the server builds them. */
function signedMessage(
  { secret, webhookId }: Pick<Target, 'secret' | 'webhookId'>,
  event: Event<never>,
  sequence: number,
  now: number,
): { headers: Record<string, string>; body: string } {
  const { id, type, position, occurred_at, created_at, business_id, branch_id, data } = event
  const head = { id, type, webhook_id: webhookId, sequence, position, occurred_at, created_at, business_id, branch_id }
  const message = { ...head, data } as WebhookEvent<never>
  const body = JSON.stringify(message)
  const timestamp = String(Math.floor(now / 1000))
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'talad-api listen',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
      'webhook-attempt': '1',
    },
    body,
  }
}

const PREFIX = 'whsec_'

const newSigningSecret = (): string => PREFIX + randomBytes(32).toString('base64')

function targetUrl(text: string | undefined): string {
  if (text === undefined) throw new UsageMistake('--forward-to is required, such as http://localhost:4000/hook.')
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw new UsageMistake(`--forward-to must be a URL, such as http://localhost:4000/hook, not ${text}.`)
}

function eventType(text: string): string {
  if (EVENT_TYPES.includes(text)) return text
  const near = nearest(text, EVENT_TYPES)
  throw new UsageMistake(
    `--event-type: unknown type ${text}; ${near ? `did you mean ${near}?` : `known types: ${EVENT_TYPES.join(', ')}.`}`,
  )
}

function positionFrom(text: string): number | 'latest' {
  if (text === 'latest') return text
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text)
  throw new UsageMistake(`--after must be a position of the event log, or latest, not ${text}.`)
}

function secretFrom(text: string): string {
  if (/^whsec_[\w+/-]{16,}={0,2}$/.test(text)) return text
  throw new UsageMistake('--secret must be whsec_ followed by Base64, as the API shows it.')
}
