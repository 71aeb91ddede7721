import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { type Business, makeBusiness, makeCustomer } from '../../../test/factories.ts'
import { recordKinds } from '../../api/index.ts'
import type { RecordKind } from '../../contract/record_kind.ts'
import { fileRows } from '../file_rows.ts'
import type { DateOrder } from '../formats/format.ts'
import { importRows } from '../import.ts'
import type { CsvForm } from './csv.ts'

// Spreadsheets of people: no ids, no versions, headings in Thai, and only some columns.

const { db, close } = await testDatabase()
after(close)
const kindOf = (path: string) => recordKinds.find((kind) => kind.path === path) as RecordKind
let business: Business
before(async () => {
  business = await makeBusiness(db)
})

type ReadFile = { isDry?: boolean; dates?: DateOrder; version?: string; path?: string }

async function imported(
  text: string | Buffer,
  { isDry = false, dates, version = new Date().toISOString(), path = 'customers' }: ReadFile = {},
) {
  const form: CsvForm = { encoding: null, separator: null }
  const rejected: [number, readonly string[]][] = []
  const kind = kindOf(path)
  const pieces = (async function* () {
    yield Buffer.from(text)
  })()
  const counts = await importRows({
    ...{ db, kind, businessId: business.id, clock: () => new Date(), skipping: undefined, isDry },
    rows: fileRows(kind, pieces, form, {
      ...{ db, businessId: business.id, version, format: 'csv' },
      ...(dates && { dates }),
      taxes: 'included',
    }),
    keepsEqual: () => form.isByCode === true || path === 'products',
    position: () => 0,
    onBatch: () => {},
    onRejected: (row, reasons) => void rejected.push([row.line, reasons]),
    isStopped: () => false,
  })
  return { ...counts, mistakes: rejected, form }
}

const storedAs = async (code: string) =>
  (await db`select * from customers where business_id = ${business.id} and customer_code = ${code}`)[0] ??
  assert.fail(code)

describe('a spreadsheet of customers without ids', () => {
  test('it is rejected without the code, or without any name', async () => {
    await assert.rejects(imported('full_name,phone\nx,1\n'), /customer_code is missing/)
    await assert.rejects(imported('customer_code,phone\nA,1\n'), /full_name or first_name is missing/)
    const { mistakes } = await imported('customer_code,full_name\n,Somchai\nB,\n')
    assert.deepEqual(mistakes, [
      [2, ['customer_code is required']],
      [3, ['full_name or first_name is required']],
    ])
  })

  test('headings in Thai name the fields, and what people do not keep is filled in', async () => {
    const text = 'รหัสลูกค้า;ชื่อ;นามสกุล;เบอร์โทรศัพท์\nTH-1;สมชาย;ใจดี;0812345678\n'
    const dry = await imported(text, { isDry: true })
    assert.deepEqual([dry.created, dry.rejected], [1, 0])
    assert.equal((await db`select 1 from customers where customer_code = 'TH-1'`).length, 0, 'a check stores nothing')
    assert.equal((await imported(text)).created, 1)
    const { full_name, phone, total_points, is_active } = await storedAs('TH-1')
    assert.deepEqual([full_name, phone, Number(total_points), is_active], ['สมชาย ใจดี', '0812345678', 0, true])
    assert.equal((await imported(text)).unchanged, 1, 'the same file again changes nothing')
  })

  test('a customer of the POS keeps its id, and every value that the file does not have', async () => {
    const id = await makeCustomer(db, business.id, {
      ...{ customer_code: 'POS-1', full_name: 'Old', email: 'a@example.com', total_points: 30, total_spent: '12.50' },
      updated_at: '2026-01-01T00:00:00.000Z',
    })
    await db`update customers set external_id = 'M-1' where id = ${id}`
    assert.equal((await imported('customer_code,full_name,phone\nPOS-1,New,0899999999\n')).updated, 1)
    const row = await storedAs('POS-1')
    assert.deepEqual(
      [row.id, row.full_name, row.phone, row.email, Number(row.total_points), Number(row.total_spent), row.external_id],
      [id, 'New', '0899999999', 'a@example.com', 30, 12.5, 'M-1'],
    )
    const old = await imported('customer_code,full_name\nPOS-1,Older\n', { version: '2025-01-01T00:00:00.000Z' })
    assert.deepEqual([old.stale, (await storedAs('POS-1')).full_name], [1, 'New'], 'the shop has written it later')
    const [other] = await db`select count(*)::int from customers where customer_code = 'POS-1'`
    assert.equal(other?.count, 1)
  })

  test('a customer of another business is not found by the code', async () => {
    const foreign = await makeBusiness(db)
    const id = await makeCustomer(db, foreign.id, {
      customer_code: 'SHARED',
      full_name: 'Foreign',
      phone: '0800000000',
    })
    assert.equal((await imported('customer_code,full_name\nSHARED,Own\n')).created, 1)
    const own = await storedAs('SHARED')
    assert.notEqual(own.id, id)
    assert.equal(own.phone, null)
  })

  test('days as people write them need their order, and may have a Buddhist year', async () => {
    const text = 'customer_code,full_name,date_of_birth\nD-1,x,13/4/2533\nD-2,y,1990-04-13\nD-3,z,31/2/1990\n'
    await assert.rejects(imported(text), /has dates such as 13\/4\/2533, which do not say whether the day comes first/)
    const { created, mistakes } = await imported(text, { dates: 'dmy' })
    assert.equal(created, 2)
    assert.deepEqual(
      mistakes.map(([line]) => line),
      [4],
    )
    const days = await db`
      select date_of_birth::text as day from customers where customer_code in ('D-1', 'D-2') and business_id = ${business.id}`
    assert.deepEqual(
      days.map(({ day }) => day.slice(0, 10)),
      ['1990-04-13', '1990-04-13'],
    )
  })

  test('more rows than are read at once stay in order, and two rows of one code count once', async () => {
    const lines = Array.from({ length: 1203 }, (_, at) => `MANY-${at},Name ${at}`)
    const { created, rows, mistakes } = await imported(`customer_code,full_name\n${lines.join('\n')}\nMANY-7,Name 7\n`)
    assert.deepEqual([rows, created, mistakes], [1204, 1203, []])
  })
})

test('products have headings in Thai too', async () => {
  const text = 'รหัสสินค้า\tชื่อสินค้า\tรหัส SKU\tราคา\nP-1\tกาแฟ\tP-1-S\t65\n'
  const { created, form } = await imported(Buffer.from(`\ufeff${text}`, 'utf16le'), { path: 'products' })
  assert.deepEqual([created, form.encoding, form.separator], [1, 'utf-16le', '\t'])
})
