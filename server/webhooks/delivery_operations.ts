import { EVENT_TYPES } from '../events/event_types.ts'
import { ChoicesMember, JsonBody, NO_BODY, PositionMember, TimeMember } from '../http/members.ts'
import { Data, One, type Operation, operation, Page, PageQuery, WithStatus } from '../http/operation.ts'
import { ChoiceParameter, IdParameter, Required } from '../http/parameters.ts'
import type { JsonSchema } from '../http/schema.ts'
import { EVENT_TYPES_MAX } from '../limits.ts'
import { listDeliveries, type ReplayFrom, redeliver, startReplay } from './deliveries.ts'
import { DELIVERY_STATUSES, WebhookDelivery, WebhookReplay } from './schema.ts'

/** How a webhook is named in a path. */
export const WEBHOOK = {
  id: Required(IdParameter('รหัสอ้างอิงของ Webhook', 'Webhook ID', '8f14e45f-ceea-467f-a1d0-3b7c2e9d5a61')),
}

const DELIVERY = {
  ...WEBHOOK,
  delivery_id: Required(IdParameter('รหัสอ้างอิงของการส่ง', 'Delivery ID', '3d5a7c1e-9b24-4f68-8a03-e6c1d0b7f952')),
}

const tag = 'Webhooks'
const scope = 'read:webhooks'

const list = operation({
  id: 'webhook_deliveries.list',
  method: 'GET',
  path: '/webhooks/{id}/deliveries',
  tag,
  scope,
  params: WEBHOOK,
  summary: { th: 'ดึงประวัติการส่งของ Webhook', en: 'List what was sent to a webhook' },
  uses: {
    th: ['ตรวจสอบว่า Event หนึ่งถูกส่งแล้วหรือยัง และปลายทางตอบว่าอะไร', 'หาการส่งที่ไม่สำเร็จ เพื่อแก้ปลายทางแล้วส่งซ้ำ'],
    en: [
      'Finding out whether an event has been sent, and what the endpoint answered',
      'Looking for deliveries that failed, to mend the endpoint and send them again',
    ],
  },
  query: PageQuery({
    status: ChoiceParameter(DELIVERY_STATUSES, 'เฉพาะสถานะนี้', 'Only those in this status'),
    event_type: ChoiceParameter(EVENT_TYPES, 'เฉพาะ Event ชนิดนี้', 'Only those of this type'),
  }),
  response: Page(WebhookDelivery),
  handle: ({ db, caller, path, query }) => listDeliveries(db, caller, path.id, query),
})

const again = operation({
  id: 'webhook_deliveries.redeliver',
  method: 'POST',
  path: '/webhooks/{id}/deliveries/{delivery_id}/redeliver',
  tag,
  scope,
  params: DELIVERY,
  summary: { th: 'ส่ง Event เดิมอีกครั้งทันที', en: 'Send a delivery again, at once' },
  about: {
    th: 'ส่ง Event เดิม ลำดับเดิม ทันที ไม่ว่าสถานะใด นอกเหนือจากกำหนดเวลาส่งซ้ำ หากไม่สำเร็จสถานะคงเดิม',
    en: 'Sends the same event with the same sequence at once, in any state, beside its schedule: if it fails, the delivery stands where it stood.',
  },
  uses: {
    th: [
      'ส่ง Event เดียวซ้ำหลังแก้ข้อผิดพลาดของปลายทาง โดยไม่ต้องรอกำหนดส่งซ้ำ',
      'ทดลองโค้ดที่รับ Webhook ซ้ำ ๆ ด้วย Event จริงระหว่างพัฒนา',
    ],
    en: [
      'Sending one event again after a bug in the receiver is fixed, without waiting for the next retry',
      'Trying out the code that receives webhooks with the same real event while developing',
    ],
  },
  body: NO_BODY,
  response: WithStatus(202, One(WebhookDelivery)),
  handle: ({ db, caller, path, clock }) => redeliver(db, caller, path, clock()),
})

/** Not `oneOf`: generators of clients make a union of it, and some of them stop at one that nothing tells apart. */
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
  tag,
  scope,
  params: WEBHOOK,
  summary: { th: 'ส่ง Event ช่วงหนึ่งใหม่', en: 'Send a part of the log again' },
  about: {
    th: 'ส่ง Event ตั้งแต่ตำแหน่งหรือเวลาที่ระบุจนถึงล่าสุดอีกครั้ง หลัง Event ปกติทั้งหมด พร้อม header `webhook-replay: 1` ระบุ from_position หรือ from_time อย่างใดอย่างหนึ่ง ครั้งละหนึ่งช่วง',
    en: 'Sends events from a position or a time up to now once more, behind everything live, with the header `webhook-replay: 1`. Exactly one of from_position and from_time; one replay at a time.',
  },
  uses: {
    th: ['เติม Event ที่หายไปเมื่อระบบปลายทางกู้คืนจากข้อมูลสำรอง', 'ให้ปลายทางใหม่ได้ Event ย้อนหลัง ตั้งแต่ก่อนที่จะสร้าง Webhook'],
    en: [
      'Filling the gap after the receiving system was restored from a backup',
      'Giving a new endpoint the events from before its webhook was created',
    ],
  },
  body: JsonBody(
    {
      from_position: PositionMember('ตั้งแต่ตำแหน่งนี้', 'From this position', 88000),
      from_time: TimeMember('ตั้งแต่เวลาที่ระบบได้รับนี้', 'From what was received at this time', '2026-06-01T00:00:00.000Z'),
      event_types: ChoicesMember(EVENT_TYPES, 'เฉพาะ Event ชนิดเหล่านี้', 'Only events of these types', EVENT_TYPES_MAX, [
        'sale.created',
      ]),
    },
    ({ from_position, from_time }) =>
      (from_position === undefined) === (from_time === undefined)
        ? ['from_position', 'from_time'].map((field) => ({ field, message: 'exactly one of the two must be given' }))
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

/** What was sent, and having it sent again. */
export const deliveryOperations: Operation[] = [list, again, replay]
