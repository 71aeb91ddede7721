import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { makeBranch, makeBusiness } from '../../test/factories.ts'
import { PARTNER, testServer } from '../../test/harness.ts'
import { type ProcessOutcome, splitWords, talad, taladInside, talads } from '../../test/process.ts'

// Every command, run on the database of a running server, which then shows the effect.

const server = await testServer()
const DATABASE = { DATABASE_URL: server.databaseUrl, TALAD_SECRET_KEY: server.secretKey.toString('hex') }

async function succeed(line: string): Promise<string> {
  const [stdout = ''] = await succeedAll(line)
  return stdout
}

// biome-ignore lint/suspicious/noExplicitAny: JSON output of a command, asserted by the tests
const json = async (line: string): Promise<any> => JSON.parse(await succeed(`${line} --json`))

/** Returns the output of each command line. */
async function succeedAll(...lines: string[]): Promise<string[]> {
  const outcomes = await talads(lines.map(splitWords), DATABASE)
  for (const [index, { code, stderr }] of outcomes.entries())
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, `${lines[index]}`)
  return outcomes.map(({ stdout }) => stdout)
}

/** Asserts for each line exit code 1, no standard output, and this one sentence. */
async function refuse(lines: Record<string, RegExp | string>): Promise<void> {
  const outcomes = await talads(Object.keys(lines).map(splitWords), DATABASE)
  for (const [index, [line, says]] of Object.entries(lines).entries()) {
    const { code, stdout, stderr } = outcomes[index] as ProcessOutcome
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, `${line}: ${stderr}`)
    if (typeof says === 'string') assert.equal(stderr, `${says}\n`)
    else assert.match(stderr, says)
    assert.match(stderr, /^[^\n]+[.>]\n$/, `one sentence: ${line}`)
  }
}

const getToken = ({ client_id, client_secret }: { client_id: string; client_secret: string }) =>
  server.call(`${PARTNER}/oauth/token`, { form: { grant_type: 'client_credentials', client_id, client_secret } })

test('without a business, the message names the next command', async () => {
  assert.equal(await succeed('business list'), 'No business exists yet; create one: talad business create <name>\n')
  assert.equal(
    await succeed('app list'),
    'No application exists yet; create one: talad app create <name> --scope read:sales\n',
  )
  await refuse({
    'app create crm --scope read:sales': 'No business exists yet; create one: talad business create <name>',
    'app list --business nobody': 'No business exists yet; create one: talad business create <name>',
  })
})

describe('with a business', () => {
  let business: { id: string; name: string }
  let branch: { id: string; code: string }

  before(async () => {
    business = await json('business create ร้านหนึ่ง --day-starts-at 04:00 --currency THB')
    branch = await makeBranch(server.db, business.id)
  })

  test('business list shows a business as created', async () => {
    const row = { time_zone: 'Asia/Bangkok', business_day_starts_at: '04:00', currency: 'THB' }
    assert.deepEqual(await json('business list'), [{ id: business.id, name: 'ร้านหนึ่ง', ...row }])
    const [head, line] = (await succeed('business list')).split('\n')
    assert.equal(head, `id${' '.repeat(36)}name${' '.repeat(4)}time_zone${' '.repeat(5)}currency`)
    assert.equal(line, `${business.id}  ร้านหนึ่ง  Asia/Bangkok  THB`)
  })

  test('an application can be created, edited, rotated and revoked', async () => {
    const created = await json(
      "app create crm --scope read:customers --scope read:customers --history-days 90 --purpose 'ส่งของ' --legal-basis contract",
    )
    const { client_secret, secrets, created_at, ...rest } = created
    assert.match(client_secret, /^talad_sk_[\w-]{43}$/)
    assert.deepEqual(rest, {
      ...{ id: created.id, business_id: business.id, name: 'crm', kind: 'partner', client_id: created.client_id },
      ...{ scopes: ['read:customers'], branch_ids: null, rate_requests: 100, rate_per_second: 10 },
      ...{ history_days: 90, purpose: 'ส่งของ', legal_basis: 'contract', contact: null, revoked_at: null },
      ...{ paused_at: null, last_used_at: null },
    })
    assert.equal(secrets.length, 1)
    assert.ok(Date.parse(created_at))

    const token = await getToken(created)
    assert.equal(token.status, 200)
    assert.deepEqual((await server.get('/me', token.body.access_token)).body.data.scopes, ['read:customers'])

    // The secret is shown only once, in no other output.
    const views = await succeedAll(
      'app show crm --json',
      `app show ${created.client_id} --json`,
      'app list --json',
      'app show crm',
      'app list',
    )
    const [shown, again, listed] = views.slice(0, 3).map((text) => JSON.parse(text))
    assert.ok(shown.secrets[0].last_used_at)
    assert.deepEqual([again, listed], [shown, [shown]])
    for (const text of views) assert.ok(!text.includes(client_secret))

    // Edited, named by its id, with a branch by its code.
    const grants = `--scope read:sales --branch ${branch.code} --rate-requests 200 --rate-per-second 0.5`
    const edited = await json(`app edit ${created.id} --name 'CRM 2' ${grants} --contact dpo@crm.example`)
    assert.equal(edited.contact, 'dpo@crm.example')
    assert.deepEqual([edited.name, edited.scopes, edited.branch_ids], ['CRM 2', ['read:sales'], [branch.id]])
    assert.deepEqual([edited.rate_requests, edited.rate_per_second, edited.history_days], [200, 0.5, 90])
    assert.equal((await json("app edit 'CRM 2' --all-branches")).branch_ids, null)

    // Rotated: both secrets work, a third is refused, then the old one is revoked.
    const rotated = await json("app rotate 'CRM 2'")
    assert.equal(rotated.secrets.length, 2)
    assert.equal((await getToken(created)).status, 200)
    assert.equal((await getToken(rotated)).status, 200)
    const old = secrets[0].id
    await refuse({
      "app rotate 'CRM 2'": /already has 2 active secrets; revoke one of them first: [\w-]{36}, [\w-]{36}\./,
    })
    assert.equal(
      await succeed(`app revoke 'CRM 2' --secret ${old}`),
      `Revoked the secret ${old} of CRM 2. Its tokens are refused within 2 seconds.\n`,
    )
    assert.equal((await getToken(created)).status, 401)
    assert.equal((await getToken(rotated)).status, 200)

    // Paused and resumed: nothing is lost, and the audit log has both.
    await refuse({ "app resume 'CRM 2'": 'CRM 2 is not paused.' })
    assert.equal(
      await succeed("app pause 'CRM 2'"),
      'Paused CRM 2. Its secrets and tokens are refused within 2 seconds.\n',
    )
    assert.equal((await getToken(rotated)).status, 401)
    await refuse({ "app pause 'CRM 2'": 'CRM 2 is already paused.' })
    assert.match(await succeed("app show 'CRM 2'"), /^CRM 2 \(partner, paused since 20/)
    assert.match(await succeed('app list'), / paused +all /)
    assert.equal(
      await succeed("app resume 'CRM 2'"),
      'Resumed CRM 2. Its secrets work again, and its webhooks go on where they stopped.\n',
    )
    assert.equal((await getToken(rotated)).status, 200)
    const acts = await server.db`select action, actor, subject_id from audit_log order by created_at, id`
    assert.deepEqual(acts.map(({ action, subject_id }) => [action, subject_id]).sort(), [
      ['talad app pause', created.id],
      ['talad app resume', created.id],
    ])
    assert.match(acts[0]?.actor, /^command line, /)

    // Revoking an application is permanent.
    const { revoked_at } = await json("app revoke 'CRM 2'")
    assert.equal((await getToken(rotated)).status, 401)
    await refuse({
      "app revoke 'CRM 2'": `CRM 2 was revoked already, at ${revoked_at}.`,
      [`app revoke 'CRM 2' --secret ${old}`]: `CRM 2 was revoked already, at ${revoked_at}.`,
      "app edit 'CRM 2' --scope read:sales": 'The application is revoked; create a new one.',
      "app rotate 'CRM 2'": 'The application is revoked; create a new one.',
      "app pause 'CRM 2'": 'The application is revoked; create a new one.',
      "app resume 'CRM 2'": 'The application is revoked; create a new one.',
    })
    const { last_used_at } = await json("app show 'CRM 2'")
    assert.match(await succeed('app list'), new RegExp(`revoked \\d{4}-\\d\\d-\\d\\d +all +${last_used_at}`))
    const text = await succeed("app show 'CRM 2'")
    assert.match(text, /^CRM 2 \(partner, revoked at 20/)
    assert.ok(text.includes(`  last used  ${last_used_at}\n`), text)
  })

  test('text output shows the secret once', async () => {
    const [made = '', list = '', rotated = '', revoked] = await succeedAll(
      'app create till --kind pos',
      'app list',
      'app rotate till',
      'app revoke till',
    )
    assert.match(made, /^till \(pos\)\n {2}client_id {2}talad_[0-9a-f]{32}\n {2}scopes {5}write:ingest\n/)
    assert.match(made, /\n {2}client_secret {2}talad_sk_[\w-]{43}\n\nThe secret is not shown again\.\n$/)
    assert.match(list, /^name +client_id +kind +state +branches +last used +scopes\n/)
    assert.match(rotated, /The old secret still works; talad app rotate --help explains/)
    assert.equal(revoked, 'Revoked till. Its tokens are refused within 2 seconds.\n')
  })

  test('every refusal is one sentence', async () => {
    const other = await makeBusiness(server.db, 'ร้านสอง')
    const [foreign] = other.branches
    const here = `--business ${business.id} --scope read:sales`
    const there = `--business ร้านสอง --scope read:sales`
    await succeedAll(
      `app create one ${here}`,
      `app create one ${there}`,
      `app create two ${here}`,
      'app create pos --kind pos --business ร้านสอง',
    )
    await refuse({
      'app create x --scope read:sales': `Several businesses exist; choose one with --business: ${business.id} (ร้านหนึ่ง), ${other.id} (ร้านสอง).`,
      'app create x --scope read:sales --business nobody':
        /^Unknown business nobody; the businesses are .*ร้านหนึ่ง.*ร้านสอง/,
      'app list --business nobody': /^Unknown business nobody; /,
      [`app create x ${here} --branch ${foreign.id}`]: `The business has no branch ${foreign.id}; it has ${branch.code}.`,
      [`app edit two --branch ${foreign.code}`]: `The business has no branch ${foreign.code}; it has ${branch.code}.`,
      [`app create two ${here}`]: 'The business already has an application named two.',
      'app edit two --name one': 'The business already has an application named one.',
      'app show one': 'Several businesses have an application named one; use its client_id.',
      'app edit pos --scope read:sales': 'An application of kind pos cannot have read:sales; it can have write:ingest.',
      'app edit two --scope write:ingest': /^An application of kind partner cannot have write:ingest; it can have /,
      'app edit two --scope read:customers:pii': 'read:customers:pii can only be granted together with read:customers.',
      'app edit two --scope read:customers':
        'An application that reads customers needs a purpose and a legal basis: add --purpose and --legal-basis.',
      'app edit two --scope read:customers --purpose x':
        'An application that reads customers needs a purpose and a legal basis: add --purpose and --legal-basis.',
      'app revoke nobody': 'No such application: nobody. Run talad app list to see all applications.',
      "app rotate '; drop table'": 'No such application: ; drop table. Run talad app list to see all applications.',
      'app revoke two --secret nonsense': 'The application has no active secret nonsense.',
    })
    assert.equal((await json('app list --business ร้านสอง')).length, 2)
  })

  test('after keys rotate, tokens of the old key stay valid', async () => {
    const token = await getToken(await json(`app create keys --business ${business.id} --scope read:sales`))
    const { kid } = await json('keys rotate')
    assert.match(await succeed('keys rotate'), /^New tokens are signed with the key [\w-]{36}\. Existing tokens/)
    assert.equal((await server.get('/me', token.body.access_token)).status, 200)
    const rows = await server.db`select retired_at from signing_keys where id = ${kid}`
    assert.ok(rows[0]?.retired_at)
  })

  test('migrate reports that the database is up to date', async () => {
    assert.equal(await succeed('migrate'), 'The database is up to date.\n')
  })

  test('a changed TALAD_SECRET_KEY is reported', async () => {
    const env = { ...DATABASE, TALAD_SECRET_KEY: randomBytes(32).toString('hex') }
    const { code, stderr } = await taladInside(['migrate'], env)
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^The secret key \(TALAD_SECRET_KEY, [^)]*\) differs from the key that this database was created with[^\n]*\n$/,
    )
  })

  test('a closed standard output is not an error', async () => {
    const pipe = `"${process.execPath}" server/talad.js app list --json | head -c 1; echo " \${PIPESTATUS[0]}"`
    const { stdout, stderr } = await talad(['-c', pipe], { env: DATABASE, program: ['bash'] })
    assert.deepEqual({ stdout, stderr }, { stdout: '[ 0\n', stderr: '' })
  })
})
