import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { makeBusiness, makeProduct, newSku } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { resources } from '../../api/index.ts'
import { storedText } from '../../rows/stored_json.ts'
import { allowDdlOnShards } from './distribute.ts'
import { migrate } from './migrate.ts'

// Migrations that change rows of earlier versions.

const server = await testServer()
const { db } = server

const skuRows = async (): Promise<Json[]> => [...(await db`select * from product_skus order by business_id, id`)]

test('migrations 0027 and 0028 fill the barcode and the time of the product in rows of SKUs that existed before', async () => {
  const [business, other] = [await makeBusiness(db), await makeBusiness(db)]
  const barcode = '8850999000017'
  const made = (day: number) => ({ created_at: `2026-05-${day}T01:02:03.456Z` })
  const old = await makeProduct(db, business.id, { ...made(10), skus: [newSku({ barcode }), newSku()] })
  const unknown = await makeProduct(db, business.id, { ...made(11), skus: [newSku({ barcode: null })] })
  await makeProduct(db, business.id, { ...made(12), skus: [] })
  const newest = await makeProduct(db, business.id, { ...made(13), skus: [newSku({ sku_code: 'M', barcode })] })
  await makeProduct(db, other.id, { ...made(14), skus: [newSku({ sku_code: 'M', barcode })] })
  const expected = await skuRows()
  assert.equal(expected.length, 5)

  // The tables of the version before; dropping the columns drops their indexes too.
  await db`alter table product_skus drop column barcode, drop column product_created_at`
  await db`delete from migrations where name like '0027%' or name like '0028%'`
  assert.ok(!('barcode' in (await skuRows())[0]))

  const steps = await migrate(db, resources.flatMap(storedText))
  assert.deepEqual(steps, ['Applied 0027_sku_columns.sql', 'Applied 0028_product_filters.sql'])
  assert.deepEqual(await skuRows(), expected)
  const times = new Map(expected.map(({ product_id, product_created_at }) => [product_id, product_created_at]))
  assert.deepEqual(times.get(old.id), new Date('2026-05-10T01:02:03.456Z'))
  assert.deepEqual(expected.filter(({ product_id }) => product_id === unknown.id)[0].barcode, null)

  const token = await server.token(await server.application({ businessId: business.id, scopes: ['read:products'] }))
  const found = async (query: string) =>
    (await server.get(`/products?${query}`, token)).body.data.map(({ id }: Json) => id)
  assert.deepEqual(await found(`barcode=${barcode}`), [newest.id, old.id])
  assert.deepEqual(await found('sku_code=M'), [newest.id])
  await assert.rejects(db`update product_skus set product_created_at = null where business_id = ${business.id}`, {
    code: '23502',
  })
})

test('migrations 0036 and 0037 complete SKUs that existed before, in their order and without other changes', async () => {
  const { id: businessId } = await makeBusiness(db)
  const skus = [
    newSku({ sku_code: 'A', sku_name: 'แก้ว "1" {}', barcode: '885"\\' }),
    newSku({ sku_code: 'B', barcode: null }),
  ]
  const old = await makeProduct(db, businessId, { skus })
  const none = await makeProduct(db, businessId, { skus: [] })
  const read = async (): Promise<Json[]> => {
    const rows = await db`select id, skus, wire, wire_2 from products where business_id = ${businessId} order by id`
    return rows.map((row) => ({ ...row, skus: JSON.stringify(row.skus) }))
  }
  const expected = await read()
  assert.equal(expected.find(({ id }) => id === none.id)?.skus, '[]')

  await db`drop table sku_barcodes`
  await db.begin(async (tx) => {
    await allowDdlOnShards(tx)
    await tx`drop trigger products_complete_skus on products`
    await tx`drop function complete_product`
    await tx`drop function complete_skus`
  })
  await db`delete from migrations where name like '0036%' or name like '0037%'`
  const incomplete = JSON.parse(expected.find(({ id }) => id === old.id)?.skus as string).map(
    ({ barcodes: _, pack_quantity: __, tax_category: ___, ...sku }: Json) => sku,
  )
  await db`
    update products set skus = ${JSON.stringify(incomplete)}::text::json
    where business_id = ${businessId} and id = ${old.id}`
  assert.notDeepEqual(await read(), expected)

  const steps = await migrate(db, resources.flatMap(storedText))
  assert.deepEqual(steps, ['Applied 0036_sku_fields.sql', 'Applied 0037_complete_skus.sql'])
  assert.deepEqual(await read(), expected)
})

test('migration 0060 removes the contacts of partners from the audit log, and nothing else', async () => {
  const { id: businessId } = await makeBusiness(db)
  const act = (id: string, before: object | null, after: object | null) => db`
    insert into audit_log (business_id, id, created_at, actor, action, before, after)
    values (${businessId}, ${id}, now(), 'owner', 'console.applications.update',
            ${before && JSON.stringify(before)}::text::jsonb, ${after && JSON.stringify(after)}::text::jsonb)`
  const [made, changed, other] = [randomUUID(), randomUUID(), randomUUID()]
  await act(made, null, { name: 'crm', contact: 'วิชัย 081-234-5678' })
  await act(changed, { name: 'crm', contact: 'วิชัย 081-234-5678' }, { name: 'crm', contact: null })
  await act(other, { name: 'contact' }, null)
  await db`delete from migrations where name like '0060%'`
  assert.deepEqual(await migrate(db, resources.flatMap(storedText)), ['Applied 0060_audit_without_contacts.sql'])
  const rows = await db`select id, before, after from audit_log where business_id = ${businessId}`
  assert.deepEqual(
    new Map(rows.map(({ id, before, after }) => [id, [before, after]])),
    new Map<string, unknown>([
      [made, [null, { name: 'crm' }]],
      [changed, [{ name: 'crm' }, { name: 'crm' }]],
      [other, [{ name: 'contact' }, null]],
    ]),
  )
})
