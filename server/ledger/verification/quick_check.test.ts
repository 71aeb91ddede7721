import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { makeBusiness } from '../../../test/factories.ts'
import type { Disclosure } from '../../contract/disclosure.ts'
import { createLedger } from '../append.ts'
import { originOf } from '../chain.ts'
import { entriesAfter } from '../entries.ts'
import { type EntryBytes, entryBytesAfter, quickCheck, sequenceOf } from './quick_check.ts'

const { db, close } = await testDatabase()
after(close)

const failed = (error: unknown) => assert.fail(String(error))

const ids = (count: number) => Array.from({ length: count }, () => randomUUID())

const about = (differences: Partial<Disclosure>): Disclosure => ({
  ...{ channel: 'api', requestId: randomUUID(), operation: 'customers.list', address: '127.0.0.1', class: 'contact' },
  ...{ applicationId: randomUUID(), tokenId: randomUUID(), memberId: null, purpose: 'CRM', customerIds: ids(2) },
  ...differences,
})

/** Every character that JSON may escape, and some of each length in UTF-8. */
const CHARACTERS = String.fromCodePoint(
  ...Array.from({ length: 0x24ff }, (_, at) => at + 1).filter((at) => at < 0x100 || at % 7 === 0),
  ...[0x2028, 0x2029, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x1f600, 0x10ffff],
)

async function written(disclosures: readonly Disclosure[]) {
  const { id } = await makeBusiness(db)
  await createLedger(db, () => new Date(), failed).record(id, disclosures)
  return { id, rows: await entryBytesAfter(db, id, 0, 1000), entries: await entriesAfter(db, id, 0, 1000) }
}

test('every kind of entry is confirmed without being decoded', async () => {
  const { id, rows, entries } = await written([
    about({}),
    about({ channel: 'webhook', operation: null, tokenId: null, purpose: null, address: null, customerIds: ids(1) }),
    about({ channel: 'console', memberId: randomUUID(), applicationId: null, class: 'profile', purpose: '' }),
    about({ purpose: CHARACTERS, requestId: CHARACTERS }),
    about({ customerIds: ids(200), purpose: '"' }),
  ])
  const check = quickCheck(id)
  let hash = originOf(id)
  for (const [at, row] of rows.entries()) {
    assert.equal(sequenceOf(row), at + 1)
    hash = check(row, hash) ?? assert.fail(`entry ${at + 1} is not confirmed`)
    assert.equal(hash, entries[at]?.hash)
  }
  assert.equal(rows.length, 5)
})

/** Characters that say how PostgreSQL sends a value: \\x, and the length of each id, which is that of its type. */
const isFraming = (column: number, at: number): boolean =>
  column > 10 && (at < 2 || (column === 11 && at >= 42 && (at - 42) % 40 < 8))

test('an entry with any part changed is not confirmed', async () => {
  const { id, rows } = await written([about({ memberId: randomUUID() })])
  const [row] = rows as [EntryBytes]
  const check = quickCheck(id)
  const origin = originOf(id)
  assert.ok(check(row, origin))
  for (const [column, value] of row.entries()) {
    assert.ok(value, `column ${column}`)
    const changes = [null, Buffer.alloc(0), value.subarray(0, -1), Buffer.concat([value, Buffer.from('0')])]
    for (let at = 0; at < value.length; at += 1) {
      if (isFraming(column, at)) continue
      const changed = Buffer.from(value)
      changed[at] = value[at] === 0x31 ? 0x32 : 0x31
      changes.push(changed)
    }
    for (const change of changes)
      assert.equal(check(row.with(column, change), origin), null, `column ${column}: ${value} became ${change}`)
  }
  const other = randomUUID()
  assert.equal(check(row, originOf(other)), null)
  assert.equal(quickCheck(other)(row, origin), null)
  assert.ok(check(row, origin))
})
