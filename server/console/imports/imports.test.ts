import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type AskAs, browserOf, makeMember } from '../../../test/console_members.ts'
import { type Business, makeBusiness } from '../../../test/factories.ts'
import { testServer } from '../../../test/harness.ts'
import { IMPORT_FILE_MAX_BYTES, IMPORT_MISTAKES_MAX, IMPORT_SILENT_MS } from '../../contract/console_limits.ts'

const server = await testServer()
const { db } = server
let business: Business
let admin: AskAs

before(async () => {
  business = await makeBusiness(db)
  admin = browserOf(server, (await makeMember(server, { businessId: business.id, role: 'admin' })).cookie)
})

type SentFile = { resource?: string; id?: string; ask?: AskAs } & Record<string, unknown>

const send = (path: string, file: string | Buffer, { ask = admin, ...given }: SentFile = {}) => {
  const query = new URLSearchParams({ resource: 'customers', id: randomUUID(), ...(given as Record<string, string>) })
  return ask('POST', `${path}?${query}`, file, { 'content-type': 'text/csv' })
}
const check = (file: string | Buffer, given?: SentFile) => send('/import-checks', file, given)
const load = (file: string | Buffer, given?: SentFile) => send('/imports', file, given)

const countOf = async () =>
  (await db`select count(*)::int from customers where business_id = ${business.id}`)[0]?.count as number

const eventCount = async () =>
  (await db`select count(*)::int from events where business_id = ${business.id}`)[0]?.count as number

/** A file with two valid rows and three wrong ones. */
const MIXED = [
  'รหัสลูกค้า;ชื่อ-นามสกุล;อีเมล;เบอร์โทรศัพท์',
  'M-1;สมชาย ใจดี;a@example.com;0812345678',
  'M-2;;;',
  ';ไม่มีรหัส;;',
  `M-3;${'ก'.repeat(256)};;`,
  'M-4;สมหญิง;;;;เกิน',
  'M-5;สมศรี;;',
].join('\r\n')

describe('refusals', () => {
  test('a file that is too large, a resource of others, and parameters that are wrong', async () => {
    assert.equal((await check(Buffer.alloc(IMPORT_FILE_MAX_BYTES + 1, 'a'))).status, 413)
    assert.equal((await check('a,b\n', { resource: 'sales' })).status, 400)
    for (const [field, value] of Object.entries({
      id: 'x',
      changed_at: 'yesterday',
      encoding: 'latin1',
      program: 'square',
    })) {
      const { status, body } = await check('a,b\n', { [field]: value })
      assert.deepEqual([status, body.details[0].field], [400, field])
    }
    const json = await admin('POST', `/imports?resource=customers&id=${randomUUID()}`, { a: 1 })
    assert.equal(json.status, 415)
  })

  test('a viewer can neither check nor import', async () => {
    const ask = browserOf(server, (await makeMember(server, { businessId: business.id, role: 'viewer' })).cookie)
    for (const answer of [await check(MIXED, { ask }), await load(MIXED, { ask })])
      assert.deepEqual([answer.status, answer.body.error], [403, 'insufficient_role'])
  })

  test('a file that is no CSV is told apart by what to do', async () => {
    const mistakeOf = async (file: string | Buffer, given?: SentFile) => {
      const { body } = await check(file, given)
      return [body.data.file_mistake, body.data.asks]
    }
    assert.deepEqual(await mistakeOf(''), ['is empty: its first row must name the columns', null])
    assert.deepEqual(await mistakeOf(Buffer.from('504b03041400', 'hex')), [
      'is a workbook, not CSV: open it, and save it as “CSV UTF-8”',
      null,
    ])
    assert.match((await mistakeOf('name,phone\nx,1\n'))[0] as string, /name is unknown/)
    assert.match((await mistakeOf('customer_code,full_name\n"A,x\n'))[0] as string, /unclosed quote/)
    const days = 'customer_code,full_name,date_of_birth\nA,x,1/2/1990\n'
    assert.equal((await mistakeOf(days))[1], 'dates')
    assert.deepEqual(await mistakeOf(days, { dates: 'dmy' }), [null, null])
    const products = 'product_code,product_name,sku_code,price\nP,x,S,10\n'
    assert.equal((await mistakeOf(products, { resource: 'products' }))[1], 'taxes')
    assert.deepEqual(await mistakeOf(products, { resource: 'products', taxes: 'included' }), [null, null])
  })
})

describe('a check', () => {
  test('it names every wrong row by its line and stores nothing', async () => {
    const before = await countOf()
    const { status, body, text } = await check(MIXED)
    assert.equal(status, 200, text)
    const { rows, created, rejected, mistakes, sample, encoding, separator } = body.data
    assert.deepEqual([rows, created, rejected, encoding, separator], [6, 2, 4, 'utf-8', ';'])
    assert.deepEqual(
      mistakes.map(({ line, reasons }: { line: number; reasons: string[] }) => [line, reasons]),
      [
        [3, ['ชื่อ-นามสกุล or ชื่อ is required']],
        [4, ['รหัสลูกค้า is required']],
        [5, ['ชื่อ-นามสกุล must be at most 255 characters']],
        [6, ['has 6 cells, but the header has 4']],
      ],
    )
    assert.equal(mistakes[1].row, ',ไม่มีรหัส,,')
    assert.deepEqual(sample[0].values.slice(0, 2), [
      { field: 'รหัสลูกค้า', value: 'M-1' },
      { field: 'ชื่อ-นามสกุล', value: 'สมชาย ใจดี' },
    ])
    assert.equal(await countOf(), before)
    const [log] = await db`select count(*)::int from audit_log where action like 'console.imports%'`
    assert.equal(log?.count, 0)
  })

  test('encodings and separators of Thai spreadsheets give the same rows', async () => {
    const rows = [
      ['customer_code', 'full_name'],
      ['E-1', 'สมชาย ใจดี'],
    ]
    const text = (separator: string) => rows.map((row) => row.join(separator)).join('\r\n')
    const thai = Buffer.from(
      [...text(',')].map((letter) => {
        const code = letter.codePointAt(0) as number
        return code < 0x80 ? code : code - 0x0e00 + 0xa0
      }),
    )
    const files = {
      'utf-8 ,': Buffer.from(text(',')),
      'utf-8 ;': Buffer.from(`\ufeff${text(';')}`),
      'utf-16le \t': Buffer.from(`\ufeff${text('\t')}`, 'utf16le'),
      'windows-874 ,': thai,
    }
    for (const [form, file] of Object.entries(files)) {
      const { encoding, separator, sample, rejected } = (await check(file)).body.data
      assert.deepEqual([`${encoding} ${separator}`, rejected], [form, 0])
      assert.equal(sample[0].values[1].value, 'สมชาย ใจดี', form)
    }
  })

  test('of very many wrong rows, the first ones are shown and all are counted', async () => {
    const lines = Array.from({ length: IMPORT_MISTAKES_MAX + 500 }, (_, at) => `,Name ${at}`)
    const { rejected, mistakes } = (await check(`customer_code,full_name\n${lines.join('\n')}\n`)).body.data
    assert.deepEqual([rejected, mistakes.length], [lines.length, IMPORT_MISTAKES_MAX])
  })
})

describe('an import', () => {
  test('it stores the valid rows, creates events, and says the same as its check', async () => {
    const said = (await check(MIXED)).body.data
    const events = await eventCount()
    const id = randomUUID()
    const { status, body } = await load(MIXED, { id })
    assert.equal(status, 200)
    assert.deepEqual({ ...body.data, id: null }, { ...said, id: null })
    assert.equal((await eventCount()) - events, 2)
    const again = (await load(MIXED)).body.data
    assert.deepEqual([again.created, again.unchanged, again.rejected], [0, 2, 4])
    const entry = (await admin('GET', `/imports/${id}`)).body.data
    assert.deepEqual([entry.state, entry.rows, entry.created, entry.read_bytes], ['DONE', 6, 2, entry.bytes])
    const listed = (await admin('GET', '/imports')).body.data
    assert.ok(listed.some((one: { id: string }) => one.id === id))
    assert.ok(listed.every((one: { is_check: boolean }) => !one.is_check))
  })

  test('the audit log has who and what, and no cell of the file', async () => {
    const id = randomUUID()
    await load('customer_code,full_name,phone\nSECRET-CODE,Very Private,0899999999\n', { id })
    const [entry] = await db`select audit_log::text as text from audit_log where subject_id = ${id}`
    assert.match(entry?.text, /console\.imports\.create/)
    for (const text of ['SECRET-CODE', 'Very Private', '0899999999']) assert.ok(!entry?.text.includes(text), text)
    const [kept] = await db`select string_agg(imports::text, '') as text from imports`
    assert.ok(!kept?.text.includes('Private'))
  })

  test('a business imports one file at a time, and one that died does not block it', async () => {
    const dead = {
      business_id: business.id,
      id: randomUUID(),
      resource: 'customers',
      is_check: false,
      member_id: randomUUID(),
    }
    const at = server.clock.now
    await db`insert into imports ${db({ ...dead, actor: 'x', bytes: '1', started_at: at, updated_at: at })}`
    const refused = await load(MIXED)
    assert.deepEqual([refused.status, refused.body.error], [409, 'conflict'])
    assert.equal((await admin('GET', `/imports/${dead.id}`)).body.data.state, 'RUNNING')
    const other = await makeBusiness(db)
    const ask = browserOf(server, (await makeMember(server, { businessId: other.id })).cookie)
    assert.equal((await load(MIXED, { ask })).status, 200, 'another business may')
    try {
      server.clock.now = new Date(at.getTime() + IMPORT_SILENT_MS + 1000)
      assert.equal((await admin('GET', `/imports/${dead.id}`)).body.data.state, 'STOPPED')
      assert.equal((await load(MIXED)).status, 200)
    } finally {
      server.clock.now = at
    }
  })

  test('the same id cannot be used twice', async () => {
    const id = randomUUID()
    assert.equal((await load(MIXED, { id })).status, 200)
    assert.equal((await load(MIXED, { id })).status, 409)
  })

  test('the file to fill in can be imported as it is', async () => {
    for (const resource of ['customers', 'products'])
      for (const language of ['th', 'en']) {
        const { csv } = (await admin('GET', `/import-template?resource=${resource}&language=${language}`)).body.data
        const { rejected, file_mistake, created, unchanged } = (await load(csv, { resource })).body.data
        assert.deepEqual([rejected, file_mistake, created + unchanged], [0, null, 1], `${resource} ${language}`)
      }
  })
})
