import { List, One, operation, Page, PageQuery } from '../../contract/operation.ts'
import {
  ComparingField,
  ExactParameter,
  FlagParameter,
  IdParameter,
  idsParameter,
  PhoneParameter,
  Required,
  SearchParameter,
  ValueParameter,
} from '../../contract/parameters.ts'
import { getCustomer, listCustomers, listTiers } from './queries.ts'
import { Customer, MembershipTier } from './schema.ts'

const tag = 'Customers'

const EXAMPLE_ID = '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'

export const list = operation({
  id: 'customers.list',
  method: 'GET',
  path: '/customers',
  tag,
  scope: 'read:customers',
  summary: { th: 'ดึงรายการลูกค้าทั้งหมดของธุรกิจ', en: 'List all customers of the business' },
  about: {
    th: 'Customers เป็นข้อมูลระดับ Business ไม่แยกตามสาขา — ทุก Token ที่มี Scope `read:customers` จะเห็นลูกค้าทั้งหมดของธุรกิจ ฟิลด์ PII (ข้อมูลติดต่อ) จะปรากฏเฉพาะเมื่อ Token มี Scope `read:customers:pii` ด้วย ส่วนชื่อลูกค้าจะปรากฏเสมอ แม้เป็นข้อมูลส่วนบุคคลเช่นกัน เรียงตาม created_at จากใหม่ไปเก่า',
    en: 'Customers belong to the business, not to a branch: every token with the scope `read:customers` can read all of them. The PII fields (contact data) are present only if the token also has `read:customers:pii`. Names are always present, although they are personal data too. Sorted by created_at, newest first.',
  },
  uses: {
    th: [
      'ซิงค์ข้อมูล Customer เข้าสู่ระบบ CRM หรือ Marketing Platform',
      'วิเคราะห์พฤติกรรมลูกค้าและ Loyalty Program',
      'สร้าง Customer Segment สำหรับแคมเปญ',
    ],
    en: [
      'Syncing customers into a CRM or a marketing platform',
      'Analysing customer behaviour and the loyalty programme',
      'Building customer segments for campaigns',
    ],
  },
  query: PageQuery({
    is_active: FlagParameter('กรองตามสถานะลูกค้า: true หรือ false', 'Filter by customer status: true or false'),
    membership_tier_id: IdParameter('กรองตาม Membership Tier', 'Filter by membership tier'),
    q: SearchParameter(
      'ค้นหาจาก full_name หรือ customer_code (1–255 ตัวอักษร)',
      'Search in full_name and customer_code (1–255 characters)',
    ),
    id: idsParameter(EXAMPLE_ID),
    customer_code: ExactParameter('กรองตามรหัสลูกค้า', 'Filter by customer code', 'CUS-000380'),
    membership_number: ExactParameter('กรองตามเลข Membership', 'Filter by membership number', 'MEM17785123666606'),
    phone: ComparingField(
      Customer,
      'phone',
      PhoneParameter(
        'กรองตามเบอร์โทรศัพท์ เทียบเฉพาะตัวเลข และถือว่า +66 เท่ากับ 0 นำหน้า (เครื่องหมาย + ใน URL ต้องเขียนเป็น `%2B`)',
        'Filter by phone number. Only digits are compared, and +66 equals a leading 0 (write + as `%2B` in a URL)',
        '0812345678',
      ),
    ),
    email: ComparingField(
      Customer,
      'email',
      ValueParameter(
        'กรองตามอีเมล ไม่แยกตัวพิมพ์เล็กกับตัวพิมพ์ใหญ่',
        'Filter by email address, case-insensitive',
        'somchai@example.com',
      ),
    ),
  }),
  response: Page(Customer),
  compressible: true,
  handle: ({ db, caller, query }) => listCustomers(db, caller, query),
})

export const get = operation({
  id: 'customers.get',
  method: 'GET',
  path: '/customers/{id}',
  tag,
  scope: 'read:customers',
  summary: { th: 'ดึงข้อมูลลูกค้าหนึ่งราย', en: 'Get one customer' },
  uses: {
    th: ['อ่านข้อมูลล่าสุดของลูกค้าหลังได้รับ Event ของลูกค้ารายนั้น', 'แสดงข้อมูลลูกค้าของบิลที่มี `customer_id`'],
    en: [
      'Reading the latest data of a customer after a customer event',
      'Showing the customer of a sale that has a `customer_id`',
    ],
  },
  params: { id: Required(IdParameter('Customer ID', 'Customer ID', EXAMPLE_ID)) },
  response: One(Customer),
  handle: ({ db, caller, path }) => getCustomer(db, caller, path.id),
})

export const tiers = operation({
  id: 'membership_tiers.list',
  method: 'GET',
  path: '/membership-tiers',
  tag,
  scope: 'read:customers',
  summary: { th: 'ดึงระดับสมาชิกทั้งหมด', en: 'List all membership tiers' },
  about: {
    th: 'แสดงทุกระดับใน Response เดียว เรียงตาม rank แล้วตาม id',
    en: 'Returns all tiers in one response, sorted by rank, then id.',
  },
  uses: {
    th: ['จับคู่ `membership_tier_id` ของลูกค้ากับชื่อระดับ', 'แสดงตัวเลือกระดับสมาชิกสำหรับกรองลูกค้า'],
    en: ['Matching the `membership_tier_id` of customers with tier names', 'Showing tiers as a filter for customers'],
  },
  response: List(MembershipTier),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller }) => listTiers(db, caller),
})
