import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Business, makeBusiness, makeCustomer } from '../../../test/factories.ts'
import { testServer } from '../../../test/harness.ts'

const server = await testServer()
let business: Business
let token: string

before(async () => {
  business = await makeBusiness(server.db)
  await makeBusiness(server.db)
  token = await server.token(
    await server.application({ businessId: business.id, scopes: ['read:customers', 'read:customers:pii'] }),
  )
})

test('a customer is answered field by field', async () => {
  const id = await makeCustomer(server.db, business.id)
  const { status, body } = await server.get(`/customers/${id}`, token)
  assert.equal(status, 200)
  assert.equal(body.data.id, id)
})
