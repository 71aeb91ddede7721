import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type Json, testServer } from '../../../test/harness.ts'
import {
  branchRecord,
  makeShopIds,
  moment,
  openTill,
  type ShopIds,
  saleRecord,
  sendRecords,
} from '../../../test/records.ts'
import { recordKinds } from '../../api/index.ts'
import type { RecordKind } from '../../contract/record_kind.ts'
import { findReferences } from './references.ts'

// A refund can name another branch than that of its sale. Applications that cannot access that branch see null, and send null
// when they send the sale again.

const server = await testServer()
const { db } = server

type ShopTokens = { all: string; limited: string; reader: string }

let shop: ShopIds
let other: string
let tokens: ShopTokens

/** A business with two branches, and tokens of a till with all branches and of a till and a reader with one. */
async function openShop(): Promise<{ shop: ShopIds; other: string; tokens: ShopTokens }> {
  const { business, token: all } = await openTill(server)
  const shop = await makeShopIds(db, business.id, business.branches[0].id)
  const branch = branchRecord()
  assert.equal((await sendRecords(server, all, 'branches', [branch])).status, 200)
  const branches = [shop.branch_id]
  const limitedTill = await server.application({
    businessId: business.id,
    kind: 'pos',
    scopes: ['write:ingest'],
    branches,
  })
  const oneBranch = await server.application({ businessId: business.id, scopes: ['read:sales'], branches })
  return {
    shop,
    other: branch.id,
    tokens: { all, limited: await server.token(limitedTill), reader: await server.token(oneBranch) },
  }
}

before(async () => {
  ;({ shop, other, tokens } = await openShop())
})

/** A sale over 107 with refunds of 10 that these branches gave. */
function saleWith(branches: (string | null)[], row: Json = {}): Json {
  const refunds = branches.map((branch_id) => ({
    ...{ id: randomUUID(), method: 'CASH', amount: '10', refunded_at: moment() },
    branch_id,
  }))
  const refunded_amount = String(refunds.length * 10)
  return saleRecord(shop, { status: 'PARTIALLY_REFUNDED', refunds, refunded_amount, ...row })
}

const send = (token: string, records: Json[], query = '') => sendRecords(server, token, `sales${query}`, records)
const counts = ({ body, text }: Json) => {
  assert.ok(body.data, text)
  return Object.fromEntries(Object.entries(body.data).filter(([, count]) => count !== 0))
}

async function storedBranches(id: string): Promise<Json[]> {
  const [row] = await db`select refunds from sales where id = ${id}`
  return row?.refunds.map(({ branch_id }: Json) => branch_id)
}

const newer = (sale: Json, seconds = 1): Json => ({ ...sale, updated_at: moment(seconds) })
/** The sale as an application with the branch of the shop reads it. */
const masked = (sale: Json): Json => ({
  ...sale,
  refunds: sale.refunds.map((refund: Json) =>
    refund.branch_id === shop.branch_id ? refund : { ...refund, branch_id: null },
  ),
})
const businessOf = async ({ branch_id }: ShopIds): Promise<string> =>
  (await db`select business_id from branches where id = ${branch_id}`)[0]?.business_id
const versionOf = async (token: string, id: string): Promise<string> =>
  (await server.call(`/api/ingest/v1/sales?id=${id}`, { token })).body.data[0].content_hash

describe('a sender that cannot see the branch of a refund', () => {
  test('keeps the branch when it sends back what it read', async () => {
    const sale = saleWith([other, shop.branch_id, null])
    assert.deepEqual(counts(await send(tokens.all, [sale])), { received: 1, created: 1 })
    const seen = (await server.get(`/sales/${sale.id}?include=items`, tokens.reader)).body.data
    assert.deepEqual(
      seen.refunds.map(({ branch_id }: Json) => branch_id),
      [null, shop.branch_id, null],
    )
    const back = newer({ ...seen, note: 'แยกน้ำแข็ง' })
    const answer = await send(tokens.limited, [back])
    assert.deepEqual(counts(answer), { received: 1, updated: 1 }, answer.text)
    assert.deepEqual(await storedBranches(sale.id), [other, shop.branch_id, null])
    // An absent field and a refund that was added count alike.
    const [first, ...rest] = back.refunds
    const { branch_id: _, ...without } = first
    const added = { id: randomUUID(), method: 'CASH', amount: '1', refunded_at: moment() }
    const next = newer({ ...back, refunded_amount: '31', refunds: [added, ...rest, without] }, 2)
    assert.deepEqual(counts(await send(tokens.limited, [next])), { received: 1, updated: 1 })
    assert.deepEqual(await storedBranches(sale.id), [null, shop.branch_id, null, other])
    const [row] = await db`select refunds::text as text from sales where id = ${sale.id}`
    for (const refund of JSON.parse(row?.text)) assert.deepEqual(Object.keys(refund), Object.keys(seen.refunds[0]))
  })

  test('may send a batch again, and gets no conflict that would tell it of a branch', async () => {
    const sale = saleWith([other])
    await send(tokens.all, [sale])
    assert.deepEqual(counts(await send(tokens.limited, [masked(sale)])), { received: 1, unchanged: 1 })
    const back = newer(masked(sale))
    assert.deepEqual(counts(await send(tokens.limited, [back])), { received: 1, updated: 1 })
    assert.deepEqual(counts(await send(tokens.limited, [back])), { received: 1, unchanged: 1 })
    assert.deepEqual(counts(await send(tokens.limited, [back], '?dry_run=true')), { received: 1, unchanged: 1 })
    // Other content of the same version is a conflict as ever.
    assert.deepEqual(counts(await send(tokens.limited, [{ ...back, note: 'อื่น' }])), { received: 1, conflicting: 1 })
    assert.deepEqual(counts(await send(tokens.all, [back])), { received: 1, conflicting: 1 })
  })

  test('reads the same hash for a hidden branch and for none', async () => {
    const sale = saleWith([other])
    await send(tokens.all, [sale])
    const [hidden, whole] = [await versionOf(tokens.limited, sale.id), await versionOf(tokens.all, sale.id)]
    assert.notEqual(hidden, whole)
    await send(tokens.all, [newer(masked(sale))])
    assert.deepEqual(await storedBranches(sale.id), [null])
    assert.equal(await versionOf(tokens.limited, sale.id), hidden)
    assert.equal(await versionOf(tokens.all, sale.id), hidden)
  })

  test('replaces it by a branch that it names, and removes it with its refund', async () => {
    const sale = saleWith([other])
    await send(tokens.all, [sale])
    const named = newer({ ...sale, refunds: [{ ...sale.refunds[0], branch_id: shop.branch_id }] })
    assert.deepEqual(counts(await send(tokens.limited, [named])), { received: 1, updated: 1 })
    assert.deepEqual(await storedBranches(sale.id), [shop.branch_id])
    const removed = newer({ ...sale, status: 'COMPLETED', refunds: [], refunded_amount: '0' }, 2)
    assert.deepEqual(counts(await send(tokens.limited, [removed])), { received: 1, updated: 1 })
    assert.deepEqual(await storedBranches(sale.id), [])
  })

  test('cannot name a branch that it cannot access', async () => {
    const sale = saleWith([other])
    await send(tokens.all, [sale])
    const answer = await send(tokens.limited, [newer(sale)])
    assert.deepEqual([answer.status, answer.body.error], [403, 'branch_not_allowed'])
    assert.deepEqual(await storedBranches(sale.id), [other])
  })
})

test('a sender with all branches sets the branch of a refund to null', async () => {
  const sale = saleWith([other])
  await send(tokens.all, [sale])
  assert.deepEqual(counts(await send(tokens.all, [newer(masked(sale))])), { received: 1, updated: 1 })
  assert.deepEqual(await storedBranches(sale.id), [null])
})

describe('deletion of a branch', () => {
  const remove = (token: string, id: string) =>
    sendRecords(server, token, 'branches', [{ id, deleted: true, updated_at: moment(5) }])

  test('is rejected while a refund names the branch', async () => {
    const opened = await openShop()
    ;({ shop } = opened)
    const sale = saleWith([null, opened.other])
    await send(opened.tokens.all, [sale])
    const { status, body } = await remove(opened.tokens.all, opened.other)
    assert.deepEqual(
      [status, body.details],
      [
        400,
        [
          {
            ...{ line: 1, id: opened.other, field: 'deleted' },
            message: `is not allowed: the record is used by the sale ${sale.id}; set is_active to false instead`,
          },
        ],
      ],
    )
    // The rows of a limited sender that keep the branch keep it in use.
    await send(opened.tokens.limited, [newer(masked(sale))])
    assert.equal((await remove(opened.tokens.all, opened.other)).status, 400)
    await send(opened.tokens.all, [newer(masked(sale), 2)])
    assert.deepEqual(counts(await remove(opened.tokens.all, opened.other)), { received: 1, deleted: 1 })
    const orphans = await db`
      select refund ->> 'branch_id' from sales, json_array_elements(refunds) as refund
      where refund ->> 'branch_id' is not null and not exists (
        select from branches where branches.business_id = sales.business_id and id = (refund ->> 'branch_id')::uuid)`
    assert.deepEqual([...orphans], [])
  })

  test('reads only the refunds that name the branch, however many sales the business has', async () => {
    const opened = await openShop()
    const businessId = await businessOf(opened.shop)
    await db.begin(async (tx) => {
      await tx`set local statement_timeout = 0`
      await tx`
        insert into sales (business_id, id, order_number, branch_id, status, order_date, business_date, subtotal, discount_amount,
          tax_amount, tax_added_amount, service_charge_amount, rounding_amount, total_amount, item_count, payments,
          refunded_amount, refunds)
        select ${businessId}, gen_random_uuid(), number::text, ${opened.shop.branch_id}, case when number % 10 = 0 then 'PARTIALLY_REFUNDED' else 'COMPLETED' end, now(), current_date, 10, 0,
          0, 0, 0, 0, 10, 0, '[{"amount":"10"}]', case when number % 10 = 0 then 1 else 0 end,
          case when number % 10 = 0 then ${`[{"amount":"1","branch_id":"${opened.shop.branch_id}"}]`}::text::json else '[]' end
        from generate_series(1, 20000) as number`
    })
    const kind = recordKinds.find(({ path }) => path === 'branches') as RecordKind
    const needs = kind.neededBy.filter(({ key }) => key !== null)
    assert.deepEqual(
      needs.map(({ table, column, key }) => [table, column, key]),
      [['sales', 'refunds', 'branch_id']],
    )
    const writer = { business: { id: businessId }, branches: 'all', now: new Date() } as const
    // Without statistics, as after a first load, and with them.
    for (const prepare of ['select 1', 'analyze sales']) {
      await db.unsafe(prepare)
      await db.begin(async (tx) => {
        assert.deepEqual(await findReferences(tx, writer, needs, [opened.other]), new Map())
        const [{ read } = {}] = await tx`
          select seq_tup_read + coalesce(idx_tup_fetch, 0) as read from pg_stat_xact_user_tables where relname = 'sales'`
        assert.ok(Number(read) <= 5, `${prepare}: ${read} rows`)
      })
    }
  })
})
