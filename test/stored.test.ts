import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { resources } from '../server/api/index.ts'
import { connect } from '../server/db/database.ts'
import { migrate } from '../server/db/schema/migrate.ts'
import { type StoredText, storeTexts } from '../server/db/schema/stored.ts'
import { GENERATIONS } from '../server/rows/generations.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { testDatabase } from './database.ts'
import { type Business, makeBusiness, makeCustomers } from './factories.ts'

// Rows are stored with their JSON in generated columns. The expressions come from the schema and change with it. Their SQL
// functions must agree with JSON.stringify and toISOString, byte for byte.

const { db, url, close } = await testDatabase()
after(close)

const texts = resources.flatMap(storedText)
let business: Business

before(async () => {
  business = await makeBusiness(db)
  await makeCustomers(db, business.id, [{ full_name: 'หนึ่ง' }, { full_name: 'สอง' }])
})

/** Returns the file of each table; it changes when the table is rewritten. */
async function files(): Promise<Record<string, number>> {
  const rows = await db`
    select relname, pg_relation_filenode(oid) as file from pg_class
    where relname = any(${[...new Set(texts.map(({ table }) => table))]}) and relkind = 'r'`
  return Object.fromEntries(rows.map(({ relname, file }) => [relname, file]))
}

async function wires(): Promise<string[]> {
  return (await db`select wire from customers order by full_name`).map(({ wire }) => wire)
}

const indexes = () => db`
  select indexrelid::regclass::text as name, indisvalid, indisunique from pg_index
  where indrelid = 'customers'::regclass order by 1`

/** The stored texts of the schema, with another expression for customers.wire. */
const changedTo = (expression: string): StoredText[] =>
  texts.map((text) => (text.table === 'customers' && text.column === 'wire' ? { ...text, expression } : text))

describe('stored columns of the schema', () => {
  test('changed expressions have a new generation', () => {
    const hashes = [...Map.groupBy(texts, ({ table }) => table)].map(([table, own]): [string, string] => {
      const lines = own.map(({ column, expression }) => `${column} ${expression}`)
      return [table, createHash('sha256').update(lines.sort().join('\n')).digest('hex')]
    })
    const written = Object.entries(GENERATIONS).map(([table, { sha256 }]): [string, string] => [table, sha256])
    assert.deepEqual(
      new Map(written),
      new Map(hashes),
      'the stored JSON changed: in server/rows/generations.ts, add 1 to the number of the table, and then write its new hash',
    )
  })

  test('every resource with a table has the generated columns of its expressions', async () => {
    assert.ok(texts.some(({ column }) => column === 'wire_pii'))
    for (const { table, column, expression } of texts) {
      const [made] = await db`
        select attgenerated, attnotnull, col_description(attrelid, attnum) as comment from pg_attribute
        where attrelid = ${table}::regclass and attname = ${column}`
      assert.deepEqual(
        { ...made },
        {
          attgenerated: 's',
          attnotnull: true,
          comment: `made from sha256:${createHash('sha256').update(expression).digest('hex')}`,
        },
        `${table}.${column}`,
      )
    }
  })

  test('storing unchanged texts does nothing', async () => {
    const before = await files()
    assert.equal(Object.keys(before).length, new Set(texts.map(({ table }) => table)).size)
    assert.deepEqual(await storeTexts(db, texts), { rewritten: [], begun: [] })
    assert.deepEqual(await migrate(db, texts), [])
    assert.deepEqual(await files(), before)
  })

  test('a changed expression rewrites all rows of its table, and no other table', async () => {
    const [filesBefore, wiresBefore, indexesBefore] = [await files(), await wires(), await indexes()]
    assert.equal(wiresBefore.length, 2)

    assert.deepEqual(await storeTexts(db, changedTo(`'"name":' || json_text(full_name)`)), {
      rewritten: ['customers'],
      begun: [],
    })
    assert.deepEqual(await wires(), ['"name":"สอง"', '"name":"หนึ่ง"'])
    await makeCustomers(db, business.id, [{ full_name: 'สาม' }])
    await db`update customers set full_name = 'สี่' where full_name = 'สอง'`
    assert.deepEqual((await wires()).sort(), ['"name":"สาม"', '"name":"สี่"', '"name":"หนึ่ง"'])
    const filesChanged = await files()
    const rewritten = Object.keys(filesBefore).filter((table) => filesChanged[table] !== filesBefore[table])
    assert.deepEqual(rewritten, ['customers'])
    assert.deepEqual([...(await indexes())], [...indexesBefore])

    await db`delete from customers where full_name = 'สาม'`
    await db`update customers set full_name = 'สอง' where full_name = 'สี่'`
    assert.deepEqual(await storeTexts(db, texts), { rewritten: ['customers'], begun: [] })
    assert.deepEqual(await wires(), wiresBefore)
    assert.deepEqual(await storeTexts(db, texts), { rewritten: [], begun: [] })
  })

  test('an expression that fails changes nothing', async () => {
    const [filesBefore, wiresBefore] = [await files(), await wires()]
    for (const wrong of [`json_text(no_such_column)`, `now()::text`, `(1 / (total_points - total_points))::text`])
      await assert.rejects(storeTexts(db, changedTo(wrong)))
    assert.deepEqual(await files(), filesBefore)
    assert.deepEqual(await wires(), wiresBefore)
    assert.deepEqual(await storeTexts(db, texts), { rewritten: [], begun: [] })
  })

  test('if several processes start at once, one of them stores the texts', async () => {
    const pools = Array.from({ length: 3 }, () => connect(url, { connections: 2, name: 'starting' }))
    try {
      const done = await Promise.all(pools.map((pool) => migrate(pool, changedTo(`json_text(customer_code)`))))
      assert.deepEqual(done.flat(), ['Rewrote the stored JSON of customers'])
      assert.deepEqual(await migrate(db, texts), ['Rewrote the stored JSON of customers'])
    } finally {
      await Promise.all(pools.map((pool) => pool.end()))
    }
  })
})

describe('functions in the expressions', () => {
  /** Text that Postgres accepts: without NUL and lone surrogates. */
  const text = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.string({
        unit: fc.constantFrom(
          ...'"\\/\b\f\n\r\t\u0001\u000B\u001B\u001E\u001F\u007F\u0080\u0085\u2028\u2029\uFEFF\uFFFFก😀',
        ),
        maxLength: 30,
      }),
    )
    .map((value) => value.replaceAll('\0', '').toWellFormed())

  test('json_text equals JSON.stringify for control characters, quotes, U+2028 and emoji', async () => {
    const controls = Array.from({ length: 0x9f }, (_, index) => String.fromCharCode(index + 1))
    const special = [
      '',
      '"',
      '\\',
      '\\"',
      '\\u0041',
      '/',
      '\u2028',
      '\u2029',
      '\uFEFF',
      '\uFFFD',
      '😀',
      '👨‍👩‍👧',
      '\u{10FFFF}',
    ]
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 40 }), async (values) => {
        const all = [...controls, ...special, ...values]
        const rows = await db`
          select json_text(value) as made from unnest(${all}::text[]) with ordinality as given (value, at) order by at`
        assert.deepEqual(
          rows.map(({ made }) => made),
          all.map((value) => JSON.stringify(value)),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('iso_time equals toISOString and iso_date its day, from year 1 to 9999, in any session time zone', async () => {
    const time = fc
      .integer({ min: Date.UTC(2000, 0) - 2000 * 31_556_952_000 + 86_400_000 * 800, max: Date.UTC(9999, 11, 30) })
      .map((ms) => new Date(ms).toISOString())
    const edges = [
      '0001-01-02T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '2024-02-29T23:59:59.001Z',
      '9999-12-30T23:59:59.999Z',
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.array(time, { minLength: 20, maxLength: 40 }),
        fc.constantFrom('UTC', 'Asia/Bangkok', 'America/St_Johns', 'Pacific/Kiritimati'),
        async (values, zone) => {
          const all = [...edges, ...values]
          const rows = await db.begin(async (tx) => {
            await tx.unsafe(`set local timezone = '${zone}'; set local datestyle = 'SQL, DMY'`)
            return tx`
              select iso_time(value::timestamptz) as time, iso_date(left(value, 10)::date) as date
              from unnest(${all}::text[]) with ordinality as given (value, at) order by at`
          })
          assert.deepEqual(
            rows.map(({ time, date }) => [time, date]),
            all.map((value) => [value, value.slice(0, 10)]),
          )
        },
      ),
      { numRuns: 30 },
    )
  })

  test('a decimal is stored in canonical form with all its digits', async () => {
    const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789', '0', '0'), maxLength })
    const decimal = fc.tuple(fc.constantFrom('', '-'), digits(40), digits(20)).map(([sign, whole, fraction]) => {
      const zeros = `${sign}${whole || '0'}${fraction && `.${fraction}`}`
      // Computed on text, because no JavaScript number has forty digits.
      const head = whole.replace(/^0+/, '') || '0'
      const tail = fraction.replace(/0+$/, '')
      const canonical = tail ? `${head}.${tail}` : head
      return { given: zeros, canonical: sign === '-' && canonical !== '0' ? `-${canonical}` : canonical }
    })
    await fc.assert(
      fc.asyncProperty(fc.array(decimal, { minLength: 40, maxLength: 60 }), async (decimals) => {
        const rows = decimals.map(({ given }, index) => ({ customer_code: `D-${index}`, total_spent: given }))
        await makeCustomers(db, business.id, rows)
        const made = await db`
          delete from customers where customer_code like 'D-%' returning customer_code as code, wire`
        assert.deepEqual(
          new Map(made.map(({ code, wire }) => [code, JSON.parse(`{${wire}}`).total_spent])),
          new Map(made.map(({ code }) => [code, decimals[Number(code.slice(2))]?.canonical])),
        )
        assert.equal(made.length, decimals.length)
      }),
      { numRuns: 25 },
    )
  })
})
