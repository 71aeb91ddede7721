import { COUNTED } from '../../contract/counted_sales.ts'
import {
  Choice,
  Computed,
  Count,
  Day,
  Decimal,
  Defaulted,
  Flag,
  Id,
  Many,
  MaybeEmpty,
  Nullable,
  Resource,
  Text,
  Time,
  WithItems,
} from '../../contract/schema.ts'
import { UNIT_PLACES } from '../../limits.ts'

export const SALE_STATUSES = ['OPEN', 'COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED'] as const

export const PAYMENT_METHODS = ['CASH', 'CARD', 'QR', 'TRANSFER', 'WALLET', 'POINTS', 'CREDIT', 'OTHER'] as const

/** A payment. Stored inside its sale, in the form that partners see. */
export const PAYMENT = {
  method: Choice(PAYMENT_METHODS, 'วิธีชำระเงิน', 'Payment method', 'QR'),
  amount: Decimal('จำนวนเงินที่ได้รับ หลังหักเงินทอน', 'Amount received, less change', '235.4'),
  paid_at: Nullable(
    Time('เวลาที่ชำระ เป็น null สำหรับ CREDIT', 'Time of the payment; null for CREDIT', '2026-06-01T05:21:40.000Z'),
  ),
}

/** A refund. Stored inside its sale, in the form that partners see. */
export const REFUND = {
  id: Id('ID ของการคืนเงิน', 'Refund ID', 'e4c7a2f9-61d3-4b80-95fe-3a8d0b6c1e72'),
  method: Choice(PAYMENT_METHODS, 'วิธีคืนเงิน', 'Refund method', 'CASH'),
  amount: Decimal('จำนวนเงินที่คืน', 'Amount refunded', '65'),
  refunded_at: Time('เวลาที่คืนเงิน', 'Time of the refund', '2026-06-01T06:02:11.000Z'),
}

export const Sale = Resource(
  'Sale',
  {
    table: 'sales',
    th: 'บิลขายของสาขา ยอดของทุกบิลคำนวณจากสูตร: total_amount = subtotal + service_charge_amount + tax_added_amount + rounding_amount',
    en: 'A sale of a branch. For every sale, total_amount = subtotal + service_charge_amount + tax_added_amount + rounding_amount.',
  },
  {
    id: Id('ID ของบิล', 'Sale ID', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'),
    order_number: Text('เลขที่บิล', 'Order number', 'BKK01-260601-0042'),
    branch_id: Id('สาขาที่ขาย', 'Branch that made the sale', 'b1f85720-71cf-420e-a584-e36b75d3fd20'),
    customer_id: Nullable(
      Id(
        'ID ของลูกค้า ซึ่งอาจไม่มีใน Talad',
        'Customer ID; the customer may not exist in this system',
        '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
      ),
    ),
    status: Choice(
      SALE_STATUSES,
      `สถานะบิล รายงานยอดขายนับเฉพาะ ${COUNTED}`,
      `Sale status. The sales summary counts only ${COUNTED}`,
      'PARTIALLY_REFUNDED',
    ),
    order_date: Time('เวลาที่ขาย', 'Time of the sale', '2026-06-01T05:21:37.000Z'),
    business_date: Day(
      'วันทำการของบิล ตามเขตเวลาและเวลาเริ่มวันของธุรกิจ',
      "Business day of the sale, according to the business's time zone and the time at which its day starts",
      '2026-06-01',
    ),
    subtotal: Decimal('ผลรวม line_total ของทุกรายการ', 'Sum of line_total over all items', '220'),
    discount_amount: Decimal('ผลรวมส่วนลดของทุกรายการ', 'Sum of discount_amount over all items', '10'),
    tax_amount: Decimal('ภาษีทั้งหมด', 'Total tax', '15.4'),
    tax_added_amount: Decimal('ส่วนของภาษีที่ไม่ได้รวมอยู่ในราคา', 'Tax that the prices do not include', '15.4'),
    service_charge_amount: Decimal('ค่าบริการ (Service charge)', 'Service charge', '0'),
    rounding_amount: Decimal('ยอดปัดเศษ ตั้งแต่ −1 ถึง 1', 'Rounding adjustment, from −1 to 1', '0'),
    total_amount: Decimal(
      'ยอดสุทธิของบิล ติดลบเมื่อเป็นการคืนสินค้าหรือเปลี่ยนสินค้า',
      'Sale total; negative for a return or an exchange that gives money back',
      '235.4',
    ),
    refunded_amount: Decimal('ผลรวมเงินที่คืนแล้ว', 'Total amount refunded', '65'),
    item_count: Count('จำนวนรายการในบิล', 'Number of items', 2),
    payments: Many(
      PAYMENT,
      'การชำระเงิน ผลรวมเท่ากับ total_amount เว้นแต่บิลเป็น OPEN หรือ VOIDED การคืนเงินไม่เปลี่ยนค่านี้',
      'Payments. Their sum is total_amount, unless the sale is OPEN or VOIDED. Refunds do not change payments',
    ),
    refunds: Many(REFUND, 'การคืนเงิน ผลรวมเท่ากับ refunded_amount', 'Refunds. Their sum is refunded_amount'),
    created_at: Time('เวลาที่สร้าง record', 'Time when the record was created', '2026-06-01T05:21:44.310Z'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-06-01T06:02:12.078Z'),
  },
)

export const SaleItem = Resource(
  'SaleItem',
  {
    table: 'sale_items',
    th: 'รายการในบิล ชื่อสินค้าและ SKU เป็นชื่อ ณ เวลาที่ขาย',
    en: 'An item of a sale. Product and SKU names are those at the time of the sale.',
  },
  {
    id: Id('ID ของรายการ', 'Item ID', '2e8d4f61-9b0c-4735-a1e8-7f3c5d2b9046'),
    product_sku_id: Id('ID ของ SKU', 'SKU ID', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42'),
    sku_code: MaybeEmpty(Text('รหัส SKU อาจเป็นข้อความว่าง', 'SKU code; can be empty', 'SKU-0042-L')),
    sku_name: Text('ชื่อ SKU ณ เวลาที่ขาย', 'SKU name at the time of the sale', 'แก้วใหญ่'),
    product_name: Text('ชื่อสินค้า ณ เวลาที่ขาย', 'Product name at the time of the sale', 'ชาไทยเย็น'),
    quantity: Decimal('จำนวน', 'Quantity', '2', UNIT_PLACES),
    unit_price: Decimal('ราคาต่อหน่วย', 'Price per unit', '65', UNIT_PLACES),
    discount_amount: Decimal(
      'ส่วนลดของรายการ รวมส่วนที่เฉลี่ยมาจากส่วนลดทั้งบิล',
      'Discount on the item, including its share of a discount on the whole sale',
      '10',
    ),
    tax_amount: Decimal('ภาษีของรายการ', 'Tax of the item', '8.4'),
    line_total: Decimal(
      'ยอดของรายการ = quantity × unit_price − discount_amount ปัดเป็นทศนิยม 2 ตำแหน่ง เว้นแต่ is_amount_fixed เป็น true',
      'quantity × unit_price − discount_amount, rounded to 2 decimal places, unless is_amount_fixed is true',
      '120',
    ),
    refunded_quantity: Decimal('จำนวนที่คืนแล้ว', 'Quantity refunded', '1', UNIT_PLACES),
    refunded_amount: Decimal('จำนวนเงินที่คืนแล้วของรายการ', 'Amount refunded for the item', '65'),
    is_fully_refunded: Computed(
      Flag(
        'คืนครบจำนวนแล้วหรือไม่ เป็น false เสมอเมื่อจำนวนไม่มากกว่า 0',
        'Whether the whole quantity was refunded; always false for quantities that are not above 0',
        false,
      ),
      'quantity > 0 and refunded_quantity >= quantity',
    ),
    is_amount_fixed: Defaulted(
      Flag(
        'line_total เป็นยอดที่เครื่องขายกำหนด ไม่ได้คำนวณจากจำนวนและราคา',
        'Whether line_total is the amount that the till states, not computed from quantity and price',
        false,
      ),
      false,
    ),
    created_at: Time('เวลาที่สร้าง record', 'Time when the record was created', '2026-06-01T05:21:44.310Z'),
  },
)

/** A sale with its items, for requests with `include=items`. */
export const SaleWithItems = WithItems(Sale, {
  of: SaleItem,
  by: 'sale_id',
  th: 'รายการทั้งหมดในบิล มีเฉพาะเมื่อคำขอมี `include=items`',
  en: 'All items of the sale; present only with `include=items`',
})
