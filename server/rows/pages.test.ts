import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness, makeCustomers } from '../../test/factories.ts'
import { Customer } from '../api/customers/schema.ts'
import { resources } from '../api/index.ts'
import type { Caller } from '../contract/caller.ts'
import { collectDisclosures, UNRECORDED } from '../contract/disclosure.ts'
import { parseRows } from '../contract/page.ts'
import { build } from '../db/database.ts'
import { type Readable, readAll, readPage } from './pages.ts'

const { db, close } = await testDatabase()
after(close)

test('every resource begins with its id', () => {
  assert.deepEqual(
    resources.filter(({ fields }) => Object.keys(fields)[0] !== 'id').map(({ name }) => name),
    [],
  )
})

test('a read notes the customers of its rows, without the row that shows that another page follows', async () => {
  const { id } = await makeBusiness(db)
  const disclosures = collectDisclosures()
  const caller: Caller = {
    kind: 'application',
    id: '',
    business: { id, name: '', timeZone: 'Asia/Bangkok', dayStartsAt: '00:00', currency: 'THB' },
    scopes: new Set(['read:customers', 'read:customers:pii']),
    branches: 'all',
    wayOut: 'response',
    operation: null,
    purpose: null,
    disclosures,
    historyDays: 30,
    rate: { requests: 1, perSecond: 1 },
  }
  const rows = build.selectFrom('customers').where('business_id', '=', id) as unknown as Readable
  await readAll(db, caller, Customer, rows)
  assert.deepEqual(disclosures.customers(), [])
  await makeCustomers(db, id, [{ full_name: '"id":"},\n{"id":"' }, { full_name: 'สอง' }, { full_name: 'สาม' }])
  const page = await readPage(db, caller, Customer, rows, { filters: null, limit: 2, after: null })
  assert.equal(page.hasMore, true)
  assert.deepEqual(
    disclosures.customers(),
    parseRows(page).map((row) => row.id),
  )
  assert.equal(disclosures.class(), 'contact')
  await readAll(db, caller, Customer, rows)
  assert.equal(disclosures.customers().length, 3)
  await assert.rejects(readAll(db, { ...caller, disclosures: UNRECORDED }, Customer, rows), /no ledger entry/)
})
