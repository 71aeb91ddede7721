import { openDays } from '../../contract/days.ts'
import { List, One, operation, Page, PageQuery, Query } from '../../contract/operation.ts'
import {
  ChoiceParameter,
  DayParameter,
  ExactParameter,
  IdParameter,
  INCLUDE,
  INCLUDE_IN_ROWS,
  idsParameter,
  Required,
  SearchParameter,
} from '../../contract/parameters.ts'
import { BRANCH_FILTER } from '../../rows/branches.ts'
import { getOrder, getSupplier, listItems, listOrders, listSuppliers } from './queries.ts'
import { ORDER_STATUSES, PurchaseOrderItem, PurchaseOrderWithItems, SUPPLIER_STATUSES, Supplier } from './schema.ts'

const tag = 'Purchasing'

const EXAMPLE_ID = 'b7d3e9f1-2a64-4c58-8e90-6f1b5a3c7d20'
const ORDER_ID = Required(IdParameter('ID ของใบสั่งซื้อ', 'Purchase order ID', EXAMPLE_ID))
const EXAMPLE_SUPPLIER_ID = '0d8f3b62-4c17-49ae-9b05-e6a2f1c7d834'

export const list = operation({
  id: 'purchase_orders.list',
  method: 'GET',
  path: '/purchase-orders',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงรายการใบสั่งซื้อ', en: 'List purchase orders' },
  about: {
    th: 'แสดงใบสั่งซื้อของสาขาที่ Token เข้าถึงได้ เรียงตาม created_at จากใหม่ไปเก่า `from` และ `to` กรองตาม order_date และไม่จำกัดความยาวของช่วง',
    en: 'Returns the purchase orders of the branches that the token can access. Sorted by created_at, newest first. `from` and `to` filter by order_date. The range can have any length.',
  },
  uses: {
    th: ['บันทึกเจ้าหนี้การค้าในระบบบัญชี', 'ติดตามใบสั่งซื้อที่ยังรับของไม่ครบ'],
    en: [
      'Recording accounts payable in an accounting system',
      'Following up on orders that have not been received in full',
    ],
  },
  query: PageQuery(
    {
      from: DayParameter('order_date ตั้งแต่วันที่ระบุเป็นต้นไป (YYYY-MM-DD)', 'order_date on or after this day (YYYY-MM-DD)'),
      to: DayParameter('order_date ไม่เกินวันที่ระบุ (YYYY-MM-DD)', 'order_date on or before this day (YYYY-MM-DD)'),
      branch_id: BRANCH_FILTER,
      status: ChoiceParameter(ORDER_STATUSES, 'กรองตามสถานะ', 'Filter by status'),
      supplier_id: IdParameter('กรองตามผู้จำหน่าย', 'Filter by supplier', EXAMPLE_SUPPLIER_ID),
      id: idsParameter(EXAMPLE_ID),
      po_number: ExactParameter('กรองตามเลขที่ใบสั่งซื้อ', 'Filter by purchase order number', 'PO-2606-0007'),
      include: INCLUDE_IN_ROWS,
    },
    openDays(),
  ),
  response: Page(PurchaseOrderWithItems),
  compressible: true,
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
  query: Query({ include: INCLUDE }),
  response: One(PurchaseOrderWithItems),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller, path, query }) => getOrder(db, caller, path.id, query.include),
})

export const items = operation({
  id: 'purchase_order_items.list',
  method: 'GET',
  path: '/purchase-orders/{id}/items',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงรายการในใบสั่งซื้อ', en: 'List the items of a purchase order' },
  about: {
    th: 'แสดงทุกรายการใน Response เดียว ตามลำดับที่ระบบต้นทางส่งมา ชื่อสินค้าและ SKU เป็นชื่อ ณ เวลาที่สั่งซื้อ',
    en: 'Returns all items in one response, in the order in which the source system sent them. Product and SKU names are those at the time of the order.',
  },
  uses: {
    th: ['เทียบจำนวนที่สั่งกับจำนวนที่รับแล้ว', 'บันทึกต้นทุนต่อหน่วยของการสั่งซื้อ'],
    en: ['Comparing the quantities ordered and received', 'Recording the unit costs of an order'],
  },
  params: { id: ORDER_ID },
  response: List(PurchaseOrderItem),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller, path }) => listItems(db, caller, path.id),
})

export const suppliers = operation({
  id: 'suppliers.list',
  method: 'GET',
  path: '/suppliers',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงรายการผู้จำหน่ายทั้งหมดของธุรกิจ', en: 'List all suppliers of the business' },
  about: {
    th: 'ผู้จำหน่ายเป็นข้อมูลระดับ Business ไม่แยกตามสาขา เรียงตาม created_at จากใหม่ไปเก่า',
    en: 'Suppliers belong to the business, not to a branch. Sorted by created_at, newest first.',
  },
  uses: {
    th: ['ซิงค์รายชื่อผู้จำหน่ายเข้าสู่ระบบบัญชีหรือจัดซื้อ'],
    en: ['Syncing suppliers into an accounting or purchasing system'],
  },
  query: PageQuery({
    status: ChoiceParameter(SUPPLIER_STATUSES, 'กรองตามสถานะผู้จำหน่าย', 'Filter by supplier status'),
    q: SearchParameter(
      'ค้นหาจาก company_name หรือ supplier_code (1–255 ตัวอักษร)',
      'Search in company_name and supplier_code (1–255 characters)',
    ),
    id: idsParameter(EXAMPLE_SUPPLIER_ID),
    supplier_code: ExactParameter('กรองตามรหัสผู้จำหน่าย', 'Filter by supplier code', 'SUP-0007'),
  }),
  response: Page(Supplier),
  compressible: true,
  handle: ({ db, caller, query }) => listSuppliers(db, caller, query),
})

export const supplier = operation({
  id: 'suppliers.get',
  method: 'GET',
  path: '/suppliers/{id}',
  tag,
  scope: 'read:purchasing',
  summary: { th: 'ดึงข้อมูลผู้จำหน่ายหนึ่งราย', en: 'Get one supplier' },
  uses: { th: ['อ่านข้อมูลล่าสุดของผู้จำหน่ายหนึ่งราย'], en: ['Reading the latest data of a supplier'] },
  params: { id: Required(IdParameter('ID ของผู้จำหน่าย', 'Supplier ID', EXAMPLE_SUPPLIER_ID)) },
  response: One(Supplier),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller, path }) => getSupplier(db, caller, path.id),
})
