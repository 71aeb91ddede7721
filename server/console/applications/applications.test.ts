import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { Registry } from 'prom-client'
import { type AskAs, browserOf, makeMember } from '../../../test/console_members.ts'
import { type Business, makeBusiness, makeCustomers, makeSubscription } from '../../../test/factories.ts'
import { PARTNER, testServer, withinTwoSeconds } from '../../../test/harness.ts'
import { PROOF_VALID_MS } from '../../contract/console_limits.ts'
import { ALL_REACHABLE } from '../../db/reach.ts'
import { searchLedger } from '../../ledger/entries.ts'
import { measureDeliveries } from '../../webhooks/queue/measure.ts'
import { createSubscription } from '../../webhooks/subscriptions/subscriptions.ts'

const server = await testServer()
const { db } = server
let business: Business
let owner: AskAs
let admin: AskAs
let viewer: AskAs
let ownerId: string

const READS_CUSTOMERS = { purpose: 'ทำการตลาด', legal_basis: 'สัญญา' }
const CONTACT = { scopes: ['read:customers', 'read:customers:pii'], branch_ids: null, ...READS_CUSTOMERS }

before(async () => {
  business = await makeBusiness(db)
  const of = (role: 'owner' | 'admin' | 'viewer') => makeMember(server, { businessId: business.id, role })
  const made = await of('owner')
  ownerId = made.id
  owner = browserOf(server, made.cookie)
  admin = browserOf(server, (await of('admin')).cookie)
  viewer = browserOf(server, (await of('viewer')).cookie)
  await makeCustomers(
    db,
    business.id,
    ['one', 'two', 'three', 'four'].map((full_name) => ({ full_name, phone: '0812345678' })),
  )
})

const create = (ask: AskAs, body: object) => ask('POST', '/applications', { name: randomUUID(), ...body })

describe('creating an application', () => {
  test('contact data can be granted by an owner only, and with a recent proof of identity', async () => {
    const refused = await create(admin, CONTACT)
    assert.deepEqual(
      [refused.status, refused.body.error, refused.body.required_role],
      [403, 'insufficient_role', 'owner'],
    )
    const now = server.clock.now
    try {
      server.clock.now = new Date(Date.now() + PROOF_VALID_MS + 60_000)
      assert.equal((await create(owner, CONTACT)).body.error, 'proof_required')
    } finally {
      server.clock.now = now
    }
    assert.equal((await create(owner, CONTACT)).status, 201)
    const { id } = (await create(admin, { ...CONTACT, scopes: ['read:customers'] })).body.data
    const more = { scopes: CONTACT.scopes }
    assert.equal((await admin('PATCH', `/applications/${id}`, more)).body.error, 'insufficient_role')
    assert.equal((await owner('PATCH', `/applications/${id}`, more)).status, 200)
    // Who may not grant may still change the rest, and take away.
    assert.equal((await admin('PATCH', `/applications/${id}`, { ...more, name: randomUUID() })).status, 200)
    assert.equal((await admin('PATCH', `/applications/${id}`, { scopes: ['read:customers'] })).status, 200)
  })

  test('mistakes name their field', async () => {
    const mistakesOf = async (body: object) =>
      (await create(owner, body)).body.details?.map(({ field }: { field: string }) => field)
    assert.deepEqual(await mistakesOf({ scopes: ['read:customers'], branch_ids: null }), ['purpose', 'legal_basis'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:customers:pii'], branch_ids: null }), ['scopes'])
    assert.deepEqual(await mistakesOf({ scopes: [], branch_ids: null }), ['scopes'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:sales'] }), ['branch_ids'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:sales'], branch_ids: ['x'] }), ['branch_ids'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:sales'], branch_ids: [] }), ['branch_ids'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:sales'], branch_ids: null, rate_requests: 5 }), [
      'rate_per_second',
    ])
    const foreign = (await makeBusiness(db)).branches[0].id
    assert.equal((await create(owner, { scopes: ['read:sales'], branch_ids: [foreign] })).status, 409)
  })

  test('an update says what is missing at the field, in no words of the command line', async () => {
    const { id } = (await create(owner, { scopes: ['read:sales'], branch_ids: null })).body.data
    const path = `/applications/${id}`
    const mistakesOf = async (body: object) => {
      const answer = await owner('PATCH', path, body)
      assert.ok(!/--|talad /.test(answer.text), answer.text)
      return [answer.status, ...(answer.body.details ?? []).map(({ field }: { field: string }) => field)]
    }
    assert.deepEqual(await mistakesOf({ scopes: ['read:customers'] }), [400, 'purpose', 'legal_basis'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:customers'], purpose: 'x' }), [400, 'legal_basis'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:customers:pii'] }), [400, 'scopes'])
    assert.deepEqual(await mistakesOf({ scopes: ['write:ingest'] }), [400, 'scopes'])
    assert.deepEqual((await owner('GET', path)).body.data.scopes, ['read:sales'])
    assert.deepEqual(await mistakesOf({ scopes: ['read:customers'], ...READS_CUSTOMERS }), [200])
    // What is stated already is enough.
    assert.deepEqual(await mistakesOf({ scopes: ['read:sales'] }), [200])
    assert.deepEqual(await mistakesOf({ scopes: ['read:customers'] }), [200])
  })

  test('an application keeps its branches if an update names none', async () => {
    const branchIds = [business.branches[0].id]
    const { id } = (await create(owner, { scopes: ['read:sales'], branch_ids: branchIds })).body.data
    const { status, body } = await owner('PATCH', `/applications/${id}`, { branch_ids: [] })
    assert.equal(status, 400)
    assert.deepEqual(body.details, [
      { field: 'branch_ids', message: 'must name at least one branch, or be null for all branches' },
    ])
    assert.deepEqual((await owner('GET', `/applications/${id}`)).body.data.branch_ids, branchIds)
  })

  test('the secret is shown once and works, and no log has it', async () => {
    const { body, status } = await create(owner, { scopes: ['read:sales'], branch_ids: [business.branches[0].id] })
    assert.equal(status, 201)
    const { id, client_id, client_secret, curl } = body.data
    assert.ok(curl.includes(`${server.url}${PARTNER}/oauth/token`) && curl.includes(client_secret))
    const token = await server.token({ client_id, client_secret } as never)
    const branches = (await server.get('/branches', token)).body.data
    assert.deepEqual(
      branches.map((branch: { id: string }) => branch.id),
      [business.branches[0].id],
    )
    const shown = await owner('GET', `/applications/${id}`)
    assert.ok(!shown.text.includes(client_secret))
    const [log] = await db`select string_agg(audit_log::text, '') as text from audit_log`
    assert.ok(log?.text.includes(id) && !log.text.includes(client_secret))
  })

  test('an application of another business does not exist', async () => {
    const { id } = await server.application({ businessId: (await makeBusiness(db)).id, scopes: ['read:sales'] })
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/stops'],
      ['DELETE', ''],
      ['POST', '/secrets'],
    ] as const)
      assert.equal((await owner(method, `/applications/${id}${path}`)).status, 404)
  })
})

describe('the effect of a grant', () => {
  const preview = (scopes: string[], ask = owner) => ask('POST', '/application-preview', { scopes, branch_ids: null })

  test('it shows three customers, byte for byte as the API shows them to such an application, and the ledger knows', async () => {
    for (const scopes of [['read:customers'], ['read:customers', 'read:customers:pii']] as const) {
      const { body, headers, status } = await preview([...scopes])
      assert.equal(status, 200)
      assert.match(headers.get('ledger-receipt') ?? '', /^\d+;sha256=/)
      const application = await server.application({ businessId: business.id, scopes: [...scopes] })
      const list = await server.get('/customers?limit=3', await server.token(application))
      assert.deepEqual(body.data.customers, list.body.data)
      assert.equal('phone' in body.data.customers[0], scopes.length > 1)
      const [, entry] = await searchLedger(db, business.id, { limit: 2 })
      assert.deepEqual(
        [
          entry?.channel,
          entry?.memberId,
          entry?.applicationId,
          entry?.operation,
          entry?.class,
          entry?.customerIds.length,
        ],
        ['console', ownerId, null, 'console.applications.preview', scopes.length > 1 ? 'contact' : 'profile', 3],
      )
    }
  })

  test('without the scope it shows no customer and writes no entry', async () => {
    const { body, headers } = await preview(['read:sales'])
    assert.deepEqual(body.data.customers, [])
    assert.equal(headers.get('ledger-receipt'), null)
    assert.ok(body.data.operations.some(({ id }: { id: string }) => id === 'sales.list'))
    assert.ok(body.data.operations.every(({ id }: { id: string }) => !id.startsWith('customers')))
  })

  test('a viewer sees no preview, because it shows persons', async () => {
    assert.equal((await preview(['read:customers'], viewer)).status, 403)
  })
})

describe('secrets', () => {
  test('a secret is safe to revoke if there is another one and its tokens have expired', async () => {
    const { body } = await create(owner, { scopes: ['read:sales'], branch_ids: null })
    const { id, client_id, client_secret } = body.data
    assert.deepEqual(
      body.data.secrets.map((one: { is_safe_to_revoke: boolean }) => one.is_safe_to_revoke),
      [false],
    )
    await server.token({ client_id, client_secret } as never)
    // Secrets are shown oldest first.
    server.clock.now = new Date(server.clock.now.getTime() + 1)
    const added = (await owner('POST', `/applications/${id}/secrets`)).body.data
    assert.deepEqual(
      added.secrets.map((one: { is_safe_to_revoke: boolean }) => one.is_safe_to_revoke),
      [false, true],
    )
    assert.equal((await owner('POST', `/applications/${id}/secrets`)).status, 409, 'two at most')
    await db`update application_secrets set last_used_at = now() - interval '2 hours' where application_id = ${id}`
    const { secrets } = (await owner('GET', `/applications/${id}`)).body.data
    assert.equal(secrets[0].is_safe_to_revoke, true)
    const path = `/applications/${id}/secrets/${secrets[0].id}`
    assert.equal((await viewer('DELETE', path)).status, 403)
    assert.equal((await owner('DELETE', path)).body.data.secrets.length, 1)
    assert.equal((await owner('DELETE', path)).status, 404)
  })

  test('a viewer sees applications, but nothing of their secrets and no contact', async () => {
    await create(owner, { scopes: ['read:sales'], branch_ids: null, contact: 'คุณวิชัย' })
    const { body } = await viewer('GET', '/applications')
    assert.ok(body.data.length > 0)
    for (const { secrets, contact } of body.data) assert.deepEqual([secrets, contact], [[], null])
  })
})

test('the last use of an application stays when its secrets and then itself are revoked', async () => {
  const { id, ...made } = (await create(owner, { scopes: ['read:sales'], branch_ids: null })).body.data
  await server.token(made)
  const at = server.clock.now.toISOString()
  const path = `/applications/${id}`
  const lastUses = async () => [
    (await owner('GET', path)).body.data.last_used_at,
    (await owner('GET', `${path}/stops`)).body.data.last_used_at,
    (await owner('GET', '/applications')).body.data.find((one: { id: string }) => one.id === id).last_used_at,
  ]
  await owner('DELETE', `${path}/secrets/${made.secrets[0].id}`)
  assert.deepEqual(await lastUses(), [at, at, at])
  assert.equal((await owner('DELETE', path)).body.data.last_used_at, at)
  const query = `subject_id=${id}&action=console.applications.revoke`
  const [{ before, after }] = (await owner('GET', `/audit-log?${query}`)).body.data
  assert.deepEqual(['last_used_at' in before, 'last_used_at' in after], [false, false])
})

test('a revoked application stays in the list, and says before what stops', async () => {
  const { id } = (await create(owner, { scopes: ['read:sales', 'read:webhooks'], branch_ids: null })).body.data
  await db`
    insert into subscriptions (business_id, id, application_id, endpoint_url, event_types, catalogue_version, include_pii, include,
                               secret_sealed, position, fanned_out_at, created_at, updated_at)
    values (${business.id}, ${randomUUID()}, ${id}, 'https://example.com/hook', '["*"]', 1, false, '[]', '\\x00', 0, now(), now(), now())`
  const { data } = (await owner('GET', `/applications/${id}/stops`)).body
  assert.deepEqual(
    data.webhooks.map(({ endpoint_url }: { endpoint_url: string }) => endpoint_url),
    ['https://example.com/hook'],
  )
  assert.notEqual((await owner('DELETE', `/applications/${id}`)).body.data.revoked_at, null)
  assert.equal((await owner('PATCH', `/applications/${id}`, { name: 'x' })).status, 409)
  assert.ok((await owner('GET', '/applications')).body.data.some((one: { id: string }) => one.id === id))
})

test('a new application may have the name of a revoked one, but of no other', async () => {
  const name = 'สำนักงานบัญชี'
  const wanted = { name, scopes: ['read:sales'], branch_ids: null }
  const { id } = (await create(owner, wanted)).body.data
  assert.equal((await create(owner, wanted)).status, 409)
  assert.equal((await owner('POST', `/applications/${id}/pause`)).status, 200)
  assert.equal((await create(owner, wanted)).status, 409, 'a paused one keeps its name')
  await owner('DELETE', `/applications/${id}`)
  const second = await create(owner, wanted)
  assert.equal(second.status, 201)
  assert.equal((await create(owner, wanted)).status, 409)
  const { id: other } = (await create(owner, { ...wanted, name: randomUUID() })).body.data
  assert.equal((await owner('PATCH', `/applications/${other}`, { name })).status, 409)
  // Two at once: the database decides.
  await owner('DELETE', `/applications/${second.body.data.id}`)
  const answers = await Promise.all([create(owner, wanted), create(owner, wanted)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409])
  const named = (await owner('GET', '/applications')).body.data.filter((one: { name: string }) => one.name === name)
  assert.deepEqual(named.map((one: { revoked_at: string | null }) => one.revoked_at === null).sort(), [
    false,
    false,
    true,
  ])
})

test('contact, purpose and legal basis can be emptied, unless the application reads customers', async () => {
  const stated = { contact: 'คุณวิชัย', ...READS_CUSTOMERS }
  const { id } = (await create(owner, { scopes: ['read:sales'], branch_ids: null, ...stated })).body.data
  const path = `/applications/${id}`
  const { contact, purpose, legal_basis } = (
    await admin('PATCH', path, { contact: null, purpose: null, legal_basis: null })
  ).body.data
  assert.deepEqual([contact, purpose, legal_basis], [null, null, null])
  const emptied = async (change: object) => {
    const { status, body } = await admin('PATCH', path, change)
    return [status, body.details?.map(({ field }: { field: string }) => field)]
  }
  assert.deepEqual(await emptied({ purpose: '' }), [400, ['purpose']])
  assert.deepEqual(await emptied({ scopes: ['read:customers'], purpose: null }), [400, ['purpose', 'legal_basis']])
  assert.equal((await admin('PATCH', path, { scopes: ['read:customers'], ...READS_CUSTOMERS })).status, 200)
  assert.deepEqual(await emptied({ purpose: null }), [400, ['purpose']])
  assert.deepEqual(await emptied({ legal_basis: null }), [400, ['legal_basis']])
  const kept = (await admin('PATCH', path, { contact: null })).body.data
  assert.deepEqual([kept.purpose, kept.legal_basis], Object.values(READS_CUSTOMERS))
  // Without customers, it needs neither any more.
  assert.equal((await admin('PATCH', path, { scopes: ['read:sales'], purpose: null })).body.data.purpose, null)
})

test('the database keeps the names of active applications apart, also without the server', async () => {
  const name = randomUUID()
  const { id } = (await create(owner, { name, scopes: ['read:sales'], branch_ids: null })).body.data
  const copy = () => db`
    insert into applications (id, business_id, client_id, name, kind, rate_requests, rate_per_second)
    values (gen_random_uuid(), ${business.id}, 'talad_' || replace(gen_random_uuid()::text, '-', ''), ${name}, 'partner', 1, 1)`
  await assert.rejects(copy, { code: '23505', constraint_name: 'applications_active_name' })
  await owner('DELETE', `/applications/${id}`)
  await copy()
  await db`delete from applications where business_id = ${business.id} and name = ${name} and id <> ${id}`
})

describe('a pause', () => {
  test('it is ended by an owner with a recent proof, if the application sees contact data', async () => {
    const { id } = (await create(owner, CONTACT)).body.data
    const path = `/applications/${id}`
    assert.equal((await viewer('POST', `${path}/pause`)).status, 403)
    assert.equal((await owner('POST', `${path}/resume`)).body.message.endsWith('is not paused.'), true)
    const { body, status } = await admin('POST', `${path}/pause`)
    assert.deepEqual([status, body.data.paused_at], [200, server.clock.now.toISOString()])
    assert.equal((await admin('POST', `${path}/pause`)).status, 409)
    assert.equal((await viewer('POST', `${path}/resume`)).status, 403)
    const refused = await admin('POST', `${path}/resume`)
    assert.deepEqual([refused.body.error, refused.body.required_role], ['insufficient_role', 'owner'])
    const now = server.clock.now
    try {
      server.clock.now = new Date(Date.now() + PROOF_VALID_MS + 60_000)
      assert.equal((await owner('POST', `${path}/resume`)).body.error, 'proof_required')
    } finally {
      server.clock.now = now
    }
    assert.notEqual((await owner('GET', path)).body.data.paused_at, null, 'refusals change nothing')
    assert.equal((await owner('POST', `${path}/resume`)).body.data.paused_at, null)
  })

  test('it keeps secrets and webhooks, refuses them meanwhile, and both acts are in the audit log', async () => {
    const scopes = ['read:sales', 'read:webhooks'] as const
    const { id, ...made } = (await create(owner, { scopes: [...scopes], branch_ids: null })).body.data
    const token = await server.token(made)
    const webhook = await makeSubscription(db, business.id, id, { status: 'ACTIVE' })
    const path = `/applications/${id}`
    await db`update subscriptions set status = 'FAILING', failing_since = now(), probe_at = now() where id = ${webhook}`
    const failing = await countOfWebhooks('FAILING')
    assert.ok(failing > 0)
    server.clock.now = new Date(server.clock.now.getTime() + 1)
    assert.equal((await admin('POST', `${path}/pause`)).status, 200)
    assert.equal(await countOfWebhooks('FAILING'), failing - 1, 'nobody is alarmed about what an owner has paused')
    await db`update subscriptions set status = 'ACTIVE', failing_since = null, probe_at = null where id = ${webhook}`
    await withinTwoSeconds(async () => (await server.get('/sales', token)).status === 401)
    const shown = async () =>
      (await admin('GET', '/webhooks')).body.data.find((one: { id: string }) => one.id === webhook)
    const { status, is_suspended, status_en } = await shown()
    assert.deepEqual([status, is_suspended, status_en], ['ACTIVE', true, 'Not sent, because the application is paused'])
    for (const [call, body] of [
      ['ping', undefined],
      ['replay', { from_time: '2026-06-01T00:00:00.000Z' }],
    ] as const) {
      const refused = await admin('POST', `/webhooks/${webhook}/${call}`, body)
      assert.deepEqual([refused.status, refused.body.error], [409, 'conflict'], call)
    }
    // A webhook that a request made while the pause was committed waits, too.
    const caller = { kind: 'application', id, business: { id: business.id } } as never
    const wanted = { endpointUrl: 'https://example.com/late', eventTypes: ['*'], description: null } as const
    const late = await createSubscription(
      db,
      caller,
      { ...wanted, eventTypes: ['*'], includePii: false, include: [] },
      server.app.webhooks.seal,
      server.clock.now,
    )
    assert.equal((await db`select is_suspended from subscriptions where id = ${late.id}`)[0]?.is_suspended, true)
    server.clock.now = new Date(server.clock.now.getTime() + 1)
    assert.equal((await admin('POST', `${path}/resume`)).status, 200)
    await withinTwoSeconds(async () => (await server.get('/sales', token)).status === 200)
    await server.token(made)
    assert.deepEqual([(await shown()).is_suspended, (await shown()).status], [false, 'ACTIVE'])
    const acts = (await owner('GET', `/audit-log?subject_id=${id}`)).body.data
    assert.deepEqual(
      acts.map(({ action }: { action: string }) => action.replace('console.applications.', '')),
      ['resume', 'pause', 'create'],
    )
  })
})

/** Returns what the metric says of the webhooks of all businesses. */
async function countOfWebhooks(status: string): Promise<number> {
  const register = new Registry()
  measureDeliveries(register, db, ALL_REACHABLE, () => server.clock.now)
  const { values } = (await register.getSingleMetric('talad_webhooks')?.get()) ?? { values: [] }
  return values.find(({ labels }) => labels.status === status)?.value ?? Number.NaN
}

describe('the history of an application', () => {
  test('has who granted and withdrew what, newest first, and nothing of other applications or businesses', async () => {
    const { id } = (await create(owner, { ...CONTACT, scopes: ['read:customers'] })).body.data
    await create(owner, { scopes: ['read:sales'], branch_ids: null })
    const next = () => {
      server.clock.now = new Date(server.clock.now.getTime() + 1)
    }
    next()
    await owner('PATCH', `/applications/${id}`, { scopes: CONTACT.scopes })
    next()
    await admin('PATCH', `/applications/${id}`, { scopes: ['read:customers'], history_days: 90 })
    const { data } = (await admin('GET', `/audit-log?subject_id=${id}`)).body
    const scopesOf = (settings: { scopes: string[] } | null) => settings?.scopes ?? null
    assert.deepEqual(
      data.map((act: { action: string; before: null; after: null }) => [
        act.action.replace('console.applications.', ''),
        ...[scopesOf(act.before), scopesOf(act.after)],
      ]),
      [
        ['update', CONTACT.scopes, ['read:customers']],
        ['update', ['read:customers'], CONTACT.scopes],
        ['create', null, ['read:customers']],
      ],
    )
    assert.equal((await viewer('GET', `/audit-log?subject_id=${id}`)).status, 403)
    const other = await makeBusiness(db)
    const stranger = browserOf(server, (await makeMember(server, { businessId: other.id })).cookie)
    assert.deepEqual((await stranger('GET', `/audit-log?subject_id=${id}`)).body.data, [])
  })
})
