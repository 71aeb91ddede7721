import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Business, makeBusiness } from '../../test/factories.ts'
import { type Json, testDatabase } from '../../test/harness.ts'
import { startTalad, talads, wordsOf } from '../../test/process.ts'
import { customerRecord, moment, movementRecord, supplierRecord, WRITTEN } from '../../test/records.ts'
import { recordKinds } from '../api/index.ts'
import { csvRows, isFlat } from '../ingest/csv.ts'
import { ndjsonRows, type Row } from '../ingest/rows.ts'

// Files as a user imports them. Most of it in one process, since a database is opened for each command.

const { db, url, close } = await testDatabase()
const home = mkdtempSync(join(tmpdir(), 'talad-import-'))
after(async () => {
  rmSync(home, { recursive: true })
  await close()
})

let business: Business

const env = { DATABASE_URL: url, TALAD_SECRET_KEY: randomBytes(32).toString('hex'), TALAD_DATA_DIR: join(home, 'data') }

/** Runs command lines; `~/` is the folder of this test. */
const run = (...lines: string[]) =>
  talads(
    lines.map((line) => wordsOf(line.replaceAll('~/', `${home}/`))),
    env,
  )

const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(home, name), content)
  return name
}

const ndjson = (records: Json[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')
const csv = (records: Json[]) => {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))]
  const cell = (value: Json) => (value === undefined || value === null ? '' : String(value))
  return [names, ...records.map((record) => names.map((name) => cell(record[name])))]
    .map(
      (cells) =>
        `${cells.map((text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\r\n`,
    )
    .join('')
}

const suppliers = async () =>
  Number((await db`select count(*) from suppliers where business_id = ${business.id}`)[0]?.count)
const events = async () => Number((await db`select count(*) from events where business_id = ${business.id}`)[0]?.count)

describe('refusals', () => {
  test('a file that is not there, or is none; and no business whose records they could be', async () => {
    mkdirSync(join(home, 'folder'))
    file('one.ndjson', ndjson([supplierRecord()]))
    const names = ['none', 'folder', 'none.csv', 'one.ndjson']
    const outcomes = await run(...names.map((name) => `import suppliers ~/${name}`))
    assert.deepEqual(
      outcomes.map(({ code, stderr }) => `${code} ${stderr.replace(home, '')}`),
      [
        '1 /none cannot be read: there is no such file or folder.\n',
        '1 /folder cannot be read: it is a folder.\n',
        '1 /none.csv cannot be read: there is no such file or folder.\n',
        '1 There is no business yet: talad business create <name>\n',
      ],
    )
    business = await makeBusiness(db)
  })

  test('a CSV file whose columns, quotes or characters are wrong is read no further than that', async () => {
    const { id, supplier_code, company_name, status, updated_at } = supplierRecord()
    const head = 'id,supplier_code,company_name,status,updated_at'
    const row = [id, supplier_code, company_name, status, updated_at].join(',')
    const other = [randomUUID(), 'S', 'ขวด 1"', status, updated_at].join(',')
    const columns = 'does not have the columns of suppliers: '
    const thai = (text: string) =>
      Buffer.from(
        [...text].map((character) =>
          character > '\u0e00' ? character.charCodeAt(0) - 0xd60 : character.charCodeAt(0),
        ),
      )
    const files: [content: string | Buffer, mistake: string, rows: number][] = [
      ['', 'is empty: its first row must name the columns', 0],
      [`${head},supplier_cod\n${row},x\n`, `${columns}supplier_cod is unknown; did you mean supplier_code?`, 0],
      [`${head},status,\n`, `${columns}a column has no name; status stands there twice`, 0],
      [
        'company_name\n',
        `${columns}id is missing; supplier_code is missing; status is missing; updated_at is missing`,
        0,
      ],
      [`${head}\n${row}\n`.replaceAll(',', ';'), 'must have commas between its columns, not ";"', 0],
      [
        `${head}\n${row}\n${other}\n`,
        'has a quote in the wrong place, in the row that begins after line 2: inside of quotes, a quote is written twice',
        1,
      ],
      [
        `${head}\n${row}\n"${randomUUID()},S\nx\n`,
        'has a quote that is not closed, in the row that begins after line 2',
        1,
      ],
      [thai(`${head}\n${row}\n`), 'is not UTF-8, as line 2 shows: save it as “CSV UTF-8”', 0],
      [Buffer.from(`\ufeff${head}\n${row}\n`, 'utf16le'), 'is not UTF-8, as line 1 shows: save it as “CSV UTF-8”', 0],
      [gzipSync(`${head}\n${row}\n`).subarray(0, -9), 'is not valid gzip, or not whole', 0],
    ]
    for (const [index, [content]] of files.entries()) file(`wrong${index}.csv`, content)
    const outcomes = await run(...files.map((_, index) => `import suppliers ~/wrong${index}.csv --dry-run --json`))
    for (const [index, [, mistake, rows]] of files.entries()) {
      const { code, stdout, stderr } = outcomes[index] as Json
      assert.equal(code, 1)
      assert.equal(stderr.split('\n').at(-2), `${home}/wrong${index}.csv ${mistake}. Nothing was read beyond that.`)
      assert.equal(JSON.parse(stdout).rows, rows, mistake)
    }
    assert.equal(await suppliers(), 0)
  })

  test('rows that are wrong go to a file of rejects, from which they can be mended and read again', async () => {
    const [right, long, wrong, second] = [supplierRecord(), supplierRecord(), supplierRecord(), supplierRecord()]
    const lines = [
      JSON.stringify(right),
      JSON.stringify({ ...wrong, status: 'GONE', supplier_code: 7 }),
      '{"id":',
      JSON.stringify({ ...long, company_name: 'ก'.repeat(256) }),
      JSON.stringify(second),
    ]
    file('mixed.ndjson', lines.join('\n'))
    // The same of CSV, where cells may also be too many or too few.
    const cells = [supplierRecord(), supplierRecord({ company_name: '# line 1, "ดี"' }), supplierRecord()]
    const [head, first, gone = '', more] = csv(cells).split('\r\n')
    file('mixed.csv', [head, first, gone.replace('ACTIVE', 'GONE'), '', `${more},`, 'x', ''].join('\r\n'))
    const [ofLines, ofCells] = await run(
      'import suppliers ~/mixed.ndjson',
      'import suppliers ~/mixed.csv --rejects ~/wrong.csv',
    )

    assert.deepEqual([ofLines?.code, ofLines?.stdout], [1, '5 rows of suppliers: 3 rejected, 2 created.\n'])
    const told = [
      'line 2: status must be one of ACTIVE, INACTIVE',
      'line 2: supplier_code must be a string',
      'line 3: is not valid JSON: it ends too early',
      'line 4: company_name must be at most 255 characters',
    ]
    const rejects = readFileSync(join(home, 'mixed.ndjson.rejects'), 'utf8')
    for (const reason of told) assert.match(rejects, new RegExp(`^# ${reason}.*$`, 'm'))
    for (const reason of told) assert.ok(ofLines?.stderr.includes(`${home}/mixed.ndjson, ${reason}`), reason)
    assert.deepEqual(
      rejects.split('\n').filter((line) => !line.startsWith('# ')),
      [lines[1], lines[2], lines[3], ''],
    )
    assert.deepEqual([ofCells?.code, ofCells?.stdout], [1, '4 rows of suppliers: 3 rejected, 1 created.\n'])
    const rest = readFileSync(join(home, 'wrong.csv'), 'utf8')
    assert.match(rest, /^# line 3: status must be one of ACTIVE, INACTIVE/m)
    assert.match(rest, /^# line 5: must have 5 cells, as the header has, and has 6$/m)
    assert.match(rest, /^# line 6: must have 5 cells, as the header has, and has 1$/m)

    const mended = rejects.replace('GONE', 'ACTIVE').replace(':7', ':"7"').replace('{"id":\n', '')
    file('mended.ndjson', mended.replace('ก'.repeat(256), 'ก'))
    file('mended.csv', rest.replace('GONE', 'ACTIVE').replace(/,$/m, '').replace(/^x$/m, ''))
    for (const { code, stdout } of await run('import suppliers ~/mended.ndjson', 'import suppliers ~/mended.csv'))
      assert.deepEqual([code, stdout], [0, '2 rows of suppliers: 2 created.\n'])
    assert.ok(!existsSync(join(home, 'mended.ndjson.rejects')))
    const [named] = await db`select company_name from suppliers where id = ${cells[1].id}`
    assert.equal(named?.company_name, '# line 1, "ดี"')
  })
})

test('--dry-run says what would be, and writes nothing; --no-events tells nobody; again, all is unchanged', async () => {
  const records = Array.from({ length: 30 }, () => supplierRecord())
  file('some.ndjson.gz', gzipSync(ndjson(records)))
  const [before, told] = [await suppliers(), await events()]
  const [dry] = await run('import suppliers ~/some.ndjson.gz --dry-run')
  assert.deepEqual([dry?.code, dry?.stdout], [0, 'Checked, and written nothing: 30 rows of suppliers: 30 created.\n'])
  assert.deepEqual([await suppliers(), await events()], [before, told])
  const [made, again] = await run(
    'import suppliers ~/some.ndjson.gz --no-events',
    'import suppliers ~/some.ndjson.gz --json',
  )
  assert.match(made?.stderr ?? '', /^ {2}suppliers: 30 in 1 s\n$/)
  assert.deepEqual([await suppliers(), await events()], [before + 30, told])
  assert.deepEqual(JSON.parse(again?.stdout ?? ''), {
    ...{ resource: 'suppliers', dry_run: false, rows: 30, rejected: 0, created: 0, updated: 0, unchanged: 30 },
    ...{ stale: 0, conflicting: 0, deleted: 0, erased: 0 },
  })
  // Of the same version and with other content: told, and not written.
  file(
    'other.ndjson',
    ndjson([
      { ...records[0], company_name: 'อื่น' },
      { ...records[1], updated_at: moment(1) },
    ]),
  )
  const [other] = await run('import suppliers ~/other.ndjson')
  assert.deepEqual([other?.code, other?.stdout], [1, '2 rows of suppliers: 1 updated, 1 conflicting.\n'])
  assert.match(
    readFileSync(join(home, 'other.ndjson.rejects'), 'utf8'),
    /^# line 1: says something else than [0-9a-f-]{36}, whose updated_at is the same\n\{/,
  )
  assert.equal(await events(), told + 1)
})

test('a chain of movements that was exported is checked without, and written with, what there was before', async () => {
  const place = (await WRITTEN['ingest.stock_movements']?.(db, business.id, business.branches[0].id)) as Json
  const { warehouse_id, product_sku_id: sku } = place
  const chain = [
    movementRecord({ warehouse_id, sku }, '5', { quantity_before: '0', quantity_after: '5' }),
    movementRecord({ warehouse_id, sku }, '-2', { quantity_before: '5', quantity_after: '3' }),
  ]
  file('chain.csv', csv(chain))
  file('rest.csv', csv([movementRecord({ warehouse_id, sku }, '1', { quantity_before: '3', quantity_after: '4' })]))
  const outcomes = await run(
    'import stock-movements ~/rest.csv --dry-run',
    'import stock-movements ~/chain.csv',
    'import stock-movements ~/rest.csv',
  )
  assert.deepEqual(
    outcomes.map(({ stdout }) => stdout.replace(/^.*rows? of /, '')),
    Array(3)
      .fill(0)
      .map((_, at) => `stock-movements: ${[1, 2, 1][at]} created.\n`),
  )
})

test('a row of CSV is the record that it would be as JSON, for every kind that has no lists inside', async () => {
  const flat = recordKinds.filter(isFlat)
  assert.deepEqual(
    flat.map(({ path }) => path),
    [
      'branches',
      'warehouses',
      'membership-tiers',
      'customers',
      'categories',
      'suppliers',
      'stock-movements',
      'stock-levels',
    ],
  )
  const lines: string[] = []
  for (const { path } of flat) {
    const make = WRITTEN[`ingest.${path.replaceAll('-', '_')}`]
    const record = await make?.(db, business.id, business.branches[0].id)
    file(`${path}.csv`, `\ufeff${csv([record])}`)
    file(`${path}.ndjson`, ndjson([record]))
    lines.push(`import ${path} ~/${path}.csv`, `import ${path} ~/${path}.ndjson`)
  }
  for (const [index, { code, stdout, stderr }] of (await run(...lines)).entries()) {
    assert.equal(code, 0, stderr)
    assert.equal(
      stdout.replace(/^.*: /, ''),
      index % 2 === 0 ? '1 created.\n' : '1 unchanged.\n',
      lines[index] as string,
    )
  }
})

test('killed half-way or stopped by Ctrl-C, and run again, it ends the same, and everything is told once', async () => {
  const COUNT = 22_000
  file('many.ndjson', ndjson(Array.from({ length: COUNT }, () => supplierRecord())))
  const [before, told] = [await suppliers(), await events()]
  const written = async () => (await suppliers()) - before
  /** Starts it, and sends the signal as soon as something was written. */
  const interrupted = async (signal: NodeJS.Signals) => {
    const already = await written()
    const running = startTalad(wordsOf(`import suppliers ${home}/many.ndjson --json`), { env })
    while ((await written()) === already) await new Promise((resolve) => setTimeout(resolve, 5))
    running.child.kill(signal)
    const outcome = await running.ended
    // What it left running in the database is over as well.
    while (
      (
        await db`select 1 from pg_stat_activity where application_name = 'talad command' and datname = current_database()`
      ).length > 0
    )
      await new Promise((resolve) => setTimeout(resolve, 5))
    const half = await written()
    assert.ok(half % 5000 === 0 && half > already && half < COUNT, `${half} rows were written`)
    assert.equal(await events(), told + half)
    return { ...outcome, already, half }
  }
  assert.equal((await interrupted('SIGKILL')).signal, 'SIGKILL')
  const { code, stdout, stderr, already, half } = await interrupted('SIGINT')
  assert.equal(code, 1)
  assert.match(stderr, /\nStopped\. Run the same again to go on: what is written already is then unchanged\.\n$/)
  // What was read when it was stopped is written as well.
  const stopped = JSON.parse(stdout)
  assert.deepEqual([stopped.created, stopped.unchanged], [half - already, already])

  // Meanwhile there is another business: then one has to be named.
  await makeBusiness(db)
  const [unnamed, last] = await run(
    'import suppliers ~/many.ndjson',
    `import suppliers ~/many.ndjson --json --business ${business.id}`,
  )
  assert.equal(unnamed?.code, 1)
  assert.match(unnamed?.stderr ?? '', /^There are several businesses; name one with --business: /)
  const { rows, created, unchanged } = JSON.parse(last?.stdout ?? '')
  assert.deepEqual([rows, created, unchanged], [COUNT, COUNT - half, half])
  assert.deepEqual([await written(), await events()], [COUNT, told + COUNT])
})

describe('however a file comes in pieces', () => {
  async function* pieces(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const customers = recordKinds.find(({ path }) => path === 'customers') as (typeof recordKinds)[number]
  const records = [
    customerRecord(),
    customerRecord({ address: 'บ้าน "ใหญ่",\nซอย 1' }),
    customerRecord({ total_spent: '0.01' }),
  ]
  const readAll = async (rows: AsyncIterable<Row>) => {
    const read: Json[] = []
    for await (const { line, value, mistake, text } of rows)
      read.push({ line, value: JSON.stringify(value), mistake, text: text().toString() })
    return read
  }

  test('NDJSON is the same', async () => {
    const bytes = Buffer.from(`${ndjson(records)}# line 9: x\n\n{"half\u0e01`.replaceAll('}\n', '}\r\n'))
    const whole = await readAll(ndjsonRows(pieces(bytes, bytes.length)))
    assert.deepEqual(
      [whole.map(({ line }) => line), whole.at(-1).mistake],
      [[1, 2, 3, 6], 'is not valid JSON: it ends too early'],
    )
    for (const size of [1, 2, 3, 7, 64]) assert.deepEqual(await readAll(ndjsonRows(pieces(bytes, size))), whole)
  })

  test('CSV is the same, with any line end', async () => {
    for (const end of ['\r\n', '\n']) {
      const bytes = Buffer.from(`\ufeff${csv(records).replaceAll('\r\n', end)}${end}x,${end}`)
      const whole = await readAll(csvRows(customers, pieces(bytes, bytes.length)))
      assert.deepEqual(
        whole.map(({ line }) => line),
        [2, 4, 5, 7],
      )
      for (const size of [1, 2, 3, 7, 64])
        assert.deepEqual(await readAll(csvRows(customers, pieces(bytes, size))), whole)
    }
  })
})
