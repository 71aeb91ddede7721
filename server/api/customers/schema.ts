import { AddedExternalId } from '../../contract/external_id.ts'
import { Count, DateOnly, Decimal, Flag, Id, Nullable, Resource, Text, Time } from '../../contract/schema.ts'
import { LONG_TEXT_MAX_LENGTH } from '../../limits.ts'
import { PII_SCOPE } from '../../scopes.ts'

const PII = { scope: PII_SCOPE }

/** A customer. The fields and their order follow the published page "List Customers". */
export const Customer = Resource(
  'Customer',
  {
    table: 'customers',
    customerIn: 'id',
    th: 'ลูกค้าของธุรกิจ เป็นข้อมูลระดับ Business ไม่แยกตามสาขา',
    en: 'A customer of the business. Customers belong to the business, not to a branch.',
  },
  {
    id: Id('Customer ID', 'Customer ID'),
    customer_code: Text('รหัสลูกค้า', 'Customer code', 'CUS-000380'),
    full_name: Text('ชื่อ-นามสกุล', 'Full name', 'สมชาย ใจดี'),
    first_name: Text('ชื่อ', 'First name', 'สมชาย'),
    last_name: Nullable(Text('นามสกุล', 'Last name', 'ใจดี')),
    membership_tier_id: Nullable(
      Id('ระดับสมาชิก', 'Tier in the membership programme', '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91'),
    ),
    membership_number: Nullable(Text('เลข Membership', 'Membership number', 'MEM17785123666606')),
    total_points: Count('คะแนนสะสมทั้งหมด', 'Total points earned', 30),
    available_points: Count('คะแนนที่ใช้ได้', 'Points available to spend', 10),
    total_spent: Decimal('ยอดใช้จ่ายสะสม', 'Total amount spent', '600'),
    total_visits: Count('จำนวนครั้งที่เข้าใช้บริการ', 'Number of visits', 4),
    last_visit_date: Nullable(DateOnly('วันที่เข้าใช้บริการล่าสุด', 'Date of the last visit')),
    is_active: Flag('สถานะลูกค้า', 'Whether the customer is active'),
    is_verified: Flag('ยืนยันตัวตนแล้วหรือยัง', "Whether the customer's identity is verified", false),
    joined_date: Nullable(DateOnly('วันที่สมัครสมาชิก', 'Date when the customer joined the membership programme')),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:14:06.138Z'),
    phone: Nullable(Text('เบอร์โทรศัพท์', 'Phone number', '0812345678'), PII),
    email: Nullable(Text('อีเมล', 'Email address', 'somchai@example.com'), PII),
    date_of_birth: Nullable(DateOnly('วันเกิด', 'Date of birth', '1990-04-13T00:00:00.000Z'), PII),
    address: Nullable(Text('ที่อยู่', 'Street address', '99/1 ถนนสุขุมวิท', LONG_TEXT_MAX_LENGTH), PII),
    city: Nullable(Text('เมือง / เขต', 'City or district', 'วัฒนา'), PII),
    state: Nullable(Text('รัฐ / จังหวัด', 'State or province', 'กรุงเทพมหานคร'), PII),
    postal_code: Nullable(Text('รหัสไปรษณีย์', 'Postal code', '10110'), PII),
    country: Nullable(Text('ประเทศ', 'Country', 'Thailand'), PII),
    tax_id: Nullable(Text('เลขประจำตัวผู้เสียภาษี', 'Tax identification number', '1101700207366'), PII),
  },
)

export const MembershipTier = Resource(
  'MembershipTier',
  {
    table: 'membership_tiers',
    th: 'ระดับสมาชิกของธุรกิจ',
    en: 'A tier of the membership programme.',
  },
  {
    id: Id('ID ของระดับสมาชิก', 'Tier ID', '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91'),
    name: Text('ชื่อระดับ', 'Name', 'Gold'),
    rank: Count('ลำดับของระดับ เรียงจากต่ำไปสูง', 'Rank of the tier, from lowest to highest', 3),
    is_active: Flag('ระดับนี้ใช้งานอยู่หรือไม่', 'Whether the tier is active'),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated'),
    external_id: AddedExternalId('TIER-2'),
  },
)
