import { COUNTED } from '../../contract/counted_sales.ts'
import { Count, Day, Decimal, Id, Nested, Nullable, Resource, Text } from '../../contract/schema.ts'

/** Describes the sum of a field over the counted sales, in Thai and in English. */
const sumOf = (field: string): [th: string, en: string] => [
  `ผลรวม ${field} ของบิลที่นับ (${COUNTED})`,
  `Sum of ${field} over the counted sales (${COUNTED})`,
]

const BY_STATUS = {
  OPEN: Count('บิลที่ยังไม่ชำระ', 'Sales that are not paid', 0),
  COMPLETED: Count('บิลที่ชำระแล้ว', 'Paid sales', 51),
  PARTIALLY_REFUNDED: Count('บิลที่คืนเงินบางส่วน', 'Partly refunded sales', 2),
  REFUNDED: Count('บิลที่คืนเงินทั้งหมด', 'Fully refunded sales', 0),
  VOIDED: Count('บิลที่ยกเลิก', 'Voided sales', 1),
}

export const SalesSummary = Resource(
  'SalesSummary',
  {
    th: `สรุปยอดขายของสาขา นับเฉพาะบิลสถานะ ${COUNTED} ตัวเลขเท่ากับผลรวมของบิลเหล่านั้นใน GET /sales เสมอ`,
    en: `Sales totals of a branch. Only sales with the status ${COUNTED} count. The totals always equal the sums over these sales in GET /sales.`,
  },
  {
    branch_id: Id('ID ของสาขา', 'Branch ID', 'b1f85720-71cf-420e-a584-e36b75d3fd20'),
    from: Nullable(Day('วันทำการแรก เป็น null เมื่อไม่ได้ระบุ', 'First business day; null if not specified', '2026-06-01')),
    to: Nullable(Day('วันทำการสุดท้าย เป็น null เมื่อไม่ได้ระบุ', 'Last business day; null if not specified', '2026-06-15')),
    total_orders: Count(`จำนวนบิลที่นับ (${COUNTED})`, `Number of counted sales (${COUNTED})`, 53),
    total_revenue: Decimal(...sumOf('total_amount'), '12510.4'),
    total_subtotal: Decimal(...sumOf('subtotal'), '12510.4'),
    total_discount: Decimal(...sumOf('discount_amount'), '113.6'),
    total_tax: Decimal(...sumOf('tax_amount'), '818.4'),
    total_service_charge: Decimal(...sumOf('service_charge_amount'), '0'),
    total_refunded: Decimal(
      `ผลรวม refunded_amount ของบิลที่นับ (${COUNTED}) นับในวันที่ขาย ไม่ใช่วันที่คืน`,
      `Sum of refunded_amount over the counted sales (${COUNTED}), on the day of the sale, not of the refund`,
      '0',
    ),
    average_order_value: Decimal(
      `total_revenue ÷ total_orders ของบิลที่นับ (${COUNTED}) ปัดเป็นทศนิยม 16 ตำแหน่งแบบ Half up เป็น 0 เมื่อไม่มีบิล`,
      `total_revenue ÷ total_orders of the counted sales (${COUNTED}), rounded half up to 16 decimal places; 0 if there are none`,
      '236.0452830188679245',
    ),
    total_tips: Decimal(...sumOf('tip_amount'), '0'),
    total_charges: Decimal(
      `ผลรวม amount ของ charges ในบิลที่นับ (${COUNTED})`,
      `Sum of the amounts of charges over the counted sales (${COUNTED})`,
      '0',
    ),
    total_returns: Decimal(
      `ผลรวม total_amount ที่ติดลบของบิลที่นับ (${COUNTED}) รวมอยู่ใน total_revenue แล้ว`,
      `Sum of the negative total_amount over the counted sales (${COUNTED}); already a part of total_revenue`,
      '0',
    ),
    total_other: Decimal(...sumOf('other_amount'), '0'),
    by_status: Nested(BY_STATUS, 'จำนวนบิลของแต่ละสถานะ', 'Number of sales of each status'),
  },
)

export const InventorySummary = Resource(
  'InventorySummary',
  {
    th: 'สรุปสต็อกของคลังสินค้า รวมทุกแถวที่ GET /inventory แสดงของคลังสินค้านั้น',
    en: 'Inventory totals of a warehouse, over all rows that GET /inventory returns for it.',
  },
  {
    warehouse_id: Id('ID ของคลังสินค้า', 'Warehouse ID', '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9'),
    warehouse_name: Text('ชื่อคลังสินค้า', 'Warehouse name', 'Main Storage'),
    branch_id: Id('สาขาของคลังสินค้า', 'Branch of the warehouse', 'b1f85720-71cf-420e-a584-e36b75d3fd20'),
    total_skus: Count('จำนวนแถว (SKU)', 'Number of SKUs (rows)', 24),
    total_quantity_on_hand: Decimal('ผลรวม quantity_on_hand', 'Sum of quantity_on_hand', '226'),
    total_quantity_available: Decimal('ผลรวม quantity_available', 'Sum of quantity_available', '216'),
    total_stock_value: Decimal('ผลรวม stock_value นับ null เป็น 0', 'Sum of stock_value; null counts as 0', '60997.3'),
    out_of_stock_count: Count('จำนวน SKU ที่สินค้าหมด', 'Number of SKUs that are out of stock', 18),
  },
)
