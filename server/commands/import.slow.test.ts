import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { testDatabase } from '../../test/database.ts'
import { type Business, makeBusiness } from '../../test/factories.ts'
import type { Json } from '../../test/harness.ts'
import { splitWords, startTalad, talads } from '../../test/process.ts'
import { customerRecord, moment, movementRecord, supplierRecord, WRITTEN } from '../../test/records.ts'
import { recordKinds } from '../api/index.ts'
import { csvRows, isFlat } from '../ingest/read/csv.ts'
import { type FileRow, ndjsonRows } from '../ingest/read/rows.ts'

// Files as a user imports them. Most tests run in one process, because each command opens the database.

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
    lines.map((line) => splitWords(line.replaceAll('~/', `${home}/`))),
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

describe('rejected imports', () => {
  test('a missing or unreadable file, or a missing business, is rejected', async () => {
    mkdirSync(join(home, 'folder'))
    file('one.ndjson', ndjson([supplierRecord()]))
    const names = ['none', 'folder', 'none.csv', 'one.ndjson']
    const outcomes = await run(...names.map((name) => `import suppliers ~/${name}`))
    assert.deepEqual(
      outcomes.map(({ code, stderr }) => `${code} ${stderr.replace(home, '')}`),
      [
        '1 /none cannot be read: it does not exist.\n',
        '1 /folder cannot be read: it is a folder.\n',
        '1 /none.csv cannot be read: it does not exist.\n',
        '1 No business exists yet; create one: talad business create <name>\n',
      ],
    )
    business = await makeBusiness(db)
  })

  test('reading a CSV file stops at a mistake in its columns, quotes or characters', async () => {
    const { id, supplier_code, company_name, status, updated_at } = supplierRecord()
    const head = 'id,supplier_code,company_name,status,updated_at'
    const row = [id, supplier_code, company_name, status, updated_at].join(',')
    const other = [randomUUID(), 'S', 'ขวด 1"', status, updated_at].join(',')
    const columns = 'does not have the columns of suppliers: '
    const files: [content: string | Buffer, mistake: string, rows: number][] = [
      ['', 'is empty: its first row must name the columns', 0],
      [`${head},supplier_cod\n${row},x\n`, `${columns}supplier_cod is unknown; did you mean supplier_code?`, 0],
      [`${head},status,\n`, `${columns}status appears twice`, 0],
      [
        'company_name\n',
        `${columns}id is missing; supplier_code is missing; status is missing; updated_at is missing`,
        0,
      ],
      [`${head}\n${row}\n`.replaceAll(',', '|'), 'has "|" between its columns: use commas, semicolons or tabs', 0],
      [
        `${head};note\n${row}\n`,
        'has "," and ";" in its header row: name the separator in a first line such as sep=;',
        0,
      ],
      [`sep=|\n${head}\n`, 'has an invalid first line: sep= must name a comma, a semicolon or a tab, such as sep=;', 0],
      [
        `${head}\n${row}\n${other}\n`,
        'has a misplaced quote in the row that begins after line 2: inside quotes, write a quote twice',
        1,
      ],
      [`${head}\n${row}\n"${randomUUID()},S\nx\n`, 'has an unclosed quote in the row that begins after line 2', 1],
      [
        Buffer.concat([Buffer.from(`${head}\n${row}\n`), Buffer.from([0xff, 0x0a])]),
        'is neither UTF-8 nor Windows-874 (see line 3): save it as “CSV UTF-8” or specify --encoding',
        0,
      ],
      [
        Buffer.from(`${head}\n${row}\n`, 'utf16le'),
        'looks like UTF-16 without a byte order mark: save it as “CSV UTF-8”',
        0,
      ],
      [
        Buffer.concat([
          Buffer.from(`${head}\n${row.replace(company_name, '')}`),
          Buffer.from([0xe0, 0xa2, 0xb5, 0x0a]),
        ]),
        'could be UTF-8 or Windows-874: save it as “CSV UTF-8” or specify --encoding',
        0,
      ],
      [
        Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${head}\n\ud800`, 'utf16le')]),
        'is not valid UTF-16 at or after line 2: save it as “CSV UTF-8”',
        0,
      ],
      [gzipSync(`${head}\n${row}\n`).subarray(0, -9), 'is not valid gzip or is truncated', 0],
    ]
    for (const [index, [content]] of files.entries()) file(`wrong${index}.csv`, content)
    const outcomes = await run(...files.map((_, index) => `import suppliers ~/wrong${index}.csv --dry-run --json`))
    for (const [index, [, mistake, rows]] of files.entries()) {
      const { code, stdout, stderr } = outcomes[index] as Json
      assert.equal(code, 1)
      assert.equal(
        stderr.split('\n').at(-2),
        `${home}/wrong${index}.csv ${mistake}. The rest of the file was not read.`,
      )
      assert.equal(JSON.parse(stdout).rows, rows, mistake)
    }
    assert.equal(await suppliers(), 0)
  })

  test('invalid rows are written to a rejects file, which can be corrected and imported', async () => {
    const [right, long, wrong, second] = [supplierRecord(), supplierRecord(), supplierRecord(), supplierRecord()]
    const lines = [
      JSON.stringify(right),
      JSON.stringify({ ...wrong, status: 'GONE', supplier_code: 7 }),
      '{"id":',
      JSON.stringify({ ...long, company_name: 'ก'.repeat(256) }),
      JSON.stringify(second),
    ]
    file('mixed.ndjson', lines.join('\n'))
    // The same for CSV, where a row can also have too many or too few cells.
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
    assert.match(rest, /^# line 5: has 6 cells, but the header has 5$/m)
    assert.match(rest, /^# line 6: has 1 cells, but the header has 5$/m)

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

describe('spreadsheet files', () => {
  /** Windows-874, implemented independently of our decoder: Thai letters and the euro sign. */
  const thai = (text: string) =>
    Buffer.from(
      [...text].map((character) => {
        const code = character.charCodeAt(0)
        return character === '€' ? 0x80 : code >= 0x0e00 ? code - 0x0e00 + 0xa0 : code
      }),
    )
  const names = ['id', 'supplier_code', 'company_name', 'status', 'address', 'updated_at']
  const record = (row: object = {}) =>
    supplierRecord({ company_name: 'บริษัท น้ำพริกแม่ฉุยอำเภอเขตญาณฯ ๑๒๓ จำกัด (€)', address: '1/6/2569', ...row })
  const table = (records: Json[], separator: string, more = '') =>
    [names.join(separator) + more, ...records.map((row) => names.map((name) => row[name]).join(separator) + more)].map(
      (line) => `${line}\r\n`,
    )
  const stored = async (id: string) => {
    const [row] =
      await db`select company_name, address, convert_to(company_name, 'UTF8') as bytes from suppliers where id = ${id}`
    return row
  }

  test('all spreadsheet formats give the same Thai text: sep=, semicolons, tabs, empty rows and columns, Windows-874, UTF-16', async () => {
    const utf16 = (text: string, isBig: boolean) => {
      const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
      return isBig ? bytes.swap16() : bytes
    }
    const forms: [make: (records: Json[]) => string | Buffer, said: string, name?: string][] = [
      [(rows) => `sep=,\r\n${table(rows, ',').join('')}`, 'UTF-8, columns separated by commas'],
      [(rows) => `\ufeffsep=;\r\n${table(rows, ';').join('')}`, 'UTF-8, columns separated by semicolons'],
      [(rows) => `sep=;\r\n\ufeff${table(rows, ';').join('')}`, 'UTF-8, columns separated by semicolons'],
      [(rows) => `"SEP=;"\r\n${table(rows, ';').join('')}`, 'UTF-8, columns separated by semicolons'],
      [(rows) => `sep=\t\n${table(rows, '\t').join('')}`, 'UTF-8, columns separated by tabs'],
      [
        (rows) => `;;;;;\r\n\r\n${table(rows, ';', ';;').join(';;;;;;;\r\n')};;;\r\n\r\n;`,
        'UTF-8, columns separated by semicolons',
      ],
      [(rows) => `${table(rows, ',', ',').join(',,,,,,\r\n')},,`, 'UTF-8, columns separated by commas'],
      [(rows) => thai(table(rows, ',').join('')), 'Windows-874 (Thai), columns separated by commas'],
      [(rows) => thai(`sep=;\r\n${table(rows, ';').join('')}`), 'Windows-874 (Thai), columns separated by semicolons'],
      [(rows) => utf16(table(rows, '\t').join(''), false), 'UTF-16, columns separated by tabs'],
      [(rows) => utf16(table(rows, '\t').join(''), true), 'UTF-16, columns separated by tabs', 'tsv'],
      [(rows) => gzipSync(thai(table(rows, '\t').join(''))), 'Windows-874 (Thai), columns separated by tabs', 'csv.gz'],
    ]
    const sent = forms.map(() => [record(), record()])
    for (const [index, [make, , name = 'csv']] of forms.entries())
      file(`form${index}.${name}`, make(sent[index] as Json[]))
    const outcomes = await run(...forms.map(([, , name = 'csv'], index) => `import suppliers ~/form${index}.${name}`))
    for (const [index, [, said, name = 'csv']] of forms.entries()) {
      const { code, stdout, stderr } = outcomes[index] as Json
      assert.deepEqual([code, stdout], [0, '2 rows of suppliers: 2 created.\n'], stderr)
      assert.ok(stderr.includes(`form${index}.${name}: CSV in ${said}.\n`), stderr)
      for (const { id, company_name } of sent[index] as Json[]) {
        const row = await stored(id)
        assert.deepEqual([row?.company_name, row?.address], [company_name, '1/6/2569'])
        assert.deepEqual(row?.bytes, Buffer.from(company_name))
      }
    }
  })

  test('a Windows-874 file keeps every character, and its rejected rows have correct line numbers', async () => {
    const all = Buffer.from(
      Array.from({ length: 128 }, (_, at) => at + 128).filter(
        (byte) =>
          byte === 0x80 ||
          byte === 0x85 ||
          (byte >= 0x91 && byte <= 0x97) ||
          (byte >= 0xa0 && byte <= 0xda) ||
          (byte >= 0xdf && byte <= 0xfb),
      ),
    )
    const text =
      '€…‘’“”•–—\u00a0' +
      Array.from({ length: 0x5b }, (_, at) => at + 0x0e01)
        .filter((code) => code <= 0x0e3a || code >= 0x0e3f)
        .map((code) => String.fromCharCode(code))
        .join('')
    const [whole, wrong] = [record({ company_name: 'x' }), record({ status: 'GONE' })]
    const [head = '', row = '', bad = ''] = table([whole, wrong], ';')
    const [before = '', after = ''] = row.split('x')
    file('all.csv', Buffer.concat([thai(`sep=;\r\n${head}\r\n${before}`), all, thai(`${after}\r\n${bad}`)]))
    const [outcome] = await run('import suppliers ~/all.csv --json')
    assert.equal((await stored(whole.id))?.company_name, text)
    const { created, rejected, encoding, separator } = JSON.parse(outcome?.stdout ?? '')
    assert.deepEqual([created, rejected, encoding, separator], [1, 1, 'windows-874', ';'])
    // The rejects file is UTF-8 with commas and can be imported after correction.
    const rejects = readFileSync(join(home, 'all.csv.rejects'), 'utf8')
    assert.match(rejects, /^# line 6: status must be one of ACTIVE, INACTIVE$/m)
    file('mended.csv.rejects', rejects.replace('GONE', 'ACTIVE'))
    const [again] = await run('import suppliers ~/mended.csv.rejects --rejects ~/none')
    assert.deepEqual([again?.code, again?.stdout], [0, '1 row of suppliers: 1 created.\n'], again?.stderr ?? '')
    assert.equal((await stored(wrong.id))?.company_name, wrong.company_name)
  })

  test('an ambiguous file is read in the encoding of --encoding', async () => {
    const [one, other] = [record({ company_name: 'เขต' }), record({ company_name: 'café' })]
    const [ofOne, ofOther] = [one, other].map((row) => table([row], ','))
    file('one.csv', thai(ofOne?.join('') ?? ''))
    file('other.csv', ofOther?.join('') ?? '')
    const outcomes = await run(
      'import suppliers ~/one.csv',
      'import suppliers ~/other.csv',
      'import suppliers ~/one.csv --encoding windows-874',
      'import suppliers ~/other.csv --encoding UTF-8',
      'import suppliers ~/other.csv --encoding latin1',
    )
    for (const { code, stderr } of outcomes.slice(0, 2)) {
      assert.equal(code, 1)
      assert.match(stderr, /could be UTF-8 or Windows-874: save it as “CSV UTF-8” or specify --encoding/)
    }
    assert.deepEqual([outcomes[2]?.code, outcomes[3]?.code], [0, 0])
    assert.deepEqual([(await stored(one.id))?.company_name, (await stored(other.id))?.company_name], ['เขต', 'café'])
    assert.match(
      outcomes[4]?.stderr ?? '',
      /--encoding must be one of utf-8, windows-874, utf-16le, utf-16be, not latin1/,
    )
  })

  test('a value in an unnamed column, and an unnamed column between others, are rejected', async () => {
    const [head = '', row = ''] = table([record()], ';')
    file('more.csv', `${head.trim()};\n${row.trim()};x\n`)
    file('gap.csv', `${head.replace(';status;', ';;')}${row}`)
    const [more, gap] = await run('import suppliers ~/more.csv', 'import suppliers ~/gap.csv')
    assert.match(more?.stderr ?? '', /line 2: has 7 cells, but the header has 6/)
    assert.match(gap?.stderr ?? '', /a column has no name; status is missing/)
  })
})

test('--no-events is rejected while the business has webhooks', async () => {
  const app = randomUUID()
  await db`
    insert into applications (business_id, id, client_id, name, kind, rate_requests, rate_per_second)
    values (${business.id}, ${app}, ${`talad_${app.replaceAll('-', '')}`}, 'อื่น', 'partner', 100, 10)`
  await db`
    insert into subscriptions (business_id, id, application_id, endpoint_url, event_types, include_pii, secret_sealed,
      position, fanned_out_at, created_at, updated_at)
    values (${business.id}, ${app}, ${app}, 'https://hooks.example/', '["*"]', false, '', 0, now(), now(), now())`
  file('more.ndjson', ndjson([supplierRecord()]))
  const before = await suppliers()
  const [rejected] = await run('import suppliers ~/more.ndjson --no-events')
  assert.deepEqual(
    [rejected?.code, rejected?.stderr.trim().split('\n').at(-1)],
    [
      1,
      'The business has webhooks, which would miss these records. Import without --no-events, or delete the webhooks first.',
    ],
  )
  assert.equal(await suppliers(), before)
  await db`delete from subscriptions where business_id = ${business.id}`
  await db`delete from applications where business_id = ${business.id} and id = ${app}`
})

test('--dry-run writes nothing, --no-events records no events, and a second import changes nothing', async () => {
  const records = Array.from({ length: 30 }, () => supplierRecord())
  file('some.ndjson.gz', gzipSync(ndjson(records)))
  const [before, told] = [await suppliers(), await events()]
  const [dry] = await run('import suppliers ~/some.ndjson.gz --dry-run')
  assert.deepEqual([dry?.code, dry?.stdout], [0, 'Dry run, nothing was written: 30 rows of suppliers: 30 created.\n'])
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
  // The same version with different content is reported and not written.
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
    /^# line 1: differs from the stored record [0-9a-f-]{36}, which has the same updated_at\n\{/,
  )
  assert.equal(await events(), told + 1)
})

test('exported stock movements can be checked without, and written with, the earlier movements', async () => {
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

test('a CSV row gives the same record as JSON, for every resource without lists', async () => {
  const lines: string[] = []
  for (const kind of recordKinds) {
    const { path } = kind
    const record = await WRITTEN[`ingest.${path.replaceAll('-', '_')}`]?.(db, business.id, business.branches[0].id)
    assert.equal(isFlat(kind), !Object.values(record).some(Array.isArray), path)
    if (!isFlat(kind)) continue
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

test('an import that was killed or stopped can be run again, with the same result and each event once', async () => {
  business ??= await makeBusiness(db)
  const COUNT = 22_000
  file('many.ndjson', ndjson(Array.from({ length: COUNT }, () => supplierRecord())))
  const [before, told] = [await suppliers(), await events()]
  const written = async () => (await suppliers()) - before
  /** Starts an import and sends the signal as soon as rows were written. */
  const interrupted = async (signal: NodeJS.Signals) => {
    const already = await written()
    const running = startTalad(splitWords(`import suppliers ${home}/many.ndjson --json`), { env })
    while ((await written()) === already) await new Promise((resolve) => setTimeout(resolve, 5))
    running.child.kill(signal)
    const outcome = await running.ended
    // Waits until its statements in the database have ended too.
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
  assert.match(
    stderr,
    /\nStopped\. Run the same command again to continue; rows that were written already are unchanged\.\n$/,
  )
  // Rows that were read before the stop are written as well.
  const stopped = JSON.parse(stdout)
  assert.deepEqual([stopped.created, stopped.unchanged], [half - already, already])

  // Now a second business exists, so --business is required.
  await makeBusiness(db)
  const [unnamed, last] = await run(
    'import suppliers ~/many.ndjson',
    `import suppliers ~/many.ndjson --json --business ${business.id}`,
  )
  assert.equal(unnamed?.code, 1)
  assert.match(unnamed?.stderr ?? '', /^Several businesses exist; choose one with --business: /)
  const { rows, created, unchanged } = JSON.parse(last?.stdout ?? '')
  assert.deepEqual([rows, created, unchanged], [COUNT, COUNT - half, half])
  assert.deepEqual([await written(), await events()], [COUNT, told + COUNT])
})

describe('chunked reading', () => {
  async function* pieces(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const customers = recordKinds.find(({ path }) => path === 'customers') as (typeof recordKinds)[number]
  const records = [
    customerRecord(),
    customerRecord({ address: 'บ้าน "ใหญ่",\nซอย 1' }),
    customerRecord({ total_spent: '0.01' }),
  ]
  const readAll = async (rows: AsyncIterable<FileRow>) => {
    const read: Json[] = []
    for await (const { line, value, mistake, text } of rows)
      read.push({ line, value: JSON.stringify(value), mistake, text: text().toString() })
    return read
  }

  test('NDJSON gives the same rows for any chunk sizes', async () => {
    const bytes = Buffer.from(`${ndjson(records)}# line 9: x\n\n{"half\u0e01`.replaceAll('}\n', '}\r\n'))
    const whole = await readAll(ndjsonRows(pieces(bytes, bytes.length)))
    assert.deepEqual(
      [whole.map(({ line }) => line), whole.at(-1).mistake],
      [[1, 2, 3, 6], 'is not valid JSON: it ends too early'],
    )
    for (const size of [1, 2, 3, 7, 64]) assert.deepEqual(await readAll(ndjsonRows(pieces(bytes, size))), whole)
  })

  test('CSV gives the same rows for any chunk sizes and line ends', async () => {
    const form = () => ({ encoding: null, separator: null })
    const options = { db, businessId: business.id, version: moment(), dates: null }
    for (const end of ['\r\n', '\n']) {
      const bytes = Buffer.from(`\ufeff${csv(records).replaceAll('\r\n', end)}${end}x,${end}`)
      const whole = await readAll(csvRows(customers, pieces(bytes, bytes.length), form(), options))
      assert.deepEqual(
        whole.map(({ line }) => line),
        [2, 4, 5, 7],
      )
      for (const size of [1, 2, 3, 7, 64])
        assert.deepEqual(await readAll(csvRows(customers, pieces(bytes, size), form(), options)), whole)
      const spread = Buffer.from(`\ufeffsep=,${end}${bytes.toString().slice(1)}`, 'utf16le')
      for (const size of [1, 2, 3, 7, 64])
        assert.deepEqual(
          (await readAll(csvRows(customers, pieces(spread, size), form(), options))).map(({ line, ...row }) => ({
            ...row,
            line: line - 1,
          })),
          whole.map(({ line, ...row }) => ({ ...row, line })),
        )
    }
  })
})
