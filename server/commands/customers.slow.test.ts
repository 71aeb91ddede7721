import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { makeBusiness, makeCustomer } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { splitWords, talads } from '../../test/process.ts'

const server = await testServer()
const home = mkdtempSync(join(tmpdir(), 'talad-customers-'))
after(() => rmSync(home, { recursive: true }))
const ENVIRONMENT = {
  ...{ DATABASE_URL: server.databaseUrl, TALAD_SECRET_KEY: server.secretKey.toString('hex') },
  TALAD_ERASURES: join(home, 'erasures.ndjson'),
}

async function customers(line: string) {
  const [outcome] = await talads([splitWords(`customers ${line} --business shop`)], ENVIRONMENT)
  return outcome as { code: number; stdout: string; stderr: string }
}

async function refused(line: string, stderr: string, code = 1): Promise<void> {
  assert.deepEqual(await customers(line), { code, stdout: '', stderr: `${stderr}\n` }, line)
}

describe('talad customers', () => {
  test('erase deletes a customer and shows who has to be told; certificate shows it again', async () => {
    const { id } = await makeBusiness(server.db, 'shop')
    const other = await makeBusiness(server.db, 'other')
    const theirs = await makeCustomer(server.db, other.id)
    const customer = await makeCustomer(server.db, id, { customer_code: 'CUS-000380' })
    const nobody = await makeCustomer(server.db, id)
    const crm = await server.application({
      businessId: id,
      name: 'crm',
      scopes: ['read:customers', 'read:customers:pii'],
    })
    const token = await server.token(crm)
    for (const _ of [1, 2]) await server.get(`/customers/${customer}`, token)

    const { code, stdout } = await customers("erase CUS-000380 --reason 'request of 30 November' --by 'ดารณี'")
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`^${customer} of shop was erased at .*Z by ดารณี: request of 30 November\n\n`))
    assert.match(
      stdout,
      /\ncrm +contact data +2 +\S+Z +not reached; contact: not stated\n\nNot every application was told yet/,
    )
    const { body } = await server.get('/events', token)
    await server.db`update applications set contact = 'dpo@crm.example' where id = ${crm.id}`
    assert.match(
      (await customers(`certificate ${customer}`)).stdout,
      /sent at .*Z, not confirmed; contact: dpo@crm\.example\n/,
    )
    await server.get(`/events?after=${body.pagination.next_after}`, token)
    assert.match(
      (await customers(`certificate ${customer}`)).stdout,
      /it read the event at .*Z\n\nEvery application was told\.\n$/,
    )
    const certificate = JSON.parse((await customers(`certificate ${customer} --json`)).stdout)
    assert.deepEqual([certificate.is_complete, certificate.recipients[0].state], [true, 'read'])
    assert.match(certificate.statement, /^[\w-]+\.[\w-]+\.[\w-]+$/)
    const unseen = await customers(`erase ${nobody} --reason r`)
    assert.match(unseen.stdout, /\n\nNo application had received data of this customer\.\n$/)

    await refused(
      `erase ${customer} --reason again`,
      `${customer} is already erased: talad customers certificate ${customer} shows who was told.`,
    )
    await refused(
      'erase CUS-000380 --reason again',
      'No customer has the code CUS-000380. Search for a deleted customer by id.',
    )
    await refused(`erase ${theirs} --reason r`, `The business has no customer ${theirs}.`)
    await refused(`certificate ${theirs}`, `${theirs} is not erased.`)
    await refused("erase x --reason ' '", '--reason must be one line of 1 to 500 characters.', 2)
    await refused('erase x', '--reason <text> is missing: talad customers erase --help shows the usage.', 2)
  })
  test('link makes a page for the person, links lists it without its token, and unlink revokes it', async () => {
    const { id } = await makeBusiness(server.db, 'shop 2')
    const customer = await makeCustomer(server.db, id, { customer_code: 'C-1' })
    const theirs = await makeCustomer(server.db, (await makeBusiness(server.db, 'shop 3')).id)
    const run = async (line: string) => {
      const words = splitWords(`customers ${line} --business 'shop 2'`)
      const [outcome] = await talads([words], { ...ENVIRONMENT, TALAD_PUBLIC_URL: server.url })
      return outcome as { code: number; stdout: string; stderr: string }
    }
    assert.equal((await run('links')).stdout, 'No link works now.\n')
    const { stdout, stderr } = await run("link C-1 --days 2 --by 'ดารณี'")
    assert.equal(stderr, '')
    const [, url = '', made = ''] =
      /^(http\S+\/person\/[\w-]{64})\n\nValid until \S+Z; not shown again\. To revoke it: talad customers unlink (\S+)\n$/.exec(
        stdout,
      ) ?? []
    assert.equal((await fetch(url)).status, 200)
    const listed = await run('links --customer C-1')
    assert.match(listed.stdout, new RegExp(`^id .*\n${made} +${customer} +ดารณี +\\S+Z +works\n$`))
    assert.ok(!listed.stdout.includes(url.slice(-20)))
    const json = JSON.parse((await run('link C-1 --json')).stdout)
    assert.deepEqual([json.customer_id, json.revoked_at], [customer, null])
    assert.match(json.url, /\/person\/[\w-]{64}$/)

    assert.equal((await run(`unlink ${made}`)).stdout, `Revoked ${made}.\n`)
    assert.equal((await fetch(url)).status, 404)
    const again = {
      code: 1,
      stdout: '',
      stderr: `No link that works has the id ${made}: talad customers links lists them.\n`,
    }
    assert.deepEqual(await run(`unlink ${made}`), again)
    assert.match((await run('links --all')).stdout, /\n.* works\n.* revoked\n$/)
    const absent = { code: 1, stdout: '', stderr: `The business has no customer ${theirs}.\n` }
    assert.deepEqual(await run(`link ${theirs}`), absent)
    assert.match((await customers('link nobody')).stderr, /^No customer has the code nobody\./)
  })
})
