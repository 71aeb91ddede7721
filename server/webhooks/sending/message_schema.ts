import {
  Constant,
  Contained,
  type Field,
  Id,
  Nested,
  Nullable,
  OneOf,
  Position,
  Resource,
  Text,
  Unknown,
} from '../../contract/schema.ts'
import { EVENT_TYPES, meaningOf, resourceOf } from '../../events/event_types.ts'
import { type EventData, FIELDS, OTHER, typeName } from '../../events/schema.ts'
import { WEBHOOK_BODY_MAX_BYTES } from '../../limits.ts'

// Describes the bodies that webhooks send. message.ts builds them.

/** Describes the body of a webhook request: one form for each event type, and one for a ping. */
export function webhookEvent(eventData: EventData): Resource {
  const data = withOmittedItems(eventData)
  return OneOf(
    'WebhookEvent',
    {
      th: 'Body ของคำขอที่ Webhook ส่ง `data` คือข้อมูลล่าสุดในขณะที่ส่ง',
      en: 'The body of a request that a webhook sends. `data` is the record at the time of sending.',
    },
    'type',
    [
      ...EVENT_TYPES.map((type) =>
        bodyForm(`${typeName(type)}WebhookEvent`, meaningOf(type), {
          type: Constant(type, ...TYPE),
          data: Contained(data[resourceOf(type)], ...DATA),
        }),
      ),
      bodyForm('PingWebhookEvent', PING, {
        type: Constant('ping', ...TYPE),
        sequence: Nullable(SEQUENCE),
        position: Nullable(FIELDS.position),
        data: Nested({}, 'ไม่มีฟิลด์', 'Has no fields'),
      }),
      bodyForm('OtherWebhookEvent', OTHER, {
        type: Text(...TYPE, 'other.created'),
        sequence: Nullable(SEQUENCE),
        position: Nullable(FIELDS.position),
        data: Unknown(...DATA),
      }),
    ],
  )
}

/** Returns the data of events with schemas of their own for records whose items can be omitted. */
const withOmittedItems = (data: EventData): EventData =>
  Object.fromEntries(
    Object.entries(data).map(([name, resource]) => {
      if (!resource.items) return [name, resource]
      const items = { ...resource.items, ...ITEMS, omitted: ITEMS_OMITTED }
      return [name, { ...resource, name: resource.name.replace(/EventData$/, 'WebhookData'), items }]
    }),
  ) as EventData

const ITEMS = {
  th: 'รายการทั้งหมด มีเฉพาะเมื่อ `include` ของ Webhook มี `items` เป็น null เมื่อ `items_omitted` เป็น true',
  en: 'All items; present only if `include` of the webhook contains `items`. Null if `items_omitted` is true',
}
const ITEMS_OMITTED = {
  th: `true เมื่อไม่มีรายการเพราะ Body จะเกิน ${WEBHOOK_BODY_MAX_BYTES / 1024} KiB ให้อ่านข้อมูลนี้ด้วย \`include=items\` แทน กรณีอื่นไม่มีฟิลด์นี้`,
  en: `True if the items are omitted because the body would exceed ${WEBHOOK_BODY_MAX_BYTES / 1024} KiB: read the record with \`include=items\`. Absent otherwise`,
}

const TYPE = ['ชนิดของ Event', 'Event type'] as const
const DATA = [
  'ข้อมูลล่าสุดตามที่ Partner API แสดงต่อแอปนี้ ฟิลด์ PII (ข้อมูลติดต่อ) 9 ฟิลด์ปรากฏเมื่อ `include_pii` เป็น true หากข้อมูลถูกลบแล้วจะมีเพียง `id`',
  'The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id`',
] as const

const PING = {
  th: 'ส่งเมื่อสั่งเท่านั้น เพื่อทดสอบว่า Endpoint ของคุณรับ Event และตรวจลายเซ็นได้ ไม่อยู่ใน Event log จึงมี `sequence` และ `position` เป็น null',
  en: 'Sent only on request, to test that your endpoint receives and verifies events. It is not in the event log, so its `sequence` and `position` are null.',
}

const SEQUENCE = Position(
  'ลำดับของ Event ใน Webhook นี้: 1, 2, 3 … และไม่เปลี่ยนแปลง',
  'Sequence number of the event within this webhook: 1, 2, 3 …. It never changes',
  1042,
)

const bodyForm = (
  name: string,
  about: { th: string; en: string },
  {
    type,
    sequence = SEQUENCE,
    position = FIELDS.position,
    data,
  }: Record<'type' | 'data', Field> & Partial<Record<'sequence' | 'position', Field>>,
) =>
  Resource(name, about, {
    id: FIELDS.id,
    type,
    webhook_id: Id('ID ของ Webhook', 'Webhook ID', '8f14e45f-ceea-467f-a1d0-3b7c2e9d5a61'),
    sequence,
    position,
    occurred_at: FIELDS.occurred_at,
    created_at: FIELDS.created_at,
    business_id: FIELDS.business_id,
    branch_id: FIELDS.branch_id,
    data,
  })
