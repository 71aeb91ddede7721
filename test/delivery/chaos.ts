import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { resources } from '../../server/api/index.ts'
import { connect } from '../../server/db/database.ts'
import { migrate } from '../../server/db/schema/migrate.ts'
import { randomFrom } from '../../server/demo/random.ts'
import { createApplication } from '../../server/oauth/applications.ts'
import { storedText } from '../../server/rows/stored_json.ts'
import { KINDS } from '../../server/scopes.ts'
import { makeBusiness, STATED } from '../factories.ts'
import { freePort } from '../free_port.ts'
import { makeShopIds, moment, saleRecord } from '../records.ts'
import { killableCluster, killablePostgres } from './killable_database.ts'

// npm run chaos: real servers, workers and PostgreSQL are killed (SIGKILL) again and again, while sales are written through
// the Ingest API and an endpoint receives webhooks. In the end, the endpoint and a reader of GET /events must have exactly
// the events of the log. With TALAD_TEST_CITUS, the nodes of that cluster are killed; they must run on this machine.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '240' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    slower: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(`npm run chaos -- [--seconds 240] [--seed N] [--slower 1]

  --seconds N   for how long things are killed; what is left is then sent in peace
  --seed N      what is killed when, and what is sold; the rest is the machine's
  --slower N    multiplies the time between kills, for a machine on which processes start slowly
`)
  process.exit(0)
}

const ROOT = join(import.meta.dirname, '..', '..')
const seed = Number(values.seed)
const random = randomFrom(seed)
const say = (line: string) => process.stderr.write(`${line}\n`)
const from = performance.now()
const seconds = () => Math.round((performance.now() - from) / 1000)
const isChaos = () => seconds() < Number(values.seconds)

// --- the database

const folder = mkdtempSync(join(tmpdir(), 'talad-chaos-'))
const { TALAD_TEST_CITUS: cluster } = process.env
const database = await (cluster ? killableCluster(cluster, folder) : killablePostgres(folder))
const db = connect(database.url, { connections: 2, name: 'chaos' })
await migrate(db, resources.flatMap(storedText))

// --- seller and endpoint

const business = await makeBusiness(db)
const rate = { requests: 100_000, perSecond: 100_000 }
const applicationOf = (kind: 'partner' | 'pos') =>
  createApplication(
    db,
    { businessId: business.id, name: kind, kind, scopes: [...KINDS[kind]], branches: 'all', rate, ...STATED },
    new Date(),
  )
const [partner, pos] = [await applicationOf('partner'), await applicationOf('pos')]
const place = await makeShopIds(db, business.id, business.branches[0].id)

type Taken = { id: string; sequence: number; position: number; resource: string }
const taken: Taken[] = []
let refused = 0
const endpoint = createServer(async (request, response) => {
  const pieces: Buffer[] = []
  for await (const piece of request.on('error', () => {})) pieces.push(piece)
  const { id, sequence, position, data } = JSON.parse(Buffer.concat(pieces).toString())
  const luck = random.whole(0, 999)
  if (luck < 10) refused += 1
  if (luck < 2) {
    request.destroy()
    return
  }
  if (luck < 10) {
    response.writeHead(503, { 'Retry-After': '1' }).end('later')
    return
  }
  taken.push({ id, sequence, position, resource: data.id })
  response.end('ok')
}).listen(0, '127.0.0.1')
await once(endpoint, 'listening')
const endpointUrl = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/hook`

// --- processes

const env = {
  ...{ PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: database.url, TALAD_SECRET_KEY: 'cd'.repeat(32) },
  ...{ TALAD_ALLOW_LOCAL_WEBHOOKS: '1', TALAD_DEMO: '0', TALAD_SITE: '0', TALAD_CONSOLE: '0', LOG_LEVEL: 'warn' },
}

type Program = { words: string[]; port: number | null; child: ChildProcess | null }
const programs: Program[] = [
  { words: ['serve'], port: await freePort(), child: null },
  { words: ['serve', '--no-work'], port: await freePort(), child: null },
  { words: ['work'], port: null, child: null },
  { words: ['work'], port: null, child: null },
]
const urls = programs.flatMap(({ port }) => (port === null ? [] : [`http://127.0.0.1:${port}`]))
let isEnding = false
const log = openSync(join(folder, 'processes.log'), 'a')

/** Starts a program, and restarts it whenever it ends. */
function keep(program: Program): void {
  const port = program.port === null ? {} : { PORT: String(program.port) }
  const child = spawn(process.execPath, [join(ROOT, 'server/talad.js'), ...program.words], {
    env: { ...env, ...port },
    stdio: ['ignore', log, log],
  })
  program.child = child
  child.once('exit', () => {
    if (!isEnding) setTimeout(() => keep(program), random.whole(0, 1000))
  })
}
for (const program of programs) keep(program)

type Answered = { access_token: string; data: Event[]; pagination: { next_after: number; has_more: boolean } }
type Event = { id: string; position: number; resource_id: string }

/** Repeats a request until it succeeds; it may be sent twice. */
async function ask(path: string, request: RequestInit = {}): Promise<Answered> {
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`${random.pick(urls)}${path}`, {
      ...request,
      signal: AbortSignal.timeout(20_000),
    }).catch(() => null)
    const body = await response?.json().catch(() => null)
    if (response?.ok && body) return body as Answered
    if (response && response.status < 500 && response.status !== 429)
      throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`)
    if (tries > 2000) throw new Error(`${path} is never answered; what the processes said is in ${folder}`)
    await sleep(50)
  }
}

async function tokenOf({ client_id, client_secret }: typeof partner): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  return (await ask('/api/partner/v1/oauth/token', { method: 'POST', body })).access_token
}
const [partnerToken, posToken] = [await tokenOf(partner), await tokenOf(pos)]
const json = { authorization: `Bearer ${partnerToken}`, 'content-type': 'application/json' }
await ask('/api/partner/v1/webhooks', {
  method: 'POST',
  headers: json,
  body: JSON.stringify({ endpoint_url: endpointUrl, event_types: ['*'] }),
})

// --- chaos

const kills = { processes: 0, ...Object.fromEntries(database.servers.map(({ name }) => [name, 0])) } as Record<
  string,
  number
>

const count = (what: string) => {
  kills[what] = (kills[what] ?? 0) + 1
}

const slower = Number(values.slower)

async function killProcesses(): Promise<void> {
  while (isChaos()) {
    await sleep(random.whole(300, 3000) * slower)
    if (random.pick(programs).child?.kill('SIGKILL')) count('processes')
  }
}

async function killDatabase(): Promise<void> {
  while (isChaos()) {
    await sleep(random.whole(5000, 20_000) * slower)
    if (!isChaos()) return
    const server = random.pick(database.servers)
    await server.kill(random.whole(0, 2000))
    count(server.name)
  }
}

let batches = 0

/** Sends new and changed sales; each series of sales has one writer, so that versions increase. */
async function sell(): Promise<void> {
  const known: Record<string, unknown>[] = []
  for (let version = 1; isChaos(); version += 1) {
    const records = Array.from({ length: random.whole(1, 8) }, () => {
      const old = random.chance(0.5) && known.length > 0 ? random.pick(known) : null
      if (old) return { ...old, updated_at: moment(version), ...(random.chance(0.1) && { status: 'VOIDED' }) }
      const sale = saleRecord(place, { updated_at: moment(version) })
      known.push(sale)
      return sale
    })
    const lines = [...new Map(records.map((record) => [record.id, record])).values()]
    await ask('/api/ingest/v1/sales', {
      method: 'POST',
      headers: { authorization: `Bearer ${posToken}`, 'content-type': 'application/x-ndjson' },
      body: lines.map((record) => JSON.stringify(record)).join('\n'),
    })
    batches += 1
    await sleep(random.whole(0, 100))
  }
}

const telling = setInterval(
  () => say(`  ${seconds()} s: ${batches} batches, ${taken.length} taken, killed ${JSON.stringify(kills)}`),
  15_000,
)
await Promise.all([killProcesses(), killDatabase(), sell(), sell(), sell()])

// --- recovery: the backlog is sent

const PEACE_MS = 180_000
const peaceFrom = performance.now()
for (;;) {
  const [left] = await db<{ open: number; behind: number }[]>`
    select (select count(*)::int from deliveries where business_id = ${business.id} and due_at is not null) as open,
           (select sum(log.position - one.position)::int from subscriptions as one
            join event_heads as log on log.business_id = ${business.id} where one.business_id = ${business.id}) as behind
  `.catch(() => [])
  if (left?.open === 0 && left.behind === 0) break
  if (performance.now() - peaceFrom > PEACE_MS) throw new Error(`after ${PEACE_MS} ms: ${JSON.stringify(left)}`)
  await sleep(200)
}
const drainMs = Math.round(performance.now() - peaceFrom)
clearInterval(telling)

// --- comparison with the log

const told = await db<Event[]>`
  select id, position::int, resource_id from events where business_id = ${business.id} order by position`
const read: Event[] = []
for (let after = 0, more = true; more; ) {
  const page = await ask(`/api/partner/v1/events?after=${after}&limit=200`, { headers: json })
  read.push(...page.data)
  after = page.pagination.next_after
  more = page.pagination.has_more
}
const mistakes: string[] = []
const hold = (what: string, is: boolean) => is || mistakes.push(what)
const first = new Map<string, Taken>()
for (const one of taken) if (!first.has(one.id)) first.set(one.id, one)
hold(
  'positions have a gap',
  told.every(({ position }, at) => position === at + 1),
)
hold(
  'GET /events is not the log',
  JSON.stringify(read.map(({ id }) => id)) === JSON.stringify(told.map(({ id }) => id)),
)
hold(
  'the endpoint has not all of the log',
  told.every(({ id }) => first.has(id)),
)
hold('the endpoint has more than the log', first.size === told.length)
hold(
  'sequences are not those of the log',
  told.every(({ id }, at) => first.get(id)?.sequence === at + 1) &&
    taken.every(({ id, sequence }) => first.get(id)?.sequence === sequence),
)
for (const [resource, own] of Map.groupBy(first.values(), ({ resource }) => resource))
  hold(
    `events of ${resource} overtook`,
    own.every(({ sequence }, at) => at === 0 || (own[at - 1] as Taken).sequence < sequence),
  )
const dead = await db`select count(*)::int as count from deliveries where status <> 'DELIVERED'`
hold('something is dead', dead[0]?.count === 0)
// Without a database a new start is refused in one sentence, but running processes must not exit.
hold(
  'a process exited without being killed',
  !readFileSync(join(folder, 'processes.log'), 'utf8').includes('Unexpected error'),
)

isEnding = true
for (const { child } of programs) child?.kill('SIGKILL')
endpoint.closeAllConnections()
endpoint.close()
await db.end({ timeout: 1 })
await database.close()
if (mistakes.length === 0) rmSync(folder, { recursive: true, force: true })
else say(`What the processes said is in ${folder}`)
say(
  `${told.length} events in ${batches} batches; taken ${taken.length}, of them again ${taken.length - first.size}; refused ${refused}; killed ${JSON.stringify(kills)}; what was left took ${drainMs} ms`,
)
say(
  mistakes.length === 0
    ? `Exactly the log (seed ${seed}).`
    : `Not the log (seed ${seed}): ${mistakes.slice(0, 10).join('; ')}`,
)
process.exit(mistakes.length === 0 ? 0 : 1)
