import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApplication } from '../server/oauth/applications.ts'
import { type ApplicationKind, KINDS } from '../server/scopes.ts'
import { testDatabase } from './database.ts'
import { makeBusiness, makeCategory, makeProduct, STATED } from './factories.ts'
import { ROOT, type RunningProcess, serve, startTalad, stop, TALAD, talad } from './process.ts'
import { customerRecord } from './records.ts'
import { onlyThorough } from './thorough.ts'

// A rolling restart in which the stored JSON changes: real processes of this version and of a newer one on one database. The
// newer version is a copy of the sources. It shows the name of a customer before the code.

const ROWS = 12_000

describe('two versions on one database', onlyThorough, () => {
  const home = mkdtempSync(join(tmpdir(), 'talad-versions-'))
  const running: RunningProcess[] = []
  let db: Awaited<ReturnType<typeof testDatabase>>['db']
  let close: () => Promise<void>
  let env: Record<string, string>
  let newer: string
  let businessId: string
  let tokens: { pos: string; partner: string }
  let older: { url: string }

  before(async () => {
    let url: string
    ;({ db, url, close } = await testDatabase())
    env = { DATABASE_URL: url, TALAD_SECRET_KEY: 'ab'.repeat(32), TALAD_DEMO: '0', LOG_LEVEL: 'info' }
    ;({ id: businessId } = await makeBusiness(db))
    await db`
      insert into customers (business_id, id, customer_code, full_name, first_name, is_active, created_at)
      select ${businessId}, gen_random_uuid(), 'C' || number, 'คน "' || number || '"', 'คน', true, now() - make_interval(mins => number)
      from generate_series(1, ${ROWS}::int) as number`
    const category_id = await makeCategory(db, businessId, { name: 'เครื่องดื่ม' })
    await db`
      insert into categories (business_id, id, name)
      select ${businessId}, gen_random_uuid(), 'C' || number from generate_series(1, 3000) as number`
    await makeProduct(db, businessId, { category_id })
    newer = newerVersion(home)
    older = await start(TALAD)
    tokens = { pos: await tokenOf('pos'), partner: await tokenOf('partner') }
  })

  after(async () => {
    for (const { child } of running) child.kill('SIGKILL')
    await close()
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  })

  async function start(program: string) {
    const server = await serve(home, { env, program: [process.execPath, program] })
    running.push(server)
    return server
  }

  async function tokenOf(kind: ApplicationKind): Promise<string> {
    const rate = { requests: 100_000, perSecond: 100_000 }
    const application = { businessId, name: kind, kind, scopes: [...KINDS[kind]], branches: 'all' as const, rate }
    const { client_id, client_secret } = await createApplication(db, { ...application, ...STATED }, new Date())
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
    const response = await fetch(`${older.url}/oauth/token`, { method: 'POST', body })
    return ((await response.json()) as { access_token: string }).access_token
  }

  async function get(url: string, path: string): Promise<string> {
    const headers = { authorization: `Bearer ${tokens.partner}` }
    const response = await fetch(`${url}/api/partner/v1${path}`, { headers })
    const text = await response.text()
    assert.equal(response.status, 200, text)
    return text
  }

  /** Reads all customers. @returns the texts of the rows, by id */
  async function customersOf(url: string): Promise<Map<string, string>> {
    const rows = new Map<string, string>()
    for (let cursor: string | null = ''; cursor !== null; ) {
      const text: string = await get(url, `/customers?limit=200${cursor && `&cursor=${cursor}`}`)
      const page = JSON.parse(text)
      const { data, pagination } = page
      assert.ok(text.replaceAll('\n', '') === JSON.stringify(page), 'the bytes of a page are those of JSON.stringify')
      for (const row of data) rows.set(row.id, JSON.stringify(row))
      assert.ok(data.length > 0)
      cursor = pagination.next_cursor
    }
    return rows
  }

  async function send(url: string, record: object): Promise<void> {
    const headers = { authorization: `Bearer ${tokens.pos}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ records: [record] })
    const response = await fetch(`${url}/api/ingest/v1/customers`, { method: 'POST', headers, body })
    assert.equal(response.status, 200, await response.text())
  }

  const unfilled = async (): Promise<number> =>
    (await db`select count(*)::int as count from customers where wire_g2 is null`)[0]?.count

  test('both versions read and write correctly from the start of the newer one to the switch', async () => {
    const before = await customersOf(older.url)
    assert.equal(before.size, ROWS)
    const product = await get(older.url, '/products')
    assert.match(product, /เครื่องดื่ม/)

    const first = await start(newer)
    assert.match(first.written().stderr, /The stored JSON of customers changes;/)
    while ((await unfilled()) > ROWS - 1000) await sleep(5)
    first.child.kill('SIGKILL')
    await first.ended
    const rest = await unfilled()
    assert.ok(rest > 0, 'killed in the middle')

    const [second, third] = [await start(newer), await start(newer)]
    const sent: Record<string, unknown>[] = []
    const writing = (async () => {
      for (let at = 0; at < 40; at += 1) {
        const id = [...before.keys()][at * 250] as string
        const updated_at = new Date().toISOString()
        const record = customerRecord({ id: at % 2 ? id : randomUUID(), full_name: `ส่ง ${at}`, updated_at })
        await send([older.url, second.url, third.url][at % 3] as string, record)
        sent.push(record)
      }
    })()
    const during = await customersOf(second.url)
    assert.ok((await unfilled()) > 0, 'read in the middle')
    assert.equal(await get(third.url, '/products'), product)
    // An earlier version can start meanwhile.
    const { code, stderr } = await talad(['migrate'], { env })
    assert.equal(code, 0, stderr)
    await writing
    const written = new Set(sent.map(({ id }) => id))
    for (const [id, row] of before) if (!written.has(id)) assert.equal(during.get(id), inNewOrder(row))

    while ((await unfilled()) > 0) await sleep(20)
    const done = startTalad(['migrate'], { env, program: [process.execPath, newer] })
    assert.equal((await done.ended).code, 0)
    assert.match(done.written().stdout, /Earlier versions can run beside this one/)
    const [olderRows, newerRows] = [await customersOf(older.url), await customersOf(third.url)]
    assert.equal(olderRows.size, newerRows.size)
    for (const [id, row] of olderRows) assert.equal(newerRows.get(id), inNewOrder(row))
    for (const { id, full_name } of sent)
      assert.equal(JSON.parse(newerRows.get(id as string) ?? '').full_name, full_name)

    const switched = await talad(['migrate', '--switch'], { env, program: [process.execPath, newer] })
    assert.match(switched.stdout, /Dropped the stored JSON of earlier versions from customers/)
    // The processes that began during the filling compute nothing any more, and go on.
    for (const { url } of [second, third]) assert.deepEqual(await customersOf(url), newerRows)
    const late = await talad(['migrate'], { env })
    assert.equal(late.code, 1)
    assert.equal(
      late.stderr,
      'The stored JSON of customers was switched to a newer version of Talad; start that version, or use another database.\n',
    )
    await stop(second)
  })
})

/** Returns the row as the newer version shows it. */
const inNewOrder = (row: string): string =>
  row.replace(/("customer_code":"[^"]*"),("full_name":"(?:[^"\\]|\\.)*")/, '$2,$1')

/** Copies the sources and changes them. @returns the program */
function newerVersion(home: string): string {
  const root = join(home, 'newer')
  mkdirSync(root)
  for (const entry of readdirSync(ROOT)) if (entry !== 'server') symlinkSync(join(ROOT, entry), join(root, entry))
  cpSync(join(ROOT, 'server'), join(root, 'server'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  const change = (path: string, from: RegExp, to: string) => {
    const file = join(root, 'server', path)
    const text = readFileSync(file, 'utf8')
    assert.match(text, from)
    writeFileSync(file, text.replace(from, to))
  }
  change('api/customers/schema.ts', /( +customer_code: .*\n)( +full_name: .*\n)/, '$2$1')
  for (const table of ['customers', 'categories'])
    change('rows/generations.ts', new RegExp(`\\b${table}: \\{ number: 1,`), `${table}: { number: 2,`)
  return join(root, 'server', 'talad.js')
}
