import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { type Json, testServer } from '../../test/harness.ts'
import { customerRecord, makeShopIds, moment, openTill, RECORDS, sendRecords } from '../../test/records.ts'
import { onlyOnce } from '../../test/thorough.ts'
import { recordKinds } from '../api/index.ts'

// Every record can have an id of its sender, besides the UUID.

const server = await testServer()
const { db } = server
const { business, token, reader } = await openTill(server)
const place = await makeShopIds(db, business.id, business.branches[0].id)

const post = (path: string, records: Json[]) => sendRecords(server, token, path, records)

/** Sends one record that is accepted. @returns the name of the count that is 1 */
async function counted(path: string, record: Json): Promise<string> {
  const { status, body, text } = await post(path, [record])
  assert.equal(status, 200, `${path} ${text}`)
  const { received: _, ...counts } = body.data
  return Object.keys(counts)
    .filter((name) => counts[name] === 1)
    .join()
}

const KINDS = recordKinds.filter(({ resource, sentOnly }) =>
  Object.hasOwn({ ...resource.fields, ...sentOnly }, 'external_id'),
)

describe('external_id', onlyOnce, () => {
  for (const { path, resource, how } of KINDS)
    test(`of ${path}: it is stored, part of the content, and may be omitted`, async () => {
      const without = RECORDS[path]?.(place) as Json
      const record = { ...without, external_id: `ข้อ "${path}"` }
      assert.match(await counted(path, record), /created|updated/)
      const where = how === 'levels' ? db`warehouse_id = ${place.warehouse_id}` : db`id = ${record.id}`
      const rows = await db`
        select external_id from ${db(resource.table)} where business_id = ${business.id} and ${where}`
      assert.deepEqual([...rows], [{ external_id: record.external_id }])
      assert.equal(await counted(path, record), 'unchanged')
      if (how === 'movements') {
        assert.equal((await post(path, [{ ...record, external_id: 'other' }])).status, 400)
      } else {
        assert.equal(await counted(path, { ...record, external_id: 'other' }), 'conflicting')
        assert.equal(await counted(path, { ...without, updated_at: moment(1) }), 'updated')
        const [row] = await db`
          select external_id from ${db(resource.table)}
          where business_id = ${business.id} and ${where}`
        assert.equal(row?.external_id, null)
      }
      const long = { ...RECORDS[path]?.(place), external_id: 'x'.repeat(129), updated_at: moment(2) }
      if (how === 'movements') delete (long as Json).updated_at
      const { body } = await post(path, [long])
      assert.deepEqual(
        body.details.map(({ field, message }: Json) => [field, message]),
        [['external_id', 'must be at most 128 characters']],
      )
    })

  test('that of a customer is in no response, event or list of fields', async () => {
    const record = customerRecord({ external_id: `secret-${randomUUID()}` })
    assert.equal(await counted('customers', record), 'created')
    for (const path of ['/customers?limit=200', `/customers/${record.id}`, '/events?limit=200']) {
      const { status, text, headers } = await server.get(path, reader)
      assert.equal(status, 200)
      assert.ok(text.includes(record.id))
      assert.ok(!text.includes('secret-'))
      assert.equal(headers.get('omitted-fields'), null)
    }
    const { data } = (await server.get(`/customers/${record.id}`, reader)).body
    assert.ok(!Object.hasOwn(data, 'external_id'))
    const [row] = await db`
      select wire, wire_pii from customers where business_id = ${business.id} and id = ${record.id}`
    assert.ok(!JSON.stringify(row).includes('external_id'))
  })
})
