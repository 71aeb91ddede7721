import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type Business, FACTORIES, makeBusiness, makeCustomer, makeCustomers, OWNED } from '../../test/factories.ts'
import { type Json, type NewApp, PARTNER, sendRaw, testServer } from '../../test/harness.ts'
import { assertRawRefusal, exchange } from '../../test/socket.ts'
import { isSampled, onlyOnce } from '../../test/thorough.ts'
import { HEADERS_MAX_BYTES } from '../limits.ts'
import { KINDS } from '../scopes.ts'
import { fullPath, type Operation } from './operation.ts'
import type { Parameter } from './parameters.ts'

// The rules for transport, the order of checks and validation, at every operation. New operations are tested
// automatically.

const server = await testServer()
const { db, get } = server
// Members have no token; test/console_authorization.test.ts walks the operations of the console.
const operations = server.app.operations.filter(({ plane }) => plane.name !== 'console')
const reading = operations.filter(({ method, plane }) => method === 'GET' && plane.name === 'partner')

let business: Business
let application: NewApp
let token: string
/** The token of a till. */
let writer: string
/** The complete path of each operation, with ids of existing rows. */
const paths = new Map<string, string>()

before(async () => {
  business = await makeBusiness(db)
  await makeBusiness(db)
  application = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
  token = await server.token(application)
  writer = await server.token(
    await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] }),
  )
  for (const operation of operations) paths.set(operation.id, await pathWithRow(operation))
})

async function pathWithRow(operation: Operation): Promise<string> {
  if (Object.keys(operation.params).length === 0) return fullPath(operation)
  const [made, owned] = [FACTORIES[operation.id], OWNED[operation.id]]
  assert.ok(made ?? owned, `test/factories.ts has nothing for ${operation.id}`)
  const ids =
    (await made?.(db, business.id, business.branches[0].id)) ?? (await owned?.(db, business.id, application.id)) ?? {}
  return fullPath(operation).replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] as string)
}

/** Runs the checks in groups of 16 at a time. */
async function each<T>(values: readonly T[], check: (value: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < values.length; at += 16) await Promise.all(values.slice(at, at + 16).map(check))
}

/** The same with a part of the values in npm test: every value is used at some of the operations. */
function eachSampled<T>(operation: Operation, values: readonly T[], check: (value: T) => Promise<void>): Promise<void> {
  const at = reading.indexOf(operation)
  return each(
    values.filter((_, place) => isSampled(8, at, place)),
    check,
  )
}

const parametersOf = ({ query }: Operation) => Object.entries(query.parameters)

/** Returns a query with an example value for every required parameter except those in `without`. */
function queryWith(operation: Operation, tested: string, without: string[]): string {
  const required = parametersOf(operation)
    .filter(([name, { required }]) => required && !without.includes(name))
    .map(([name, { example }]) => `${name}=${encodeURIComponent(String(example))}`)
  return [...required, tested].filter((part) => part !== '').join('&')
}

/** Sends the query and returns the messages about one field. Fails unless an error has the documented form. */
async function mistakes(operation: Operation, field: string, query: string): Promise<string[]> {
  const path = `${paths.get(operation.id)}?${queryWith(operation, query, [field])}`
  const { status, body } = await sendRaw(server, path, { headers: ['Authorization', `Bearer ${token}`] })
  if (status !== 400) return []
  assert.deepEqual(Object.keys(body), ['error', 'message', 'details'])
  assert.equal(body.error, 'invalid_request')
  assert.equal(body.message, 'Query parameter validation failed')
  for (const detail of body.details) assert.deepEqual(Object.keys(detail), ['field', 'message'])
  return body.details.filter((detail: Json) => detail.field === field).map(({ message }: Json) => message)
}

/** Swaps the case of the letters, if they have one. */
const swapCase = (text: string) => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase())

const nearby = (operation: Operation) => Object.keys(operation.query.parameters)

/** Returns invalid values of a parameter, and the message that states the allowed values. */
function wrongValues({ schema }: Parameter): { values: string[]; message: string } {
  if (schema.type === 'boolean')
    return {
      values: ['True', 'TRUE', '1', '0', 'yes', 'on', 't', 'null', ' true', 'true ', 'true\n', 'true,false', 'ture'],
      message: 'must be true or false',
    }
  if (schema.type === 'integer')
    return {
      values: [
        ...['1e2', '1e0', '+5', ' 5', '5 ', '5\n', '0x10', '0b11', '0o7', '01', '00', '5.0', '5.', '.5', '5,0', '1_0'],
        ...['-1', '-0', '--5', '٥', '５', '²', 'NaN', 'Infinity', 'null', 'five', '5;', '5n', '1 0'],
        ...[String(Number(schema.minimum) - 1), String(Number(schema.maximum) + 1)],
        ...['2147483648', '4294967297', '9007199254740993', '99999999999999999999', '9'.repeat(400)],
      ],
      message: `must be a whole number from ${schema.minimum} to ${schema.maximum}`,
    }
  if (schema.format === 'uuid')
    return {
      values: [
        'urn:uuid:5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91',
        '{5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91}',
        '5c19101cd9e54fb09f857daf1f0c3f91',
        '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f9',
        '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f911',
        '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f9g',
        '5c19101c_d9e5_4fb0_9f85_7daf1f0c3f91',
        ' 5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91',
        '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91\n',
        '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91,5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91',
        '٥c19101c-d9e5-4fb0-9f85-7daf1f0c3f91',
        '1',
        'null',
      ],
      message: 'must be a UUID, such as 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
    }
  if (schema.format === 'date')
    return {
      values: [
        ...['2026-2-1', '20260201', '2026-02-30', '2025-02-29', '2026-13-01', '2026-00-10', '2026-01-32', '2026-01-00'],
        ...['0000-01-01', '10000-01-01', '-2026-01-01', '+2026-01-01', '2026-01-01T00:00:00Z', '2026-01-01 ', 'today'],
        ...['2026-W01-1', '2026/01/01', '01-02-2026', '٢٠٢٦-01-01'],
      ],
      message: 'must be a valid date, such as 2026-06-01',
    }
  if (Array.isArray(schema.enum))
    return {
      values: ['x', swapCase(String(schema.enum[0])), ` ${schema.enum[0]}`, [...schema.enum, 'x'].join(',')],
      message: schema.enum.length === 1 ? `must be ${schema.enum[0]}` : `must be one of ${schema.enum.join(', ')}`,
    }
  if (String(schema.pattern).includes('latest'))
    return {
      values: [
        '-1',
        '1.5',
        '1e3',
        '007',
        '+5',
        ' 5',
        '0x1',
        'LATEST',
        'newest',
        'null',
        '9007199254740993',
        '9'.repeat(40),
      ],
      message: 'must be a position (next_after of an earlier page) or latest',
    }
  // Every invalid cursor gets the same message (http/cursor.test.ts).
  if (schema.maxLength === 4096)
    return { values: ['x', 'A'.repeat(5000)], message: 'must be next_cursor of an earlier page of this list' }
  return {
    values: ['ก'.repeat(256), '😀'.repeat(256)],
    message: `must be 1 to ${schema.maxLength} characters`,
  }
}

describe('Validation: every operation rejects invalid values and states what is allowed', () => {
  for (const operation of reading) {
    const known = nearby(operation)

    test(`${operation.id}: an unknown parameter is rejected, even if it is a property of every JavaScript object`, async () => {
      const names = [
        'nonsense',
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        'prototype',
        '__defineGetter__',
      ]
      const unknown = [...names, 'ไทย', ...known.flatMap((name) => [name.toUpperCase(), `${name}[]`])]
      await eachSampled(operation, unknown, async (name) => {
        const told = await mistakes(operation, name, `${encodeURIComponent(name)}=1`)
        assert.equal(told.length, 1, name)
        assert.match(told[0] as string, /^is unknown/)
      })
      assert.deepEqual(await mistakes(operation, 'ไม่รู้จักเลยสักนิดเดียว', `${encodeURIComponent('ไม่รู้จักเลยสักนิดเดียว')}=1`), [
        known.length > 0
          ? `is unknown; the known names are ${known.join(', ')}`
          : 'is unknown; this operation has no parameters',
      ])
    })

    for (const [name, parameter] of parametersOf(operation)) {
      const valued = (value: string, message: string): [string, string] => [`${name}=${value}`, message]

      test(`${operation.id}: a misspelt ${name} is rejected, and the error suggests the right name`, async () => {
        // A short name without one letter can be equally close to another name.
        const slips =
          name.length < 4 ? [`${name}${name.at(-1)}`] : [name.slice(1), name.slice(0, -1), name[0] + name.slice(2)]
        await each(slips, async (slip) => {
          assert.deepEqual(await mistakes(operation, slip, `${slip}=1`), [`is unknown; did you mean ${name}?`])
        })
      })

      test(`${operation.id}: ${name} is rejected if it is empty or its encoding is invalid`, async () => {
        const wrong: [query: string, message: string][] = [
          [name, 'must not be empty'],
          [`${name}=`, 'must not be empty'],
          ...['%00', 'a%00b', '%00%00'].map((value) => valued(value, 'must not contain NUL')),
          ...['%FF', '%E0%B8', 'a%C0%80', '%ED%A0%80', '%F4%90%80%80', '%E0%B8%AA%B8', '%80'].map((value) =>
            valued(value, 'is not valid UTF-8'),
          ),
          ...['%', '%z', '%zz', '%1', 'a%2', '%%41', '%u0E01', '%E0%B8%A', '%2G'].map((value) =>
            valued(value, 'is not percent-encoded correctly'),
          ),
        ]
        await eachSampled(operation, wrong, async ([query, message]) => {
          assert.deepEqual(await mistakes(operation, name, query), [message], query)
        })
      })

      test(`${operation.id}: ${name} is rejected if it is given too often`, async () => {
        const one = `${name}=${encodeURIComponent(String(parameter.example ?? 'x'))}`
        if (parameter.repeatable)
          assert.deepEqual(
            await mistakes(
              operation,
              name,
              Array(parameter.most + 1)
                .fill(one)
                .join('&'),
            ),
            [`must be given at most ${parameter.most} times`],
          )
        else
          for (const query of [`${one}&${one}`, `${one}&other=1&${one}`, `${one}&${one}&${one}`])
            assert.deepEqual(await mistakes(operation, name, query), ['must be given only once'])
      })

      test(`${operation.id}: ${name} accepts its example and rejects values that only look valid`, async () => {
        const { values, message } = wrongValues(parameter)
        await eachSampled(operation, values, async (value) => {
          assert.deepEqual(await mistakes(operation, name, `${name}=${encodeURIComponent(value)}`), [message], value)
        })
        if (parameter.example !== null)
          assert.deepEqual(
            (await mistakes(operation, name, `${name}=${encodeURIComponent(String(parameter.example))}`)).filter(
              (told) => told === message,
            ),
            [],
          )
      })
    }

    test(`${operation.id}: all mistakes are reported at once`, async () => {
      const wrong = parametersOf(operation).map(
        ([name, parameter]) => `${name}=${encodeURIComponent(wrongValues(parameter).values[0] as string)}`,
      )
      const query = [...wrong, 'nonsense=1', 'other=%FF', '%FF=1'].join('&')
      const ids = Object.keys(operation.params)
      const path = fullPath(operation).replaceAll(/\{\w+\}/g, 'x')
      const { status, body } = await sendRaw(server, `${path}?${query}`, {
        headers: ['Authorization', `Bearer ${token}`],
      })
      assert.equal(status, 400)
      assert.deepEqual(
        body.details.map(({ field }: Json) => field).sort(),
        [...ids, ...known, 'nonsense', 'other', '(name)'].sort(),
      )
    })

    for (const [name, parameter] of Object.entries(operation.params))
      test(`${operation.id}: ${name} in the path rejects values that only look valid`, async () => {
        const { values, message } = wrongValues(parameter)
        const all = [...values, 'a/b', '..', '%', '\0', 'ใ', `${randomUUID()}/`, 'x'.repeat(1000)]
        await eachSampled(operation, all, async (value) => {
          const path = fullPath(operation).replace(`{${name}}`, encodeURIComponent(value).replaceAll('.', '%2E'))
          const { status, body } = await sendRaw(server, path, { headers: ['Authorization', `Bearer ${token}`] })
          assert.equal(status, 400, path)
          assert.deepEqual(body.details, [{ field: name, message }], path)
        })
      })
  }

  for (const operation of operations.filter(({ scope }) => scope === 'public'))
    test(`${operation.id}: every query parameter is rejected`, async () => {
      const { status, body } = await sendRaw(server, `${fullPath(operation)}?client_id=x&x=%FF`, {
        method: operation.method,
        headers: operation.form ? ['Content-Type', 'application/x-www-form-urlencoded', 'Content-Length', '0'] : [],
      })
      assert.equal(status, 400)
      assert.equal(body.message, 'Query parameter validation failed')
      assert.deepEqual(body.details, [
        { field: 'x', message: 'is not valid UTF-8' },
        { field: 'client_id', message: 'is unknown; this operation has no parameters' },
      ])
    })

  for (const operation of operations.filter(({ form }) => form !== null))
    test(`${operation.id}: a form is read as strictly as a query, and all its mistakes are reported at once`, async () => {
      const names = Object.keys(operation.form ?? {})
      const [once = '', ...others] = names
      const form = [
        `${once}=a&${once}=b`,
        ...others.map((name, index) => `${name}=${[`a&${name}=b`, '%FF', '%zz', '%00'][index % 4]}`),
      ]
      const { status, body } = await server.call(fullPath(operation), { form: form.join('&') })
      assert.equal(status, 400)
      assert.equal(body.message, 'Request body validation failed')
      assert.deepEqual(body.details.map(({ field }: Json) => field).sort(), [...names].sort())
      const told = new Map(body.details.map(({ field, message }: Json) => [field, message]))
      assert.equal(told.get(once), 'must be given only once')
      for (const [index, name] of others.entries())
        assert.equal(
          told.get(name),
          ['must be given only once', 'is not valid UTF-8', 'is not percent-encoded correctly', 'must not contain NUL'][
            index % 4
          ],
        )
    })
})

describe('Validation: a query is decoded exactly once', onlyOnce, () => {
  const names = async (query: string): Promise<string[]> => {
    const path = `${PARTNER}/customers?${query}`
    const { status, body, text } = await sendRaw(server, path, { headers: ['Authorization', `Bearer ${token}`] })
    assert.equal(status, 200, text)
    return body.data.map(({ full_name }: Json) => full_name).sort()
  }
  const NAMES = ['a b', 'a+b', 'a&b', 'a=b', 'a%b', 'a#b', 'a?b', 'a;b', 'a/b', 'a"b']

  before(() =>
    makeCustomers(
      db,
      business.id,
      NAMES.map((full_name) => ({ full_name: `รหัส ${full_name}` })),
    ),
  )

  for (const [query, ...found] of [
    ['q=a+b', 'a b'],
    ['q=a%20b', 'a b'],
    ['q=a%2Bb', 'a+b'],
    ['q=a%2bb', 'a+b'],
    ['q=a%26b', 'a&b'],
    ['q=a%3Db', 'a=b'],
    ['q=a=b', 'a=b'],
    ['q=a%25b', 'a%b'],
    ['q=a%23b', 'a#b'],
    ['q=a?b', 'a?b'],
    ['q=a;b', 'a;b'],
    ['q=a/b', 'a/b'],
    ['q=a%2Fb', 'a/b'],
    ['q=a"b', 'a"b'],
    ['%71=a%2Bb', 'a+b'],
    ['&&q=a%2Bb&', 'a+b'],
    ['q=a%2Bb&is_active=%74rue', 'a+b'],
    ['is%5Factive=true&q=a%2Bb', 'a+b'],
    ['q=a%252Bb'],
    ['q=%2500'],
    ['q=%EF%BB%BFa%2Bb'],
  ] as [string, ...string[]][])
    test(`?${query} finds ${found[0] ?? 'nothing'}`, async () => {
      assert.deepEqual(
        await names(query),
        found.map((name) => `รหัส ${name}`),
      )
    })

  test('an empty query string gives the same response as no query string', async () => {
    const { text } = await get('/customers', token)
    for (const query of ['?', '?&', '?&&&']) assert.equal((await get(`/customers${query}`, token)).text, text)
  })

  test('a URL with a fragment is rejected as malformed', async () => {
    for (const path of [
      '/customers#is_active=false',
      '/customers?is_active=true#',
      '/me#x',
      '/customers?q=a#b',
      '/nothing#',
    ])
      assert.deepEqual(
        await refusalOf(`${PARTNER}${path}`),
        [400, '{"error":"invalid_request","message":"The URL is malformed","details":[]}'],
        path,
      )
  })

  test('unencoded bytes are rejected, and the message says to percent-encode them', async () => {
    for (const word of ['ใจดี', 'é', '\u0001', '\u007F']) {
      const head = Buffer.from(`GET ${PARTNER}/customers?q=${word} HTTP/1.1\r\nHost: x\r\n\r\n`)
      const response = await exchange(server.url, head)
      assert.ok(response)
      assertRawRefusal(response)
      assert.match(JSON.parse(response.text).message, /must be percent-encoded/)
    }
  })
})

/** Returns status and body of a GET, with the token by default. */
async function refusalOf(
  path: string,
  headers: string[] = ['Authorization', `Bearer ${token}`],
): Promise<[number, string]> {
  const { status, text } = await sendRaw(server, path, { headers })
  return [status, text]
}

const NOT_FOUND = '{"error":"not_found","message":"Not found"}'
const MALFORMED = '{"error":"invalid_request","message":"The URL is malformed","details":[]}'

describe('paths and methods', onlyOnce, () => {
  test('an unknown path is 404, with a token and without', async () => {
    const id = await makeCustomer(db, business.id)
    const unknown = [
      ...[
        '/',
        '//',
        '/x',
        '/api',
        '/api/',
        '/api/partner/v1',
        `${PARTNER}/`,
        `${PARTNER}/nothing`,
        '/favicon.ico',
        '/*',
      ],
      ...operations.map((operation) => `${paths.get(operation.id)}/`),
      ...reading.map((operation) => `/${paths.get(operation.id)}`),
      ...reading.map((operation) => `${paths.get(operation.id)}/x/y`),
      ...reading
        .map((operation) => fullPath(operation).replaceAll(/\{\w+\}/g, ''))
        .filter((path) => path.endsWith('/')),
      ...[`${PARTNER}/Customers`, `${PARTNER}/customers.json`, `${PARTNER}/customers/${id}/x`, `${PARTNER}//customers`],
      ...['/api/partner/v2/customers', '/customers', `${PARTNER}/customers%2F${id}`, `${PARTNER}/customers\\`],
      ...[`${PARTNER}/customers;x=1`, `${PARTNER}/__proto__`, `${PARTNER}/constructor`, `${PARTNER}/customers/../me`],
    ]
    await each(unknown, async (path) => {
      assert.deepEqual(await refusalOf(path), [404, NOT_FOUND], path)
      assert.deepEqual(await refusalOf(path, []), [404, NOT_FOUND], path)
      assert.deepEqual(await refusalOf(`${path}?x=%FF`), [404, NOT_FOUND], path)
    })
  })

  test('a malformed URL is 400, also at an unknown path', async () => {
    for (const path of [
      '/%',
      '/%zz',
      '/nothing/%',
      `${PARTNER}/%FF`,
      `${PARTNER}/customers/%FF`,
      `${PARTNER}/customers/%E0%B8`,
      `${PARTNER}/customers/%zz?x=1`,
    ])
      for (const headers of [[], ['Authorization', `Bearer ${token}`]])
        assert.deepEqual(await refusalOf(path, headers), [400, MALFORMED], path)
  })

  const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'LOCK', 'SEARCH']
  const known = new Map<string, Operation[]>()
  for (const operation of operations)
    for (const path of [fullPath(operation), operation.alias])
      if (path !== null) known.set(path, [...(known.get(path) ?? []), operation])

  for (const [path, here] of known)
    test(`${path}: every other method is 405, with Allow, with a token and without`, async () => {
      const allowed = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
      const target = path === here[0]?.alias ? path : (paths.get(here[0]?.id ?? '') as string)
      await each(
        METHODS.filter((method) => !allowed.includes(method)),
        async (method) => {
          for (const headers of [[], ['Authorization', `Bearer ${token}`]]) {
            const { status, text, headers: told } = await sendRaw(server, `${target}?x=%FF`, { method, headers })
            assert.equal(status, 405, method)
            assert.equal(told.get('allow'), allowed.join(', '))
            assert.equal(
              text,
              method === 'HEAD' ? '' : '{"error":"method_not_allowed","message":"Method not allowed on this path"}',
            )
          }
        },
      )
    })

  test('a body does not change the response to an unknown path or method', async () => {
    const headers = ['Content-Type', 'application/json', 'Content-Length', '100000']
    const body = '{'.repeat(100_000)
    assert.equal((await sendRaw(server, `${PARTNER}/customers`, { method: 'POST', headers, body })).status, 405)
    assert.equal((await sendRaw(server, `${PARTNER}/nothing`, { method: 'POST', headers, body })).status, 404)
  })

  for (const operation of operations.filter(({ method }) => method === 'GET'))
    test(`${operation.id}: HEAD returns the status and headers of GET, without the body`, async () => {
      const own = operation.plane.name === 'ingest' ? writer : token
      const headers = ['Authorization', `Bearer ${own}`, 'X-Request-Id', 'same']
      const target = `${paths.get(operation.id)}?${queryWith(operation, '', [])}`
      const [whole, head] = [
        await sendRaw(server, target, { headers }),
        await sendRaw(server, target, { method: 'HEAD', headers }),
      ]
      // Without a body nothing is disclosed, so there is no receipt.
      const kept = (response: Headers) => [...response].filter(([name]) => name !== 'date' && name !== 'ledger-receipt')
      assert.equal(head.headers.get('ledger-receipt'), null)
      assert.equal(head.status, whole.status)
      assert.equal(head.text, '')
      // A cursor differs each time, but its length does not.
      assert.deepEqual(kept(head.headers), kept(whole.headers))
      assert.equal(Number(head.headers.get('content-length')), Buffer.byteLength(whole.text))
      assert.equal((await sendRaw(server, `${target}&x=1`, { method: 'HEAD', headers })).status, 400)
    })
})

describe('Transport', onlyOnce, () => {
  test('every data response is UTF-8 JSON, which no shared cache may keep', async () => {
    for (const operation of reading) {
      const { status, headers } = await sendRaw(server, `${paths.get(operation.id)}?${queryWith(operation, '', [])}`, {
        headers: ['Authorization', `Bearer ${token}`],
      })
      if (status !== 200) continue
      assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
      assert.equal(headers.get('cache-control'), headers.has('etag') ? 'private, no-cache' : 'no-store')
    }
  })

  test('no response has CORS headers, because partners call from servers', async () => {
    const headers = ['Origin', 'https://evil.example', 'Access-Control-Request-Method', 'GET']
    for (const method of ['GET', 'OPTIONS']) {
      const response = await sendRaw(server, `${PARTNER}/me`, {
        method,
        headers: [...headers, 'Authorization', `Bearer ${token}`],
      })
      assert.equal(response.status, method === 'GET' ? 200 : 405)
      assert.deepEqual(
        [...response.headers.keys()].filter((name) => name.startsWith('access-control')),
        [],
      )
    }
  })

  test('a valid X-Request-Id of 1–128 characters from [A-Za-z0-9._-] is returned unchanged', async () => {
    for (const own of ['a', '0', '.', '-', '_', 'A-b_c.9', 'x'.repeat(128), '5f0c6f0e-93c5-4f0e-9a3b-5a1c1f3b7d21'])
      for (const path of ['/customers', '/nothing', '/customers?x=1', '/%zz', '/customers#x'])
        for (const headers of [[], ['Authorization', `Bearer ${token}`]]) {
          const response = await sendRaw(server, PARTNER + path, { headers: [...headers, 'X-Request-Id', own] })
          assert.equal(response.headers.get('x-request-id'), own, path)
        }
  })

  test('a request without a valid X-Request-Id gets a new one', async () => {
    const insane: string[][] = [
      [],
      ...['', ' ', 'a b', 'x'.repeat(129), 'a,b', 'a/b', '"a"', 'é', 'a\tb', 'a;b', '<script>', '%41', 'ก'.normalize()]
        .map((own) => Buffer.from(own).toString('latin1'))
        .map((own) => ['X-Request-Id', own]),
      ['X-Request-Id', 'a', 'X-Request-Id', 'a'],
    ]
    const seen = new Set<string>()
    for (const headers of insane) {
      const given = (await sendRaw(server, `${PARTNER}/customers?x=1`, { headers })).headers.get('x-request-id') ?? ''
      assert.match(given, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, JSON.stringify(headers))
      seen.add(given)
    }
    assert.equal(seen.size, insane.length)
  })

  test('the log line of a request has its id and no parameter values', async () => {
    await sendRaw(
      server,
      `${PARTNER}/customers?q=ความลับ&is_active=secret&password=hunter2`.replace('ความลับ', '%E0%B8%84'),
      {
        headers: ['Authorization', `Bearer ${token}`, 'X-Request-Id', 'look-here'],
      },
    )
    const [line] = server.requests.filter(({ request_id }) => request_id === 'look-here')
    assert.ok(line)
    assert.deepEqual([line.operation, line.status, line.path], ['customers.list', 400, `${PARTNER}/customers`])
    assert.deepEqual(line.parameters, ['is_active', 'q'])
    assert.doesNotMatch(JSON.stringify(line), /secret|hunter2|%E0|password/)
  })
})

describe('Order of checks', onlyOnce, () => {
  const bearer = (text: string) => ['Authorization', `Bearer ${text}`]

  test('checks run in this order: malformed URL, path, method, token, scope, parameters, row', async () => {
    const narrow = await server.token(await server.application({ businessId: business.id, scopes: ['read:sales'] }))
    const missing = randomUUID()
    const order: [path: string, headers: string[], status: number, method?: string][] = [
      [`${PARTNER}/nothing/%zz`, [], 400, 'POST'],
      [`${PARTNER}/nothing?x=1`, [], 404, 'POST'],
      [`${PARTNER}/customers?x=1`, [], 405, 'POST'],
      [`${PARTNER}/customers?x=1`, [], 401],
      [`${PARTNER}/customers?x=1`, bearer('x'), 401],
      [`${PARTNER}/customers/x?x=1`, bearer(narrow), 403],
      [`${PARTNER}/customers?x=1`, bearer(narrow), 403],
      [`${PARTNER}/customers/${missing}?x=1`, bearer(token), 400],
      [`${PARTNER}/customers/${missing}`, bearer(token), 404],
    ]
    for (const [path, headers, status, method = 'GET'] of order)
      assert.equal((await sendRaw(server, path, { method, headers })).status, status, `${method} ${path}`)
  })

  test('invalid parameters of an empty list are rejected too', async () => {
    const empty = await makeBusiness(db)
    const of = await server.token(await server.application({ businessId: empty.id, scopes: ['read:customers'] }))
    assert.equal(
      (await get('/customers', of)).text,
      '{"data":[],"pagination":{"next_cursor":null,"has_more":false,"limit":50}}',
    )
    for (const query of ['limit=0', 'is_active=1', 'q=', 'x=1', 'cursor=x', 'membership_tier_id=x'])
      assert.equal((await get(`/customers?${query}`, of)).status, 400, query)
  })
})

describe('long URLs and headers', onlyOnce, () => {
  test('the longest valid query, a cursor and 255 escaped characters, fits', async () => {
    const q = '😀'.repeat(255)
    await makeCustomers(db, business.id, [{ full_name: q }, { full_name: q }])
    const escaped = encodeURIComponent(q)
    const { body } = await get(`/customers?q=${escaped}&limit=1&is_active=true`, token)
    const query = `q=${escaped}&limit=1&is_active=true&cursor=${encodeURIComponent(body.pagination.next_cursor)}`
    assert.equal((await get(`/customers?${query}`, token)).body.data[0].full_name, q)
  })

  test('a URL of 16 KB gets the errors of its parameters', async () => {
    const long = 'a'.repeat(16 * 1024)
    assert.deepEqual((await get(`/customers?q=${long}`, token)).body.details, [
      { field: 'q', message: 'must be 1 to 255 characters' },
    ])
    assert.deepEqual(
      (await get(`/customers?${long}`, token)).body.details.map(({ field }: Json) => field),
      [long],
    )
    assert.deepEqual(
      (await get(`/customers/${long}`, token)).body.details.map(({ field }: Json) => field),
      ['id'],
    )
    assert.equal((await get(`/${long}`, token)).text, NOT_FOUND)
  })

  test('thousands of parameters get a normal 400', async () => {
    const { status, body } = await get(
      `/customers?${Array.from({ length: 2000 }, (_, at) => `x${at}`).join('&')}`,
      token,
    )
    assert.equal(status, 400)
    assert.equal(body.details[0].field, 'x0')
    assert.deepEqual((await get(`/customers?${'q=a&'.repeat(4000)}`, token)).body.details, [
      { field: 'q', message: 'must be given only once' },
    ])
  })

  test('headers over the limit are 431, with an ordinary error body', async () => {
    for (const head of [
      `GET ${PARTNER}/customers?q=${'a'.repeat(HEADERS_MAX_BYTES)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET ${PARTNER}/customers HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(HEADERS_MAX_BYTES)}\r\n\r\n`,
      `GET ${PARTNER}/customers HTTP/1.1\r\nHost: x\r\n${'X-Many: a\r\n'.repeat(4000)}\r\n`,
    ]) {
      const response = await exchange(server.url, head)
      assert.ok(response)
      assert.equal(response.status, 431)
      assertRawRefusal(response)
      assert.equal(JSON.parse(response.text).message, `The request headers must be at most ${HEADERS_MAX_BYTES} bytes`)
    }
  })

  test('bytes that are not HTTP are 400, with an ordinary error body', async () => {
    for (const bytes of [
      'hello\r\n\r\n',
      `GET ${PARTNER}/customers?q=a b HTTP/1.1\r\nHost: x\r\n\r\n`,
      `get ${PARTNER}/me HTTP/1.1\r\nHost: x\r\n\r\n`,
      `FOO ${PARTNER}/me HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET customers HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET ${PARTNER}/me HTTP/1.1\r\nHost: x\r\nX-Request-Id\r\n\r\n`,
      `GET ${PARTNER}/me HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\0b\r\n\r\n`,
      `GET ${PARTNER}/me HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      `POST ${PARTNER}/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n`,
      `POST ${PARTNER}/oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc`,
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
    ]) {
      const response = await exchange(server.url, Buffer.from(bytes, 'latin1'))
      assert.ok(response, bytes)
      assert.equal(response.status, 400, bytes)
      assertRawRefusal(response)
    }
  })
})
