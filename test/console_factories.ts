import { randomBytes, randomUUID } from 'node:crypto'
import { beginImport, noteProgress } from '../server/console/imports/running.ts'
import { invite } from '../server/console/members/invitations.ts'
import { eraseCustomer } from '../server/privacy/erasure.ts'
import { createPersonLink } from '../server/privacy/person_links.ts'
import { addRequest } from '../server/privacy/requests.ts'
import { createDay } from '../server/requests/days.ts'
import { timedId } from '../server/values/timed_id.ts'
import { newWebhookSecret, sealSecret } from '../server/webhooks/sending/sign.ts'
import { makeMember, PASSWORD } from './console_members.ts'
import { type Business, makeCustomer, makeDelivery, makeSubscription } from './factories.ts'
import type { TestServer } from './harness.ts'

// How to call each operation of the console so that it succeeds.

type Server = TestServer & { secretKey: Buffer }

export type Calls = {
  /** Creates the row that the operation names, in this business. @returns the path parameters */
  ids?(server: Server, business: Business): Promise<Record<string, string>>
  query?: Record<string, string> | (() => Record<string, string>)
  /** A text is a file. */
  body?: object | string | ((server: Server, business: Business) => Promise<object>)
  /** Statuses that also show that the caller was authorized. */
  alsoAnswers?: number[]
  /** Whether it changes nothing that the audit log needs. */
  isUnaudited?: boolean
  /** Whether a row that the member may not see gets an empty list instead of 404. */
  isEmptyForOthers?: boolean
}

const newEmail = () => `${randomBytes(6).toString('hex')}@example.com`
const password = { password: PASSWORD }

const member = async (server: Server, business: Business) => ({
  id: (await makeMember(server, { businessId: business.id, role: 'viewer' })).id,
})

const application = async (server: Server, business: Business) => ({
  id: (await server.application({ businessId: business.id, scopes: ['read:sales'] })).id,
})

const pausedApplication = async (server: Server, business: Business) => {
  const { id } = await application(server, business)
  await server.db`update applications set paused_at = now() where id = ${id}`
  return { id }
}

const secret = async (server: Server, business: Business) => {
  const { id, secrets } = await server.application({ businessId: business.id, scopes: ['read:sales'] })
  return { id, secret_id: secrets[0]?.id as string }
}

const customer = async (server: Server, business: Business) => ({ id: await makeCustomer(server.db, business.id) })

const erased = async (server: Server, business: Business) => {
  const { id } = await customer(server, business)
  const wanted = { businessId: business.id, customerId: id, reason: 'a test', by: 'a test' }
  await eraseCustomer(server.db, server.app.journal, wanted, server.clock.now)
  return { id }
}

const rightsRequest = async (server: Server, business: Business) => {
  const wanted = {
    kind: 'access',
    customerId: randomUUID(),
    receivedAt: server.clock.now,
    receivedBy: 'letter',
  } as const
  return { id: (await addRequest(server.db, business.id, wanted, server.clock.now)).id }
}

const personLink = async (server: Server, business: Business) => {
  const wanted = { businessId: business.id, customerId: (await customer(server, business)).id, days: 1, by: 'a test' }
  return { id: (await createPersonLink(server.db, wanted, server.clock.now)).id }
}

const webhook = async (server: Server, business: Business) => {
  const { id } = await server.application({ businessId: business.id, scopes: ['read:webhooks', 'read:sales'] })
  const made = await makeSubscription(server.db, business.id, id)
  await server.db`
    update subscriptions set secret_sealed = ${sealSecret(server.app.webhooks.seal, newWebhookSecret(), made)} where id = ${made}`
  return { id: made }
}

const delivery = async (server: Server, business: Business) => {
  const { id } = await webhook(server, business)
  return { id, delivery_id: await makeDelivery(server.db, business.id, id) }
}

const loggedRequest = async (server: Server, business: Business) => {
  const id = timedId(server.clock.now)
  // A test that runs at midnight.
  await createDay(server.db, server.clock.now)
  await server.db`
    insert into request_log (business_id, created_at, id, application_id, request_id, method, path, duration_ms, address)
    values (${business.id}, ${server.clock.now}, ${id}, ${randomUUID()}, 'x', 'GET', '/', 1, '127.0.0.1')`
  return { id }
}

const invitation = async (server: Server, business: Business) => {
  const wanted = { businessId: business.id, email: newEmail(), role: 'viewer', by: 'a test' } as const
  return { id: (await invite(server.db, wanted, server.clock.now)).invitation.id }
}

const FILE = 'customer_code,full_name\nA-1,Somchai\n'
const newImport = () => ({ resource: 'customers', id: randomUUID() })

const importOf = async (server: Server, business: Business) => {
  const [id, memberId] = [randomUUID(), randomUUID()]
  const wanted = { businessId: business.id, id, resource: 'customers', isCheck: false, memberId, actor: 'x', bytes: 1 }
  await beginImport(server.db, wanted, server.clock.now)
  const none = { rows: 0, created: 0, updated: 0, unchanged: 0, stale: 0, rejected: 0 }
  const end = { readBytes: 1, now: server.clock.now, isComplete: true }
  await noteProgress(server.db, wanted, none, end)
  return { id }
}

export const CONSOLE_CALLS: Record<string, Calls> = {
  'console.sign_in.state': {},
  'console.sign_in': { body: { email: 'nobody@example.com', ...password }, alsoAnswers: [401] },
  'console.sign_in.code': { body: { code: '123456' }, alsoAnswers: [401] },
  'console.sign_out': { isUnaudited: true },
  'console.password.choose': { body: { token: 'x', password: 'a new long password' }, alsoAnswers: [400] },
  'console.invitations.get': { body: { token: 'x' }, alsoAnswers: [400] },
  'console.invitations.accept': { body: { token: 'x', name: 'x', ...password }, alsoAnswers: [400] },

  'console.proof': { body: password },
  'console.password.change': { body: { current_password: PASSWORD, new_password: PASSWORD } },
  'console.second_factor.set_up': { body: password },
  'console.second_factor.confirm': { body: { code: '000000' }, alsoAnswers: [401] },
  'console.second_factor.remove': { body: password },

  'console.passkeys.list': {},
  // The server of the tests has an address instead of a name.
  'console.passkeys.options': { alsoAnswers: [409], isUnaudited: true },
  'console.passkeys.create': { body: { name: 'phone', answer: '{}' }, alsoAnswers: [400, 409] },
  'console.passkeys.delete': { ids: async () => ({ id: randomUUID() }), alsoAnswers: [404] },
  'console.sign_in.passkey_options': { alsoAnswers: [409] },
  'console.sign_in.passkey': { body: { answer: '{}' }, alsoAnswers: [401, 409] },
  'console.proof.passkey_options': { alsoAnswers: [409], isUnaudited: true },
  'console.proof.passkey': { body: { answer: '{}' }, alsoAnswers: [401, 409] },
  'console.me.get': {},
  'console.me.update': { body: { language: 'th' }, isUnaudited: true },

  'console.branches.list': {},
  'console.business.get': {},
  'console.business.update': { body: { name: 'ครัวใจดี', language: 'th', requests_kept_days: 90 } },
  'console.members.list': {},
  'console.members.update': { ids: member, body: { role: 'viewer' } },
  'console.members.remove': { ids: member },
  'console.invitations.list': {},
  'console.invitations.create': { body: async () => ({ email: newEmail(), role: 'viewer' }) },
  'console.invitations.withdraw': { ids: invitation },
  'console.audit_log.list': {},

  'console.scopes.list': {},
  'console.applications.list': {},
  'console.applications.get': { ids: application },
  'console.applications.create': {
    body: async () => ({ name: newEmail(), scopes: ['read:sales'], branch_ids: null }),
  },
  'console.applications.preview': { body: { scopes: ['read:sales'], branch_ids: null }, isUnaudited: true },
  'console.applications.update': { ids: application, body: { scopes: ['read:products'] } },
  'console.applications.add_secret': { ids: application },
  'console.applications.revoke_secret': { ids: secret },
  'console.applications.stops': { ids: application },
  'console.applications.pause': { ids: application },
  'console.applications.resume': { ids: pausedApplication },
  'console.applications.revoke': { ids: application },

  'console.figures.get': {},
  'console.activity.list': {},
  'console.attention.list': {},
  'console.requests.list': {},
  'console.requests.get': { ids: loggedRequest },
  'console.data.get': {},

  'console.disclosures.list': {},
  // A customer of others was disclosed to nobody here, and looks like one who does not exist.
  'console.disclosures.of_customer': { ids: customer, isEmptyForOthers: true },
  'console.disclosures.export': {},
  'console.ledger.checkpoint': { alsoAnswers: [409] },
  'console.ledger.verify': { body: {}, isUnaudited: true },
  'console.customers.list': {},
  'console.customers.name': { ids: customer },
  'console.rights_requests.list': {},
  'console.rights_requests.create': {
    body: { kind: 'access', customer_id: randomUUID(), received_at: '2026-11-30T03:00:00Z', received_by: 'letter' },
  },
  'console.rights_requests.close': { ids: rightsRequest, body: {} },
  'console.access_document': { ids: customer, body: { language: 'th' } },
  'console.customers.erase': { ids: customer, body: { reason: 'request' } },
  'console.erasures.get': { ids: erased },
  'console.person_links.list': {},
  'console.person_links.create': { ids: customer, body: { days: 1 } },
  'console.person_links.revoke': { ids: personLink },
  'console.webhooks.list': {},
  'console.webhooks.deliveries': { ids: webhook },
  'console.webhooks.delivery_content': { ids: delivery },
  'console.webhooks.update': { ids: webhook, body: { status: 'PAUSED' } },
  'console.webhooks.redeliver': { ids: delivery },
  // There may be no event to replay.
  'console.webhooks.replay': { ids: webhook, body: { from_time: '2026-06-01T00:00:00Z' }, alsoAnswers: [400] },
  'console.webhooks.ping': { ids: webhook },
  'console.imports.check': { query: newImport, body: FILE, isUnaudited: true },
  'console.imports.create': { query: newImport, body: FILE },
  'console.imports.list': {},
  'console.imports.get': { ids: importOf },
  'console.imports.template': { query: { resource: 'customers', language: 'th' } },
  'console.processing_record': { query: { language: 'th' } },
}
