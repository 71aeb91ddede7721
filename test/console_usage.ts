import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createRequestRecorder } from '../server/requests/recorder.ts'
import { makeEvents, makeSubscription } from './factories.ts'
import type { TestServer } from './harness.ts'

// An application with a month of requests, for the screens of the console.

const DAY_MS = 24 * 3600 * 1000

/** A name with 255 characters, as a person could choose it. */
const LONG_NAME = 'ระบบสมาชิกสัมพันธ์และการตลาดของครัวใจดีสาขาสยามสแควร์ '.repeat(6).slice(0, 190).trim()

const REQUESTS = [
  {
    operation: 'customers.list',
    path: '/api/partner/v1/customers',
    query: 'limit=50&cursor',
    status: 200,
    error: null,
  },
  {
    operation: 'sales.list',
    path: '/api/partner/v1/sales',
    query: 'from=2026-06-01&limit=200',
    status: 200,
    error: null,
  },
  { operation: 'sales.list', path: '/api/partner/v1/sales', query: 'limit', status: 400, error: 'invalid_request' },
  {
    operation: 'products.list',
    path: '/api/partner/v1/products',
    query: null,
    status: 429,
    error: 'rate_limit_exceeded',
  },
  { operation: null, path: '/api/partner/v1/*', query: null, status: 404, error: 'not_found' },
  {
    operation: 'ingest.customers',
    path: '/api/ingest/v1/customers',
    query: 'partial=true',
    status: 400,
    error: 'invalid_request',
  },
]

/** @returns the ids of the application and of a failed request in the log */
export async function usedApplication(
  server: TestServer,
  businessId: string,
): Promise<{ applicationId: string; requestId: string }> {
  const { db } = server
  const wanted = { businessId, scopes: ['read:customers', 'read:customers:pii', 'read:webhooks'] as never[] }
  const { id: applicationId } = await server.application({ ...wanted, name: LONG_NAME })
  const hook = await makeSubscription(db, businessId, applicationId)
  await db`update subscriptions set status = 'FAILING', failing_since = now() - interval '3 hours', probe_at = now() where id = ${hook}`
  await db`update application_secrets set created_at = now() - interval '400 days' where application_id = ${applicationId}`
  await db`update applications set created_at = now() - interval '400 days' where id = ${applicationId}`
  await makeEvents(db, businessId, [{ type: 'customer.updated', resource_id: randomUUID() }])
  for (let daysAgo = 29; daysAgo >= 0; daysAgo -= 1) {
    const at = new Date(Date.now() - daysAgo * DAY_MS)
    const recorder = createRequestRecorder(
      db,
      () => at,
      (error) => assert.fail(String(error)),
    )
    for (let sent = 0; sent < 6 + ((daysAgo * 7) % 23); sent += 1) {
      const request = REQUESTS[sent % 9] ?? REQUESTS[0]
      recorder.record({
        ...{ businessId, applicationId, requestId: randomUUID(), isOwnId: true, method: 'GET', address: '203.0.113.7' },
        ...(request as (typeof REQUESTS)[number]),
        reason: request?.status === 400 ? 'line 3: phone: must be a text of at most 50 characters' : null,
        durationMs: 4 + ((sent * daysAgo) % 90),
      })
    }
    await recorder.stop()
  }
  const [row] = await db<{ id: string }[]>`
    select id from request_log where business_id = ${businessId} and status = 400 order by created_at desc limit 1`
  return { applicationId, requestId: row?.id as string }
}
