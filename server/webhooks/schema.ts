import { EVENT_TYPES } from '../events/event_types.ts'
import { Choice, Computed, Count, Flag, Id, Many, Nullable, Position, Resource, Text, Time } from '../http/schema.ts'
import { ANSWER_KEPT_CHARACTERS, ANSWERS_KEPT_DAYS, OLD_SECRET_MS } from '../limits.ts'
import { FAILURES } from './send.ts'

/** `*` stands for all types that the application may see, whenever an event comes. */
export const WANTED_TYPES = ['*', ...EVENT_TYPES] as const

export const SUBSCRIPTION_STATUSES = ['ACTIVE', 'PAUSED', 'FAILING', 'DISABLED'] as const
export const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'RETRYING', 'DEAD'] as const

const EXAMPLE_ID = '8f14e45f-ceea-467f-a1d0-3b7c2e9d5a61'

const webhookFields = {
  id: Id('รหัสอ้างอิงของ Webhook', 'Webhook ID', EXAMPLE_ID),
  endpoint_url: Text('URL ที่รับ Event', 'Where events are sent', 'https://example.com/hooks/talad'),
  event_types: Many(
    Choice(WANTED_TYPES, 'ชนิดของ Event', 'Type of event', 'sale.created'),
    'ชนิดของ Event ที่ส่ง `*` คือทุกชนิดที่ Scope ของแอปอนุญาตในขณะนั้น',
    "Types that are sent; `*` is all that the application's scopes allow when an event comes",
    ['sale.created', 'sale.refunded'],
  ),
  description: Nullable(Text('คำอธิบาย', 'What it is for', 'ส่งยอดขายเข้าระบบบัญชี')),
  include_pii: Flag(
    'ส่งข้อมูลติดต่อของลูกค้า (ฟิลด์ PII 9 ฟิลด์) ด้วยหรือไม่ ต้องมี Scope `read:customers:pii` ในขณะที่ส่งด้วย ชื่อลูกค้าซึ่งเป็นข้อมูลส่วนบุคคลเช่นกันมีอยู่ใน Event เสมอ',
    'Whether events of customers contain their contact data (the nine PII fields). The application also needs `read:customers:pii` at the time of sending. Names, which are personal data too, are always included',
    false,
  ),
  status: Choice(
    SUBSCRIPTION_STATUSES,
    'FAILING: ปลายทางไม่ตอบรับเกิน 12 ชั่วโมง ระบบลองใหม่ทุก 30 นาที DISABLED: ปิดจนกว่าจะตั้งเป็น ACTIVE',
    'FAILING: nothing has got through for 12 hours, and it is tried every 30 minutes; DISABLED: off until it is set ACTIVE',
    'ACTIVE',
  ),
  failing_since: Nullable(
    Time('ส่งไม่สำเร็จครั้งแรกหลังจากสำเร็จครั้งล่าสุด', 'The first failure since the last success', '2026-06-01T05:21:44.310Z'),
  ),
  last_delivered_at: Nullable(Time('ส่งสำเร็จล่าสุดเมื่อ', 'The last success', '2026-06-01T05:20:02.118Z')),
  lost_before: Nullable(
    Time(
      'Event ก่อนเวลานี้พ้นระยะเก็บรักษาไปก่อนที่จะส่งได้ ให้อ่านรายการทั้งหมดใหม่',
      'Events from before this were gone from the log before they could be sent: walk the lists again',
      '2026-03-03T00:00:00.000Z',
    ),
  ),
  created_at: Time('เวลาที่สร้าง', 'When it was made', '2026-05-11T15:12:59.723Z'),
  updated_at: Time('เวลาที่แก้ไขล่าสุด', 'When it was last changed', '2026-05-11T15:12:59.723Z'),
}

const aboutWebhook = {
  th: 'ที่หนึ่งที่แอปต้องการให้ส่ง Event ไป',
  en: 'One place that the application wants events sent to.',
}

export const Webhook = Resource('Webhook', { table: 'subscriptions', isStored: false, ...aboutWebhook }, webhookFields)

/** The same with its secret, which is shown once. */
export const WebhookWithSecret = Resource('WebhookWithSecret', aboutWebhook, {
  ...webhookFields,
  secret: Text(
    `ใช้ตรวจลายเซ็น (Standard Webhooks) แสดงครั้งเดียว Secret ทุกตัวที่ถูกเปลี่ยนยังเซ็นควบคู่กันอีก ${OLD_SECRET_MS / 3_600_000} ชั่วโมงนับจากเวลาที่ถูกเปลี่ยน`,
    `Verifies signatures (Standard Webhooks); shown once. Every replaced secret also signs for ${OLD_SECRET_MS / 3_600_000} hours after its replacement`,
    'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAAAAA=',
  ),
})

export const WebhookDelivery = Resource(
  'WebhookDelivery',
  {
    table: 'deliveries',
    isStored: false,
    th: 'การส่ง Event หนึ่งรายการไปยัง Webhook หนึ่งแห่ง',
    en: 'One event to one webhook, and what became of it.',
  },
  {
    id: Id('รหัสอ้างอิงของการส่ง', 'Delivery ID', '3d5a7c1e-9b24-4f68-8a03-e6c1d0b7f952'),
    webhook_id: Computed(Id('รหัสอ้างอิงของ Webhook', 'Webhook ID', EXAMPLE_ID), 'subscription_id'),
    event_id: Id(
      'รหัสอ้างอิงของ Event (header webhook-id)',
      'Event ID (header webhook-id)',
      '5c8e2f70-1b4d-4a96-83e7-d0f9b6a2c514',
    ),
    event_type: Choice(EVENT_TYPES, 'ชนิดของ Event', 'Type of event', 'sale.created'),
    sequence: Position(
      'ลำดับของ Event ใน Webhook นี้: 1, 2, 3 … ไม่เปลี่ยนอีก',
      'Number of the event within this webhook: 1, 2, 3 …, its own for ever',
      1042,
    ),
    status: Choice(
      DELIVERY_STATUSES,
      'PENDING: ยังไม่ได้ส่ง DELIVERED: ปลายทางตอบ 2xx RETRYING: จะส่งใหม่ DEAD: ส่งซ้ำ 5 ครั้งแล้วไม่สำเร็จ',
      'PENDING: not tried yet; DELIVERED: answered by 2xx; RETRYING: will be tried again; DEAD: retried 5 times in vain',
      'RETRYING',
    ),
    attempt_count: Count('จำนวนครั้งที่ส่ง', 'How often it was tried', 1),
    response_status: Nullable(Count('HTTP status ของครั้งล่าสุด', 'HTTP status of the last attempt', 500)),
    response_body: Nullable(
      Text(
        `สิ่งที่ปลายทางตอบในครั้งล่าสุด ไม่เกิน ${ANSWER_KEPT_CHARACTERS} ตัวอักษร เก็บไว้ ${ANSWERS_KEPT_DAYS} วัน เป็น null เสมอสำหรับ Event ของลูกค้า (\`customer.*\`) เพราะคำตอบอาจมีข้อมูลส่วนบุคคล`,
        `Body of the last response, up to ${ANSWER_KEPT_CHARACTERS} characters; kept for ${ANSWERS_KEPT_DAYS} days. Always null for \`customer.*\` events, because the response may repeat personal data`,
        'upstream is down',
      ),
    ),
    error: Nullable(
      Choice(
        FAILURES,
        'ครั้งล่าสุดไม่สำเร็จเพราะอะไร not_allowed: สิทธิ์ถูกถอนแล้ว จึงไม่ส่ง',
        'Why the last attempt failed; not_allowed: the right to it was withdrawn, and nothing was sent',
        'status',
      ),
    ),
    next_retry_at: Nullable(
      Computed(
        Time('เวลาที่จะส่งใหม่', 'When it is tried again', '2026-06-01T05:22:14.310Z'),
        // While the subscription is not ACTIVE its clocks stand still: what is tried next then is the probe.
        `case when status = 'RETRYING' then (
           select case subscription.status when 'ACTIVE' then coalesce(deliveries.retry_at, deliveries.due_at) else subscription.probe_at end
           from subscriptions as subscription
           where subscription.business_id = deliveries.business_id and subscription.id = deliveries.subscription_id) end`,
      ),
    ),
    delivered_at: Nullable(Time('เวลาที่ส่งสำเร็จ', 'When it was delivered', '2026-06-01T05:21:44.602Z')),
    created_at: Time('เวลาที่สร้าง', 'When it was made', '2026-06-01T05:21:44.402Z'),
    updated_at: Time('เวลาที่เปลี่ยนแปลงล่าสุด', 'When it last changed', '2026-06-01T05:21:44.602Z'),
  },
)

export const WebhookPing = Resource(
  'WebhookPing',
  { th: 'ผลของการ ping', en: 'What became of a ping.' },
  {
    webhook_id: Id('รหัสอ้างอิงของ Webhook', 'Webhook ID', EXAMPLE_ID),
    delivered: Flag('ปลายทางตอบ 2xx', 'Whether the endpoint answered by 2xx'),
    response_status: Nullable(Count('HTTP status เป็น null เมื่อไม่มีคำตอบ', 'HTTP status; null if nothing answered', 200)),
    response_body: Nullable(
      Text(
        `สิ่งที่ปลายทางตอบ ไม่เกิน ${ANSWER_KEPT_CHARACTERS} ตัวอักษร`,
        `What the endpoint said, its first ${ANSWER_KEPT_CHARACTERS} characters`,
        'ok',
      ),
    ),
  },
)

export const WebhookReplay = Resource(
  'WebhookReplay',
  { th: 'ช่วงของ Event log ที่จะส่งใหม่', en: 'The part of the log that is sent again.' },
  {
    from_position: Position('ตั้งแต่ตำแหน่งนี้', 'From this position', 88000),
    to_position: Position('ถึงตำแหน่งนี้', 'Up to this position', 88123),
  },
)
