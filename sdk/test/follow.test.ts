import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeBusiness, makeEvents, makeSale } from '../../test/factories.ts'
import { serverOn, testServer } from '../../test/harness.ts'
import { ApiError, type Follow, Talad } from '../src/index.ts'

const server = await testServer()
const QUICK: Follow = { pollMs: 5, idleMs: 20 }

/** Creates a business with an empty event log, and a client that sends to `at.url`. */
async function reader(scopes: Parameters<typeof server.application>[0]['scopes'] = ['read:sales']) {
  const { id, branches } = await makeBusiness(server.db)
  const app = await server.application({ businessId: id, scopes })
  const at = { url: server.url }
  const talad = new Talad({
    baseUrl: 'http://talad.example',
    clientId: app.client_id,
    clientSecret: app.client_secret,
    fetch: (input, init) => fetch(String(input).replace('http://talad.example', at.url), init),
  })
  const happen = (count: number) =>
    makeEvents(
      server.db,
      id,
      Array.from({ length: count }, () => ({ type: 'sale.updated' as const })),
    )
  return { id, branch: branches[0], app, talad, at, happen }
}

/** Reads this many events. */
async function take<T>(feed: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const event of feed) {
    taken.push(event)
    if (taken.length === count) break
  }
  return taken
}

describe('following a feed', () => {
  test('following ends with permanent errors: an unknown position, a revoked application', async () => {
    const { talad, app, id } = await reader()
    await assert.rejects(take(talad.events.follow({ after: 99 }, QUICK), 1), (error) => {
      assert.ok(error instanceof ApiError)
      assert.deepEqual([error.error, error.details[0]?.field], ['invalid_request', 'after'])
      return true
    })
    const following = take(talad.events.follow({ after: 'latest' }, QUICK), 1)
    await server.db`update applications set revoked_at = now() where business_id = ${id} and client_id = ${app.client_id}`
    await assert.rejects(following, { error: 'invalid_client' })
  })

  test('following ends when its signal aborts, also during a wait', async () => {
    const { talad } = await reader()
    const ending = new AbortController()
    const following = take(talad.events.follow({}, { pollMs: 60_000, signal: ending.signal }), 1)
    setTimeout(() => ending.abort(new Error('enough')), 50)
    await assert.rejects(following, /enough/)
  })

  test('following returns all events in order and waits for new ones', async () => {
    const { talad, happen, id, branch } = await reader()
    const first = await happen(5)
    const following = take(talad.events.follow({}, QUICK), 8)
    const sale = await makeSale(server.db, id, branch.id)
    const [told] = await makeEvents(server.db, id, [{ type: 'sale.created', resource_id: sale, branch_id: branch.id }])
    const last = await happen(2)
    const events = await following
    assert.deepEqual(
      events.map((event) => event.id),
      [...first, told, ...last],
    )
    assert.deepEqual(
      events.map(({ position }) => position),
      [1, 2, 3, 4, 5, 6, 7, 8],
    )
    const { data } = events[5] ?? {}
    assert.ok(data && 'total_amount' in data && data.total_amount === '107')
  })

  test('following starts after a position, or after the newest event', async () => {
    const { talad, happen } = await reader()
    await happen(7)
    assert.deepEqual(
      (await take(talad.events.follow({ after: 4 }, QUICK), 3)).map(({ position }) => position),
      [5, 6, 7],
    )
    const pages = talad.events.follow({ after: 'latest' }, QUICK).pages()[Symbol.asyncIterator]()
    const { value: first } = await pages.next()
    assert.deepEqual([first?.data, first?.pagination.next_after], [[], 7])
    await happen(1)
    const { value: next } = await pages.next()
    assert.deepEqual([next?.data.length, next?.pagination.next_after], [1, 8])
  })

  test('following advances the position past events that the token may not read', async () => {
    const { talad, happen } = await reader(['read:products'])
    await happen(30)
    for await (const { data, pagination } of talad.events.follow({ after: 0 }, QUICK).pages()) {
      assert.deepEqual([data, pagination.next_after], [[], 30])
      break
    }
  })

  test('following misses no event during a restart of the server', async () => {
    const { talad, at, happen } = await reader()
    const other = await serverOn(server.db, server.secretKey)
    at.url = other.url
    const troubles: Error[] = []
    const following = take(talad.events.follow({}, { ...QUICK, onTrouble: (error) => troubles.push(error) }), 20)
    await happen(10)
    await other.stop()
    await happen(10)
    while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    at.url = server.url
    assert.deepEqual(
      (await following).map(({ position }) => position),
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
  })

  test('following resumes from a stored position after a restart of the reader', async () => {
    const { talad, happen } = await reader()
    const told = await happen(450)
    let kept = 0
    const seen: string[] = []
    while (seen.length < 450)
      for await (const page of talad.events.follow({ after: kept }, QUICK).pages()) {
        seen.push(...page.data.map((event) => event.id))
        kept = page.pagination.next_after
        break
      }
    assert.deepEqual([seen, kept], [told, 450])
  })
})

test('listing a feed ends at the newest event', async () => {
  const { talad, happen } = await reader()
  const told = await happen(205)
  const listed: string[] = []
  for await (const { id } of talad.events.list()) listed.push(id)
  assert.deepEqual(listed, told)
  const page = await talad.events.list({ limit: 10 }).page()
  assert.deepEqual([page.data.length, page.pagination.next_after, page.pagination.has_more], [10, 10, true])
  await assert.rejects(talad.events.list({ event_type: ['no.such'] as never }).page(), { error: 'invalid_request' })
  assert.deepEqual(await take(talad.events.list({ after: 'latest' }), 1), [])
})
