import { Choice, Count, Flag, Id, Many, Nested, Resource, Text, Time } from '../../http/schema.ts'
import { ALL_SCOPES, KINDS } from '../../scopes.ts'

const BRANCH = 'b1f85720-71cf-420e-a584-e36b75d3fd20'

export const Branch = Resource(
  'Branch',
  { table: 'branches', th: 'สาขาของธุรกิจ', en: 'A branch (shop) of the business.' },
  {
    id: Id('รหัสอ้างอิงของสาขา', 'Branch ID', BRANCH),
    code: Text('รหัสสาขา', 'Branch code', 'BKK01'),
    name: Text('ชื่อสาขา', 'Name', 'สาขาสยาม'),
    is_active: Flag('เปิดใช้งานอยู่หรือไม่', 'Whether the branch is in use'),
    created_at: Time('เวลาที่สร้าง record', 'When the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'When the record was last changed'),
  },
)

/** What a token is: GET /me. */
export const Me = Resource(
  'Me',
  { th: 'สิ่งที่ Token นี้เป็นและเห็นได้', en: 'What this access token is, and what it sees.' },
  {
    application: Nested(
      {
        id: Id('รหัสอ้างอิงของแอป', 'Application ID', '0b5e3a52-6a0c-4a7e-8a51-0f3f4d6f5a10'),
        name: Text('ชื่อแอป', 'Name', 'crm'),
        kind: Choice(Object.keys(KINDS), 'ชนิดของแอป', 'Kind of application', 'partner'),
      },
      'แอปที่ Token นี้เป็นของ',
      'The application that the token belongs to',
    ),
    business: Nested(
      {
        id: Id('รหัสอ้างอิงของธุรกิจ', 'Business ID', '2f0c9f0e-3c55-4f0e-9a3b-5a1c1f3b7d21'),
        name: Text('ชื่อธุรกิจ', 'Name', 'ครัวใจดี'),
        time_zone: Text('เขตเวลา (IANA)', 'Time zone (IANA name)', 'Asia/Bangkok'),
        business_day_starts_at: Text('เวลาเริ่มวันทำการ (HH:MM)', 'When the business day starts (HH:MM)', '00:00'),
        currency: Text('สกุลเงิน (ISO 4217)', 'Currency (ISO 4217)', 'THB'),
      },
      'ธุรกิจที่ Token นี้อ่านได้',
      'The business that the token reads',
    ),
    scopes: Many(Choice(ALL_SCOPES, 'Scope', 'Scope', 'read:customers'), 'Scope ที่ใช้ได้ตอนนี้', 'Scopes in force now', [
      'read:customers',
    ]),
    branches: Many(
      {
        id: Id('รหัสอ้างอิงของสาขา', 'Branch ID', BRANCH),
        code: Text('รหัสสาขา', 'Branch code', 'BKK01'),
        name: Text('ชื่อสาขา', 'Name', 'สาขาสยาม'),
      },
      'สาขาที่ Token นี้เห็น',
      'Branches that the token sees',
      [{ id: BRANCH, code: 'BKK01', name: 'สาขาสยาม' }],
    ),
    history_days: Count('ดูย้อนหลังได้กี่วัน', 'How many days back sales can be read', 30),
    expires_at: Time('เวลาหมดอายุของ Token', 'When the token expires'),
    rate_limit: Nested(
      {
        requests: Count('จำนวนคำขอที่ส่งติดกันได้', 'Requests that can be sent at once', 100),
        per_seconds: Count('เติมเต็มภายในกี่วินาที', 'Seconds in which they all come back', 10),
      },
      'Rate limit ของแอปนี้',
      'The rate limit of the application',
    ),
  },
)
