import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { INGEST_BODY_MAX_BYTES } from '../server/limits.ts'
import type { Waited } from './latency.ts'
import { bearer, type Effort } from './measure.ts'
import { type BenchHost, type DataSet, measureLatency, type RunningServer } from './place.ts'
import { medianOf, type Result, result } from './result.ts'

// The cost of one business's plain list while an application of another business, at the default rate limit, attacks as hard
// as it can. Each attack alternates with a measurement of the list alone.
//
// A control repeats each attack against a second server on the same machine, with a data set of its own. It shows what the
// attack costs by occupying the cores: those of the attacker, and of the work that the limits allow.

/** Starts an attack. @returns a function that stops it */
type Attack = (server: RunningServer, tokens: { partner: string; till: string }) => () => void

const API = '/api/partner/v1'
const INGEST = '/api/ingest/v1'
/** Number of connections of the business whose list is measured. */
const CONNECTIONS = 2
const SETTLES_MS = 500
/** Delay before a connection that the server closed is opened again. */
const REOPENED_MS = 1000

const headOf = (method: string, path: string, headers: string[]) =>
  `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

/** Keeps `count` connections open. Each sends these bytes and then calls `behave`; closed connections are opened again. */
function connections({ url }: RunningServer, count: number, bytes: Buffer | string, behave: (socket: Socket) => void) {
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  let isOver = false
  const start = () => {
    if (isOver) return
    const socket = connect(Number(port), hostname, () => {
      if (bytes.length > 0) socket.write(bytes)
      behave(socket)
    })
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      open.delete(socket)
      setTimeout(start, REOPENED_MS)
    })
  }
  for (let at = 0; at < count; at += 1) start()
  return () => {
    isOver = true
    for (const socket of open) socket.destroy()
  }
}

/** Sends these requests on `count` connections without a pause, whatever the answers are. */
const repeated = (count: number, requests: (Buffer | string)[]) => (server: RunningServer) =>
  connections(server, count, '', (socket) => {
    let next = 0
    const send = () => socket.write(requests[next++ % requests.length] as Buffer | string)
    // The first bytes of an answer count as the answer, so that the next request follows at once.
    socket.on('data', send)
    send()
  })

const batch = (till: string, body: Buffer, headers: string[] = [], query = '') =>
  Buffer.concat([
    Buffer.from(
      headOf('POST', `${INGEST}/suppliers${query}`, [
        `Authorization: Bearer ${till}`,
        'Content-Type: application/x-ndjson',
        `Content-Length: ${body.length}`,
        ...headers,
      ]),
    ),
    body,
  ])

const COMPRESSED = ['Content-Encoding: gzip']
const unknownKeys = (count: number) =>
  `{${Array.from({ length: count }, (_, at) => `"unknown_${at}":${at}`).join(',')}}`

const ATTACKS: Record<string, Attack> = {
  'forms whose body never comes, 70 connections': (server) =>
    connections(
      server,
      70,
      headOf('POST', `${API}/oauth/token`, ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 100']),
      () => {},
    ),
  '98 pipelined pages that are read at 500 bytes in 6 s': (server, { partner }) =>
    connections(
      server,
      1,
      headOf('GET', `${API}/customers?limit=200`, [`Authorization: Bearer ${partner}`]).repeat(98),
      (socket) => {
        socket.pause()
        const drip = setInterval(() => socket.read(500), 6000)
        socket.on('close', () => clearInterval(drip))
      },
    ),
  'batches of 16 MiB of blank lines, compressed': (server, { till }) =>
    repeated(4, [batch(till, gzipSync(Buffer.alloc(INGEST_BODY_MAX_BYTES, '\n')), COMPRESSED)])(server),
  'batches of one record with 300,000 unknown keys': (server, { till }) =>
    repeated(4, [batch(till, Buffer.from(unknownKeys(300_000)))])(server),
  'batches of 5,000 records with 150 unknown keys, compressed': (server, { till }) =>
    repeated(4, [batch(till, gzipSync(`${unknownKeys(150)}\n`.repeat(5000)), COMPRESSED)])(server),
  'batches of 5,000 records with 90 unknown keys, compressed, partial': (server, { till }) =>
    repeated(4, [batch(till, gzipSync(`${unknownKeys(90)}\n`.repeat(5000)), COMPRESSED, '?partial=true')])(server),
  'compressed bodies whose last byte is held back, 8 connections': (server, { till }) => {
    const whole = batch(till, gzipSync(Buffer.alloc(INGEST_BODY_MAX_BYTES, ' ')), COMPRESSED)
    return connections(server, 8, whole.subarray(0, -1), () => {})
  },
  'q=CUS-0, 12 connections': (server, { partner }) =>
    repeated(12, [headOf('GET', `${API}/customers?q=CUS-0`, [`Authorization: Bearer ${partner}`])])(server),
  'a rare search and a filter, 12 connections': (server, { partner }) =>
    repeated(12, [headOf('GET', `${API}/customers?is_active=false&q=%E0%B8%81`, [`Authorization: Bearer ${partner}`])])(
      server,
    ),
  'plain lists beyond the rate limit, 100 connections': (server, { partner }) =>
    repeated(100, [headOf('GET', `${API}/customers?limit=200`, [`Authorization: Bearer ${partner}`])])(server),
  '2,100 idle connections': (server) => connections(server, 2100, '', () => {}),
}

async function fairness(place: BenchHost, { rounds, seconds }: Effort): Promise<Result[]> {
  const data = await place.dataSet('million')
  const otherData = await place.dataSet('small')
  const [server, other] = [await place.server(data), await place.server(otherData)]
  const tokensOf = async (set: DataSet) => ({
    partner: await place.limited(set, 'partner'),
    till: await place.limited(set, 'pos'),
  })
  try {
    const [tokens, otherTokens] = [await tokensOf(data), await tokensOf(otherData)]
    const results: Result[] = []
    // Warm-up, not counted: each connection plans its first statements.
    await listOf(server, data, seconds)
    for (const [what, attack] of Object.entries(ATTACKS)) {
      const alone: Waited[] = []
      const attacked: Waited[] = []
      const control: Waited[] = []
      const during = async (stop: () => void) => {
        await sleep(SETTLES_MS)
        const waited = await listOf(server, data, seconds)
        stop()
        await sleep(SETTLES_MS)
        return waited
      }
      for (let round = 0; round < rounds; round += 1) {
        alone.push(await listOf(server, data, seconds))
        attacked.push(await during(attack(server, tokens)))
        control.push(await during(attack(other, otherTokens)))
      }
      results.push(compared(what, alone, attacked, control))
    }
    return results
  } finally {
    await server.stop()
    await other.stop()
  }
}

/** Measures the plain list of the second business, or of the only one. */
const listOf = (server: RunningServer, { tokens }: DataSet, seconds: number): Promise<Waited> =>
  measureLatency({
    url: server.url,
    path: `${API}/customers?limit=50`,
    headers: bearer(tokens[1] ?? tokens[0]),
    connections: CONNECTIONS,
    seconds,
  })

function compared(what: string, alone: Waited[], attacked: Waited[], control: Waited[]): Result {
  const ratios = attacked.map(({ p99 }, at) => p99 / (alone[at] as Waited).p99)
  const p99 = (all: Waited[]) => medianOf(all.map((waited) => waited.p99)).toFixed(1)
  const failed = attacked.reduce((sum, waited) => sum + waited.failed, 0)
  const note = `p99 alone ${p99(alone)} ms, during it ${p99(attacked)} ms, on another server ${p99(control)} ms; ${failed} of ${attacked.reduce((sum, { answers }) => sum + answers, 0)} answers were not 200`
  const line = result(`another business’s list during ${what}: p99`, '×', ratios, { atMost: 1.5 }, note)
  return failed > 0 ? { ...line, met: false } : line
}

export const FAIRNESS_BENCHMARKS = { fairness }
