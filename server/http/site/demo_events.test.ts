import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'
import { DEMO_EVENT_RATE } from '../../limits.ts'
import { addDemoEvents } from './demo_events.ts'

// The refusals. test/site.test.ts causes an event.

const asked: string[] = []
const server = await testServer({
  buckets: 'by clock',
  prepare: (to) =>
    addDemoEvents(to, async (type) => {
      asked.push(type)
      return null
    }),
})
const ask = async (type: string, headers: Record<string, string> = { 'talad-page': 'event-types' }) => {
  const response = await fetch(`${server.url}/developer/demo/events/${type}`, { method: 'POST', headers })
  return { status: response.status, error: ((await response.json()) as { error: string }).error }
}

test('pages of other sites cause no event, nor does a server that is not a demo, and every address has a rate', async () => {
  assert.deepEqual(await ask('sale.created', {}), { status: 403, error: 'cross_site_request' })
  assert.deepEqual(asked, [])
  for (let count = 1; count < DEMO_EVENT_RATE.requests; count++)
    assert.deepEqual(await ask('sale.created'), { status: 404, error: 'not_found' })
  assert.deepEqual(await ask('sale.created'), { status: 429, error: 'rate_limit_exceeded' })
  assert.equal(asked.length, DEMO_EVENT_RATE.requests - 1)
})
