import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeBusiness, makeCustomer } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { ROOT, splitWords, talad, talads } from '../../test/process.ts'

const server = await testServer()
const { db, get } = server
const DATABASE = { DATABASE_URL: server.databaseUrl, TALAD_SECRET_KEY: server.secretKey.toString('hex') }
const home = mkdtempSync(join(tmpdir(), 'talad-ledger-'))
after(() => rmSync(home, { recursive: true }))

/** Runs `talad ledger …` for the business `shop`. */
async function ledger(line: string, business = 'shop') {
  const [outcome] = await talads([splitWords(`ledger ${line} --business ${business}`)], DATABASE)
  return outcome as { code: number; stdout: string; stderr: string }
}

async function refused(line: string, sentence: string | RegExp, code = 1): Promise<void> {
  const outcome = await ledger(line)
  assert.deepEqual([outcome.code, outcome.stdout], [code, ''], line)
  if (typeof sentence === 'string') assert.equal(outcome.stderr, `${sentence}\n`)
  else assert.match(outcome.stderr, sentence)
}

describe('talad ledger', () => {
  let customer: string
  const receipts: string[] = []

  before(async () => {
    const { id } = await makeBusiness(db, 'shop')
    const other = await makeBusiness(db, 'other')
    customer = await makeCustomer(db, id, { customer_code: 'CUS-000380' })
    await makeCustomer(db, other.id)
    const [crm, plain, theirs] = [
      await server.application({ businessId: id, name: 'crm', scopes: ['read:customers', 'read:customers:pii'] }),
      await server.application({ businessId: id, name: 'plain', scopes: ['read:customers'] }),
      await server.application({ businessId: other.id, name: 'theirs', scopes: ['read:customers'] }),
    ]
    await db`update applications set purpose = 'ส่งของ' where id = ${crm.id}`
    // Applications that are older than the rule have no purpose.
    await db`update applications set purpose = null where id = ${plain.id}`
    const [first, second, third] = [await server.token(crm), await server.token(plain), await server.token(theirs)]
    for (const token of [first, first, second]) {
      const { headers } = await get(`/customers/${customer}`, token)
      receipts.push(headers.get('ledger-receipt') as string)
    }
    receipts.push((await get('/customers', third)).headers.get('ledger-receipt') as string)
  })

  test('search says who has seen the contact data of a customer, how often, and why', async () => {
    const { code, stdout } = await ledger('search --customer CUS-000380 --class contact --since yesterday')
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^reader +channel +data +times +first +last +purpose\ncrm +api +contact data +2 +\d{4}-.*Z +ส่งของ\n$/,
    )
    const all = await ledger(`search --customer ${customer}`)
    assert.match(all.stdout, /\nplain +api +profile +1 .* not stated\n/)
    const [entry] = JSON.parse((await ledger('search --application crm --json')).stdout)
    assert.deepEqual([entry.sequence, entry.customerIds], [2, [customer]])
    assert.equal((await ledger('search --until 2020-01-01')).stdout, 'No disclosure was recorded.\n')
  })

  test('search refuses what it cannot find, in one sentence', async () => {
    await refused('search --customer nobody', 'No customer has the code nobody. Search for a deleted customer by id.')
    await refused('search --since 2026-02-30', '2026-02-30 is not a day: use YYYY-MM-DD, today or yesterday.', 2)
    await refused('search --application theirs', 'The application theirs belongs to another business.')
  })

  test('verify compares with receipts and checkpoints', async () => {
    assert.match((await ledger('verify')).stdout, /^3 entries \(1 to 3\) fit together\.\nCompare with a receipt/)
    writeFileSync(join(home, 'receipts'), `${receipts.slice(0, 3).join('\n')}\n\n`)
    const checkpoint = await ledger('checkpoint')
    assert.match(checkpoint.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    writeFileSync(join(home, 'checkpoint'), checkpoint.stdout)
    const { stdout } = await ledger(`verify --receipts ${home}/receipts --checkpoint ${home}/checkpoint`)
    assert.equal(stdout, '3 entries (1 to 3) fit together, and so do 4 receipts and checkpoints.\n')
  })

  test('an outsider verifies an export with receipts alone, and finds what was altered, removed or cut off', async () => {
    const { code, stdout } = await ledger('export')
    assert.equal(code, 0)
    writeFileSync(join(home, 'kept'), `${receipts.slice(0, 3).join('\n')}\n`)
    const verify = async (text: string) => {
      writeFileSync(join(home, 'ledger.ndjson'), text)
      const program: [string, string] = [process.execPath, join(ROOT, 'tools', 'verify_ledger.js')]
      const outcome = await talad([join(home, 'ledger.ndjson'), join(home, 'kept')], { program })
      return [outcome.code, outcome.stdout + outcome.stderr]
    }
    assert.deepEqual(await verify(stdout), [0, '3 entries (1 to 3) fit together, and with 3 of 3 receipts.\n'])
    const lines = stdout.trimEnd().split('\n')
    const without = (at: number) => `${lines.filter((_, index) => index !== at).join('\n')}\n`
    for (const [text, sentence] of [
      [stdout.replace('ส่งของ', 'อื่น'), 'Entry 1 was altered: it does not have its hash.'],
      [without(1), 'Entry 2 is missing.'],
      [without(2), 'Receipt 3 does not fit: the ledger ends at entry 2.'],
      [without(0), 'Entries before 2 are not in the file: they are older than two years, or were removed.'],
    ] as const)
      assert.ok(String((await verify(text))[1]).includes(`${sentence}\n`), sentence)
    const theirs = await ledger('export', 'other')
    assert.deepEqual(await verify(theirs.stdout), [1, 'Receipt 1 does not fit: the history was rewritten.\n'])
  })

  test('verify refuses what does not fit, in one sentence', async () => {
    const [, second = '', , theirs = ''] = receipts
    await refused('verify --receipt 5', '5 is not a receipt: it has the form 1042;sha256=<64 hexadecimal digits>.')
    await refused(`verify --receipt '${theirs}'`, 'Receipt 1 is of another business.')
    await refused(
      `verify --receipt '${second.replace(/^2/, '9')}'`,
      /^Receipt 9 does not fit: the ledger ends at entry 3/,
    )
    await refused('verify --receipts /nowhere', '/nowhere cannot be used: it does not exist.')
    writeFileSync(join(home, 'theirs'), (await ledger('checkpoint', 'other')).stdout)
    await refused(`verify --checkpoint ${home}/theirs`, `${home}/theirs is a checkpoint of another business.`)
    const changed = (await ledger('checkpoint')).stdout.replace('.eyJ', '.eyK')
    writeFileSync(join(home, 'changed'), changed)
    await refused(
      `verify --checkpoint ${home}/changed`,
      /changed is not a checkpoint of this server, or it was changed/,
    )
  })
})
