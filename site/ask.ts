import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { SITE_ORIGIN } from '../server/http/site/site_origin.ts'
import { type Endpoint, SHOWN_ENDPOINT } from './endpoint.ts'
import { EXAMPLES, type RecordedAnswers } from './examples.ts'
import type { SiteOperation } from './generate/contract.ts'
import type { RecordedAnswer } from './generate/reference.ts'
import type { SampleRequest } from './generate/samples.ts'

// Sends the example requests to a demo. The recorder stores the responses; the tests check them against the contract.

export type Demo = {
  url: string
  /** Local URL that receives the demo's webhooks. Pages show `SHOWN_ENDPOINT` instead. */
  endpoint: string
  /** Bodies of the requests that the endpoint has received, oldest first. */
  received: readonly string[]
  application(name: string): { client_id: string; client_secret: string }
}

/** Returns the running demo that a demo.json describes. */
export function demoOfFile(file: string, { url: endpoint, received }: Endpoint): Demo {
  const { base_url, applications } = JSON.parse(readFileSync(file, 'utf8')) as {
    base_url: string
    applications: { name: string; client_id: string; client_secret: string }[]
  }
  return {
    url: base_url,
    endpoint,
    received,
    application(name) {
      const found = applications.find((one) => one.name === name)
      if (!found) throw new Error(`${file} has no application ${name}`)
      return found
    },
  }
}

/** Sends all example requests in order and returns the responses. @throws if the demo rejects a request */
export async function askAll(operations: SiteOperation[], demo: Demo): Promise<RecordedAnswers> {
  await changeSomething(demo)
  const answers: RecordedAnswers = {}
  for (const [id, example] of Object.entries(EXAMPLES)) {
    const operation = operations.find((one) => one.id === id)
    if (!operation) throw new Error(`site/examples.ts asks for ${id}, which the contract does not have`)
    if (id === 'webhook_deliveries.list')
      await haveDelivered(demo, (answers['webhooks.create'] as Created).body.data.id)
    const { as = 'docs', ...wanted } = example(answers)
    const asked: SampleRequest = { path: {}, query: {}, body: null, ...wanted }
    answers[id] = await ask(operation, asked, demo, demo.application(as))
  }
  return answers
}

/** Creates and updates a supplier, because the event log of a new demo is empty. */
async function changeSomething(demo: Demo): Promise<void> {
  for (const [payment_terms, updated_at] of [
    ['Net 30', '2026-06-01T02:00:00.000Z'],
    ['Net 45', '2026-06-01T02:05:00.000Z'],
  ])
    await sendRecord(demo, 'suppliers', { ...SUPPLIER, payment_terms, updated_at })
}

type Created = { body: { data: { id: string } } }

const PATIENCE_MS = 20_000

/**
 * Creates a supplier and waits until its event is delivered to this webhook of the application `all`.
 *
 * @returns the ID of the delivery
 * @throws if the event is not delivered within 20 seconds
 */
export async function haveDelivered(demo: Demo, webhook: string): Promise<string> {
  const id = randomUUID()
  // A new supplier each time: an existing one would create no event.
  await sendRecord(demo, 'suppliers', {
    ...SUPPLIER,
    id,
    supplier_code: `SUP-${id.slice(0, 8)}`,
    updated_at: '2026-06-01T02:10:00.000Z',
  })
  const token = await requestToken(demo, demo.application('all'))
  const url = new URL(`/api/partner/v1/webhooks/${webhook}/deliveries?status=DELIVERED`, demo.url)
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
    const text = await response.text()
    if (!response.ok) throw new Error(`no deliveries: ${response.status} ${text}`)
    const [first] = (JSON.parse(text) as { data: { id: string }[] }).data
    if (first) return first.id
    await setTimeout(200)
  }
  throw new Error(`nothing was delivered to ${demo.endpoint}`)
}

const SUPPLIER = {
  id: '0d8f3b62-4c17-49ae-9b05-e6a2f1c7d834',
  supplier_code: 'SUP-900',
  company_name: 'บริษัท ชาดี จำกัด',
  status: 'ACTIVE',
}

/** Sends a record as the till of the demo. */
export async function sendRecord(demo: Demo, path: string, record: object): Promise<void> {
  const token = await requestToken(demo, demo.application('pos'))
  const response = await fetch(new URL(`/api/ingest/v1/${path}`, demo.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ records: [record] }),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
}

async function ask(
  operation: SiteOperation,
  asked: SampleRequest,
  demo: Demo,
  application: { client_id: string; client_secret: string },
): Promise<RecordedAnswer> {
  const token = await requestToken(demo, application)
  const url = new URL(
    operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => asked.path[name] ?? ''),
    demo.url,
  )
  for (const [name, value] of Object.entries(asked.query))
    for (const one of [value].flat()) url.searchParams.append(name, one)
  const response = await fetch(url, {
    method: operation.method,
    headers: {
      ...(operation.auth === 'token' && { Authorization: `Bearer ${token}` }),
      ...(operation.body?.sends === 'json' && { 'Content-Type': 'application/json' }),
    },
    ...(asked.body && { body: bodyOf(operation, asked.body, { ...application, token, endpoint: demo.endpoint }) }),
  })
  // Pages show a partner's endpoint and the serving server's URL, not the local URLs of this recording.
  const text = (await response.text()).replaceAll(demo.endpoint, SHOWN_ENDPOINT).replaceAll(demo.url, SITE_ORIGIN)
  if (!response.ok) throw new Error(`${operation.id}: ${response.status} ${text}`)
  return { asked, status: response.status, body: text === '' ? null : JSON.parse(text) }
}

const bodyOf = (
  { body }: SiteOperation,
  values: Record<string, unknown>,
  here: Record<'client_id' | 'client_secret' | 'token' | 'endpoint', string>,
): string | URLSearchParams =>
  body?.sends === 'json'
    ? JSON.stringify(values).replaceAll(SHOWN_ENDPOINT, here.endpoint)
    : new URLSearchParams({
        ...(values as Record<string, string>),
        ...('token' in values && { token: here.token }),
        client_id: here.client_id,
        client_secret: here.client_secret,
      })

/** Returns an access token of an application. */
export async function requestToken(
  { url }: Demo,
  { client_id, client_secret }: { client_id: string; client_secret: string },
): Promise<string> {
  const response = await fetch(new URL('/api/partner/v1/oauth/token', url), {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }),
  })
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { access_token: string }).access_token
}
