import { BRANCH_FILTER } from '../../http/branches.ts'
import { openDays } from '../../http/days.ts'
import { List, operation, Page, PageQuery } from '../../http/operation.ts'
import { ChoiceParameter, DayParameter, IdParameter } from '../../http/parameters.ts'
import { listLevels, listMovements, listWarehouses } from './queries.ts'
import { MOVEMENT_TYPES, StockLevel, StockMovement, Warehouse } from './schema.ts'

const tag = 'Inventory'

const WAREHOUSE_FILTER = IdParameter(
  'กรองตามคลัง คลังที่ Token ไม่เห็นได้รายการว่าง',
  'Only this warehouse; one that the token does not see gives an empty list',
  '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9',
)
const SKU_FILTER = IdParameter('กรองตาม SKU', 'Only this SKU', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42')

export const list = operation({
  id: 'inventory.list',
  method: 'GET',
  path: '/inventory',
  tag,
  scope: 'read:inventory',
  summary: { th: 'ดึงสต็อกคงเหลือ', en: 'List stock levels' },
  about: {
    th: 'สต็อก ณ ขณะนี้ หนึ่งแถวต่อ SKU และคลัง ของสาขาที่ Token เห็น เรียงจากใหม่ไปเก่าตาม created_at',
    en: 'Stock as it is now, one row for each SKU and warehouse, of the branches that the token sees. Newest first by created_at.',
  },
  uses: {
    th: ['แสดงจำนวนคงเหลือในร้านค้าออนไลน์หรือแอปเดลิเวอรี', 'แจ้งเตือนเมื่อสินค้าถึงจุดสั่งซื้อ', 'คำนวณมูลค่าสต็อก'],
    en: [
      'Showing availability in an online shop or a delivery app',
      'Warning when an item reaches its reorder point',
      'Valuing the stock',
    ],
  },
  query: PageQuery({ branch_id: BRANCH_FILTER, warehouse_id: WAREHOUSE_FILTER, product_sku_id: SKU_FILTER }),
  response: Page(StockLevel),
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
    th: 'ความเคลื่อนไหวในสาขาที่ Token เห็น เรียงจากใหม่ไปเก่าตาม created_at ช่วง `from`–`to` เทียบกับ occurred_at ตามวันในปฏิทินของเขตเวลาของธุรกิจ และยาวเท่าใดก็ได้',
    en: "Movements in the branches that the token sees, newest first by created_at. `from` and `to` are calendar days in the business's time zone, compared with occurred_at, and may be as far apart as you like.",
  },
  uses: {
    th: ['ตรวจสอบย้อนหลังว่าสต็อกเปลี่ยนเพราะอะไร', 'สรุปของเสีย การปรับยอด หรือการโอนระหว่างคลัง'],
    en: ['Tracing why stock has changed', 'Summing up waste, adjustments or transfers between warehouses'],
  },
  query: PageQuery(
    {
      from: DayParameter('occurred_at ตั้งแต่วันนี้เป็นต้นไป (YYYY-MM-DD)', 'occurred_at on this day or later (YYYY-MM-DD)'),
      to: DayParameter('occurred_at ไม่เกินวันนี้ (YYYY-MM-DD)', 'occurred_at on this day or earlier (YYYY-MM-DD)'),
      branch_id: BRANCH_FILTER,
      warehouse_id: WAREHOUSE_FILTER,
      product_sku_id: SKU_FILTER,
      movement_type: ChoiceParameter(MOVEMENT_TYPES, 'กรองตามประเภท', 'Only movements of this type'),
    },
    openDays(),
  ),
  response: Page(StockMovement),
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
    th: 'คลังทั้งหมดของสาขาที่ Token เห็น ในคำตอบเดียว เรียงตามชื่อ แล้วตาม id',
    en: 'All warehouses of the branches that the token sees in one answer, by name, then id.',
  },
  uses: {
    th: ['จับคู่ `warehouse_id` กับชื่อคลังและสาขา', 'หา `warehouse_id` สำหรับ Inventory Summary'],
    en: ['Matching a `warehouse_id` with its name and branch', 'Finding the `warehouse_id` for the inventory summary'],
  },
  response: List(Warehouse),
  handle: ({ db, caller }) => listWarehouses(db, caller),
})
