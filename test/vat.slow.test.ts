import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createApplication } from '../server/oauth/applications.ts'
import { newSku } from './factories.ts'
import { type Json, testServer } from './harness.ts'
import { ROOT } from './process.ts'
import { branchRecord, openTill, productRecord, sendRecords } from './records.ts'
import { howMany } from './thorough.ts'
import { bookText, shown, yearOfTrade } from './year_of_trade.ts'

// A year of a shop goes in over HTTP, and an accountant's program reads the VAT from the Partner API.

const server = await testServer()
const run = promisify(execFile)
const SENT_AT_ONCE = 1000

test('the VAT report of a year agrees with the tills to the satang, and no figure is changed', async (t) => {
  const { business, token } = await openTill(server)
  const send = async (path: string, records: Json[]) => {
    const { status, body, text } = await sendRecords(server, token, path, records)
    assert.equal(status, 200, text)
    return body
  }
  const branches = [branchRecord(), branchRecord()]
  await send('branches', branches)
  const products = Array.from({ length: 12 }, () => productRecord({ skus: [newSku()] }))
  await send('products', products)
  const now = new Date()
  const shop = { branches: branches as { id: string; code: string }[], skus: products.map(({ skus }) => skus[0].id) }
  const year = yearOfTrade(shop, howMany('SALES', 600, 10_000), now, 20_261_130)
  for (let at = 0; at < year.sales.length; at += SENT_AT_ONCE) {
    const sales = year.sales.slice(at, at + SENT_AT_ONCE)
    const first = await send('sales?partial=true', sales)
    assert.deepEqual([first.rejected, first.data.created], [[], sales.length])
    // Every figure is stored as it was sent.
    const again = await send('sales?dry_run=true', sales)
    assert.equal(again.data.unchanged, sales.length)
  }

  const wanted = { businessId: business.id, name: 'accountant', kind: 'partner' as const }
  const rate = { requests: 1000, perSecond: 100 }
  const app = await createApplication(
    server.db,
    { ...wanted, scopes: ['read:sales', 'read:reports'], branches: 'all', rate, historyDays: 400 },
    now,
  )
  const day = (back: number) => new Date(now.getTime() - back * 86_400_000 + 7 * 3_600_000).toISOString().slice(0, 10)
  const reader = await server.token(app)
  for (const { id, code } of shop.branches) {
    const { body } = await server.get(`/reports/sales-summary?from=${day(365)}&to=${day(0)}&branch_id=${id}`, reader)
    const sums = year.sums.get(code)
    assert.ok(sums, code)
    assert.deepEqual(
      ['revenue', 'tax', 'tips', 'charges', 'returns', 'other', 'refunded'].map((name) => body.data[`total_${name}`]),
      [sums.revenue, sums.tax, sums.tips, sums.charges, sums.returns, sums.other, sums.refunded].map(shown),
    )
  }
  const python = await run('python3', ['--version']).catch(() => null)
  if (!python) return t.diagnostic('Python is not in the PATH: the VAT report was not made')
  const { stdout } = await run('python3', [join(ROOT, 'examples', 'vat_report.py'), day(365), day(0)], {
    env: {
      PATH: process.env.PATH ?? '',
      TALAD_BASE_URL: server.url,
      TALAD_CLIENT_ID: app.client_id,
      TALAD_CLIENT_SECRET: app.client_secret,
    },
    maxBuffer: 1 << 24,
  })
  const [head, ...rows] = stdout.trim().split('\r\n')
  assert.equal(head, 'branch,month,tax_category,tax_rate,taxed_amount,tax_amount')
  assert.deepEqual(rows.toSorted(), bookText(year))
  t.diagnostic(`${year.sales.length} sales (${JSON.stringify(year.kinds)}) in ${rows.length} rows of the report`)
})
