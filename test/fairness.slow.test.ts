import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Database } from '../server/db/database.ts'
import { BODY_REST_MAX_BYTES, CONNECTIONS_MAX, INGEST_BODY_MAX_BYTES, LINGER_MAX_BYTES } from '../server/limits.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { type ApplicationKind, KINDS } from '../server/scopes.ts'
import { testDatabase } from './database.ts'
import { makeBusiness, makeCustomers, STATED } from './factories.ts'
import { PARTNER } from './harness.ts'
import { serve } from './process.ts'
import { supplierRecord } from './records.ts'

// No application and no address can delay another one. Each test attacks the real server over real sockets while another
// client sends requests.

const INGEST = '/api/ingest/v1'
const METRICS_TOKEN = randomBytes(16).toString('hex')
const dataDir = mkdtempSync(join(tmpdir(), 'talad-fairness-'))

let db: Database
let close: () => Promise<void>
let server: Awaited<ReturnType<typeof serve>>
let bad: { id: string }
let good: { id: string }
let attacker: string
let attackersTill: string
let victim: string
let victimsTill: string

before(async () => {
  const made = await testDatabase()
  ;({ db, close } = made)
  const secretKey = randomBytes(32).toString('hex')
  server = await serve(dataDir, {
    env: { DATABASE_URL: made.url, TALAD_SECRET_KEY: secretKey, TALAD_DEMO: '0', TALAD_METRICS_TOKEN: METRICS_TOKEN },
  })
  bad = await makeBusiness(db)
  good = await makeBusiness(db)
  for (const { id } of [bad, good])
    await makeCustomers(
      db,
      id,
      Array.from({ length: 400 }, (_, at) => ({ full_name: `${'ลูกค้า '.repeat(30)}${at}`, address: 'x'.repeat(1000) })),
    )
  attacker = await tokenOf(bad.id, 'partner')
  attackersTill = await tokenOf(bad.id, 'pos')
  victim = await tokenOf(good.id, 'partner')
  victimsTill = await tokenOf(good.id, 'pos')
})

after(async () => {
  for (const socket of sockets) socket.destroy()
  server.child.kill('SIGKILL')
  await server.ended
  await close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function tokenOf(businessId: string, kind: ApplicationKind): Promise<string> {
  const rate = { requests: 100_000, perSecond: 100_000 }
  const { client_id, client_secret } = await createApplication(
    db,
    {
      businessId,
      name: `fairness ${randomBytes(4).toString('hex')}`,
      kind,
      scopes: [...KINDS[kind]],
      branches: 'all',
      ...STATED,
      rate,
    },
    new Date(),
  )
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const answer = await fetch(`${server.url}/oauth/token`, { method: 'POST', body })
  assert.equal(answer.status, 200)
  return ((await answer.json()) as { access_token: string }).access_token
}

const sockets = new Set<Socket>()

/** Opens a connection that sends these bytes and does not read. */
async function open(bytes: string | Buffer, localAddress?: string): Promise<Socket> {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ host: hostname, port: Number(port), ...(localAddress && { localAddress }) })
  sockets.add(socket)
  socket.on('error', () => {})
  socket.pause()
  await once(socket, 'connect')
  if (bytes.length > 0) socket.write(bytes)
  return socket
}

/** Returns everything that arrives on a connection until it ends. */
function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  socket.resume()
  return new Promise((resolve) => socket.once('close', () => resolve(text)))
}

type Seen = { status: number; text: string }

/** Sends a request on a new connection, from an address of this machine. */
function ask(
  path: string,
  {
    token,
    localAddress,
    method = 'GET',
    headers = {},
    body,
  }: {
    token?: string
    localAddress?: string
    method?: string
    headers?: Record<string, string>
    body?: string | Buffer
  } = {},
): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>()
  const all = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers }
  const sent = request(
    new URL(server.url + path),
    { method, headers: all, agent: false, ...(localAddress && { localAddress }) },
    (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text })).on('error', reject)
    },
  )
  sent.on('error', reject)
  sent.end(body)
  return promise
}

const list = (token = victim) => ask(`${PARTNER}/customers?limit=50`, { token })

const post = (token: string, records: object[]) =>
  ask(`${INGEST}/suppliers`, {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: records.map((record) => JSON.stringify(record)).join('\n'),
  })

/** Asserts that other clients are served normally, and that the server is ready. */
async function assertOthersAreServed(): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 4 }, () => list()))
  for (const { status, text } of answers) {
    assert.equal(status, 200, text)
    assert.equal(JSON.parse(text).data.length, 50)
  }
  const ready = await ask('/readyz')
  assert.deepEqual([ready.status, ready.text], [200, '{"status":"ok"}'])
}

const headOf = (path: string, headers: string[]) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

test('requests whose body never arrives occupy no slot: forms, JSON and batches, with and without a token', async () => {
  const attacks: [path: string, headers: string[]][] = [
    [`${PARTNER}/oauth/token`, ['Content-Type: application/x-www-form-urlencoded']],
    ['/oauth/token', ['Content-Type: application/x-www-form-urlencoded']],
    [`${PARTNER}/oauth/revoke`, ['Content-Type: application/x-www-form-urlencoded']],
    [`${PARTNER}/oauth/introspect`, ['Content-Type: application/x-www-form-urlencoded']],
    [`${PARTNER}/webhooks`, ['Content-Type: application/json', `Authorization: Bearer ${attacker}`]],
    [`${INGEST}/suppliers`, ['Content-Type: application/x-ndjson', `Authorization: Bearer ${attackersTill}`]],
  ]
  for (const [path, headers] of attacks) {
    const head = headOf(path, [...headers, 'Content-Length: 100'])
    const held = await Promise.all(Array.from({ length: 70 }, () => open(head)))
    await sleep(100)
    await assertOthersAreServed()
    for (const socket of held) socket.destroy()
  }
})

test('a client that does not read its responses occupies no slot, and the server builds few responses for it', async () => {
  const one = `GET ${PARTNER}/customers?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${attacker}\r\n\r\n`
  const socket = await open(one.repeat(98))
  // A connection that reads a little from time to time is never idle.
  for (let turn = 0; turn < 8; turn += 1) {
    await sleep(50)
    socket.read(500)
    await assertOthersAreServed()
  }
  const metrics = await ask('/metrics', { token: METRICS_TOKEN })
  const built = /^talad_answers_held_bytes (\d+)$/m.exec(metrics.text)
  assert.ok(built, 'the metrics show the bytes of unread answers')
  const { text } = await ask(`${PARTNER}/customers?limit=200`, { token: attacker })
  assert.ok(Number(built[1]) > 0)
  assert.ok(Number(built[1]) <= Buffer.byteLength(text), 'one connection holds one answer at a time')
  socket.destroy()
})

test('a compressed response that is not read occupies no slot, and counts by its compressed size', async () => {
  const { id } = await makeBusiness(db)
  // Random digits shrink by half only, so that the response does not fit into the buffers of the kernel.
  const rows = Array.from({ length: 200 }, () => ({ address: randomBytes(10_000).toString('hex') }))
  await makeCustomers(db, id, rows)
  const own = await tokenOf(id, 'partner')
  const path = `${PARTNER}/customers?limit=200`
  const one = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${own}\r\nAccept-Encoding: gzip\r\n\r\n`
  const socket = await open(one.repeat(98))
  let held = 0
  // The kernel takes the first responses.
  for (let turn = 0; held === 0 && turn < 100; turn += 1) {
    await sleep(50)
    await assertOthersAreServed()
    const metrics = await ask('/metrics', { token: METRICS_TOKEN })
    held = Number(/^talad_answers_held_bytes (\d+)$/m.exec(metrics.text)?.[1])
  }
  const { text } = await ask(path, { token: own })
  assert.ok(held > Buffer.byteLength(text) / 3 && held < Buffer.byteLength(text) * 0.7, `${held} of ${text.length}`)
  socket.destroy()
})

test('a connection that closes while its pipelined requests wait releases all slots', async () => {
  const one = `GET ${PARTNER}/customers?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${attacker}\r\n\r\n`
  for (let turn = 0; turn < 5; turn += 1) {
    const socket = await open(one.repeat(98))
    await sleep(50)
    socket.destroy()
  }
  await sleep(100)
  await assertOthersAreServed()
  const own = await list(attacker)
  assert.equal(own.status, 200, own.text)
})

test('all pipelined requests are answered in order', async () => {
  const limits = Array.from({ length: 60 }, (_, at) => at + 1)
  const requests = limits.map(
    (limit) =>
      `GET ${PARTNER}/customers?limit=${limit} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${victim}\r\n${limit === 60 ? 'Connection: close\r\n' : ''}\r\n`,
  )
  const socket = await open(requests.join(''))
  const answered = readAll(socket)
  const text = await answered
  const told = [...text.matchAll(/"has_more":true,"limit":(\d+)/g)].map(([, limit]) => Number(limit))
  assert.deepEqual(told, limits)
})

test('incomplete bodies, compressed or not, do not cause the rejection of another batch', async () => {
  const record = JSON.stringify(supplierRecord())
  const whole = `${record}\n${' '.repeat(INGEST_BODY_MAX_BYTES - Buffer.byteLength(record) - 1)}`
  const packed = gzipSync(whole)
  const head = (length: number, encoding: string) =>
    headOf(`${INGEST}/suppliers`, [
      `Authorization: Bearer ${attackersTill}`,
      'Content-Type: application/x-ndjson',
      ...(encoding === '' ? [] : [`Content-Encoding: ${encoding}`]),
      `Content-Length: ${length}`,
    ])
  for (const [bytes, encoding] of [
    [packed, 'gzip'],
    [Buffer.from(whole), ''],
  ] as const) {
    const held = await Promise.all(
      Array.from({ length: 9 }, () =>
        open(Buffer.concat([Buffer.from(head(bytes.length, encoding)), bytes.subarray(0, -1)])),
      ),
    )
    await sleep(1000)
    const { status, text } = await post(victimsTill, [supplierRecord()])
    assert.equal(status, 200, text)
    assert.equal(JSON.parse(text).data.created, 1)
    await assertOthersAreServed()
    for (const socket of held) socket.destroy()
  }
})

/** Sends this head and then a body without an end, until the connection closes. Returns the answer and the bytes sent. */
async function sendEndlessly(head: string): Promise<{ text: string; sent: number }> {
  const socket = await open(head)
  // It also goes on when the server has ended its side.
  socket.allowHalfOpen = true
  const piece = Buffer.alloc(1 << 20, ' ')
  const send = () => {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on('drain', send)
  const answered = readAll(socket)
  send()
  const text = await answered
  return { text, sent: socket.bytesWritten - socket.writableLength }
}

test('a rejected client gets its response although it is still sending, and the server stops receiving', async () => {
  const length = `Content-Length: ${2 ** 40}`
  const type = 'Content-Type: application/x-ndjson'
  for (const [status, path, headers] of [
    [401, `${INGEST}/suppliers`, [length, type]],
    [413, `${INGEST}/suppliers`, [length, type, `Authorization: Bearer ${attackersTill}`]],
  ] as const) {
    const { text, sent } = await sendEndlessly(headOf(path, [...headers]))
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.match(text, /\r\nconnection: close\r\n/i)
    // The kernel holds some megabytes on both sides. Without a limit, it would be gigabytes until the request times out.
    assert.ok(sent < LINGER_MAX_BYTES + 32 * 1024 * 1024, `${sent} bytes`)
  }
  await assertOthersAreServed()
})

test('a request behind a rejected body on the same connection never runs', async () => {
  const record = supplierRecord()
  const body = JSON.stringify(record)
  const blank = Buffer.alloc(BODY_REST_MAX_BYTES + 1, ' ')
  const batch = (token: string, length: number) =>
    headOf(`${INGEST}/suppliers`, [
      `Authorization: Bearer ${token}`,
      'Content-Type: application/x-ndjson',
      `Content-Length: ${length}`,
    ])
  const refused = Buffer.concat([Buffer.from(batch('x', blank.length)), blank])
  const socket = await open(Buffer.concat([refused, Buffer.from(`${batch(victimsTill, body.length)}${body}`)]))
  const text = await readAll(socket)
  assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text)
  assert.match(text, /^HTTP\/1\.1 401 /)
  const { text: again } = await post(victimsTill, [record])
  assert.equal(JSON.parse(again).data.created, 1, 'the record was not stored before')
})

test('a short body that is rejected leaves its connection usable', async () => {
  const head = headOf(`${INGEST}/suppliers`, ['Content-Type: application/x-ndjson', 'Content-Length: 1000'])
  const next = `GET ${PARTNER}/customers?limit=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${victim}\r\nConnection: close\r\n\r\n`
  const socket = await open(head + ' '.repeat(1000) + next)
  const text = await readAll(socket)
  assert.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['401', '200'],
  )
})

test('a body that arrives too slowly is rejected, and its connection closed', async () => {
  const head = headOf('/oauth/token', ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 60000'])
  const socket = await open(`${head}a=b`)
  const answered = readAll(socket)
  const drip = setInterval(() => socket.write('x'), 500)
  const from = performance.now()
  const text = await answered
  clearInterval(drip)
  assert.match(text, /^HTTP\/1\.1 400 /)
  assert.match(text, /"message":"The request body arrives too slowly; send at least \d+ KiB a second"/)
  assert.ok(performance.now() - from < 20_000, 'within twice the grace period of limits.ts')
})

test('excess idle connections never reset a new connection, whoever opened them', async () => {
  for (const localAddress of ['127.0.0.1', '127.0.0.2']) {
    const idle: Socket[] = []
    for (let at = 0; at < CONNECTIONS_MAX + 100; at += 50)
      idle.push(...(await Promise.all(Array.from({ length: 50 }, () => open('', localAddress)))))
    // The client and the monitoring come from the same address and from others.
    await assertOthersAreServed()
    const elsewhere = await ask(`${PARTNER}/customers?limit=1`, { token: victim, localAddress: '127.0.0.3' })
    assert.equal(elsewhere.status, 200)
    for (const socket of idle) socket.destroy()
  }
})

test('readiness uses its own connections and reports that reads are stuck', async () => {
  const blocker = await db.reserve()
  await blocker`begin`
  await blocker`lock table customers in access exclusive mode`
  try {
    // One application alone leaves a connection free while others are active; two occupy all of them. On a cluster, that is
    // true of each node, and the businesses may be on two.
    const second = await Promise.all([bad, good].map(({ id }) => tokenOf(id, 'partner')))
    const waiting = [attacker, victim, ...second].flatMap((token) => Array.from({ length: 16 }, () => list(token)))
    let told = await ask('/readyz')
    assert.deepEqual([told.status, told.text], [200, '{"status":"ok"}'], 'they have not waited long')
    while (told.status === 200) {
      await sleep(100)
      told = await ask('/readyz')
    }
    assert.deepEqual(
      [told.status, told.text],
      [503, '{"status":"unavailable","reason":"plain reads make no progress"}'],
    )
    await blocker`rollback`
    const statuses = (await Promise.all(waiting)).map(({ status }) => status)
    assert.ok(statuses.includes(200), 'requests with a slot are answered')
    assert.ok(
      statuses.every((status) => status === 200 || status === 503),
      'and requests without a slot are told to retry',
    )
  } finally {
    blocker.release()
  }
  await assertOthersAreServed()
})
