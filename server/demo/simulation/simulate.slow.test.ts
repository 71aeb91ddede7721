import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { testServer } from '../../../test/harness.ts'
import { talads } from '../../../test/process.ts'
import { startProxy } from '../../../test/proxy.ts'
import { createApplication } from '../../oauth/applications.ts'
import { type DemoFile, ensureDemo } from '../demo.ts'
import { simulate } from './simulate.ts'

// The demo goes on selling over a line that is cut all the time, while time flies: seconds of the test are minutes there.

const server = await testServer()
const { db } = server
const home = mkdtempSync(join(tmpdir(), 'talad-simulate-'))
after(() => rmSync(home, { recursive: true }))

const SECONDS = Number(process.env.SECONDS ?? 4)
const FASTER = 15

test('whatever happens to the line, everything that was sold is there once, and sums and stock hold', async () => {
  const needs = { db, dataDir: home, baseUrl: server.url, now: server.clock.now, sales: 200, createApplication }
  const demo = (await ensureDemo(needs, () => {})) as DemoFile
  const old = new Set((await db`select id from sales`).map(({ id }) => id))
  const customers = Number((await db`select count(*) from customers`)[0]?.count)

  const way = await startProxy(server.url)
  after(() => way.stop())
  const said: string[] = []
  const say = (text: string) => {
    said.push(text)
    if (text.startsWith('Started ')) since = performance.now()
  }
  const opened = server.clock.now.getTime()
  let since = Number.POSITIVE_INFINITY
  const passed = () => Math.min(Math.max(0, performance.now() - since) / 1000, SECONDS)
  const now = () => {
    const at = opened + Math.round(passed() * 1000 * FASTER)
    server.clock.now = new Date(at)
    return at
  }
  // Away for a second in the middle, and else for a moment: what was being answered is lost.
  const cutting = setInterval(() => {
    way.restore()
    if (passed() > SECONDS * 0.4 && passed() < SECONDS * 0.6) way.block()
    else if (passed() > 0) way.cut()
  }, 330)
  // With this seed, some of the first sales take tills offline, whatever the pace.
  const wanted = { demo: { ...demo, base_url: new URL(way.url).origin }, rate: 3, seed: 22, now, say }
  const simulated = await simulate({ ...wanted, isStopped: () => passed() >= SECONDS }).finally(() => {
    clearInterval(cutting)
    way.restore()
    way.cut()
  })

  assert.ok(simulated.sales > 20 && simulated.offline > 0, JSON.stringify(simulated))
  assert.deepEqual([simulated.rejected, simulated.waiting], [0, 0], said.join('\n'))
  assert.ok(
    said.some((text) => text.includes('the server is unavailable')),
    said.join('\n'),
  )
  const sold = (await db`select id, status, total_amount::text as total, item_count from sales`).filter(
    ({ id }) => !old.has(id),
  )
  assert.equal(sold.length, simulated.sales)
  const taken = sold.filter(({ status }) => !['OPEN', 'VOIDED'].includes(status))
  assert.equal(Math.round(100 * taken.reduce((sum, { total }) => sum + Number(total), 0)), simulated.taken)
  assert.equal(sold.filter(({ status }) => status === 'VOIDED').length, simulated.voided)
  assert.equal(Number((await db`select count(*) from customers`)[0]?.count), customers + simulated.new_customers)

  // What left the shelves is what was sold, less what came back, each once.
  const differences = await db`
    select item.sale_id, item.product_sku_id, sum(item.quantity - item.refunded_quantity) as sold, max(moved.quantity) as moved
    from sale_items as item
    join sales as sale on sale.business_id = item.business_id and sale.id = item.sale_id and sale.status not in ('OPEN', 'VOIDED')
    join product_skus as sku on sku.business_id = item.business_id and sku.id = item.product_sku_id
    join products as product on product.business_id = sku.business_id and product.id = sku.product_id
    left join lateral (
      select coalesce(-sum(quantity), 0) as quantity from stock_movements as movement
      where movement.business_id = item.business_id and movement.reference_id = item.sale_id
        and movement.product_sku_id = item.product_sku_id) as moved on true
    where item.sale_id = any(${sold.map(({ id }) => id)}::uuid[])
      and (select (element ->> 'track_stock')::boolean from json_array_elements(product.skus::json) as element
           where element ->> 'id' = sku.id::text)
    group by item.sale_id, item.product_sku_id having sum(item.quantity - item.refunded_quantity) <> max(moved.quantity)`
  assert.deepEqual([...differences], [])
  const wrong = await db`
    select 1 from (
      select movement.*, level.quantity_on_hand, level.movements,
        sum(quantity) over chain as sum, row_number() over chain as place,
        count(*) over (partition by movement.warehouse_id, movement.product_sku_id) as length
      from stock_movements as movement join stock_levels as level using (business_id, warehouse_id, product_sku_id)
      window chain as (partition by movement.warehouse_id, movement.product_sku_id order by sequence)) as movements
    where quantity_after <> sum or quantity_before <> sum - quantity or sequence <> place
      or (place = length and (quantity_on_hand <> sum or movements <> length))`
  assert.equal(wrong.length, 0)
})

test('without demo.json, the error says which command creates it', async () => {
  const [none] = await talads([['simulate', '--for', '1']], { TALAD_DATA_DIR: join(home, 'none') })
  assert.deepEqual(
    [none?.code, none?.stderr],
    [
      1,
      `demo.json does not exist in ${join(home, 'none')}: the first start of talad serve creates it with the demo business.\n`,
    ],
  )
})
