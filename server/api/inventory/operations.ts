import { openDays } from '../../contract/days.ts'
import { List, operation, Page, PageQuery } from '../../contract/operation.ts'
import { ChoiceParameter, DayParameter, IdParameter } from '../../contract/parameters.ts'
import { BRANCH_FILTER } from '../../rows/branches.ts'
import { listLevels, listMovements, listWarehouses } from './queries.ts'
import { MOVEMENT_TYPES, StockLevel, StockMovement, Warehouse } from './schema.ts'

const tag = 'Inventory'

const WAREHOUSE_FILTER = IdParameter(
  'กรองตามคลังสินค้า หาก Token ไม่มีสิทธิ์เข้าถึงคลังสินค้านั้นจะได้รายการว่าง',
  'Filter by warehouse. The list is empty if the token cannot access the warehouse',
  '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9',
)
const SKU_FILTER = IdParameter('กรองตาม SKU', 'Filter by SKU', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42')

export const list = operation({
  id: 'inventory.list',
  method: 'GET',
  path: '/inventory',
  tag,
  scope: 'read:inventory',
  summary: { th: 'ดึงสต็อกคงเหลือ', en: 'List stock levels' },
  about: {
    th: 'แสดงสต็อกปัจจุบันของสาขาที่ Token เข้าถึงได้ หนึ่งแถวต่อหนึ่ง SKU ในคลังสินค้าหนึ่งแห่ง เรียงตาม created_at จากใหม่ไปเก่า',
    en: 'Returns the current stock of the branches that the token can access, one row for each SKU in each warehouse. Sorted by created_at, newest first.',
  },
  uses: {
    th: ['แสดงจำนวนคงเหลือในร้านค้าออนไลน์หรือแอปเดลิเวอรี', 'แจ้งเตือนเมื่อสินค้าถึงจุดสั่งซื้อ', 'คำนวณมูลค่าสต็อก'],
    en: [
      'Showing availability in an online shop or a delivery app',
      'Sending an alert when an item reaches its reorder point',
      'Calculating the value of the stock',
    ],
  },
  query: PageQuery({ branch_id: BRANCH_FILTER, warehouse_id: WAREHOUSE_FILTER, product_sku_id: SKU_FILTER }),
  response: Page(StockLevel),
  compressible: true,
  handle: ({ db, caller, query }) => listLevels(db, caller, query),
})

export const movements = operation({
  id: 'stock_movements.list',
  method: 'GET',
  path: '/inventory/movements',
  tag,
  scope: 'read:inventory',
  summary: { th: 'ดึงความเคลื่อนไหวของสต็อก', en: 'List stock movements' },
  about: {
    th: 'แสดงความเคลื่อนไหวของสต็อกในสาขาที่ Token เข้าถึงได้ เรียงตาม created_at จากใหม่ไปเก่า `from` และ `to` กรองตาม occurred_at เป็นวันตามปฏิทินในเขตเวลาของธุรกิจ และไม่จำกัดความยาวของช่วง ถ้าต้องการติดตามทุกความเคลื่อนไหวตามลำดับที่ Talad ได้รับ ให้อ่าน Event `stock_movement.created`',
    en: "Returns the stock movements of the branches that the token can access. Sorted by created_at, newest first. `from` and `to` filter by occurred_at and are calendar days in the business's time zone. The range can have any length. To follow all movements in the order of receipt, read the events `stock_movement.created`.",
  },
  uses: {
    th: ['ตรวจสอบย้อนหลังว่าสต็อกเปลี่ยนเพราะอะไร', 'สรุปของเสีย การปรับยอด หรือการโอนระหว่างคลังสินค้า'],
    en: ['Tracing why stock has changed', 'Reporting waste, adjustments or transfers between warehouses'],
  },
  query: PageQuery(
    {
      from: DayParameter('occurred_at ตั้งแต่วันที่ระบุเป็นต้นไป (YYYY-MM-DD)', 'occurred_at on or after this day (YYYY-MM-DD)'),
      to: DayParameter('occurred_at ไม่เกินวันที่ระบุ (YYYY-MM-DD)', 'occurred_at on or before this day (YYYY-MM-DD)'),
      branch_id: BRANCH_FILTER,
      warehouse_id: WAREHOUSE_FILTER,
      product_sku_id: SKU_FILTER,
      movement_type: ChoiceParameter(MOVEMENT_TYPES, 'กรองตามประเภท', 'Filter by movement type'),
    },
    openDays(),
  ),
  response: Page(StockMovement),
  compressible: true,
  handle: ({ db, caller, query }) => listMovements(db, caller, query),
})

export const warehouses = operation({
  id: 'warehouses.list',
  method: 'GET',
  path: '/warehouses',
  tag,
  scope: 'read:inventory',
  summary: { th: 'ดึงคลังสินค้าทั้งหมด', en: 'List all warehouses' },
  about: {
    th: 'แสดงคลังสินค้าทั้งหมดของสาขาที่ Token เข้าถึงได้ใน Response เดียว เรียงตามชื่อ แล้วตาม id',
    en: 'Returns all warehouses of the branches that the token can access in one response, sorted by name, then id.',
  },
  uses: {
    th: ['จับคู่ `warehouse_id` กับชื่อคลังสินค้าและสาขา', 'หา `warehouse_id` สำหรับ Inventory Summary'],
    en: [
      'Matching a `warehouse_id` with its name and branch',
      'Looking up the `warehouse_id` for the inventory summary',
    ],
  },
  response: List(Warehouse),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller }) => listWarehouses(db, caller),
})
