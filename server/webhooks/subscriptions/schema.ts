import { INCLUDES } from '../../contract/parameters.ts'
import {
  BUSINESS_ID,
  Choice,
  Computed,
  Count,
  Flag,
  Id,
  Many,
  Nullable,
  Position,
  Resource,
  Text,
  Time,
} from '../../contract/schema.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import { OLD_SECRET_MS, RESPONSE_KEPT_CHARACTERS, RESPONSES_KEPT_DAYS } from '../../limits.ts'
import { FAILURES } from '../sending/send.ts'

/** `*` stands for every type that the application's scopes allow at the time of the event. */
export const WANTED_TYPES = ['*', ...EVENT_TYPES] as const

export const SUBSCRIPTION_STATUSES = ['ACTIVE', 'PAUSED', 'FAILING', 'DISABLED'] as const
export const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'RETRYING', 'DEAD'] as const

const EXAMPLE_ID = '8f14e45f-ceea-467f-a1d0-3b7c2e9d5a61'

const webhookFields = {
  id: Id('ID ของ Webhook', 'Webhook ID', EXAMPLE_ID),
  endpoint_url: Text('URL ที่รับ Event', 'URL that receives the events', 'https://example.com/hooks/talad'),
  event_types: Many(
    Choice(WANTED_TYPES, 'ชนิดของ Event', 'Event type', 'sale.created'),
    'ชนิดของ Event ที่ส่ง `*` คือทุกชนิดที่มีอยู่เมื่อตั้งค่านี้ครั้งล่าสุด และ Scope ของแอปอนุญาตในขณะที่ Event เกิด',
    "Event types to send. `*` means all types that existed when this was last set and that the application's scopes allow at the time of the event",
    ['sale.created', 'sale.refunded'],
  ),
  description: Nullable(Text('คำอธิบาย', 'Description', 'ส่งยอดขายเข้าระบบบัญชี')),
  include_pii: Flag(
    'Event ของลูกค้ามีข้อมูลติดต่อ (ฟิลด์ PII 9 ฟิลด์) ด้วยหรือไม่ แอปต้องมี Scope `read:customers:pii` ในขณะที่ส่งด้วย ส่วนชื่อลูกค้าจะปรากฏเสมอ แม้เป็นข้อมูลส่วนบุคคลเช่นกัน',
    'Whether customer events contain contact data (the nine PII fields). The application also needs `read:customers:pii` at the time of sending. Names are always included, although they are personal data too',
    false,
  ),
  include: Many(
    Choice(INCLUDES, 'ข้อมูลที่มีเพิ่ม', 'What is included', 'items'),
    'ข้อมูลที่ Event มีเพิ่ม: `items` คือรายการในบิลขายและใบสั่งซื้อ',
    'What events contain in addition: `items` are the items of sales and purchase orders',
    ['items'],
  ),
  status: Choice(
    SUBSCRIPTION_STATUSES,
    'FAILING: ส่งไม่สำเร็จติดต่อกัน 12 ชั่วโมง Talad จะลองใหม่ทุก 30 นาที, DISABLED: หยุดส่งจนกว่าจะตั้งเป็น ACTIVE',
    'FAILING: all deliveries have failed for 12 hours; we retry every 30 minutes. DISABLED: nothing is sent until you set ACTIVE',
    'ACTIVE',
  ),
  failing_since: Nullable(
    Time(
      'เวลาที่ส่งไม่สำเร็จครั้งแรกหลังจากสำเร็จครั้งล่าสุด',
      'Time of the first failure since the last success',
      '2026-06-01T05:21:44.310Z',
    ),
  ),
  last_delivered_at: Nullable(Time('เวลาที่ส่งสำเร็จครั้งล่าสุด', 'Time of the last success', '2026-06-01T05:20:02.118Z')),
  lost_before: Nullable(
    Time(
      'Event ก่อนเวลานี้อาจสูญหาย เพราะถูกลบจาก Event log ก่อนที่ Talad จะส่งได้ หรือเพราะกู้คืนเซิร์ฟเวอร์จาก Backup ให้อ่านรายการทั้งหมดใหม่',
      'Events before this time may be lost: the log deleted them before we could send them, or the server was restored from a backup. Read all lists again',
      '2026-03-03T00:00:00.000Z',
    ),
  ),
  created_at: Time('สร้างเมื่อ', 'Time when the record was created', '2026-05-11T15:12:59.723Z'),
  updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:12:59.723Z'),
}

const aboutWebhook = {
  th: 'Endpoint ที่รับ Event ของแอป',
  en: 'An endpoint that receives events of the application.',
}

export const Webhook = Resource('Webhook', { table: 'subscriptions', isStored: false, ...aboutWebhook }, webhookFields)

/** A webhook with its secret, which is shown only once. */
export const WebhookWithSecret = Resource('WebhookWithSecret', aboutWebhook, {
  ...webhookFields,
  secret: Text(
    `Secret สำหรับตรวจลายเซ็น (Standard Webhooks) แสดงครั้งเดียว หลังเปลี่ยน Secret แล้ว Talad ยังลงลายเซ็นด้วย Secret เดิมต่ออีก ${OLD_SECRET_MS / 3_600_000} ชั่วโมง`,
    `Secret for verifying signatures (Standard Webhooks), shown only once. After a rotation, we also sign with the old secret for ${OLD_SECRET_MS / 3_600_000} hours`,
    'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAAAAA=',
  ),
})

export const WebhookDelivery = Resource(
  'WebhookDelivery',
  {
    table: 'deliveries',
    isStored: false,
    th: 'การส่ง Event หนึ่งรายการไปยัง Webhook หนึ่งรายการ และผลของการส่ง',
    en: 'The delivery of one event to one webhook, and its result.',
  },
  {
    id: Id('ID ของการส่ง', 'Delivery ID', '3d5a7c1e-9b24-4f68-8a03-e6c1d0b7f952'),
    webhook_id: Computed(Id('ID ของ Webhook', 'Webhook ID', EXAMPLE_ID), 'subscription_id'),
    event_id: Id(
      'ID ของ Event (Header `webhook-id`)',
      'Event ID (header `webhook-id`)',
      '5c8e2f70-1b4d-4a96-83e7-d0f9b6a2c514',
    ),
    event_type: Choice(EVENT_TYPES, 'ชนิดของ Event', 'Event type', 'sale.created'),
    sequence: Position(
      'ลำดับของ Event ใน Webhook นี้: 1, 2, 3 … และไม่เปลี่ยนแปลง',
      'Sequence number of the event within this webhook: 1, 2, 3 …. It never changes',
      1042,
    ),
    status: Choice(
      DELIVERY_STATUSES,
      'PENDING: ยังไม่ได้ส่ง, DELIVERED: Endpoint ตอบ 2xx, RETRYING: จะ Retry, DEAD: Retry 5 ครั้งแล้วไม่สำเร็จ หรือแอปไม่มีสิทธิ์แล้ว (`error` เป็น not_allowed)',
      'PENDING: not attempted yet. DELIVERED: the endpoint answered 2xx. RETRYING: will be retried. DEAD: failed after 5 retries, or the application lost the permission (`error` not_allowed)',
      'RETRYING',
    ),
    attempt_count: Count(
      'จำนวนครั้งที่พยายามส่ง ไม่นับการส่งที่ไม่สำเร็จนอกรอบ Retry เพื่อตรวจว่า Endpoint กลับมาแล้วหรือไม่',
      'Number of delivery attempts. Failed attempts outside the retry schedule, which test whether the endpoint is back, are not counted',
      1,
    ),
    response_status: Nullable(Count('HTTP status ของการส่งครั้งล่าสุด', 'HTTP status of the last attempt', 500)),
    response_body: Nullable(
      Text(
        `Body ของ Response ครั้งล่าสุด ไม่เกิน ${RESPONSE_KEPT_CHARACTERS} ตัวอักษร เก็บไว้ ${RESPONSES_KEPT_DAYS} วัน เป็น null เสมอสำหรับ Event ของลูกค้า (\`customer.*\`) เพราะ Response อาจมีข้อมูลส่วนบุคคล`,
        `Body of the last response, up to ${RESPONSE_KEPT_CHARACTERS} characters, kept for ${RESPONSES_KEPT_DAYS} days. Always null for \`customer.*\` events, because the response may contain personal data`,
        'upstream is down',
      ),
    ),
    error: Nullable(
      Choice(
        FAILURES,
        'สาเหตุที่การส่งครั้งล่าสุดไม่สำเร็จ not_allowed: แอปไม่มีสิทธิ์แล้ว จึงไม่ได้ส่ง',
        'Why the last attempt failed. not_allowed: the application no longer has permission, so nothing was sent',
        'status',
      ),
    ),
    next_retry_at: Nullable(
      Computed(
        Time('เวลาที่จะ Retry ครั้งถัดไป', 'Time of the next retry', '2026-06-01T05:22:14.310Z'),
        // Retries are paused while the subscription is not ACTIVE. The next attempt is then the probe.
        `case when status = 'RETRYING' then (
           select case when subscription.status = 'ACTIVE' then coalesce(deliveries.retry_at, deliveries.due_at) else subscription.probe_at end
           from subscriptions as subscription
           where subscription.business_id = ${BUSINESS_ID} and subscription.id = deliveries.subscription_id) end`,
      ),
    ),
    delivered_at: Nullable(Time('เวลาที่ส่งสำเร็จ', 'Time of the successful delivery', '2026-06-01T05:21:44.602Z')),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created', '2026-06-01T05:21:44.402Z'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-06-01T05:21:44.602Z'),
  },
)

export const WebhookPing = Resource(
  'WebhookPing',
  { th: 'ผลของการส่ง ping', en: 'The result of a ping.' },
  {
    webhook_id: Id('ID ของ Webhook', 'Webhook ID', EXAMPLE_ID),
    delivered: Flag('Endpoint ตอบ 2xx หรือไม่', 'Whether the endpoint answered 2xx'),
    response_status: Nullable(
      Count('HTTP status เป็น null เมื่อไม่มี Response', 'HTTP status; null if there was no response', 200),
    ),
    response_body: Nullable(
      Text(
        `Body ของ Response ไม่เกิน ${RESPONSE_KEPT_CHARACTERS} ตัวอักษร`,
        `Body of the response, up to ${RESPONSE_KEPT_CHARACTERS} characters`,
        'ok',
      ),
    ),
  },
)

export const WebhookReplay = Resource(
  'WebhookReplay',
  { th: 'ช่วงของ Event log ที่ Replay', en: 'The range of the event log that is replayed.' },
  {
    from_position: Position('Position แรกของการ Replay', 'First position of the replay', 88000),
    to_position: Position('Position สุดท้ายของการ Replay', 'Last position of the replay', 88123),
  },
)
