import { Choice, Count, Many, Nullable, Resource, Text } from '../../contract/schema.ts'

// What the operations on the business itself return.

/** How long one kind of data is kept. */
const kept = {
  what: Choice(
    ['customers', 'events', 'deliveries', 'ledger', 'requests', 'audit'],
    'ชนิดของข้อมูล',
    'Kind of data: records of customers, the event log, deliveries of webhooks, the disclosure ledger, the log of requests, the audit log',
    'requests',
  ),
  days: Nullable(Count('จำนวนวันที่เก็บ', 'Days that it is kept; null: until it is erased', 90)),
}

export const BusinessSettings = Resource(
  'BusinessSettings',
  { th: 'การตั้งค่าของธุรกิจ', en: 'The settings of the business.' },
  {
    name: Text('ชื่อธุรกิจ', 'Business name', 'ครัวใจดี'),
    time_zone: Text('เขตเวลา', 'Time zone', 'Asia/Bangkok'),
    day_starts_at: Text('เวลาเริ่มวันทำการ', 'Start of the business day', '00:00'),
    currency: Text('สกุลเงิน', 'Currency', 'THB'),
    language: Choice(
      ['th', 'en'],
      'ภาษาของสมาชิกใหม่ และของหน้าที่เปิดจากลิงก์ของลูกค้า',
      'Language of new members, and of the pages that customers open by their link',
      'th',
    ),
    requests_kept_days: Count('จำนวนวันที่เก็บบันทึกคำขอ', 'Days that the log of requests is kept', 90),
    retention: Many(kept, 'ระยะเวลาที่เก็บข้อมูลแต่ละชนิด', 'How long each kind of data is kept'),
  },
)
