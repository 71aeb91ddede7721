import { BRANCH_FILTER } from '../../http/branches.ts'
import { salesDays } from '../../http/days.ts'
import { List, One, operation, Page, PageQuery } from '../../http/operation.ts'
import { ChoiceParameter, DayParameter, IdParameter, Required } from '../../http/parameters.ts'
import { SALES_DAYS_MAX } from '../../limits.ts'
import { getSale, listItems, listSales } from './queries.ts'
import { SALE_STATUSES, Sale, SaleItem } from './schema.ts'

const tag = 'Sales'

const SALE_ID = Required(IdParameter('รหัสอ้างอิงของบิล', 'Sale ID', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'))

export const list = operation({
  id: 'sales.list',
  method: 'GET',
  path: '/sales',
  tag,
  scope: 'read:sales',
  summary: { th: 'ดึงรายการบิลขาย', en: 'List sales' },
  about: {
    th: `บิลของสาขาที่ Token เห็น ในช่วงวันทำการ \`from\`–\`to\` (ไม่เกิน ${SALES_DAYS_MAX} วัน และย้อนหลังไม่เกิน \`history_days\` ของแอป ดูได้ที่ \`GET /me\`) เรียงจากใหม่ไปเก่าตาม created_at`,
    en: `The sales of the branches that the token sees, of the business days \`from\` to \`to\`: at most ${SALES_DAYS_MAX} days apart, and no further back than the application's \`history_days\` (see \`GET /me\`). Newest first by created_at.`,
  },
  uses: {
    th: ['บันทึกรายได้และภาษีขายประจำวันเข้าระบบบัญชี', 'กระทบยอดการชำระเงินตามวิธีชำระ', 'วิเคราะห์ยอดขายตามสาขาและช่วงเวลา'],
    en: [
      'Booking the revenue and VAT of a day in an accounting system',
      'Reconciling payments by method',
      'Analysing sales by branch and time',
    ],
  },
  query: PageQuery(
    {
      from: DayParameter(
        `business_date ตั้งแต่วันนี้เป็นต้นไป (YYYY-MM-DD) ค่าเริ่มต้นคือ ${SALES_DAYS_MAX} วันก่อน \`to\` หรือวันแรกที่ Token อ่านได้`,
        `business_date on this day or later (YYYY-MM-DD); by default ${SALES_DAYS_MAX} days before \`to\`, or the first day that the token may read`,
      ),
      to: DayParameter(
        'business_date ไม่เกินวันนี้ (YYYY-MM-DD) ค่าเริ่มต้นคือวันทำการปัจจุบัน',
        'business_date on this day or earlier (YYYY-MM-DD); by default the current business day',
      ),
      branch_id: BRANCH_FILTER,
      status: ChoiceParameter(SALE_STATUSES, 'กรองตามสถานะบิล', 'Only sales of this status'),
    },
    salesDays(),
  ),
  response: Page(Sale),
  handle: ({ db, caller, query }) => listSales(db, caller, query),
})

export const get = operation({
  id: 'sales.get',
  method: 'GET',
  path: '/sales/{id}',
  tag,
  scope: 'read:sales',
  summary: { th: 'ดึงบิลขายหนึ่งใบ', en: 'Get one sale' },
  uses: {
    th: ['อ่านบิลหนึ่งใบหลังได้รับ Event เช่น `sale.refunded`'],
    en: ['Reading one sale after an event such as `sale.refunded`'],
  },
  params: { id: SALE_ID },
  response: One(Sale),
  handle: ({ db, caller, path }) => getSale(db, caller, path.id),
})

export const items = operation({
  id: 'sale_items.list',
  method: 'GET',
  path: '/sales/{id}/items',
  tag,
  scope: 'read:sales',
  summary: { th: 'ดึงรายการในบิล', en: 'List the items of a sale' },
  about: {
    th: 'ทุกรายการในคำตอบเดียว ตามลำดับที่ผู้ส่งข้อมูลส่งมา ชื่อสินค้าและ SKU เป็นชื่อ ณ เวลาที่ขาย',
    en: 'All items in one answer, in the order of the system that sent them. Names are as they were when it was sold.',
  },
  uses: {
    th: ['ดูว่าบิลหนึ่งใบขายอะไร ราคาเท่าใด และคืนไปเท่าใด', 'วิเคราะห์ยอดขายรายสินค้า'],
    en: ['Seeing what one sale consists of, at which prices, and what was refunded', 'Analysing sales by product'],
  },
  params: { id: SALE_ID },
  response: List(SaleItem),
  handle: ({ db, caller, path }) => listItems(db, caller, path.id),
})
