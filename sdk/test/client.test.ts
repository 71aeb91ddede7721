import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBusiness, makeCustomers, makeDelivery } from '../../test/factories.ts'
import { type NewApp, PARTNER, testServer, withinTwoSeconds } from '../../test/harness.ts'
import { ApiError, type Customer, NetworkError, Talad, type TaladOptions, TimeoutError } from '../src/index.ts'

const server = await testServer({ buckets: 'in real time' })
const business = await makeBusiness(server.db)
const PII = ['phone', 'email', 'date_of_birth', 'address', 'city', 'state', 'postal_code', 'country', 'tax_id']

const rows = Array.from({ length: 25 }, (_, index) => ({
  full_name: `ลูกค้า ${String(index).padStart(2, '0')}`,
  total_spent: `${index}.10`,
  is_active: index % 5 !== 0,
  phone: '0812345678',
}))
await makeCustomers(server.db, business.id, rows)

const application = (more: Partial<Parameters<typeof server.application>[0]> = {}) =>
  server.application({
    businessId: business.id,
    scopes: ['read:customers', 'read:customers:pii', 'read:sales'],
    rate: { requests: 1000, perSecond: 1000 },
    ...more,
  })

/** Returns a fetch that sends to the real server and records every request. */
function watched() {
  const seen: { method: string; path: string; status: number; headers: Headers }[] = []
  const through: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const { pathname, search } = new URL(String(input))
    seen.push({
      method: init?.method ?? '',
      path: pathname + search,
      status: response.status,
      headers: response.headers,
    })
    return response
  }
  const of = (path: string) => seen.filter((one) => one.path.startsWith(PARTNER + path))
  return { seen, fetch: through, of }
}

const clientOf = (app: NewApp, more: Partial<TaladOptions> = {}) =>
  new Talad({ baseUrl: server.url, clientId: app.client_id, clientSecret: app.client_secret, ...more })

const all = async <T>(rows: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = []
  for await (const row of rows) list.push(row)
  return list
}

const refusal = (expected: Partial<ApiError>) => (error: unknown) => {
  assert.ok(error instanceof ApiError, String(error))
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name as keyof ApiError], value, name)
  return true
}

describe('error responses', () => {
  test('an invalid request rejects with all invalid parameters and their reasons', async () => {
    const talad = clientOf(await application())
    await assert.rejects(talad.customers.list({ limit: 500, q: '' }).page(), (error) => {
      assert.ok(error instanceof ApiError)
      assert.deepEqual([error.status, error.error, error.operation], [400, 'invalid_request', 'customers.list'])
      assert.deepEqual(error.details.map(({ field }) => field).sort(), ['limit', 'q'])
      assert.match(error.message, /Query parameter validation failed \(.*limit: /)
      assert.ok(
        server.requests.some(({ request_id }) => request_id === error.requestId),
        'the request ID is in the log',
      )
      return true
    })
  })

  test('a missing record and a missing scope have their own error codes', async () => {
    const talad = clientOf(await application())
    await assert.rejects(talad.customers.get(crypto.randomUUID()), refusal({ status: 404, error: 'not_found' }))
    await assert.rejects(
      talad.products.list().page(),
      refusal({ status: 403, error: 'insufficient_scope', requiredScope: 'read:products' }),
    )
  })

  test('rejected credentials fail all waiting calls, and the next call requests a token again', async () => {
    const app = await application()
    const net = watched()
    const talad = clientOf({ ...app, client_secret: 'wrong' }, { fetch: net.fetch })
    const calls = await Promise.allSettled([talad.me.get(), talad.me.get(), all(talad.customers.list())])
    for (const call of calls) {
      assert.equal(call.status, 'rejected')
      refusal({ status: 401, error: 'invalid_client' })(call.reason)
    }
    assert.equal(net.seen.length, 1)
    await assert.rejects(talad.me.get(), refusal({ error: 'invalid_client' }))
    assert.equal(net.seen.length, 2)
  })

  test('requesting a scope that the application lacks rejects with invalid_scope', async () => {
    const talad = clientOf(await application(), { scopes: ['read:reports'] })
    await assert.rejects(talad.me.get(), refusal({ status: 400, error: 'invalid_scope' }))
  })

  test('a response from another server is an unexpected_answer', async () => {
    const talad = clientOf(await application(), { fetch: async () => new Response('<html>', { status: 200 }) })
    await assert.rejects(talad.oauth.jwks(), refusal({ error: 'unexpected_answer' }))
  })
})

describe('invalid arguments', () => {
  const offline = { fetch: async () => assert.fail('something was sent') }

  test('an invalid base URL and missing credentials throw a TypeError', () => {
    const right = { baseUrl: 'https://x.example', clientId: 'a', clientSecret: 'b' }
    for (const wrong of [{ baseUrl: 'x.example' }, { baseUrl: '' }, { clientId: '' }, { clientSecret: '' }])
      assert.throws(() => new Talad({ ...right, ...wrong }), TypeError)
  })

  test('an ID that changes the URL and an empty filter list throw before anything is sent', async () => {
    const talad = new Talad({ baseUrl: server.url, clientId: 'a', clientSecret: 'b', ...offline, scopes: [] })
    // The URL is built before the token is requested, so nothing is sent.
    for (const id of ['', '.', '..', undefined as never]) await assert.rejects(talad.customers.get(id), TypeError)
    await assert.rejects(talad.sales.list({ branch_id: [] }).page(), TypeError)
  })
})

describe('write operations', () => {
  test('write operations send a body only if they have one', async () => {
    const app = await application({ scopes: ['read:webhooks', 'read:sales'] })
    const sent: [string, unknown, string | undefined][] = []
    const talad = clientOf(app, {
      fetch: (input, init) => {
        const headers = new Headers(init?.headers)
        sent.push([init?.method ?? '', init?.body, headers.get('content-type') ?? undefined])
        return fetch(input, init)
      },
    })
    const hook = await talad.webhooks.create({ endpoint_url: 'http://127.0.0.1:9/', event_types: ['sale.created'] })
    assert.match(hook.secret, /^whsec_/)
    assert.equal((await talad.webhooks.update(hook.id, { status: 'PAUSED' })).status, 'PAUSED')
    assert.notEqual((await talad.webhooks.rotateSecret(hook.id)).secret, hook.secret)
    assert.deepEqual(await talad.webhooks.ping(hook.id), {
      ...{ webhook_id: hook.id, delivered: false, response_status: null, response_body: null },
    })
    const delivery = await makeDelivery(server.db, business.id, hook.id)
    assert.equal((await talad.webhookDeliveries.redeliver(hook.id, delivery)).id, delivery)
    assert.equal((await all(talad.webhookDeliveries.list(hook.id))).length, 1)
    await assert.rejects(talad.webhooks.replay(hook.id, {}), refusal({ status: 400, error: 'invalid_request' }))
    assert.equal(await talad.webhooks.delete(hook.id), undefined)
    assert.deepEqual(await all(talad.webhooks.list()), [])
    const bodies = sent.slice(1).filter(([method]) => method !== 'GET')
    assert.deepEqual(
      bodies.map(([method, body, type]) => [method, body !== undefined, type]),
      [
        ['POST', true, 'application/json'],
        ['PATCH', true, 'application/json'],
        ['POST', false, undefined],
        ['POST', false, undefined],
        ['POST', false, undefined],
        ['POST', true, 'application/json'],
        ['DELETE', false, undefined],
      ],
    )
  })
})

describe('access token', () => {
  test('the token is fetched once for all concurrent calls', async () => {
    const net = watched()
    const talad = clientOf(await application(), { fetch: net.fetch })
    await Promise.all(Array.from({ length: 20 }, () => talad.me.get()))
    assert.deepEqual([net.of('/oauth/token').length, net.of('/me').length], [1, 20])
  })

  test('the token is renewed once after concurrent 401 responses', async () => {
    const net = watched()
    const talad = clientOf(await application(), { fetch: net.fetch })
    const { access_token } = await talad.oauth.token({ grant_type: 'client_credentials' })
    await talad.me.get()
    // The application now has two tokens; read the one that the client sends.
    const issued = await tokenInUse(net, talad)
    await talad.oauth.revoke({ token: issued })
    await withinTwoSeconds(async () => (await server.get('/me', issued)).status === 401)
    const before = net.of('/oauth/token').length
    await Promise.all(Array.from({ length: 10 }, () => talad.me.get()))
    assert.equal(net.of('/oauth/token').length, before + 1)
    assert.ok(net.of('/me').some(({ status }) => status === 401))
    assert.equal((await server.get('/me', access_token)).status, 200)
  })

  test('the token is renewed before it expires', async () => {
    const real = Date.now
    const net = watched()
    const talad = clientOf(await application(), { fetch: net.fetch })
    await talad.me.get()
    try {
      Date.now = () => real() + 3_530_000
      await talad.me.get()
      Date.now = () => real() + 3_545_000
      await Promise.all([talad.me.get(), talad.me.get()])
    } finally {
      Date.now = real
    }
    assert.deepEqual([net.of('/oauth/token').length, net.seen.filter(({ status }) => status === 401).length], [2, 0])
  })

  test('an aborted call does not abort the token request of other calls', async () => {
    const net = watched()
    const talad = clientOf(await application(), {
      fetch: async (input, init) => {
        if (String(input).endsWith('/oauth/token')) await sleep(50)
        return net.fetch(input, init)
      },
    })
    const impatient = talad.me.get({ signal: AbortSignal.timeout(5) })
    const patient = talad.me.get()
    await assert.rejects(impatient, { name: 'TimeoutError' })
    assert.ok(await patient)
    assert.equal(net.of('/oauth/token').length, 1)
  })

  /** Returns the token that this client sends. */
  async function tokenInUse(net: ReturnType<typeof watched>, talad: Talad): Promise<string> {
    const fetched = globalThis.fetch
    let bearer = ''
    globalThis.fetch = async (input, init) => {
      bearer = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? ''
      return fetched(input, init)
    }
    await talad.me.get()
    globalThis.fetch = fetched
    assert.ok(net.seen.length > 0)
    return bearer
  }
})

describe('lists', () => {
  test('for await reads all rows of a list, with the maximum page size', async () => {
    const net = watched()
    const talad = clientOf(await application(), { fetch: net.fetch })
    const names = (await all(talad.customers.list({ is_active: true }))).map(({ full_name }) => full_name)
    assert.deepEqual(
      names.sort(),
      rows.filter(({ is_active }) => is_active).map(({ full_name }) => full_name),
    )
    assert.deepEqual(
      net.of('/customers').map(({ path }) => path),
      [`${PARTNER}/customers?limit=200&is_active=true`],
    )
  })

  test('the following pages are requested with the cursor only', async () => {
    const net = watched()
    const talad = clientOf(await application(), { fetch: net.fetch })
    const walked = await all(talad.customers.list({ is_active: true, limit: 3 }))
    assert.equal(new Set(walked.map(({ id }) => id)).size, 20)
    const asked = net.of('/customers').map(({ path }) => path)
    assert.equal(asked.length, 7)
    for (const path of asked.slice(1)) assert.match(path, /\?cursor=[^&]+$/)
  })

  test('page() returns the first page, or the page of a cursor', async () => {
    const talad = clientOf(await application())
    const first = await talad.customers.list({ limit: 20 }).page()
    assert.deepEqual([first.data.length, first.pagination.has_more, first.pagination.limit], [20, true, 20])
    const next = await talad.customers.list({ cursor: first.pagination.next_cursor ?? '' }).page()
    assert.deepEqual([next.data.length, next.pagination.has_more, next.pagination.next_cursor], [5, false, null])
  })

  test('leaving a for await loop early sends no further request', async () => {
    const net = watched()
    const talad = clientOf(await application(), { fetch: net.fetch })
    for await (const _ of talad.customers.list({ limit: 5 })) break
    assert.equal(net.of('/customers').length, 1)
  })

  test('a list without pagination returns all rows', async () => {
    const talad = clientOf(await application())
    assert.deepEqual(
      (await talad.branches.list()).map(({ name }) => name).sort(),
      business.branches.map(({ name }) => name).sort(),
    )
  })
})

describe('values', () => {
  test('decimals stay strings', async () => {
    const talad = clientOf(await application())
    const [one] = await all(talad.customers.list({ q: 'ลูกค้า 24' }))
    assert.equal(one?.total_spent, '24.1')
  })

  test('personal data and its types are present only if the scope was requested', async () => {
    const app = await application()
    const withPii = clientOf(app, {}) as Talad
    const known = new Talad({
      baseUrl: `${server.url}/api/partner/v1/`,
      clientId: app.client_id,
      clientSecret: app.client_secret,
      scopes: ['read:customers', 'read:customers:pii'],
    })
    const without = new Talad({
      baseUrl: `${server.url}/`,
      clientId: app.client_id,
      clientSecret: app.client_secret,
      scopes: ['read:customers'],
    })
    const [a] = (await withPii.customers.list({ limit: 1 }).page()).data as [Customer]
    const [b] = (await known.customers.list({ limit: 1 }).page()).data as [
      Customer<'read:customers' | 'read:customers:pii'>,
    ]
    const [c] = (await without.customers.list({ limit: 1 }).page()).data as [Customer<'read:customers'>]
    const perhaps: string | null | undefined = a.phone
    const there: string | null = b.phone
    // @ts-expect-error the field is optional
    const certain: string | null = a.phone
    // @ts-expect-error the scope was not requested
    const absent: unknown = c.phone
    assert.deepEqual([perhaps, there, certain, absent], ['0812345678', '0812345678', '0812345678', undefined])
    assert.deepEqual(
      PII.filter((key) => key in b),
      PII,
    )
    assert.deepEqual(
      PII.filter((key) => key in c),
      [],
    )
  })
})

test('onReceipt gets the receipt of every response that shows customers, and of no other', async () => {
  const kept: { operation: string; receipt: string; at: Date }[] = []
  const talad = clientOf(await application(), { onReceipt: (receipt) => kept.push(receipt) })
  await talad.me.get()
  const { data } = await talad.customers.list({ limit: 2 }).page()
  await talad.customers.get(data[0]?.id as string)
  assert.deepEqual(
    kept.map(({ operation }) => operation),
    ['customers.list', 'customers.get'],
  )
  for (const { receipt } of kept) assert.match(receipt, /^[1-9]\d*;sha256=[0-9a-f]{64}$/)
})

describe('rate limit', () => {
  test('a list longer than the bucket is read without a 429', async () => {
    const net = watched()
    const talad = clientOf(await application({ rate: { requests: 5, perSecond: 200 } }), { fetch: net.fetch })
    assert.equal((await all(talad.customers.list({ limit: 1 }))).length, 25)
    assert.deepEqual([net.of('/customers').length, net.seen.filter(({ status }) => status === 429).length], [25, 0])
  })

  test('many concurrent calls get no 429', async () => {
    const net = watched()
    const talad = clientOf(await application({ rate: { requests: 5, perSecond: 200 } }), { fetch: net.fetch })
    await Promise.all(Array.from({ length: 40 }, () => talad.me.get()))
    assert.deepEqual([net.of('/me').length, net.seen.filter(({ status }) => status === 429).length], [40, 0])
  })

  test('if others have used up the bucket, a call waits as long as Retry-After says', async () => {
    const app = await application({ rate: { requests: 2, perSecond: 1 } })
    const net = watched()
    const waits: number[] = []
    const talad = clientOf(app, { fetch: net.fetch, onRetry: ({ waitMs }) => waits.push(waitMs) })
    const token = await server.token(app)
    while ((await server.get('/me', token)).status !== 429);
    assert.ok(await talad.me.get())
    assert.equal(net.of('/me')[0]?.status, 429)
    assert.ok(
      waits.every((ms) => ms >= 1000),
      `waited ${waits}`,
    )
  })
})

describe('failures', () => {
  /** Returns a fetch that first gives these responses, then calls the server. An Error is a failed connection. */
  const failing = (...answers: (Response | Error)[]): { fetch: typeof fetch; left: () => number } => ({
    left: () => answers.length,
    fetch: async (input, init) => {
      if (String(input).endsWith('/oauth/token')) return fetch(input, init)
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer ?? fetch(input, init)
    },
  })
  const busy = () => Response.json({ error: 'temporarily_unavailable', message: 'Later.' }, { status: 503 })
  const lost = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })

  test('a busy server and a lost connection are retried', async () => {
    const net = failing(busy(), lost('ECONNRESET'))
    const talad = clientOf(await application(), net)
    assert.ok(await talad.me.get())
    assert.equal(net.left(), 0)
  })

  test('after the last retry the call rejects with the cause', async () => {
    const app = await application()
    const talad = clientOf(app, { ...failing(busy(), busy()), retries: 1 })
    await assert.rejects(talad.me.get(), refusal({ status: 503, error: 'temporarily_unavailable', message: 'Later.' }))
    const away = clientOf(app, { ...failing(lost('ENOTFOUND')), retries: 0 })
    await assert.rejects(away.me.get(), (error) => {
      assert.ok(error instanceof NetworkError)
      assert.match(error.message, /^GET http.*\/me: host not found: check the base URL \(ENOTFOUND\)$/)
      assert.match(error.requestId ?? '', /^[\w-]{36}$/)
      return true
    })
  })

  test('a call is not retried if Retry-After is too long', async () => {
    const later = Response.json(
      { error: 'temporarily_unavailable', message: 'Later.' },
      { status: 503, headers: { 'retry-after': '3600' } },
    )
    const talad = clientOf(await application(), failing(later))
    await assert.rejects(talad.me.get(), refusal({ status: 503, retryAfter: 3600 }))
  })

  test('a 404 is not retried', async () => {
    const net = watched()
    const talad = clientOf(await application(), { fetch: net.fetch })
    await assert.rejects(talad.customers.get(crypto.randomUUID()), ApiError)
    assert.equal(net.of('/customers').length, 1)
  })

  test('a call ends at its timeout and when its signal aborts', async () => {
    // This fetch ignores the signal.
    const hanging: typeof fetch = (input, init) =>
      String(input).endsWith('/oauth/token') ? fetch(input, init) : new Promise(() => {})
    const talad = clientOf(await application(), { fetch: hanging, timeoutMs: 30, retries: 0 })
    await assert.rejects(talad.me.get(), TimeoutError)
    await assert.rejects(talad.me.get({ signal: AbortSignal.abort(new Error('no')) }), /^Error: no$/)
    await assert.rejects(talad.me.get({ timeoutMs: 5000, signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' })
  })

  test('a redirect is not followed, so credentials stay with the server', async () => {
    const asked: string[] = []
    const talad = clientOf(await application(), {
      fetch: async (input, init) => {
        asked.push(String(input))
        assert.equal(init?.redirect, 'manual')
        return new Response(null, { status: 307, headers: { location: 'https://elsewhere.example/' } })
      },
    })
    await assert.rejects(talad.me.get(), refusal({ status: 307, error: 'unexpected_answer' }))
    assert.equal(asked.length, 1)
  })
})
