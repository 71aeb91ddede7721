import { COUNTED } from '../../contract/counted_sales.ts'
import { ExternalId } from '../../contract/external_id.ts'
import {
  Choice,
  Computed,
  Count,
  Day,
  Decimal,
  Defaulted,
  type Fields,
  Flag,
  Grown,
  Id,
  Many,
  MaybeEmpty,
  Nullable,
  OfBranch,
  OpenChoice,
  OwnTexts,
  Resource,
  Text,
  Time,
  WithItems,
} from '../../contract/schema.ts'
import { TAX_CATEGORIES } from '../../contract/tax_categories.ts'
import { LONG_TEXT_MAX_LENGTH, TEXTS_MAX, UNIT_PLACES, WORD_MAX_LENGTH } from '../../limits.ts'

export const SALE_STATUSES = ['OPEN', 'COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED'] as const

// biome-ignore format: one line reads better
export const PAYMENT_METHODS = ['CASH', 'CARD', 'QR', 'TRANSFER', 'WALLET', 'POINTS', 'CREDIT', 'OTHER', 'GIFT_CARD', 'VOUCHER', 'CHEQUE', 'STORE_CREDIT'] as const

/** Kinds of items. The last three are no revenue of goods, and add up to other_amount. */
export const ITEM_KINDS = ['GOODS', 'SERVICE', 'GIFT_CARD', 'DEPOSIT', 'FEE'] as const
export const OTHER_KINDS = ITEM_KINDS.slice(2)

export const CHANNELS = ['COUNTER', 'DINE_IN', 'TAKEAWAY', 'DELIVERY', 'ONLINE'] as const

/** Describes a reference of the sender: never the name of a person. */
const Reference = (th: string, en: string, example: string) => Nullable(Text(th, en, example, WORD_MAX_LENGTH))

/** A payment. Stored inside its sale, in the form that partners see. */
export const PAYMENT = {
  method: Choice(PAYMENT_METHODS, 'วิธีชำระเงิน', 'Payment method', 'QR'),
  amount: Decimal('จำนวนเงินที่ได้รับ หลังหักเงินทอน', 'Amount received, less change', '235.4'),
  paid_at: Nullable(
    Time('เวลาที่ชำระ เป็น null สำหรับ CREDIT', 'Time of the payment; null for CREDIT', '2026-06-01T05:21:40.000Z'),
  ),
  tendered_amount: Nullable(Decimal('จำนวนเงินที่ลูกค้ายื่นให้', 'Amount that the customer handed over', '300')),
  change_amount: Nullable(Decimal('เงินทอน', 'Change', '64.6')),
  card_brand: Nullable(Text('ยี่ห้อของบัตร', 'Card brand', 'VISA', WORD_MAX_LENGTH)),
  card_last4: Nullable(Text('เลขท้าย 4 ตัวของบัตร', 'Last four digits of the card', '4242', 4)),
  reference: Reference(
    'เลขอ้างอิงของระบบต้นทาง เช่น เลขที่อนุมัติ',
    'Reference of the source system, such as an approval code',
    'APPR-0042',
  ),
  settled_at: Nullable(
    Time('เวลาที่รับชำระของ CREDIT', 'Time at which a CREDIT payment was settled', '2026-06-15T03:00:00.000Z'),
  ),
}

/** A refund. Stored inside its sale, in the form that partners see. */
export const REFUND = {
  id: Id('ID ของการคืนเงิน', 'Refund ID', 'e4c7a2f9-61d3-4b80-95fe-3a8d0b6c1e72'),
  method: Choice(PAYMENT_METHODS, 'วิธีคืนเงิน', 'Refund method', 'CASH'),
  amount: Decimal('จำนวนเงินที่คืน', 'Amount refunded', '65'),
  refunded_at: Time('เวลาที่คืนเงิน', 'Time of the refund', '2026-06-01T06:02:11.000Z'),
  reason: Nullable(Text('เหตุผลที่คืนเงิน', 'Reason for the refund', 'สินค้าชำรุด')),
  item_ids: Defaulted(
    Many(
      Id('ID ของรายการ', 'Item ID', '2e8d4f61-9b0c-4735-a1e8-7f3c5d2b9046'),
      'ID ของรายการที่คืน อาจว่าง',
      'IDs of the refunded items; can be empty',
    ),
    [],
  ),
  branch_id: OfBranch(
    Nullable(
      Id(
        'สาขาที่คืนเงิน เป็น null เมื่อไม่ทราบ หรือเมื่อ Token ไม่มีสิทธิ์เข้าถึงสาขานั้น',
        'Branch that gave the money back; null if not known, or if the token cannot access the branch',
        'b1f85720-71cf-420e-a584-e36b75d3fd20',
      ),
    ),
  ),
  reference: Reference('เลขอ้างอิงของระบบต้นทาง', 'Reference of the source system', 'RF-0007'),
}

/** A part of the tax with one rate and category. Stored inside its sale. */
export const TAX_LINE = {
  rate: Decimal('อัตราภาษี (%)', 'Tax rate in percent', '7', UNIT_PLACES),
  category: Choice(TAX_CATEGORIES, 'ประเภทภาษี', 'Tax category', 'STANDARD'),
  base: Decimal('ฐานภาษี', 'Amount that is taxed', '220'),
  amount: Decimal('ภาษี', 'Tax', '15.4'),
}

/** A charge on the whole sale. Stored inside its sale. */
export const CHARGE = {
  name: Text('ชื่อค่าใช้จ่าย', 'Name of the charge', 'ค่าจัดส่ง'),
  amount: Decimal('จำนวนเงิน', 'Amount', '40'),
  tax_amount: Defaulted(Decimal('ภาษีของค่าใช้จ่าย', 'Tax of the charge', '2.8'), '0'),
}

/** What a till may know beyond the sums. Older senders omit all of it. */
const MORE: Fields = {
  tax_lines: Defaulted(
    Many(
      TAX_LINE,
      'ภาษีแยกตามอัตราและประเภท ผลรวม amount เท่ากับ tax_amount หากไม่ว่าง',
      'Tax by rate and category. The amounts add up to tax_amount, unless the list is empty',
    ),
    [],
  ),
  tax_invoice_number: Reference('เลขที่ใบกำกับภาษี', 'Number of the tax invoice', 'IV-2606-0042'),
  tip_amount: Defaulted(
    Decimal('ทิป ไม่รวมใน total_amount และรายได้', 'Tip; not a part of total_amount or revenue', '0'),
    '0',
  ),
  charges: Defaulted(
    Many(
      CHARGE,
      'ค่าใช้จ่ายของทั้งบิล เช่น ค่าจัดส่ง รวมอยู่ใน total_amount',
      'Charges on the whole sale, such as delivery. They are a part of total_amount',
      [],
    ),
    [],
  ),
  channel: Nullable(
    OpenChoice(
      CHANNELS,
      'ช่องทางขาย เป็นคำเหล่านี้หรือคำของระบบต้นทาง',
      'Sales channel: one of these words, or a word of the source system',
      'DINE_IN',
    ),
  ),
  source: Nullable(
    Text('แหล่งที่มาของบิล เช่น Grab, LINE MAN', 'Source of the sale, such as Grab or LINE MAN', 'Grab', WORD_MAX_LENGTH),
  ),
  staff_ref: Reference('รหัสพนักงานของระบบต้นทาง ไม่ใช่ชื่อ', 'Reference to the member of staff, never a name', 'STAFF-07'),
  register_ref: Reference('รหัสเครื่องขาย', 'Reference to the till', 'POS-2'),
  shift_ref: Reference('รหัสกะ', 'Reference to the shift', '2026-06-01-A'),
  guest_count: Nullable(Count('จำนวนลูกค้า', 'Number of guests', 2)),
  note: Nullable(
    Text(
      'หมายเหตุ ห้ามใส่ข้อมูลส่วนบุคคลของลูกค้า',
      'Note. It must not contain personal data of customers',
      'แยกน้ำแข็ง',
      LONG_TEXT_MAX_LENGTH,
    ),
  ),
  void_reason: Nullable(Text('เหตุผลที่ยกเลิก', 'Reason for voiding the sale', 'คีย์ผิด')),
  return_of: Nullable(
    Id(
      'ID ของบิลที่นำสินค้ามาคืน ซึ่งอาจไม่มีใน Talad',
      'ID of the sale that is returned; the sale may not exist in this system',
      '7c1d9e4a-2b85-4f60-a3c7-5d8e0f1b6a29',
    ),
  ),
  other_amount: Decimal(
    'ส่วนของยอดที่เป็น Gift card, มัดจำ และค่าธรรมเนียม คือผลรวม line_total ของรายการ GIFT_CARD, DEPOSIT และ FEE',
    'What of the total is gift cards, deposits and fees: the sum of line_total over the items of kind GIFT_CARD, DEPOSIT and FEE',
    '0',
  ),
  external: Nullable(
    OwnTexts(
      `ข้อมูลของระบบต้นทาง เป็น object ของข้อความสั้นไม่เกิน ${TEXTS_MAX} รายการ`,
      `The source system's own data: an object of at most ${TEXTS_MAX} short texts`,
      { table: '12' },
    ),
  ),
  external_id: ExternalId('0042-17'),
}

export const Sale = Resource(
  'Sale',
  {
    table: 'sales',
    th: 'บิลขายของสาขา ยอดของทุกบิลคำนวณจากสูตร: total_amount = subtotal + service_charge_amount + charges + tax_added_amount + rounding_amount',
    en: 'A sale of a branch. For every sale, total_amount = subtotal + service_charge_amount + charges + tax_added_amount + rounding_amount.',
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
    payments: Grown(
      Many(
        PAYMENT,
        'การชำระเงิน ผลรวมเท่ากับ total_amount + tip_amount เว้นแต่บิลเป็น OPEN หรือ VOIDED การคืนเงินไม่เปลี่ยนค่านี้',
        'Payments. Their sum is total_amount + tip_amount, unless the sale is OPEN or VOIDED. Refunds do not change payments',
      ),
      'tendered_amount',
    ),
    refunds: Grown(
      Many(REFUND, 'การคืนเงิน ผลรวมเท่ากับ refunded_amount', 'Refunds. Their sum is refunded_amount'),
      'reason',
    ),
    ...MORE,
    created_at: Time('สร้างเมื่อ', 'Time when the record was created', '2026-06-01T05:21:44.310Z'),
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
    product_sku_id: Nullable(
      Id(
        'ID ของ SKU เป็น null เมื่อเป็นรายการที่ไม่มี SKU',
        'SKU ID; null for an open item without a SKU',
        '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42',
      ),
    ),
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
    parent_item_id: Nullable(
      Id(
        'ID ของรายการหลักในบิลเดียวกัน สำหรับตัวเลือกเสริมและส่วนของชุดสินค้า ยอดของรายการย่อยนับครั้งเดียว',
        'ID of the parent item in the same sale, for modifiers and parts of a bundle. Amounts of a child count once',
        '6b3e1f80-4a29-4c57-9d06-8e2f7a5c1b34',
      ),
    ),
    kind: Defaulted(
      Choice(
        ITEM_KINDS,
        'ชนิดของรายการ GIFT_CARD, DEPOSIT และ FEE ไม่ใช่รายได้จากสินค้า และรวมอยู่ใน other_amount',
        'Kind of item. GIFT_CARD, DEPOSIT and FEE are no revenue of goods and add up to other_amount',
        'GOODS',
      ),
      'GOODS',
    ),
    tax_category: Nullable(Choice(TAX_CATEGORIES, 'ประเภทภาษี', 'Tax category', 'STANDARD')),
    note: Nullable(
      Text('หมายเหตุ ห้ามใส่ข้อมูลส่วนบุคคลของลูกค้า', 'Note. It must not contain personal data of customers', 'หวานน้อย'),
    ),
    is_amount_fixed: Defaulted(
      Flag(
        'line_total เป็นยอดที่เครื่องขายกำหนด ไม่ได้คำนวณจากจำนวนและราคา',
        'Whether line_total is the amount that the till states, not computed from quantity and price',
        false,
      ),
      false,
    ),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created', '2026-06-01T05:21:44.310Z'),
  },
)

/** A sale with its items, for requests with `include=items`. */
export const SaleWithItems = WithItems(Sale, {
  of: SaleItem,
  by: 'sale_id',
  th: 'รายการทั้งหมดในบิล มีเฉพาะเมื่อคำขอมี `include=items`',
  en: 'All items of the sale; present only with `include=items`',
})
