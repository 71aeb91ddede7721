import { COUNTED } from '../../contract/counted_sales.ts'
import { openDays } from '../../contract/days.ts'
import { Data, operation, Query } from '../../contract/operation.ts'
import { DayParameter, IdParameter, Required } from '../../contract/parameters.ts'
import { inventorySummary, salesSummary } from './queries.ts'
import { InventorySummary, SalesSummary } from './schema.ts'

const tag = 'Reports'

export const sales = operation({
  id: 'reports.sales_summary',
  method: 'GET',
  path: '/reports/sales-summary',
  tag,
  class: 'costly',
  scope: 'read:reports',
  summary: { th: 'ดูสรุปยอดขายของสาขา', en: 'Get the sales summary of a branch' },
  about: {
    th: `แสดงยอดรวมของวันทำการตั้งแต่ \`from\` ถึง \`to\` นับเฉพาะบิลสถานะ ${COUNTED} หากไม่ระบุ \`from\` หรือ \`to\` ช่วงจะไม่จำกัดด้านนั้น ความยาวของช่วงไม่จำกัด และไม่ถูกจำกัดด้วย \`history_days\` การคืนเงินนับในวันที่ขาย`,
    en: `Returns totals for the business days from \`from\` to \`to\`. Only sales with the status ${COUNTED} count. If you omit one of them, the range is open on that side. The range can have any length and is not limited by \`history_days\`. Refunds count on the day of the sale.`,
  },
  uses: {
    th: ['แสดงยอดขายรวมของสาขาใน Dashboard', 'ตรวจว่ายอดของข้อมูลที่ซิงค์มาตรงกับยอดของร้าน'],
    en: ['Showing the sales totals of a branch on a dashboard', 'Checking that synced sales add up to the same totals'],
  },
  query: Query(
    {
      branch_id: Required(IdParameter('ID ของสาขา', 'Branch ID', 'b1f85720-71cf-420e-a584-e36b75d3fd20')),
      from: DayParameter('วันทำการแรก (YYYY-MM-DD)', 'First business day (YYYY-MM-DD)'),
      to: DayParameter('วันทำการสุดท้าย (YYYY-MM-DD)', 'Last business day (YYYY-MM-DD)'),
    },
    openDays(),
  ),
  response: Data(SalesSummary),
  problems: ['branch_not_allowed'],
  handle: ({ db, caller, query }) => salesSummary(db, caller, query),
})

export const inventory = operation({
  id: 'reports.inventory_summary',
  method: 'GET',
  path: '/reports/inventory-summary',
  tag,
  class: 'costly',
  scope: 'read:reports',
  summary: { th: 'ดูสรุปสต็อกของคลังสินค้า', en: 'Get the inventory summary of a warehouse' },
  about: {
    th: 'แสดงผลรวมปัจจุบันของทุกแถวที่ `GET /inventory` แสดงสำหรับคลังสินค้านั้น',
    en: 'Returns the current sums over all rows that `GET /inventory` returns for the warehouse.',
  },
  uses: {
    th: ['แสดงมูลค่าสต็อกและจำนวน SKU ที่หมดของคลังสินค้าหนึ่งแห่ง'],
    en: ['Showing the stock value of a warehouse and how many SKUs are out of stock'],
  },
  query: Query({
    warehouse_id: Required(IdParameter('ID ของคลังสินค้า', 'Warehouse ID', '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9')),
  }),
  response: Data(InventorySummary),
  problems: ['branch_not_allowed'],
  handle: ({ db, caller, query }) => inventorySummary(db, caller, query.warehouse_id),
})
