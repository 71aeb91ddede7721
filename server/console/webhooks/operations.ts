import { resourceReaders } from '../../api/index.ts'
import type { ApplicationRights, MemberCaller } from '../../contract/caller.ts'
import { ChoiceMember, JsonBody, NO_BODY, RequiredMember, TimeMember } from '../../contract/members.ts'
import { Data, Empty, One, type Operation, Page, PageQuery, WithStatus } from '../../contract/operation.ts'
import { ChoiceParameter, IdParameter, Required } from '../../contract/parameters.ts'
import { Problem } from '../../contract/problem.ts'
import { webhookWayOut } from '../../contract/visibility.ts'
import type { Runner } from '../../db/database.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import { dataOf, dataWithItemsOf, type LoggedEvent } from '../../events/feed.ts'
import { WEBHOOK_BODY_MAX_BYTES } from '../../limits.ts'
import { applicationNames } from '../../oauth/application_names.ts'
import { rightsOf } from '../../oauth/authority.ts'
import { isAllowed } from '../../webhooks/sending/message.ts'
import { listDeliveries, redeliver, startReplay } from '../../webhooks/subscriptions/deliveries.ts'
import { createPinger, type WebhookParts } from '../../webhooks/subscriptions/operations.ts'
import { DELIVERY_STATUSES, WebhookDelivery, WebhookPing, WebhookReplay } from '../../webhooks/subscriptions/schema.ts'
import { changeSubscription, findSubscription } from '../../webhooks/subscriptions/subscriptions.ts'
import { audit } from '../audit/audit.ts'
import { ComposedList, memberOperation } from '../frame.ts'
import { ConsoleWebhook, DeliveryContent } from './schema.ts'
import { type SubscriptionState, statusWords } from './status_words.ts'

/** Operations on the webhooks of all applications. They call what partners call, with the rights of the application. */
export const consoleWebhookOperations = (parts: WebhookParts): Operation[] => [
  list,
  deliveries,
  content,
  change,
  again,
  replay,
  ping(parts),
]

const tag = 'Webhooks'
const WEBHOOK = { id: Required(IdParameter('ID ของ Webhook', 'Webhook ID')) }

type WebhookRow = SubscriptionState & { id: string; application_id: string }

const list = memberOperation({
  ...{ id: 'console.webhooks.list', method: 'GET', path: '/webhooks', role: 'viewer', tag },
  summary: { th: 'ดึง Webhook ของทุกแอป', en: 'List the webhooks of all applications' },
  response: ComposedList(ConsoleWebhook),
  async handle({ db, caller }) {
    const rows = await db<WebhookRow[]>`
      select id, application_id, endpoint_url, event_types, description, include_pii, include, status, is_suspended, failing_since,
             last_delivered_at, lost_before, created_at, updated_at, last.error as last_error,
             last.response_status as last_response_status
      from subscriptions as subscription
        left join lateral (
          select error, response_status from deliveries
          where deliveries.business_id = subscription.business_id and subscription_id = subscription.id
            and deliveries.business_id = ${caller.business.id} and error is not null
          order by updated_at desc limit 1) as last on subscription.failing_since is not null
      where subscription.business_id = ${caller.business.id} and deleted_at is null
      order by created_at desc, id`
    const names = await applicationNames(
      db,
      rows.map(({ application_id }) => application_id),
    )
    return rows.map(({ last_error, last_response_status, id, application_id, ...row }) => {
      const words = statusWords({ ...row, last_error, last_response_status })
      const application = names.get(application_id) ?? null
      const { is_suspended, ...rest } = row
      return { id, application_id, application, status_th: words.th, status_en: words.en, is_suspended, ...rest }
    })
  },
})

/**
 * Returns the rights of the application that a webhook belongs to.
 *
 * @throws Problem `not_found`; `conflict` if the application is revoked
 */
async function ownerOf(db: Runner, { business }: MemberCaller, id: string): Promise<ApplicationRights> {
  const [row] = await db<{ application_id: string }[]>`
    select application_id from subscriptions where business_id = ${business.id} and id = ${id} and deleted_at is null`
  if (!row) throw new Problem('not_found')
  const owner = await rightsOf(db, row.application_id)
  if (!owner) throw new Problem('conflict', 'The application of this webhook is revoked')
  return owner
}

/** The same, for what sends. @throws Problem `conflict` also if the application is paused */
async function senderOf(db: Runner, caller: MemberCaller, id: string): Promise<ApplicationRights> {
  const owner = await ownerOf(db, caller, id)
  const [row] = await db<{ is_suspended: boolean }[]>`
    select is_suspended from subscriptions where business_id = ${caller.business.id} and id = ${id}`
  if (row?.is_suspended ?? true)
    throw new Problem('conflict', 'The application of this webhook is paused, so nothing is sent; resume it first')
  return owner
}

const deliveries = memberOperation({
  ...{ id: 'console.webhooks.deliveries', method: 'GET', path: '/webhooks/{id}/deliveries', role: 'admin', tag },
  summary: { th: 'ดึงประวัติการส่งของ Webhook', en: 'List the deliveries of a webhook' },
  params: WEBHOOK,
  query: PageQuery({
    status: ChoiceParameter(DELIVERY_STATUSES, 'กรองตามสถานะ', 'Filter by status'),
    event_type: ChoiceParameter(EVENT_TYPES, 'กรองตามชนิดของ Event', 'Filter by event type'),
  }),
  response: Page(WebhookDelivery),
  problems: ['conflict'],
  handle: async ({ db, caller, path, query }) => listDeliveries(db, await ownerOf(db, caller, path.id), path.id, query),
})

type ContentRow = LoggedEvent & { sequence: number }

const content = memberOperation({
  ...{
    id: 'console.webhooks.delivery_content',
    method: 'GET',
    path: '/webhooks/{id}/deliveries/{delivery_id}/content',
    tag,
  },
  role: 'admin',
  summary: { th: 'ดูเนื้อหาที่จะส่งหากส่งตอนนี้', en: 'Get what would be sent now' },
  about: {
    th: 'แสดงเฉพาะสิ่งที่ทั้งแอปและคุณเห็นได้ หากมีข้อมูลลูกค้า Ledger จะบันทึกว่าคุณได้เห็น',
    en: 'Shows what both the application and you may see. If it shows customers, the ledger records that you have seen them.',
  },
  params: { ...WEBHOOK, delivery_id: Required(IdParameter('ID ของการส่ง', 'Delivery ID')) },
  response: Data(DeliveryContent),
  problems: ['conflict'],
  async handle({ db, caller, path }) {
    const owner = await ownerOf(db, caller, path.id)
    const { include_pii, include } = await findSubscription(db, owner, path.id, { forUpdate: false })
    const [row] = await db<ContentRow[]>`
      select event_id as id, position::float8 as position, event_type as type, business_id, branch_id, resource_type, resource_id,
             iso_time(occurred_at) as occurred_at, iso_time(event_created_at) as created_at, sequence::float8 as sequence
      from deliveries where business_id = ${caller.business.id} and subscription_id = ${path.id} and id = ${path.delivery_id}`
    if (!row) throw new Problem('not_found')
    const { sequence, ...event } = row
    if (!isAllowed(owner, { event, isErasureNotice: false }))
      throw new Problem('conflict', 'The application may not see this event any more')
    const scopes = new Set([...owner.scopes].filter((scope) => caller.scopes.has(scope)))
    const reader = { ...caller, scopes, branches: owner.branches, wayOut: webhookWayOut(include_pii) }
    const data = include.includes('items')
      ? (await dataWithItemsOf(db, reader, resourceReaders, [event], WEBHOOK_BODY_MAX_BYTES))[0]
      : (await dataOf(db, reader, resourceReaders, [event]))(event)
    const { id, type, position, occurred_at, created_at, business_id, branch_id } = event
    const envelope = {
      id,
      type,
      webhook_id: path.id,
      sequence,
      position,
      occurred_at,
      created_at,
      business_id,
      branch_id,
    }
    return { body: { ...envelope, data: JSON.parse(`{${data}}`) as object } }
  },
})

const change = memberOperation({
  ...{ id: 'console.webhooks.update', method: 'PATCH', path: '/webhooks/{id}', role: 'admin', tag },
  summary: { th: 'หยุดส่งชั่วคราว หรือส่งต่อ', en: 'Pause or resume a webhook' },
  about: {
    th: 'PAUSED หยุดส่งโดยไม่มี Event หาย ACTIVE ส่งต่อจากที่หยุดไว้',
    en: 'PAUSED stops sending without losing events. ACTIVE resumes where sending stopped.',
  },
  params: WEBHOOK,
  body: JsonBody({
    status: RequiredMember(ChoiceMember(['ACTIVE', 'PAUSED'], 'ACTIVE หรือ PAUSED', 'ACTIVE or PAUSED')),
  }),
  response: Empty(204),
  async handle(context) {
    const { db, caller, path, body, clock } = context
    const owner = await ownerOf(db, caller, path.id)
    const before = await findSubscription(db, owner, path.id, { forUpdate: true })
    await changeSubscription(db, before, { status: body.status }, clock())
    const subject = { type: 'webhook', id: path.id }
    await audit(context, { subject, before: { status: before.status }, after: { status: body.status } })
  },
})

const again = memberOperation({
  ...{
    id: 'console.webhooks.redeliver',
    method: 'POST',
    path: '/webhooks/{id}/deliveries/{delivery_id}/redeliver',
    tag,
  },
  role: 'admin',
  summary: { th: 'ส่ง Event เดิมอีกครั้ง', en: 'Redeliver an event' },
  params: { ...WEBHOOK, delivery_id: Required(IdParameter('ID ของการส่ง', 'Delivery ID')) },
  body: NO_BODY,
  response: WithStatus(202, One(WebhookDelivery)),
  async handle(context) {
    const { db, caller, path, clock } = context
    const row = await redeliver(db, await senderOf(db, caller, path.id), path, clock())
    await audit(context, { subject: { type: 'webhook', id: path.id }, after: { delivery_id: path.delivery_id } })
    return row
  },
})

const replay = memberOperation({
  ...{ id: 'console.webhooks.replay', method: 'POST', path: '/webhooks/{id}/replay', role: 'admin', tag },
  summary: { th: 'ส่ง Event ย้อนหลังตั้งแต่เวลาที่ระบุ', en: 'Replay the events since a time' },
  params: WEBHOOK,
  body: JsonBody({ from_time: RequiredMember(TimeMember('เวลาเริ่มต้น', 'Start time', '2026-06-01T00:00:00.000Z')) }),
  response: WithStatus(202, Data(WebhookReplay)),
  async handle(context) {
    const { db, caller, path, body, clock } = context
    const owner = await senderOf(db, caller, path.id)
    const range = await startReplay(db, owner, path.id, body, null, clock())
    await audit(context, { subject: { type: 'webhook', id: path.id }, after: range })
    return range
  },
})

const ping = (parts: WebhookParts) => {
  const pingNow = createPinger(parts)
  return memberOperation({
    ...{ id: 'console.webhooks.ping', method: 'POST', path: '/webhooks/{id}/ping', role: 'admin', tag },
    class: 'ping',
    // It waits for the endpoint, and must not hold a connection meanwhile.
    atomic: false,
    summary: { th: 'ส่ง ping ทันที', en: 'Send a ping at once' },
    params: WEBHOOK,
    body: NO_BODY,
    response: Data(WebhookPing),
    async handle(context) {
      const { db, caller, path, clock } = context
      const owner = await senderOf(db, caller, path.id)
      // Before the ping, which cannot be taken back if the entry fails.
      await audit(context, { subject: { type: 'webhook', id: path.id } })
      return await pingNow(owner, path.id, clock())
    },
  })
}
