import { Choice, Id, Nullable, type Resource as Of, OneOf, Position, Resource, Time } from '../http/schema.ts'
import { EVENT_RESOURCES, EVENT_TYPES } from './event_types.ts'

/** Describes an event of GET /events; `data` is one of these resources. */
export const eventResource = (of: readonly Of[]): Of =>
  Resource(
    'Event',
    {
      th: 'การเปลี่ยนแปลงหนึ่งครั้ง ส่วน data คือข้อมูลล่าสุดในขณะที่อ่าน จึงอาจใหม่กว่า Event',
      en: 'One change. Its `data` is read when the event is, so it may be newer than the event.',
    },
    {
      id: Id('รหัสอ้างอิงของ Event', 'Event ID', '5c8e2f70-1b4d-4a96-83e7-d0f9b6a2c514'),
      position: Position(
        'ตำแหน่งใน Event log ของธุรกิจ เพิ่มขึ้นทีละหนึ่ง',
        "Place in the business's log; they rise by one",
        88123,
      ),
      type: Choice(EVENT_TYPES, 'เกิดอะไรขึ้น', 'What happened', 'sale.created'),
      business_id: Id('รหัสอ้างอิงของธุรกิจ', 'Business ID', '2f0c9f0e-3c55-4f0e-9a3b-5a1c1f3b7d21'),
      branch_id: Nullable(
        Id(
          'สาขา เป็น null สำหรับข้อมูลระดับ Business',
          'Branch; null for what belongs to the business as a whole',
          'b1f85720-71cf-420e-a584-e36b75d3fd20',
        ),
      ),
      resource_type: Choice(EVENT_RESOURCES, 'ชนิดของข้อมูล', 'What it is about', 'sale'),
      resource_id: Id('รหัสอ้างอิงของข้อมูล', 'ID of what it is about', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'),
      occurred_at: Time('เวลาที่เกิดขึ้นจริงที่ร้าน', 'When it happened at the shop', '2026-06-01T05:21:37.000Z'),
      created_at: Time('เวลาที่ระบบได้รับ', 'When it was received', '2026-06-01T05:21:44.310Z'),
      data: OneOf(
        of,
        'ข้อมูลในขณะที่อ่าน อย่างที่ Partner API แสดงต่อแอปนี้ โดยไม่มีฟิลด์ PII (ข้อมูลติดต่อ) มีเพียง `id` เมื่อไม่มีข้อมูลนั้นแล้ว',
        'The record as it is now, as the Partner API shows it to the application, always without the nine PII fields (contact data); only `id` if it was deleted',
      ),
    },
  )
