import {
  Choice,
  Computed,
  Count,
  Day,
  Decimal,
  Flag,
  Id,
  Many,
  MaybeEmpty,
  Nullable,
  Resource,
  Text,
  Time,
} from '../../http/schema.ts'
import { UNIT_PLACES } from '../../limits.ts'

export const SALE_STATUSES = ['OPEN', 'COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED'] as const

export const PAYMENT_METHODS = ['CASH', 'CARD', 'QR', 'TRANSFER', 'WALLET', 'POINTS', 'CREDIT', 'OTHER'] as const

/** What was paid, and how. Stored inside its sale, as it is shown. */
export const PAYMENT = {
  method: Choice(PAYMENT_METHODS, 'วิธีชำระเงิน', 'How it was paid', 'QR'),
  amount: Decimal('จำนวนเงินที่รับไว้ หลังหักเงินทอน', 'What was kept, after change', '235.4'),
  paid_at: Nullable(
    Time('เวลาที่ชำระ เป็น null สำหรับ CREDIT', 'When it was paid; null for CREDIT', '2026-06-01T05:21:40.000Z'),
  ),
}

/** What was given back. Stored inside its sale, as it is shown. */
export const REFUND = {
  id: Id('รหัสอ้างอิงของการคืนเงิน', 'Refund ID', 'e4c7a2f9-61d3-4b80-95fe-3a8d0b6c1e72'),
  method: Choice(PAYMENT_METHODS, 'วิธีคืนเงิน', 'How it was given back', 'CASH'),
  amount: Decimal('จำนวนเงินที่คืน', 'What was given back', '65'),
  refunded_at: Time('เวลาที่คืนเงิน', 'When it was given back', '2026-06-01T06:02:11.000Z'),
}

export const Sale = Resource(
  'Sale',
  {
    table: 'sales',
    th: 'บิลขายของสาขา ยอดของทุกบิลเป็นไปตามสูตร: total_amount = subtotal + service_charge_amount + tax_added_amount + rounding_amount',
    en: 'A sale of a branch. For each one total_amount = subtotal + service_charge_amount + tax_added_amount + rounding_amount.',
  },
  {
    id: Id('รหัสอ้างอิงของบิล', 'Sale ID', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58'),
    order_number: Text('เลขที่บิล', 'Number of the sale', 'BKK01-260601-0042'),
    branch_id: Id('สาขาที่ขาย', 'Branch that sold', 'b1f85720-71cf-420e-a584-e36b75d3fd20'),
    customer_id: Nullable(
      Id('รหัสอ้างอิงของลูกค้า', 'Customer ID; the customer may not be known here', '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'),
    ),
    status: Choice(SALE_STATUSES, 'สถานะบิล', 'Status of the sale', 'PARTIALLY_REFUNDED'),
    order_date: Time('เวลาที่ขาย', 'When it was sold', '2026-06-01T05:21:37.000Z'),
    business_date: Day(
      'วันทำการของบิล ตามเขตเวลาและเวลาเริ่มวันของธุรกิจ',
      "The business day it belongs to, by the business's time zone and the hour at which its day starts",
      '2026-06-01',
    ),
    subtotal: Decimal('ผลรวม line_total ของทุกรายการ', "Sum of the items' line_total", '220'),
    discount_amount: Decimal('ผลรวมส่วนลดของทุกรายการ', "Sum of the items' discount_amount", '10'),
    tax_amount: Decimal('ภาษีทั้งหมด', 'Tax in all', '15.4'),
    tax_added_amount: Decimal('ส่วนของภาษีที่ไม่ได้รวมอยู่ในราคา', 'The part of the tax that is not inside the prices', '15.4'),
    service_charge_amount: Decimal('ค่าบริการ (Service charge)', 'Service charge', '0'),
    rounding_amount: Decimal('การปัดเศษ น้อยกว่า 1 บาททั้งบวกและลบ', 'Rounding, less than 1 either way', '0'),
    total_amount: Decimal('ยอดสุทธิของบิล', 'Total of the sale', '235.4'),
    refunded_amount: Decimal('ผลรวมเงินที่คืนแล้ว', 'Sum of the refunds', '65'),
    item_count: Count('จำนวนรายการในบิล', 'Number of items', 2),
    payments: Many(
      PAYMENT,
      'การชำระเงิน ผลรวมเท่ากับ total_amount เว้นแต่บิลเป็น OPEN หรือ VOIDED การคืนเงินไม่เปลี่ยนค่านี้',
      'What was paid: total_amount in all, unless the sale is OPEN or VOIDED. Refunds do not change it',
    ),
    refunds: Many(REFUND, 'การคืนเงิน ผลรวมเท่ากับ refunded_amount', 'What was given back: refunded_amount in all'),
    created_at: Time('เวลาที่สร้าง record', 'When the record was created', '2026-06-01T05:21:44.310Z'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'When the record was last changed', '2026-06-01T06:02:12.078Z'),
  },
)

export const SaleItem = Resource(
  'SaleItem',
  {
    table: 'sale_items',
    th: 'รายการในบิล ชื่อสินค้าและ SKU เป็นชื่อ ณ เวลาที่ขาย',
    en: 'An item of a sale. Its names are as they were when it was sold.',
  },
  {
    id: Id('รหัสอ้างอิงของรายการ', 'Item ID', '2e8d4f61-9b0c-4735-a1e8-7f3c5d2b9046'),
    product_sku_id: Id('รหัสอ้างอิงของ SKU', 'SKU ID', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42'),
    sku_code: MaybeEmpty(Text('รหัส SKU อาจเป็นข้อความว่าง', 'SKU code; may be empty', 'SKU-0042-L')),
    sku_name: Text('ชื่อ SKU ณ เวลาที่ขาย', 'SKU name when it was sold', 'แก้วใหญ่'),
    product_name: Text('ชื่อสินค้า ณ เวลาที่ขาย', 'Product name when it was sold', 'ชาไทยเย็น'),
    quantity: Decimal('จำนวน', 'Quantity', '2', UNIT_PLACES),
    unit_price: Decimal('ราคาต่อหน่วย', 'Price of one unit', '65', UNIT_PLACES),
    discount_amount: Decimal(
      'ส่วนลดของรายการ รวมส่วนที่เฉลี่ยมาจากส่วนลดทั้งบิล',
      'Discount on the item, its share of a discount on the whole sale included',
      '10',
    ),
    tax_amount: Decimal('ภาษีของรายการ', 'Tax of the item', '8.4'),
    line_total: Decimal(
      'ยอดของรายการ = quantity × unit_price − discount_amount ปัดเป็นทศนิยม 2 ตำแหน่ง',
      'quantity × unit_price − discount_amount, in two decimals',
      '120',
    ),
    refunded_quantity: Decimal('จำนวนที่คืนแล้ว', 'Quantity given back', '1', UNIT_PLACES),
    refunded_amount: Decimal('เงินที่คืนแล้วของรายการ', 'What was given back for the item', '65'),
    is_fully_refunded: Computed(
      Flag('คืนครบทั้งจำนวนแล้วหรือไม่', 'Whether the whole quantity was given back', false),
      'refunded_quantity >= quantity',
    ),
    created_at: Time('เวลาที่สร้าง record', 'When the record was created', '2026-06-01T05:21:44.310Z'),
  },
)
