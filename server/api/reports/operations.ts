import { openDays } from '../../http/days.ts'
import { Data, operation, Query } from '../../http/operation.ts'
import { DayParameter, IdParameter, Required } from '../../http/parameters.ts'
import { inventorySummary, salesSummary } from './queries.ts'
import { InventorySummary, SalesSummary } from './schema.ts'

const tag = 'Reports'

export const sales = operation({
  id: 'reports.sales_summary',
  method: 'GET',
  path: '/reports/sales-summary',
  tag,
  scope: 'read:reports',
  summary: { th: 'สรุปยอดขายของสาขา', en: 'Sum up the sales of a branch' },
  about: {
    th: 'ยอดของวันทำการ `from`–`to` ไม่ระบุวันใดเลยคือทั้งหมดตั้งแต่ต้น ระบุวันเดียวคืออีกด้านเปิดไว้ ไม่จำกัดช่วงและไม่จำกัด history_days การคืนเงินนับในวันที่ขาย',
    en: 'The business days `from` to `to`. Without either: all time; with one, the other side is open. Neither the range nor `history_days` limits it. Refunds count on the day of the sale.',
  },
  uses: {
    th: ['แสดงยอดขายรวมของสาขาใน Dashboard', 'ตรวจว่ายอดที่ซิงค์มาตรงกับยอดของร้าน'],
    en: ['Showing the totals of a branch on a dashboard', 'Checking that what was synced adds up to the same totals'],
  },
  query: Query(
    {
      branch_id: Required(IdParameter('สาขา', 'The branch', 'b1f85720-71cf-420e-a584-e36b75d3fd20')),
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
  scope: 'read:reports',
  summary: { th: 'สรุปสต็อกของคลัง', en: 'Sum up the stock of a warehouse' },
  about: {
    th: 'ผลรวมของทุกแถวที่ `GET /inventory` แสดงของคลังนั้น ณ ขณะนี้',
    en: 'The sums of all rows that `GET /inventory` lists for the warehouse, as they are now.',
  },
  uses: {
    th: ['แสดงมูลค่าสต็อกและจำนวน SKU ที่หมดของคลังหนึ่ง'],
    en: ['Showing the value of a warehouse, and how many SKUs are out of stock'],
  },
  query: Query({
    warehouse_id: Required(IdParameter('คลัง', 'The warehouse', '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9')),
  }),
  response: Data(InventorySummary),
  problems: ['branch_not_allowed'],
  handle: ({ db, caller, query }) => inventorySummary(db, caller, query.warehouse_id),
})
