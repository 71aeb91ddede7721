import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  type Business,
  changeProduct,
  makeBusiness,
  makeMovement,
  makeProduct,
  makeStockLevel,
  makeWarehouse,
  newSku,
} from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { isSampled, onlyOnce } from '../../../test/thorough.ts'
import { violates } from '../../../test/violates.ts'

const server = await testServer()
const { db } = server
let business: Business
let token: string

const reader = async (businessId: string, branches: 'all' | string[] = 'all') =>
  server.token(await server.application({ businessId, scopes: ['read:inventory'], branches }))

before(async () => {
  business = await makeBusiness(db)
  const other = await makeBusiness(db)
  const foreign = await makeStockLevel(db, other.id, other.branches[0].id)
  await makeMovement(db, other.id, foreign.id, { quantity: '1' })
  token = await reader(business.id)
})

const ids = ({ body }: { body: Json }): string[] => body.data.map(({ id }: { id: string }) => id)
const sorted = (list: string[]) => list.toSorted()

/** Reads every row of a list in pages of `limit`, with only the cursor after the first page. */
async function walk(path: string, query: string, token: string, limit = 2): Promise<string[]> {
  const walked: string[] = []
  for (let next = `limit=${limit}&${query}`; ; ) {
    const { body }: Json = await server.get(`${path}?${next}`, token)
    walked.push(...ids({ body }))
    if (body.pagination.next_cursor === null) return walked
    next = `cursor=${body.pagination.next_cursor}`
  }
}

describe('stock levels', onlyOnce, () => {
  test('GET /inventory returns every field of a stock level', async () => {
    const [branch] = business.branches
    const warehouse = await makeWarehouse(db, business.id, branch.id, { name: 'คลัง "หลัก"' })
    const sku = newSku({ sku_code: '', sku_name: 'แก้วใหญ่' })
    const product = await makeProduct(db, business.id, { product_name: 'ชาไทยเย็น', skus: [sku] })
    const row = {
      branch_id: branch.id,
      warehouse_id: warehouse,
      product_sku_id: sku.id,
      quantity_on_hand: '24.50',
      quantity_reserved: '4',
      reorder_point: '10',
      unit_cost: '52.125000',
      created_at: '2026-06-01T05:21:44.310Z',
      updated_at: '2026-06-02T05:21:44.310Z',
      external_id: 'BIN-7',
    }
    const { id } = await makeStockLevel(db, business.id, branch.id, row)
    const { body } = await server.get(`/inventory?warehouse_id=${warehouse}`, token)
    assert.deepEqual(body.data, [
      {
        id,
        ...row,
        warehouse_name: 'คลัง "หลัก"',
        sku_code: '',
        sku_name: 'แก้วใหญ่',
        product_id: product.id,
        product_name: 'ชาไทยเย็น',
        quantity_on_hand: '24.5',
        quantity_available: '20.5',
        unit_cost: '52.125',
        stock_value: '1277.06',
        is_out_of_stock: false,
      },
    ])
  })

  test('value and availability are right for halves, negative stock, unknown cost and no stock', async () => {
    const answer = async (row: Record<string, unknown>) => {
      const { warehouse_id } = await makeStockLevel(db, business.id, business.branches[0].id, row)
      const { body } = await server.get(`/inventory?warehouse_id=${warehouse_id}`, token)
      const { quantity_available, unit_cost, stock_value, is_out_of_stock, reorder_point } = body.data[0]
      return [quantity_available, unit_cost, stock_value, is_out_of_stock, reorder_point]
    }
    const row = { quantity_reserved: '0', reorder_point: null }
    assert.deepEqual(await answer({ ...row, quantity_on_hand: '1', unit_cost: '0.125' }), [
      '1',
      '0.125',
      '0.13',
      false,
      null,
    ])
    assert.deepEqual(await answer({ ...row, quantity_on_hand: '-1', unit_cost: '0.125' }), [
      '-1',
      '0.125',
      '-0.13',
      true,
      null,
    ])
    assert.deepEqual(await answer({ ...row, quantity_on_hand: '5', unit_cost: null }), ['5', null, null, false, null])
    assert.deepEqual(await answer({ ...row, quantity_on_hand: '0', unit_cost: '3' }), ['0', '3', '0', true, null])
    const reserved = {
      quantity_on_hand: '4.000001',
      quantity_reserved: '4',
      reorder_point: '0.5',
      unit_cost: '0.000001',
    }
    assert.deepEqual(await answer(reserved), ['0.000001', '0.000001', '0', false, '0.5'])
    assert.deepEqual(await answer({ ...reserved, quantity_reserved: '4.000001' }), ['0', '0.000001', '0', true, '0.5'])
  })

  test('computed figures are stored in the form that partners see', async () => {
    const levels = await db`
      select wire || wire_2 || wire_3 as wire, trim_scale(quantity_available)::text as quantity_available,
             trim_scale(stock_value)::text as stock_value, is_out_of_stock from stock_levels`
    assert.ok(levels.length > 5)
    for (const { wire, ...columns } of levels) {
      const { quantity_available, stock_value, is_out_of_stock } = JSON.parse(`{${wire}}`)
      assert.deepEqual({ quantity_available, stock_value, is_out_of_stock }, columns)
    }
  })

  test('stock shows current names, and a rename does not write stock levels', async () => {
    const sku = newSku({ sku_name: 'เดิม' })
    const product = await makeProduct(db, business.id, { product_name: 'เดิม', skus: [sku] })
    const level = await makeStockLevel(db, business.id, business.branches[0].id, { product_sku_id: sku.id })
    await makeMovement(db, business.id, level.id, { quantity: '-1' })
    const read = async (path: string) => (await server.get(`${path}?product_sku_id=${sku.id}`, token)).body.data[0]
    const [stock, movement] = [await read('/inventory'), await read('/inventory/movements')]
    const skus = [{ ...sku, sku_name: 'ใหม่', sku_code: 'NEW' }]
    await changeProduct(db, business.id, product.id, { product_name: 'ใหม่', skus })
    await db`update warehouses set name = 'ใหม่' where business_id = ${business.id} and id = ${level.warehouse_id}`
    const names = { sku_code: 'NEW', sku_name: 'ใหม่' }
    assert.deepEqual(await read('/inventory'), { ...stock, ...names, product_name: 'ใหม่', warehouse_name: 'ใหม่' })
    assert.deepEqual(await read('/inventory/movements'), { ...movement, ...names })
  })

  test('each SKU in each warehouse is one row', async () => {
    const { warehouse_id, product_sku_id } = await makeStockLevel(db, business.id, business.branches[0].id)
    await assert.rejects(
      makeStockLevel(db, business.id, business.branches[0].id, { warehouse_id, product_sku_id }),
      violates('stock_levels_business_id_warehouse_id_product_sku_id_key'),
    )
    await assert.rejects(
      makeStockLevel(db, business.id, business.branches[1].id, { warehouse_id }),
      violates('stock_levels_business_id_warehouse_id_branch_id_fkey'),
      'the branch is that of the warehouse',
    )
  })
})

describe('movements', () => {
  test('GET /inventory/movements returns every field, and movements are chained in the order of receipt', async () => {
    const level = await makeStockLevel(db, business.id, business.branches[0].id)
    const first = {
      movement_type: 'STOCK_COUNT',
      quantity: '10.5',
      unit_cost: '3.50',
      reference_type: 'count',
      reference_id: '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58',
      note: 'นับสต็อก',
      occurred_at: '2026-06-02T05:21:44.310Z',
      created_at: '2026-06-02T05:21:45.310Z',
      external_id: 'MOVE-1',
    }
    // This movement happened before the first one, but was received later.
    const second = { quantity: '-12', occurred_at: '2026-06-01T05:21:44.310Z', created_at: '2026-06-02T05:21:46.310Z' }
    const { id: levelId, ...place } = level
    const firstId = await makeMovement(db, business.id, levelId, first)
    const secondId = await makeMovement(db, business.id, levelId, second)
    const { data } = (await server.get(`/inventory/movements?product_sku_id=${level.product_sku_id}`, token)).body
    const { sku_code, sku_name } = data[0]
    const common = { branch_id: business.branches[0].id, ...place, sku_code, sku_name }
    const unknown = { unit_cost: null, reference_type: null, reference_id: null, note: null, external_id: null }
    assert.deepEqual(data, [
      {
        id: secondId,
        ...common,
        movement_type: 'SALE',
        ...unknown,
        ...second,
        quantity_before: '10.5',
        quantity_after: '-1.5',
      },
      { id: firstId, ...common, ...first, unit_cost: '3.5', quantity_before: '0', quantity_after: '10.5' },
    ])
    const [stock] = (await server.get(`/inventory?product_sku_id=${level.product_sku_id}`, token)).body.data
    assert.equal(stock.quantity_on_hand, '-1.5')
  })

  test('the database rejects an inconsistent chain', async () => {
    const level = await makeStockLevel(db, business.id, business.branches[0].id)
    const refused = (row: Record<string, unknown>, constraint: string) =>
      assert.rejects(makeMovement(db, business.id, level.id, { quantity: '1', ...row }), violates(constraint))
    await refused({ quantity_after: '2' }, 'stock_movements_chain')
    await refused({ quantity_before: '1', quantity_after: '2' }, 'stock_movements_start')
    await refused({ movement_type: 'THEFT' }, 'stock_movements_movement_type_check')
    await makeMovement(db, business.id, level.id, { quantity: '1', sequence: 7 })
    await refused({ sequence: 7 }, 'stock_movements_business_id_warehouse_id_product_sku_id_seq_key')
  })

  test('from and to are calendar days in the time zone of the business, inclusive, whatever its business day', async () => {
    const shop = await makeBusiness(db)
    await db`update businesses set time_zone = 'America/Havana', business_day_starts_at = '04:00' where id = ${shop.id}`
    const level = await makeStockLevel(db, shop.id, shop.branches[0].id)
    const token = await reader(shop.id)
    // Clocks go back from 01:00 to 00:00 on the first of November, and forward from 00:00 to 01:00 on the eighth of March.
    const moments = [
      '2026-03-08T04:59:59.999Z', // 23:59:59 on the 7th
      '2026-03-08T05:00:00.000Z', // 01:00 on the 8th, its first moment
      '2026-03-09T03:59:59.999Z', // 23:59:59 on the 8th
      '2026-03-09T04:00:00.000Z', // 00:00 on the 9th
      '2026-11-01T03:59:59.999Z', // 23:59:59 on the 31st
      '2026-11-01T04:00:00.000Z', // 00:00 on the 1st, for the first time
      '2026-11-01T05:00:00.000Z', // 00:00 on the 1st, for the second time
      '2026-11-02T04:59:59.999Z', // 23:59:59 on the 1st
      '2026-11-02T05:00:00.000Z', // 00:00 on the 2nd
    ]
    for (const occurred_at of moments) await makeMovement(db, shop.id, level.id, { quantity: '1', occurred_at })
    const found = async (query: string): Promise<number[]> => {
      const { body } = await server.get(`/inventory/movements?${query}`, token)
      return body.data.map(({ occurred_at }: Json) => moments.indexOf(occurred_at)).toSorted()
    }
    for (const more of ['', `&product_sku_id=${level.product_sku_id}`]) {
      assert.deepEqual(await found(`from=2026-03-08&to=2026-03-08${more}`), [1, 2])
      assert.deepEqual(await found(`to=2026-03-07${more}`), [0])
      assert.deepEqual(await found(`from=2026-11-01&to=2026-11-01${more}`), [5, 6, 7])
      assert.deepEqual(await found(`from=2026-10-31&to=2026-10-31${more}`), [4])
      assert.deepEqual(await found(`from=2026-11-02${more}`), [8])
      assert.deepEqual(await found(`from=2026-03-09&to=2026-10-31${more}`), [3, 4])
      assert.deepEqual(await found(`from=0001-01-01&to=9999-12-31${more}`), [0, 1, 2, 3, 4, 5, 6, 7, 8])
      assert.deepEqual(await found(`from=9999-12-31${more}`), [])
      assert.deepEqual(await found(`to=0001-01-01${more}`), [])
    }
    const { status, body } = await server.get('/inventory/movements?from=2026-03-09&to=2026-03-08', token)
    assert.equal(status, 400)
    assert.deepEqual(body.details, [{ field: 'from', message: 'must not be after to' }])
  })

  // Ten thousand movements that were received in the reverse order of their occurrence.
  test('movements of an imported history can be read by created_at without a gap, with any filters', async () => {
    const shop = await makeBusiness(db)
    const [first, second] = shop.branches
    const levels = [
      await makeStockLevel(db, shop.id, first.id),
      await makeStockLevel(db, shop.id, first.id),
      await makeStockLevel(db, shop.id, second.id),
    ]
    await db`
      insert into stock_movements (business_id, id, branch_id, warehouse_id, product_sku_id, sequence, movement_type,
        quantity, quantity_before, quantity_after, occurred_at, created_at)
      select business_id, gen_random_uuid(), branch_id, warehouse_id, product_sku_id, number,
        case when number % 50 = 0 then 'WASTE' else 'SALE' end, 1, number - 1, number,
        timestamptz '2026-06-01Z' - (number % 300) * interval '7 hours',
        timestamptz '2026-06-01Z' - (300 - number % 300) * interval '1 second'
      from stock_levels, generate_series(1, 3500) as number where business_id = ${shop.id}`
    const tokens = {
      all: await reader(shop.id),
      one: await reader(shop.id, [first.id]),
      two: await reader(shop.id, [first.id, second.id]),
    }
    const [level] = levels
    for (const [who, [name, token]] of Object.entries(tokens).entries())
      for (const [when, [from, to]] of [
        ['2026-03-10', '2026-03-20'],
        ['2026-05-31', '2026-06-01'],
        [null, '2026-03-12'],
        [null, null],
      ].entries())
        for (const [what, filter] of ['warehouse_id', 'product_sku_id', 'movement_type', null].entries()) {
          if (!isSampled(4, who, when, what)) continue
          const value = filter === 'movement_type' ? 'WASTE' : (level as Record<string, unknown>)[filter ?? '']
          const expected = await db`
            select id from stock_movements where business_id = ${shop.id}
              and (occurred_at at time zone 'Asia/Bangkok')::date
                between coalesce(${from as string}::text::date, '-infinity') and coalesce(${to as string}::text::date, 'infinity')
              and (${name !== 'one'} or branch_id = ${first.id})
              ${filter ? db`and ${db(filter)} = ${value as string}` : db``}
            order by created_at desc, id desc`
          const query = Object.entries({ from, to, ...(filter && { [filter]: value }) })
            .flatMap(([key, given]) => (given === null ? [] : [`${key}=${given}`]))
            .join('&')
          assert.deepEqual(
            await walk('/inventory/movements', query, token, 200),
            expected.map(({ id }) => id),
            `${name} ${query}`,
          )
        }
  })
})

describe('branches', onlyOnce, () => {
  test('a token with one branch reads the stock, movements and warehouses of that branch', async () => {
    const shop = await makeBusiness(db)
    const [here, there] = shop.branches
    const [all, one] = [await reader(shop.id), await reader(shop.id, [here.id])]
    const made: Record<string, Record<'level' | 'movement' | 'warehouse', string>> = {}
    const skus = await makeProduct(db, shop.id)
    for (const branch of shop.branches) {
      const level = await makeStockLevel(db, shop.id, branch.id, { product_sku_id: skus.skus[0] })
      const movement = await makeMovement(db, shop.id, level.id, { quantity: '1' })
      made[branch.id] = { level: level.id, movement, warehouse: level.warehouse_id }
    }
    const [mine, other] = [made[here.id], made[there.id]]
    assert.ok(mine && other)
    for (const [path, kind] of [
      ['/inventory', 'level'],
      ['/inventory/movements', 'movement'],
    ] as const) {
      const both = `branch_id=${here.id}&branch_id=${there.id}`
      const sku = `product_sku_id=${skus.skus[0]}`
      for (const query of ['', both, sku, `${both}&${sku}`]) {
        assert.deepEqual(sorted(await walk(path, query, all, 1)), sorted([mine[kind], other[kind]]), query)
        assert.deepEqual(await walk(path, query, one, 1), [mine[kind]], query)
      }
      assert.deepEqual(await walk(path, `branch_id=${there.id}`, one), [])
      assert.deepEqual(await walk(path, `branch_id=${there.id}`, all), [other[kind]])
      assert.deepEqual(await walk(path, `warehouse_id=${other.warehouse}`, all), [other[kind]])
      assert.deepEqual(await walk(path, `warehouse_id=${other.warehouse}`, one), [])
      assert.deepEqual(await walk(path, `warehouse_id=${other.warehouse}&branch_id=${here.id}`, all), [])
      assert.equal((await walk(path, '', token)).includes(mine[kind]), false)
      const { body }: Json = await server.get(`${path}?limit=1`, all)
      const rest = ids(await server.get(`${path}?cursor=${body.pagination.next_cursor}&limit=50`, one))
      assert.equal(rest.includes(other[kind]), false)
    }
    assert.deepEqual(sorted(ids(await server.get('/warehouses', all))), sorted([mine.warehouse, other.warehouse]))
    assert.deepEqual(ids(await server.get('/warehouses', one)), [mine.warehouse])
  })

  test('warehouses are sorted by name, then id, including inactive ones', async () => {
    const shop = await makeBusiness(db)
    const [branch] = shop.branches
    const thai = await makeWarehouse(db, shop.id, branch.id, { name: 'ก' })
    const low = await makeWarehouse(db, shop.id, branch.id, { id: '0a000000-0000-4000-8000-000000000000', name: 'a' })
    const high = await makeWarehouse(db, shop.id, branch.id, { id: 'fa000000-0000-4000-8000-000000000000', name: 'a' })
    const row = {
      branch_id: branch.id,
      code: 'B-1',
      name: 'B',
      is_active: false,
      created_at: '2026-06-01T05:21:44.310Z',
      updated_at: '2026-06-02T05:21:44.310Z',
      external_id: 'WH-1',
    }
    const upper = await makeWarehouse(db, shop.id, branch.id, row)
    const { body } = await server.get('/warehouses', await reader(shop.id))
    assert.deepEqual(ids({ body }), [upper, low, high, thai])
    assert.deepEqual(body.data[0], { id: upper, ...row })
  })
})
