import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeBusiness, makeProduct, newSku } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { moment, openTill, productRecord } from '../../../test/records.ts'
import { onlyOnce } from '../../../test/thorough.ts'

const server = await testServer()
const { db } = server
const { business, token, reader } = await openTill(server)

const post = (records: Json[]) =>
  server.call('/api/ingest/v1/products', {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

async function send(records: Json[]): Promise<Json> {
  const { status, body, text } = await post(records)
  assert.equal(status, 200, text)
  const { received: _, ...counts } = body.data
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}

const productOf = (sku: Json, row: Json = {}): Json => productRecord({ skus: [newSku(sku)], ...row })

const skuOf = async ({ id }: Json): Promise<Json> => (await server.get(`/products/${id}`, reader)).body.data.skus[0]

const found = async (query: string): Promise<string[]> =>
  (await server.get(`/products?${query}`, reader)).body.data.map(({ id }: Json) => id)

describe('SKUs that are sent', onlyOnce, () => {
  test('a sender that knows nothing of the new fields keeps working: its barcode is the only one', async () => {
    const [one, none] = [productOf({ barcode: '885-old' }), productOf({ barcode: null })]
    assert.deepEqual(await send([one, none]), { created: 2 })
    const sku = await skuOf(one)
    assert.deepEqual(Object.entries(sku).slice(-4), [
      ['is_active', true],
      ['barcodes', ['885-old']],
      ['pack_quantity', null],
      ['tax_category', null],
    ])
    assert.deepEqual((await skuOf(none)).barcodes, [])
    assert.deepEqual(await send([one, none]), { unchanged: 2 })
    // Equal content, said with the new fields.
    const same = { ...one, skus: [{ ...one.skus[0], barcodes: ['885-old'], pack_quantity: null }] }
    assert.deepEqual(await send([same]), { unchanged: 1 })
    const other = { ...one, skus: [{ ...one.skus[0], barcodes: ['885-old', '885-new'] }] }
    assert.deepEqual(await send([other]), { conflicting: 1 })
  })

  test('all barcodes are kept in their order, and the first one is the main one of a sender that sends only the list', async () => {
    const record = productOf({
      barcode: undefined,
      barcodes: ['b-2', 'b-1'],
      pack_quantity: '6.00',
      tax_category: 'EXEMPT',
    })
    await send([record])
    const { barcode, barcodes, pack_quantity, tax_category } = await skuOf(record)
    assert.deepEqual(
      { barcode, barcodes, pack_quantity, tax_category },
      { barcode: 'b-2', barcodes: ['b-2', 'b-1'], pack_quantity: '6', tax_category: 'EXEMPT' },
    )
    assert.deepEqual(await send([record]), { unchanged: 1 })
  })

  test('wrong barcodes, pack quantities and tax categories are rejected', async () => {
    const cases: [Json, field: string, message: string][] = [
      [{ barcode: 'a', barcodes: ['b'] }, 'barcodes', 'must contain the barcode a'],
      [{ barcode: 'a', barcodes: [] }, 'barcodes', 'must contain the barcode a'],
      [{ barcode: null, barcodes: ['b', 'c', 'b'] }, 'barcodes[2]', 'is already used by skus[0].barcodes[0]'],
      [{ barcode: null, barcodes: [''] }, 'barcodes[0]', 'must not be empty'],
      [{ barcode: null, barcodes: [5] }, 'barcodes[0]', 'must be a string'],
      [{ barcode: null, barcodes: [null] }, 'barcodes[0]', 'must not be null'],
      [{ barcode: null, barcodes: 'b' }, 'barcodes', 'must be a list'],
      [{ barcodes: null }, 'barcodes', 'must not be null'],
      [{ pack_quantity: '0' }, 'pack_quantity', 'must be greater than 0'],
      [{ pack_quantity: '-6' }, 'pack_quantity', 'must be greater than 0'],
      [{ pack_quantity: 6 }, 'pack_quantity', 'must be a string, such as "7.85": a JSON number is not exact'],
      [{ tax_category: 'VAT' }, 'tax_category', 'must be one of STANDARD, ZERO, EXEMPT'],
    ]
    for (const [sku, field, message] of cases) {
      const { status, body } = await post([productOf(sku)])
      assert.deepEqual(
        [status, body.details?.map((one: Json) => [one.field, one.message])],
        [400, [[`skus[0].${field}`, message]]],
      )
    }
  })

  test('an unknown word of an escaped barcode does not hide the further ones', async () => {
    const strange = ['"],"', 'x\\', '[]{}"barcodes":["']
    const record = productOf({ barcode: strange[0], barcodes: strange })
    await send([record])
    for (const one of strange) assert.deepEqual(await found(`barcode=${encodeURIComponent(one)}`), [record.id])
  })
})

describe('filter by barcode', onlyOnce, () => {
  test('every barcode finds the product, until it is removed', async () => {
    const record = productOf({ barcode: 'f-1', barcodes: ['f-1', 'f-2', 'f-3'] })
    await send([record])
    for (const barcode of ['f-1', 'f-2', 'f-3']) {
      assert.deepEqual(await found(`barcode=${barcode}`), [record.id])
      assert.deepEqual(await found(`barcode=${barcode}&id=${record.id}`), [record.id])
      assert.deepEqual(await found(`barcode=${barcode}&sku_code=${record.skus[0].sku_code}`), [record.id])
      assert.deepEqual(await found(`barcode=${barcode}&sku_code=other`), [])
    }
    const less = { ...record, skus: [{ ...record.skus[0], barcodes: ['f-1', 'f-3'] }], updated_at: moment(1) }
    assert.deepEqual(await send([less]), { updated: 1 })
    assert.deepEqual([await found('barcode=f-2'), await found('barcode=f-3')], [[], [record.id]])
    const gone = { ...record, skus: [newSku({ barcode: 'f-9' })], updated_at: moment(2) }
    await send([gone])
    assert.deepEqual([await found('barcode=f-3'), await found('barcode=f-9')], [[], [record.id]])
    await send([{ id: record.id, deleted: true, updated_at: moment(3) }])
    assert.deepEqual(await found('barcode=f-9'), [])
  })

  test('pages of products by main and further barcodes are in the order of the list, each product once', async () => {
    const skus = (at: number) => [
      newSku(at % 2 === 0 ? { barcode: 'p-1' } : { barcode: `p-x${at}`, barcodes: [`p-x${at}`, 'p-1'] }),
      // The same product has it twice.
      ...(at === 3 ? [newSku({ barcode: 'p-1' })] : []),
    ]
    const ids: string[] = []
    for (let at = 0; at < 7; at += 1) {
      const created_at = new Date(Date.UTC(2026, 0, 1 + at)).toISOString()
      ids.unshift((await makeProduct(db, business.id, { created_at, skus: skus(at) })).id)
    }
    await makeProduct(db, (await makeBusiness(db)).id, { skus: [newSku({ barcode: 'y', barcodes: ['y', 'p-1'] })] })
    const walked: string[] = []
    for (let query = 'barcode=p-1&limit=2'; ; ) {
      const { body } = await server.get(`/products?${query}`, reader)
      walked.push(...body.data.map(({ id }: Json) => id))
      if (body.pagination.next_cursor === null) break
      query = `cursor=${body.pagination.next_cursor}`
    }
    assert.deepEqual(walked, ids)
  })
})

test('SKUs that a process of an older version writes are completed', onlyOnce, async () => {
  const { id } = await makeProduct(db, business.id)
  const old = [
    `{"id":"3c9e1a74-5d28-4f6b-8e07-b1a2d4c6f835","sku_code":"","sku_name":"แก้ว \\"ใหญ่\\" {}","barcode":"a\\"b","unit":null,"price":"65","is_tax_included":true,"track_stock":false,"is_active":true}`,
    `{"id":"4c9e1a74-5d28-4f6b-8e07-b1a2d4c6f835","sku_code":"S","sku_name":"เล็ก","barcode":null,"unit":null,"price":"5","is_tax_included":true,"track_stock":false,"is_active":true}`,
  ]
  await db`
    update products set skus = ${`[${old.join(',')}]`}::text::json where business_id = ${business.id} and id = ${id}`
  const { data } = (await server.get(`/products/${id}`, reader)).body
  assert.deepEqual(
    data.skus,
    old.map((sku) => ({
      ...JSON.parse(sku),
      barcodes: JSON.parse(sku).barcode === null ? [] : ['a"b'],
      pack_quantity: null,
      tax_category: null,
    })),
  )
  await db`update products set skus = '[]' where business_id = ${business.id} and id = ${id}`
  assert.deepEqual((await server.get(`/products/${id}`, reader)).body.data.skus, [])
})
