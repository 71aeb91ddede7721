import {
  Constant,
  Contained,
  type Field,
  type Fields,
  Id,
  Nullable,
  type Resource as Of,
  OneOf,
  Position,
  Resource,
  Text,
  Time,
  Unknown,
} from '../contract/schema.ts'
import { EVENT_TYPES, type EventResource, type EventType, meaningOf, resourceOf } from './event_types.ts'
import type { ResourceReaders } from './feed.ts'

/** For every event resource: the data of its events. */
export type EventData = Record<EventResource, Of>

/** Describes the data of events: the records as the Partner API shows them, of which only the id is certain. */
export const eventData = (readers: ResourceReaders): EventData =>
  Object.fromEntries(
    Object.entries(readers).map(([name, { resource }]): [string, Of] => [
      name,
      {
        ...resource,
        name: `${pascal(name)}EventData`,
        partOf: resource,
        th: `${resource.th} หากข้อมูลถูกลบแล้วจะมีเพียง \`id\``,
        en: `${resource.en} If the record was deleted, only \`id\` is present.`,
      },
    ]),
  ) as EventData

/** Describes an event of GET /events: one form for each type. */
export const eventResource = (data: EventData): Of =>
  OneOf(
    'Event',
    {
      th: 'การเปลี่ยนแปลงหนึ่งครั้ง `data` คือข้อมูลล่าสุดในขณะที่อ่าน จึงอาจใหม่กว่า Event',
      en: 'A change of a record. `data` is the record at the time of reading, so it can be newer than the event.',
    },
    'type',
    [
      ...EVENT_TYPES.map((type) =>
        eventForm(`${typeName(type)}Event`, meaningOf(type), {
          type: Constant(type, ...TYPE),
          resource_type: Constant(resourceOf(type), ...RESOURCE_TYPE),
          data: Contained(data[resourceOf(type)], ...DATA),
        }),
      ),
      eventForm('OtherEvent', OTHER, {
        type: Text(...TYPE, 'other.created'),
        resource_type: Text(...RESOURCE_TYPE, 'other'),
        data: Unknown(...DATA),
      }),
    ],
  )

/** Texts of the form for types that are added later. */
export const OTHER = { th: 'Event ชนิดที่เพิ่มภายหลัง', en: 'An event of a type that was added later.' }

const TYPE = ['ชนิดของ Event', 'Event type'] as const
const RESOURCE_TYPE = ['ชนิดของข้อมูลที่เปลี่ยนแปลง', 'Type of the changed record'] as const
const DATA = [
  'ข้อมูลล่าสุดตามที่ Partner API แสดงต่อแอปนี้ โดยไม่มีฟิลด์ PII (ข้อมูลติดต่อ) 9 ฟิลด์ หากข้อมูลถูกลบแล้วจะมีเพียง `id`',
  'The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id`',
] as const

const eventForm = (
  name: string,
  about: { th: string; en: string },
  own: Record<'type' | 'resource_type' | 'data', Field>,
) =>
  Resource(name, about, {
    id: FIELDS.id,
    position: FIELDS.position,
    type: own.type,
    business_id: FIELDS.business_id,
    branch_id: FIELDS.branch_id,
    resource_type: own.resource_type,
    resource_id: Id('ID ของข้อมูลที่เปลี่ยนแปลง', 'ID of the changed record', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'),
    occurred_at: FIELDS.occurred_at,
    created_at: FIELDS.created_at,
    data: own.data,
  })

/** The fields that an event has here and in a webhook. */
export const FIELDS = {
  id: Id('ID ของ Event', 'Event ID', '5c8e2f70-1b4d-4a96-83e7-d0f9b6a2c514'),
  position: Position(
    'Position ใน Event log ของธุรกิจ เพิ่มขึ้นทีละหนึ่ง',
    'Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more',
    88123,
  ),
  business_id: Id('ID ของธุรกิจ', 'Business ID', '2f0c9f0e-3c55-4f0e-9a3b-5a1c1f3b7d21'),
  branch_id: Nullable(
    Id(
      'ID ของสาขา เป็น null สำหรับข้อมูลระดับ Business',
      'Branch ID; null for records that belong to the business, not to a branch',
      'b1f85720-71cf-420e-a584-e36b75d3fd20',
    ),
  ),
  occurred_at: Time('เวลาที่การเปลี่ยนแปลงเกิดขึ้นที่ร้าน', 'Time of the change at the shop', '2026-06-01T05:21:37.000Z'),
  created_at: Time('เวลาที่ Talad ได้รับการเปลี่ยนแปลง', 'Time when we received the change', '2026-06-01T05:21:44.310Z'),
} satisfies Fields

/** Returns `SaleCreated` for `sale.created`. */
export const typeName = (type: EventType | 'ping'): string => pascal(type)

const pascal = (name: string): string =>
  name.replaceAll(/(^|[._])(\w)/g, (_, __, letter: string) => letter.toUpperCase())
