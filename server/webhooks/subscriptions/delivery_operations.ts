import { ChoicesMember, JsonBody, PositionMember, TimeMember } from '../../contract/members.ts'
import { Data, One, type Operation, operation, Page, PageQuery, WithStatus } from '../../contract/operation.ts'
import { ChoiceParameter, IdParameter, Required } from '../../contract/parameters.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import { EVENT_TYPES_MAX } from '../../limits.ts'
import { listDeliveries, type ReplayFrom, redeliver, startReplay } from './deliveries.ts'
import { ON_WEBHOOK, WEBHOOK_ACTION } from './frame.ts'
import { DELIVERY_STATUSES, WebhookDelivery, WebhookReplay } from './schema.ts'

const DELIVERY = {
  ...ON_WEBHOOK.params,
  delivery_id: Required(IdParameter('ID ของการส่ง', 'Delivery ID', '3d5a7c1e-9b24-4f68-8a03-e6c1d0b7f952')),
}

const list = operation({
  id: 'webhook_deliveries.list',
  method: 'GET',
  path: '/webhooks/{id}/deliveries',
  ...ON_WEBHOOK,
  summary: { th: 'ดึงประวัติการส่งของ Webhook', en: 'List the deliveries of a webhook' },
  uses: {
    th: ['ตรวจว่า Talad ส่ง Event แล้วหรือยัง และ Endpoint ตอบว่าอะไร', 'หาการส่งที่ไม่สำเร็จ เพื่อส่งอีกครั้งหลังแก้ Endpoint แล้ว'],
    en: [
      'Checking whether an event was sent and how the endpoint answered',
      'Finding failed deliveries to redeliver after fixing the endpoint',
    ],
  },
  query: PageQuery({
    status: ChoiceParameter(DELIVERY_STATUSES, 'กรองตามสถานะ', 'Filter by status'),
    event_type: ChoiceParameter(EVENT_TYPES, 'กรองตามชนิดของ Event', 'Filter by event type'),
  }),
  response: Page(WebhookDelivery),
  handle: ({ db, caller, path, query }) => listDeliveries(db, caller, path.id, query),
})

const again = operation({
  id: 'webhook_deliveries.redeliver',
  path: '/webhooks/{id}/deliveries/{delivery_id}/redeliver',
  ...WEBHOOK_ACTION,
  params: DELIVERY,
  summary: { th: 'ส่ง Event เดิมอีกครั้ง (Redeliver)', en: 'Redeliver an event' },
  about: {
    th: 'ส่ง Event เดิมอีกครั้งทันทีโดยใช้ `sequence` เดิม ไม่ว่าการส่งอยู่ในสถานะใด หากไม่สำเร็จ สถานะและรอบ Retry จะไม่เปลี่ยน ยกเว้นสถานะ PENDING ซึ่งนับเป็นการส่งครั้งแรก',
    en: 'Sends the event again at once, with the same sequence number, whatever the status of the delivery. A failed redelivery changes neither the status nor the retry schedule. For a PENDING delivery, it counts as the first attempt.',
  },
  uses: {
    th: [
      'ส่ง Event เดิมอีกครั้งหลังแก้ Endpoint โดยไม่ต้องรอ Retry รอบถัดไป',
      'ทดสอบโค้ดที่รับ Webhook ด้วย Event จริงรายการเดิมระหว่างพัฒนา',
    ],
    en: [
      'Redelivering an event after fixing the receiver, without waiting for the next retry',
      'Testing webhook code with the same real event during development',
    ],
  },
  response: WithStatus(202, One(WebhookDelivery)),
  handle: ({ db, caller, path, clock }) => redeliver(db, caller, path, clock()),
})

/** Avoids `oneOf`: client generators turn it into a union, and some fail without a discriminator. */
const EXACTLY_ONE_START: JsonSchema = {
  if: { required: ['from_position'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { not: { required: ['from_time'] } },
  else: { required: ['from_time'] },
}

const replay = operation({
  id: 'webhooks.replay',
  method: 'POST',
  path: '/webhooks/{id}/replay',
  ...ON_WEBHOOK,
  summary: { th: 'ส่ง Event ย้อนหลัง (Replay)', en: 'Replay events' },
  about: {
    th: 'ส่ง Event ตั้งแต่ Position หรือเวลาที่ระบุจนถึงปัจจุบันอีกครั้ง พร้อม Header `webhook-replay: 1` โดยส่ง Event ใหม่ก่อนเสมอ ต้องระบุ from_position หรือ from_time อย่างใดอย่างหนึ่ง Webhook หนึ่งรายการ Replay ได้ครั้งละหนึ่งช่วง',
    en: 'Sends the events from a position or time up to now again, with the header `webhook-replay: 1`. Live events are sent first. Specify either from_position or from_time. A webhook can have one replay at a time.',
  },
  uses: {
    th: ['เติม Event ที่ขาดไปหลังกู้คืนระบบที่รับ Event จาก Backup', 'ส่ง Event ที่เกิดก่อนสร้าง Webhook ไปยัง Endpoint ใหม่'],
    en: [
      'Filling a gap after restoring the receiving system from a backup',
      'Sending events from before the webhook was created to a new endpoint',
    ],
  },
  body: JsonBody(
    {
      from_position: PositionMember('Position ของ Event แรกที่จะ Replay', 'Position of the first event to replay', 88000),
      from_time: TimeMember(
        'เวลาเริ่มต้น เทียบกับ created_at ของ Event',
        'Start time, compared with created_at of the events',
        '2026-06-01T00:00:00.000Z',
      ),
      event_types: ChoicesMember(
        EVENT_TYPES,
        'Replay เฉพาะ Event ชนิดเหล่านี้',
        'Replay only these event types',
        { maximum: EVENT_TYPES_MAX },
        ['sale.created'],
      ),
    },
    ({ from_position, from_time }) =>
      (from_position === undefined) === (from_time === undefined)
        ? ['from_position', 'from_time'].map((field) => ({
            field,
            message: 'exactly one of from_position and from_time is required',
          }))
        : [],
    EXACTLY_ONE_START,
  ),
  response: WithStatus(202, Data(WebhookReplay)),
  problems: ['conflict'],
  handle({ db, caller, path, body, clock }) {
    const { from_position, from_time, event_types = null } = body
    const from = (from_position === undefined ? { from_time } : { from_position }) as ReplayFrom
    return startReplay(db, caller, path.id, from, event_types, clock())
  },
})

/** Operations that list deliveries and send them again. */
export const deliveryOperations: Operation[] = [list, again, replay]
