import assert from 'node:assert/strict'
import { test } from 'node:test'
import { build } from '../db/database.ts'
import { type WrittenStatements, writtenOnce } from './statement.ts'

const customers = ({ business_id, is_active }: { business_id: string; is_active?: boolean | undefined }) => {
  const rows = build.selectFrom('customers').select('id').where('business_id', '=', business_id)
  return is_active === undefined ? rows : rows.where('is_active', '=', is_active)
}

test('a statement is composed once per shape and gets the values of each call', () => {
  const statements: WrittenStatements = new Map()
  let composed = 0
  const write: typeof customers = (values) => {
    composed += 1
    return customers(values)
  }
  for (const business_id of ['one', 'two', 'three'])
    for (const is_active of [true, false, undefined])
      assert.deepEqual(
        writtenOnce(statements, '', { business_id, is_active }, write),
        (({ sql, parameters }) => ({ sql, parameters }))(customers({ business_id, is_active }).compile()),
      )
  // Two shapes, each composed once with placeholders and once with values.
  assert.equal(composed, 4)
})

test('a statement that depends on a value is rejected and not cached', () => {
  const statements: WrittenStatements = new Map()
  const byValue = ({ is_active }: { is_active: boolean }) => {
    const rows = build.selectFrom('customers').select('id')
    return is_active === true ? rows.where('is_active', '=', is_active) : rows.where('last_name', 'is', null)
  }
  assert.throws(() => writtenOnce(statements, '', { is_active: true }, byValue), /more than its shape/)
  const baked = ({ is_active }: { is_active: boolean }) =>
    build
      .selectFrom('customers')
      .select('id')
      .where('full_name', '=', typeof is_active === 'boolean' ? 'value' : 'stand-in')
  assert.throws(() => writtenOnce(statements, '', { is_active: true }, baked), /more than its shape/)
  assert.equal(statements.size, 0)
})
