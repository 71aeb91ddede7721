import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import {
  type Business,
  changeProduct,
  makeBusiness,
  makeCategory,
  makeProduct,
  newSku,
} from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'

const server = await testServer()
const { db } = server
let business: Business
let token: string

before(async () => {
  business = await makeBusiness(db)
  const other = await makeBusiness(db)
  await makeProduct(db, other.id, { product_name: 'ของธุรกิจอื่น' })
  await makeCategory(db, other.id)
  token = await server.token(await server.application({ businessId: business.id, scopes: ['read:products'] }))
})

const ids = ({ body }: { body: Json }): string[] => body.data.map(({ id }: { id: string }) => id)

test('GET /products returns every field of a product', async () => {
  const category = await makeCategory(db, business.id, { name: 'เครื่องดื่ม' })
  const sku = { sku_code: 'TEA-L', sku_name: 'แก้ว "ใหญ่"', barcode: '885', unit: 'แก้ว', price: '65.50' }
  const { id, skus } = await makeProduct(db, business.id, {
    product_code: 'P-0042',
    product_name: 'ชาไทยเย็น',
    product_name_en: 'Thai iced tea',
    description: 'หวาน\nน้อย',
    category_id: category,
    created_at: '2026-05-11T15:12:59.723Z',
    updated_at: '2026-05-11T15:14:06.138Z',
    external_id: 'ITEM-42',
    skus: [newSku({ ...sku, is_tax_included: true, track_stock: false, is_active: true })],
  })
  assert.deepEqual((await server.get(`/products/${id}`, token)).body, {
    data: {
      id,
      product_code: 'P-0042',
      product_name: 'ชาไทยเย็น',
      product_name_en: 'Thai iced tea',
      description: 'หวาน\nน้อย',
      category_id: category,
      category_name: 'เครื่องดื่ม',
      is_active: true,
      skus: [
        {
          ...{ id: skus[0], ...sku, price: '65.5' },
          ...{ is_tax_included: true, track_stock: false, is_active: true },
          ...{ barcodes: ['885'], pack_quantity: null, tax_category: null },
        },
      ],
      created_at: '2026-05-11T15:12:59.723Z',
      updated_at: '2026-05-11T15:14:06.138Z',
      external_id: 'ITEM-42',
    },
  })
})

test('unknown values are null, and a product can have no SKU', async () => {
  const { id } = await makeProduct(db, business.id, {
    ...{ product_name_en: null, description: null, skus: [], is_active: false },
  })
  const { product_name_en, description, category_id, category_name, is_active, skus } = (
    await server.get(`/products/${id}`, token)
  ).body.data
  assert.deepEqual(
    { product_name_en, description, category_id, category_name, is_active, skus },
    { product_name_en: null, description: null, category_id: null, category_name: null, is_active: false, skus: [] },
  )
})

test('SKUs are sorted by code, then id, and a code can be empty', async () => {
  const [low, high] = ['1d0c6a52-0000-4000-8000-000000000000', 'fd0c6a52-0000-4000-8000-000000000000']
  const { id } = await makeProduct(db, business.id, {
    skus: [
      newSku({ sku_code: 'ก' }),
      newSku({ sku_code: 'a' }),
      newSku({ sku_code: 'B' }),
      newSku({ sku_code: '', id: high }),
      newSku({ sku_code: '', id: low, barcode: null, unit: null }),
    ],
  })
  const { skus } = (await server.get(`/products/${id}`, token)).body.data
  assert.deepEqual(
    skus.map(({ sku_code }: Json) => sku_code),
    ['', '', 'B', 'a', 'ก'],
  )
  assert.deepEqual(
    skus.slice(0, 2).map(({ id, barcode, unit }: Json) => [id, barcode, unit]),
    [
      [low, null, null],
      [high, '8850000000423', 'แก้ว'],
    ],
  )
})

test('a product shows the current category name, and a rename does not write products', async () => {
  const category = await makeCategory(db, business.id, { name: 'ของหวาน' })
  const { id } = await makeProduct(db, business.id, { category_id: category })
  const before = (await server.get(`/products/${id}`, token)).body.data
  await db`update categories set name = 'ขนม "ไทย"' where business_id = ${business.id} and id = ${category}`
  const after = (await server.get(`/products/${id}`, token)).body.data
  assert.deepEqual(after, { ...before, category_name: 'ขนม "ไทย"' })
  const listed = (await server.get(`/products?category_id=${category}`, token)).body.data
  assert.deepEqual(listed, [after])
})

test('filters and search of products work alone and together', async () => {
  const category = await makeCategory(db, business.id)
  const sold = await makeProduct(db, business.id, {
    ...{ category_id: category, product_name: 'น้ํามะนาว 100%', product_code: 'LIME_1' },
  })
  const unsold = await makeProduct(db, business.id, {
    ...{ category_id: category, product_name: 'โกโก้', product_code: 'COCOA', is_active: false },
  })
  const found = async (query: string) => ids(await server.get(`/products?category_id=${category}&${query}`, token))
  assert.deepEqual(await found('is_active=true'), [sold.id])
  assert.deepEqual(await found('is_active=false'), [unsold.id])
  assert.deepEqual(await found(`q=${encodeURIComponent('น้ำมะ')}`), [sold.id])
  assert.deepEqual(await found('q=0%25'), [sold.id])
  assert.deepEqual(await found('q=e_1'), [sold.id])
  assert.deepEqual(await found('q=coco'), [unsold.id])
  assert.deepEqual(await found(`q=${encodeURIComponent('โกโก้\u001FCO')}`), [])
  assert.deepEqual(ids(await server.get(`/products?q=${encodeURIComponent('ธุรกิจอื่น')}`, token)), [])
})

test('categories are sorted by name, then id', async () => {
  const shop = await makeBusiness(db)
  const reader = await server.token(await server.application({ businessId: shop.id, scopes: ['read:products'] }))
  const drinks = await makeCategory(db, shop.id, { name: 'เครื่องดื่ม' })
  const low = await makeCategory(db, shop.id, { id: '0a000000-0000-4000-8000-000000000000', name: 'a' })
  const high = await makeCategory(db, shop.id, { id: 'fa000000-0000-4000-8000-000000000000', name: 'a' })
  const upper = await makeCategory(db, shop.id, { name: 'Z', parent_id: drinks, is_active: false })
  const { body } = await server.get('/categories', reader)
  assert.deepEqual(ids({ body }), [upper, low, high, drinks])
  assert.deepEqual(Object.keys(body), ['data'])
  const { name, parent_id, is_active } = body.data[0]
  assert.deepEqual({ name, parent_id, is_active }, { name: 'Z', parent_id: drinks, is_active: false })
  assert.equal(body.data[3].parent_id, null)
})

test('the rows of SKUs, to which other tables refer, always equal the SKUs of their product', async () => {
  const rows = async (product: string) => [
    ...(await db`
      select id, product_name, sku_code, sku_name, track_stock, is_active from product_skus
      where business_id = ${business.id} and product_id = ${product} order by sku_code`),
  ]
  const [a, b] = [newSku({ sku_code: 'A', sku_name: 'เล็ก' }), newSku({ sku_code: 'B', sku_name: 'ใหญ่' })]
  const { id } = await makeProduct(db, business.id, { product_name: 'กาแฟ', skus: [a, b] })
  const row = { product_name: 'กาแฟ', track_stock: true, is_active: true }
  assert.deepEqual(await rows(id), [
    { id: a.id, ...row, sku_code: 'A', sku_name: 'เล็ก' },
    { id: b.id, ...row, sku_code: 'B', sku_name: 'ใหญ่' },
  ])
  const skus = [{ ...b, sku_name: 'ใหญ่มาก', is_active: false }]
  await changeProduct(db, business.id, id, { product_name: 'กาแฟดำ', skus })
  assert.deepEqual(await rows(id), [
    { id: b.id, product_name: 'กาแฟดำ', sku_code: 'B', sku_name: 'ใหญ่มาก', track_stock: true, is_active: false },
  ])
  await assert.rejects(makeProduct(db, business.id, { skus: [b] }), {
    message: 'a SKU belongs to one product',
  })
  await db`delete from products where business_id = ${business.id} and id = ${id}`
  assert.deepEqual(await rows(id), [])
})
