import { type Answers, EXAMPLES } from './examples.ts'
import type { Operation } from './generate/contract.ts'
import type { Recorded } from './generate/reference.ts'
import type { Asked } from './generate/samples.ts'

// Asks a demo what the examples ask. The recorder keeps the answers, the tests hold them against the contract.

export type Demo = {
  url: string
  application(name: string): { client_id: string; client_secret: string }
}

/** The answers of a demo to every example, in their order. @throws if one is refused */
export async function askAll(operations: Operation[], demo: Demo): Promise<Answers> {
  await changeSomething(demo)
  const answers: Answers = {}
  for (const [id, example] of Object.entries(EXAMPLES)) {
    const operation = operations.find((one) => one.id === id)
    if (!operation) throw new Error(`site/examples.ts asks for ${id}, which the contract does not have`)
    const { as = 'docs', ...wanted } = example(answers)
    const asked: Asked = { path: {}, query: {}, body: null, ...wanted }
    answers[id] = await ask(operation, asked, demo, demo.application(as))
  }
  return answers
}

/** The event log of a new demo is empty: its shop takes on a supplier, and changes its mind about the terms. */
async function changeSomething(demo: Demo): Promise<void> {
  const token = await tokenOf(demo, demo.application('pos'))
  for (const [payment_terms, updated_at] of [
    ['Net 30', '2026-06-01T02:00:00.000Z'],
    ['Net 45', '2026-06-01T02:05:00.000Z'],
  ]) {
    const response = await fetch(new URL('/api/ingest/v1/suppliers', demo.url), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ records: [{ ...SUPPLIER, payment_terms, updated_at }] }),
    })
    if (!response.ok) throw new Error(`no event: ${response.status} ${await response.text()}`)
  }
}

const SUPPLIER = {
  id: '0d8f3b62-4c17-49ae-9b05-e6a2f1c7d834',
  supplier_code: 'SUP-900',
  company_name: 'บริษัท ชาดี จำกัด',
  status: 'ACTIVE',
}

async function ask(
  operation: Operation,
  asked: Asked,
  demo: Demo,
  application: { client_id: string; client_secret: string },
): Promise<Recorded> {
  const token = await tokenOf(demo, application)
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
    ...(asked.body && { body: bodyOf(operation, asked.body, { ...application, token }) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation.id}: ${response.status} ${text}`)
  return { asked, status: response.status, body: text === '' ? null : JSON.parse(text) }
}

const bodyOf = (
  { body }: Operation,
  values: Record<string, unknown>,
  secret: Record<string, string>,
): string | URLSearchParams =>
  body?.sends === 'json'
    ? JSON.stringify(values)
    : new URLSearchParams({
        ...(values as Record<string, string>),
        ...('token' in values && { token: secret.token ?? '' }),
        client_id: secret.client_id ?? '',
        client_secret: secret.client_secret ?? '',
      })

/** An access token of this application. */
export async function tokenOf(
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
