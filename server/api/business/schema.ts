import { AddedExternalId } from '../../contract/external_id.ts'
import { Choice, Count, Flag, Id, Many, Nested, Resource, Text, Time } from '../../contract/schema.ts'
import { HISTORY_DAYS } from '../../limits.ts'
import { KINDS, TOKEN_SCOPES } from '../../scopes.ts'

const BRANCH = 'b1f85720-71cf-420e-a584-e36b75d3fd20'

export const Branch = Resource(
  'Branch',
  { table: 'branches', th: 'สาขาของธุรกิจ', en: 'A branch (shop) of the business.' },
  {
    id: Id('ID ของสาขา', 'Branch ID', BRANCH),
    code: Text('รหัสสาขา', 'Branch code', 'BKK01'),
    name: Text('ชื่อสาขา', 'Name', 'สาขาสยาม'),
    is_active: Flag('สาขาเปิดใช้งานอยู่หรือไม่', 'Whether the branch is active'),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated'),
    external_id: AddedExternalId('BRANCH-01'),
  },
)

/** The response of GET /me. */
export const Me = Resource(
  'Me',
  { th: 'แอป ธุรกิจ และสิทธิ์ของ Access token', en: 'The application, business and permissions of an access token.' },
  {
    application: Nested(
      {
        id: Id('ID ของแอป', 'Application ID', '0b5e3a52-6a0c-4a7e-8a51-0f3f4d6f5a10'),
        name: Text('ชื่อแอป', 'Name', 'crm'),
        kind: Choice(Object.keys(KINDS), 'ชนิดของแอป', 'Application kind', 'partner'),
      },
      'แอปเจ้าของ Token',
      'Application that owns the token',
    ),
    business: Nested(
      {
        id: Id('ID ของธุรกิจ', 'Business ID', '2f0c9f0e-3c55-4f0e-9a3b-5a1c1f3b7d21'),
        name: Text('ชื่อธุรกิจ', 'Name', 'ครัวใจดี'),
        time_zone: Text('เขตเวลา (IANA)', 'Time zone (IANA name)', 'Asia/Bangkok'),
        business_day_starts_at: Text(
          'เวลาเริ่มวันทำการ (HH:MM)',
          'Time at which the business day starts (HH:MM)',
          '00:00',
        ),
        currency: Text('สกุลเงิน (ISO 4217)', 'Currency (ISO 4217)', 'THB'),
      },
      'ธุรกิจที่ Token เข้าถึงได้',
      'Business that the token can access',
    ),
    scopes: Many(
      Choice(TOKEN_SCOPES, 'Scope', 'Scope', 'read:customers'),
      'Scope ที่มีผลในขณะนี้',
      'Scopes currently in effect',
      ['read:customers'],
    ),
    branches: Many(
      {
        id: Id('ID ของสาขา', 'Branch ID', BRANCH),
        code: Text('รหัสสาขา', 'Branch code', 'BKK01'),
        name: Text('ชื่อสาขา', 'Name', 'สาขาสยาม'),
      },
      'สาขาที่ Token เข้าถึงได้',
      'Branches that the token can access',
      [{ id: BRANCH, code: 'BKK01', name: 'สาขาสยาม' }],
    ),
    history_days: Count('จำนวนวันที่อ่านบิลขายย้อนหลังได้', 'Number of days for which past sales can be read', HISTORY_DAYS),
    expires_at: Time('เวลาหมดอายุของ Token', 'Time when the token expires'),
    rate_limit: Nested(
      {
        requests: Count('จำนวนคำขอสูงสุดที่ส่งติดกันได้ (Burst)', 'Burst size: requests that can be sent back to back', 100),
        per_seconds: Count('จำนวนวินาทีที่โควตากลับมาเต็มหลังใช้หมด', 'Seconds until an empty quota is full again', 10),
      },
      'Rate limit ของแอป',
      'Rate limit of the application',
    ),
  },
)
