import { Choice, Id, Nullable, type Resource as Of, OneOf, Position, Resource, Time } from '../contract/schema.ts'
import { EVENT_RESOURCES, EVENT_TYPES } from './event_types.ts'

/** Describes an event of GET /events; `data` is one of these resources. */
export const eventResource = (of: readonly Of[]): Of =>
  Resource(
    'Event',
    {
      th: 'การเปลี่ยนแปลงหนึ่งครั้ง `data` คือข้อมูลล่าสุดในขณะที่อ่าน จึงอาจใหม่กว่า Event',
      en: 'A change of a record. `data` is the record at the time of reading, so it can be newer than the event.',
    },
    {
      id: Id('ID ของ Event', 'Event ID', '5c8e2f70-1b4d-4a96-83e7-d0f9b6a2c514'),
      position: Position(
        'Position ใน Event log ของธุรกิจ เพิ่มขึ้นทีละหนึ่ง',
        'Position in the event log of the business; increases by one for each event',
        88123,
      ),
      type: Choice(EVENT_TYPES, 'ชนิดของ Event', 'Event type', 'sale.created'),
      business_id: Id('ID ของธุรกิจ', 'Business ID', '2f0c9f0e-3c55-4f0e-9a3b-5a1c1f3b7d21'),
      branch_id: Nullable(
        Id(
          'ID ของสาขา เป็น null สำหรับข้อมูลระดับ Business',
          'Branch ID; null for records that belong to the business, not to a branch',
          'b1f85720-71cf-420e-a584-e36b75d3fd20',
        ),
      ),
      resource_type: Choice(EVENT_RESOURCES, 'ชนิดของข้อมูลที่เปลี่ยนแปลง', 'Type of the changed record', 'sale'),
      resource_id: Id('ID ของข้อมูลที่เปลี่ยนแปลง', 'ID of the changed record', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'),
      occurred_at: Time('เวลาที่การเปลี่ยนแปลงเกิดขึ้นที่ร้าน', 'Time of the change at the shop', '2026-06-01T05:21:37.000Z'),
      created_at: Time('เวลาที่ Talad ได้รับการเปลี่ยนแปลง', 'Time when we received the change', '2026-06-01T05:21:44.310Z'),
      data: OneOf(
        of,
        'ข้อมูลล่าสุดตามที่ Partner API แสดงต่อแอปนี้ โดยไม่มีฟิลด์ PII (ข้อมูลติดต่อ) 9 ฟิลด์ หากข้อมูลถูกลบแล้วจะมีเพียง `id`',
        'The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id`',
      ),
    },
  )
