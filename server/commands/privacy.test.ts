import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { makeBusiness, makeCustomer } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { splitWords, talads } from '../../test/process.ts'

const server = await testServer()
const home = mkdtempSync(join(tmpdir(), 'talad-privacy-'))
after(() => rmSync(home, { recursive: true }))
const ENVIRONMENT = { DATABASE_URL: server.databaseUrl, TALAD_SECRET_KEY: server.secretKey.toString('hex') }

async function run(line: string, business = 'shop') {
  const [outcome] = await talads([splitWords(`privacy ${line} --business ${business}`)], ENVIRONMENT)
  return outcome as { code: number; stdout: string; stderr: string }
}

async function refused(line: string, stderr: string, code = 1): Promise<void> {
  assert.deepEqual(await run(line), { code, stdout: '', stderr: `${stderr}\n` }, line)
}

describe('talad privacy', () => {
  test('requests have the deadline of their kind, and are closed once, as done or refused with a reason', async () => {
    const { id } = await makeBusiness(server.db, 'shop')
    await makeBusiness(server.db, 'other')
    await makeCustomer(server.db, id, { customer_code: 'C-1' })
    assert.equal((await run('requests')).stdout, 'No request is open.\n')
    const add = async (kind: string) =>
      JSON.parse((await run(`request ${kind} C-1 --how letter --received 2026-01-10 --json`)).stdout)
    const [access, erasure] = [await add('access'), await add('erasure')]
    assert.equal(access.due_at, '2026-02-09T00:00:00.000Z')
    assert.equal(erasure.due_at, '2026-04-10T00:00:00.000Z')
    const listed = (await run('requests')).stdout.split('\n')
    assert.match(listed[1] ?? '', new RegExp(`^${access.id} +access .* overdue since 2026-02-09$`))
    assert.match(listed[2] ?? '', new RegExp(`^${erasure.id} +erasure `))
    // Of another business, it is not there.
    assert.equal((await run(`done ${access.id}`, 'other')).code, 1)
    assert.equal((await run(`done ${access.id}`)).stdout, `Closed ${access.id} as done.\n`)
    await refused(`done ${access.id}`, `No open request has the id ${access.id}: talad privacy requests lists them.`)
    assert.equal((await run(`refuse ${erasure.id} --reason 'tax law'`)).stdout, `Closed ${erasure.id} as refused.\n`)
    assert.equal((await run('requests')).stdout, 'No request is open.\n')
    assert.equal(JSON.parse((await run('requests --all --json')).stdout).length, 2)

    await refused('request access C-1 --how letter --received 2099-01-01', '--received must not be in the future.')
    await refused(
      'request access C-1 --how letter --received 1926-11-28',
      '--received must be 2022-06-01 or later: the PDPA is in force since that day.',
    )
    const late = await run('request access C-1 --how letter --received 2026-01-10')
    assert.match(late.stdout, /^Noted \S+; it was due on 2026-02-09, so answer it at once\.\n$/)
    await refused(
      'request access nobody --how letter',
      'No customer has the code nobody. Search for a deleted customer by id.',
    )
    await refused(
      'request access C-1 --how letter --received 2026-02-30',
      '2026-02-30 is not a day: use YYYY-MM-DD.',
      2,
    )
    await refused('done 1', 'No open request has the id 1: talad privacy requests lists them.')
    await refused('record', 'Specify --html <file> or --json (talad privacy record --help).', 2)
  })

  test('the record names applications that read customers, with purpose and use, and refused requests', async () => {
    const { id } = await makeBusiness(server.db, 'recorded')
    const customer = await makeCustomer(server.db, id, { customer_code: 'C-1' })
    const crm = await server.application({
      businessId: id,
      name: '<b>crm</b>',
      scopes: ['read:customers', 'read:customers:pii'],
    })
    await server.application({ businessId: id, name: 'stock', scopes: ['read:products'] })
    // It is older than the rule that applications must have both.
    await server.db`update applications set purpose = 'ส่งของ', legal_basis = null where id = ${crm.id}`
    await server.get(`/customers/${customer}`, await server.token(crm))
    const made = JSON.parse((await run('request objection C-1 --how phone --json', 'recorded')).stdout)
    await run(`refuse ${made.id} --reason 'no marketing is sent'`, 'recorded')

    const printed = await run('record --json', 'recorded')
    const unstated =
      '<b>crm</b> reads customers without a purpose and a legal basis, so the record of processing is incomplete: talad app edit <application> --purpose <text> --legal-basis <text>\n'
    assert.equal(printed.stderr, unstated)
    const record = JSON.parse(printed.stdout)
    assert.deepEqual(record.incomplete, ['<b>crm</b>'])
    assert.deepEqual(
      record.applications.map(({ name, purpose, disclosures, reads_contact_data }: Record<string, unknown>) => [
        ...[name, purpose, disclosures, reads_contact_data],
      ]),
      [['<b>crm</b>', 'ส่งของ', 1, true]],
    )
    assert.equal(record.data.contact.length, 9)
    assert.deepEqual(
      record.refused.map(({ reason }: { reason: string }) => reason),
      ['no marketing is sent'],
    )
    for (const [language, words] of [
      ['th', ['1. ข้อมูลส่วนบุคคลที่เก็บรวบรวม', '8. มาตรการรักษาความมั่นคงปลอดภัย', 'คัดค้าน']],
      ['en', ['1. Personal data collected', '8. Security measures', 'Objection']],
    ] as const) {
      const file = join(home, `${language}.html`)
      const { code, stderr } = await run(`record --html ${file} --language ${language}`, 'recorded')
      assert.deepEqual([code, stderr], [0, `Wrote ${file}.\n${unstated}`])
      const page = readFileSync(file, 'utf8')
      for (const word of [...words, '&lt;b&gt;crm&lt;/b&gt;', 'no marketing is sent'])
        assert.ok(page.includes(word), word)
      assert.ok(!page.includes('undefined') && !page.includes('<b>'))
    }
  })
})
