import { BRANCH_FILTER } from '../../http/branches.ts'
import { openDays } from '../../http/days.ts'
import { List, One, operation, Page, PageQuery } from '../../http/operation.ts'
import { ChoiceParameter, DayParameter, IdParameter, Required, SearchParameter } from '../../http/parameters.ts'
import { getOrder, getSupplier, listItems, listOrders, listSuppliers } from './queries.ts'
import { ORDER_STATUSES, PurchaseOrder, PurchaseOrderItem, SUPPLIER_STATUSES, Supplier } from './schema.ts'

const tag = 'Purchasing'

const ORDER_ID = Required(IdParameter('รหัสอ้างอิงของใบสั่งซื้อ', 'Purchase order ID', 'b7d3e9f1-2a64-4c58-8e90-6f1b5a3c7d20'))

export const list = operation({
  id: 'purchase_orders.list',
  method: 'GET',
  path: '/purchase-orders',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงรายการใบสั่งซื้อ', en: 'List purchase orders' },
  about: {
    th: 'ใบสั่งซื้อของสาขาที่ Token เห็น เรียงจากใหม่ไปเก่าตาม created_at ช่วง `from`–`to` เทียบกับ order_date และยาวเท่าใดก็ได้',
    en: 'The purchase orders of the branches that the token sees, newest first by created_at. `from` and `to` are compared with order_date, and may be as far apart as you like.',
  },
  uses: {
    th: ['บันทึกเจ้าหนี้การค้าในระบบบัญชี', 'ติดตามใบสั่งซื้อที่ยังรับของไม่ครบ'],
    en: ['Booking payables in an accounting system', 'Following up on orders that have not been received in full'],
  },
  query: PageQuery(
    {
      from: DayParameter('order_date ตั้งแต่วันนี้เป็นต้นไป (YYYY-MM-DD)', 'order_date on this day or later (YYYY-MM-DD)'),
      to: DayParameter('order_date ไม่เกินวันนี้ (YYYY-MM-DD)', 'order_date on this day or earlier (YYYY-MM-DD)'),
      branch_id: BRANCH_FILTER,
      status: ChoiceParameter(ORDER_STATUSES, 'กรองตามสถานะ', 'Only orders of this status'),
      supplier_id: IdParameter('กรองตามผู้ขาย', 'Only orders from this supplier', '0d8f3b62-4c17-49ae-9b05-e6a2f1c7d834'),
    },
    openDays(),
  ),
  response: Page(PurchaseOrder),
  handle: ({ db, caller, query }) => listOrders(db, caller, query),
})

export const get = operation({
  id: 'purchase_orders.get',
  method: 'GET',
  path: '/purchase-orders/{id}',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงใบสั่งซื้อหนึ่งใบ', en: 'Get one purchase order' },
  uses: {
    th: ['อ่านใบสั่งซื้อหนึ่งใบหลังได้รับ Event เช่น `purchase_order.received`'],
    en: ['Reading one order after an event such as `purchase_order.received`'],
  },
  params: { id: ORDER_ID },
  response: One(PurchaseOrder),
  handle: ({ db, caller, path }) => getOrder(db, caller, path.id),
})

export const items = operation({
  id: 'purchase_order_items.list',
  method: 'GET',
  path: '/purchase-orders/{id}/items',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงรายการในใบสั่งซื้อ', en: 'List the items of a purchase order' },
  about: {
    th: 'ทุกรายการในคำตอบเดียว ตามลำดับที่ผู้ส่งข้อมูลส่งมา ชื่อสินค้าและ SKU เป็นชื่อ ณ เวลาที่สั่งซื้อ',
    en: 'All items in one answer, in the order of the system that sent them. Names are as they were when it was ordered.',
  },
  uses: {
    th: ['เทียบจำนวนที่สั่งกับจำนวนที่รับแล้ว', 'บันทึกต้นทุนต่อหน่วยของการสั่งซื้อ'],
    en: ['Comparing what was ordered with what was received', 'Recording the unit costs of an order'],
  },
  params: { id: ORDER_ID },
  response: List(PurchaseOrderItem),
  handle: ({ db, caller, path }) => listItems(db, caller, path.id),
})

export const suppliers = operation({
  id: 'suppliers.list',
  method: 'GET',
  path: '/suppliers',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงรายการผู้ขายทั้งหมดของธุรกิจ', en: 'List all suppliers of the business' },
  about: {
    th: 'ผู้ขายเป็นข้อมูลระดับ Business ไม่แยกตามสาขา เรียงจากใหม่ไปเก่า',
    en: 'Suppliers belong to the business, not to a branch. Newest first.',
  },
  uses: { th: ['ซิงค์รายชื่อผู้ขายเข้าสู่ระบบบัญชีหรือจัดซื้อ'], en: ['Syncing suppliers into an accounting or purchasing system'] },
  query: PageQuery({
    status: ChoiceParameter(SUPPLIER_STATUSES, 'กรองตามสถานะผู้ขาย', 'Only suppliers of this status'),
    q: SearchParameter(
      'ค้นหาจาก company_name หรือ supplier_code (1–255 ตัวอักษร)',
      'Only suppliers whose company_name or supplier_code contains this (1–255 characters)',
    ),
  }),
  response: Page(Supplier),
  handle: ({ db, caller, query }) => listSuppliers(db, caller, query),
})

export const supplier = operation({
  id: 'suppliers.get',
  method: 'GET',
  path: '/suppliers/{id}',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงผู้ขายหนึ่งราย', en: 'Get one supplier' },
  uses: { th: ['อ่านข้อมูลล่าสุดของผู้ขายหนึ่งราย'], en: ['Reading the latest data of one supplier'] },
  params: { id: Required(IdParameter('รหัสอ้างอิงของผู้ขาย', 'Supplier ID', '0d8f3b62-4c17-49ae-9b05-e6a2f1c7d834')) },
  response: One(Supplier),
  handle: ({ db, caller, path }) => getSupplier(db, caller, path.id),
})
