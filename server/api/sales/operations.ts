import { salesDays } from '../../contract/days.ts'
import { List, One, operation, Page, PageQuery, Query } from '../../contract/operation.ts'
import {
  ChoiceParameter,
  DayParameter,
  ExactParameter,
  IdParameter,
  INCLUDE,
  INCLUDE_IN_ROWS,
  idsParameter,
  Repeated,
  Required,
} from '../../contract/parameters.ts'
import { SALES_DAYS_MAX } from '../../limits.ts'
import { BRANCH_FILTER } from '../../rows/branches.ts'
import { getSale, listItems, listSales } from './queries.ts'
import { SALE_STATUSES, SaleItem, SaleWithItems } from './schema.ts'

const tag = 'Sales'

const EXAMPLE_ID = '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'
const SALE_ID = Required(IdParameter('ID ของบิล', 'Sale ID', EXAMPLE_ID))

export const list = operation({
  id: 'sales.list',
  method: 'GET',
  path: '/sales',
  tag,
  scope: 'read:sales',
  summary: { th: 'ดึงรายการบิลขาย', en: 'List sales' },
  about: {
    th: `แสดงบิลขายของสาขาที่ Token เข้าถึงได้ ในช่วงวันทำการ \`from\` ถึง \`to\` ซึ่งห่างกันได้ไม่เกิน ${SALES_DAYS_MAX} วัน และย้อนหลังได้ไม่เกิน \`history_days\` ของแอป (ดูที่ \`GET /me\`) บิลที่ระบุด้วย \`id\` หรือ \`order_number\` เป็นของวันใดก็ได้ที่ไม่เก่ากว่านั้น เรียงตาม created_at จากใหม่ไปเก่า`,
    en: `Returns the sales of the branches that the token can access, for the business days from \`from\` to \`to\`. They can be at most ${SALES_DAYS_MAX} days apart and no further back than the application's \`history_days\` (see \`GET /me\`). With \`id\` or \`order_number\`, sales can be of any day that is not older. Sorted by created_at, newest first.`,
  },
  uses: {
    th: ['บันทึกรายได้และภาษีขายประจำวันเข้าระบบบัญชี', 'กระทบยอดการชำระเงินตามวิธีชำระ', 'วิเคราะห์ยอดขายตามสาขาและช่วงเวลา'],
    en: [
      'Recording daily revenue and sales tax in an accounting system',
      'Reconciling payments by payment method',
      'Analysing sales by branch and period',
    ],
  },
  query: PageQuery(
    {
      from: DayParameter(
        `business_date ตั้งแต่วันที่ระบุเป็นต้นไป (YYYY-MM-DD) ค่าเริ่มต้นคือ ${SALES_DAYS_MAX} วันก่อน \`to\` แต่ไม่ก่อนวันแรกที่ Token อ่านได้ หากระบุ \`id\` หรือ \`order_number\` ค่าเริ่มต้นคือวันแรกนั้น`,
        `business_date on or after this day (YYYY-MM-DD). Default: ${SALES_DAYS_MAX} days before \`to\`, but not before the first day that the token can read. With \`id\` or \`order_number\`: that first day`,
      ),
      to: DayParameter(
        'business_date ไม่เกินวันที่ระบุ (YYYY-MM-DD) ค่าเริ่มต้นคือวันทำการปัจจุบัน หากระบุ `id` หรือ `order_number` จะไม่จำกัด',
        'business_date on or before this day (YYYY-MM-DD). Default: the current business day. With `id` or `order_number`: no limit',
      ),
      branch_id: BRANCH_FILTER,
      status: Repeated(
        ChoiceParameter(SALE_STATUSES, 'กรองตามสถานะบิล ระบุได้หลายค่า', 'Filter by status; can be repeated'),
      ),
      customer_id: IdParameter('กรองตามลูกค้า', 'Filter by customer', '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'),
      order_number: ExactParameter('กรองตามเลขที่บิล', 'Filter by order number', 'BKK01-260601-0042'),
      id: idsParameter(EXAMPLE_ID),
      include: INCLUDE_IN_ROWS,
    },
    salesDays(),
  ),
  response: Page(SaleWithItems),
  compressible: true,
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
  query: Query({ include: INCLUDE }),
  response: One(SaleWithItems),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller, path, query }) => getSale(db, caller, path.id, query.include),
})

export const items = operation({
  id: 'sale_items.list',
  method: 'GET',
  path: '/sales/{id}/items',
  tag,
  scope: 'read:sales',
  summary: { th: 'ดึงรายการในบิล', en: 'List the items of a sale' },
  about: {
    th: 'แสดงทุกรายการใน Response เดียว ตามลำดับที่ระบบต้นทางส่งมา ชื่อสินค้าและ SKU เป็นชื่อ ณ เวลาที่ขาย',
    en: 'Returns all items in one response, in the order in which the source system sent them. Product and SKU names are those at the time of the sale.',
  },
  uses: {
    th: ['ดูสินค้า ราคา และยอดคืนเงินของบิลหนึ่งใบ', 'วิเคราะห์ยอดขายรายสินค้า'],
    en: ['Viewing the products, prices and refunds of one sale', 'Analysing sales by product'],
  },
  params: { id: SALE_ID },
  response: List(SaleItem),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller, path }) => listItems(db, caller, path.id),
})
