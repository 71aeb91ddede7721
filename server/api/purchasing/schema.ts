import { AddedExternalId } from '../../contract/external_id.ts'
import {
  Choice,
  Count,
  DateOnly,
  Decimal,
  Id,
  Live,
  MaybeEmpty,
  Nullable,
  Resource,
  Text,
  Time,
  WithItems,
} from '../../contract/schema.ts'
import { LONG_TEXT_MAX_LENGTH, UNIT_PLACES } from '../../limits.ts'

export const ORDER_STATUSES = [
  'DRAFT',
  'PENDING_APPROVAL',
  'APPROVED',
  'PARTIALLY_RECEIVED',
  'FULLY_RECEIVED',
  'REJECTED',
  'CANCELLED',
] as const

export const SUPPLIER_STATUSES = ['ACTIVE', 'INACTIVE'] as const

const SUPPLIER = '0d8f3b62-4c17-49ae-9b05-e6a2f1c7d834'

export const PurchaseOrder = Resource(
  'PurchaseOrder',
  {
    table: 'purchase_orders',
    th: 'ใบสั่งซื้อของสาขา ยอดของทุกใบคำนวณจากสูตร: total_amount = subtotal + tax_added_amount',
    en: 'A purchase order of a branch. For every order, total_amount = subtotal + tax_added_amount.',
  },
  {
    id: Id('ID ของใบสั่งซื้อ', 'Purchase order ID', 'b7d3e9f1-2a64-4c58-8e90-6f1b5a3c7d20'),
    po_number: Text('เลขที่ใบสั่งซื้อ', 'Purchase order number', 'PO-2026-0042'),
    branch_id: Id('สาขาที่สั่งซื้อ', 'Branch that placed the order', 'b1f85720-71cf-420e-a584-e36b75d3fd20'),
    warehouse_id: Id('คลังสินค้าที่รับสินค้า', 'Warehouse that receives the goods', '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9'),
    supplier_id: Id('ID ของผู้จำหน่าย', 'Supplier ID', SUPPLIER),
    supplier_name: Live(Text('ชื่อผู้จำหน่ายปัจจุบัน', 'Current supplier name', 'บริษัท ชาดี จำกัด'), {
      table: 'suppliers',
      by: 'supplier_id',
      column: 'company_name',
    }),
    status: Choice(ORDER_STATUSES, 'สถานะใบสั่งซื้อ', 'Order status', 'APPROVED'),
    order_date: DateOnly('วันที่สั่งซื้อ', 'Order date', '2026-06-01T00:00:00.000Z'),
    expected_date: Nullable(DateOnly('วันที่คาดว่าจะได้รับสินค้า', 'Expected delivery date', '2026-06-08T00:00:00.000Z')),
    subtotal: Decimal('ผลรวม line_total ของทุกรายการ', 'Sum of line_total over all items', '5000'),
    discount_amount: Decimal('ผลรวมส่วนลดของทุกรายการ', 'Sum of discount_amount over all items', '250'),
    tax_amount: Decimal('ภาษีทั้งหมด', 'Total tax', '350'),
    tax_added_amount: Decimal('ส่วนของภาษีที่ไม่ได้รวมอยู่ในราคา', 'Tax that the prices do not include', '350'),
    total_amount: Decimal('ยอดสุทธิ', 'Order total', '5350'),
    item_count: Count('จำนวนรายการ', 'Number of items', 2),
    note: Nullable(Text('หมายเหตุ', 'Note', 'ส่งก่อน 10 โมง', LONG_TEXT_MAX_LENGTH)),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:14:06.138Z'),
    external_id: AddedExternalId('PO-2026-0117'),
  },
)

export const PurchaseOrderItem = Resource(
  'PurchaseOrderItem',
  {
    table: 'purchase_order_items',
    th: 'รายการในใบสั่งซื้อ ชื่อสินค้าและ SKU เป็นชื่อ ณ เวลาที่สั่งซื้อ',
    en: 'An item of a purchase order. Product and SKU names are those at the time of the order.',
  },
  {
    id: Id('ID ของรายการ', 'Item ID', '5a9c1e37-d0b4-4f26-8371-9e4d2c6b0af8'),
    product_sku_id: Id('ID ของ SKU', 'SKU ID', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42'),
    sku_code: MaybeEmpty(Text('รหัส SKU อาจเป็นข้อความว่าง', 'SKU code; can be empty', 'SKU-0042-L')),
    sku_name: Text('ชื่อ SKU ณ เวลาที่สั่งซื้อ', 'SKU name at the time of the order', 'แก้วใหญ่'),
    product_name: Text('ชื่อสินค้า ณ เวลาที่สั่งซื้อ', 'Product name at the time of the order', 'ชาไทยเย็น'),
    quantity_ordered: Decimal('จำนวนที่สั่ง', 'Quantity ordered', '100', UNIT_PLACES),
    quantity_received: Decimal(
      'จำนวนที่รับแล้ว อาจมากกว่าที่สั่ง',
      'Quantity received so far; can exceed quantity_ordered',
      '40',
      UNIT_PLACES,
    ),
    unit_cost: Decimal('ต้นทุนต่อหน่วย', 'Cost per unit', '52.5', UNIT_PLACES),
    discount_amount: Decimal('ส่วนลดของรายการ', 'Discount on the item', '250'),
    tax_amount: Decimal('ภาษีของรายการ', 'Tax of the item', '350'),
    line_total: Decimal(
      'ยอดของรายการ = quantity_ordered × unit_cost − discount_amount ปัดเป็นทศนิยม 2 ตำแหน่ง',
      'quantity_ordered × unit_cost − discount_amount, rounded to 2 decimal places',
      '5000',
    ),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
  },
)

/** An order with its items, for requests with `include=items`. */
export const PurchaseOrderWithItems = WithItems(PurchaseOrder, {
  of: PurchaseOrderItem,
  by: 'purchase_order_id',
  th: 'รายการทั้งหมดในใบสั่งซื้อ มีเฉพาะเมื่อคำขอมี `include=items`',
  en: 'All items of the order; present only with `include=items`',
})

export const Supplier = Resource(
  'Supplier',
  {
    table: 'suppliers',
    th: 'ผู้จำหน่ายของธุรกิจ เป็นข้อมูลระดับ Business ไม่แยกตามสาขา',
    en: 'A supplier of the business. Suppliers belong to the business, not to a branch.',
  },
  {
    id: Id('ID ของผู้จำหน่าย', 'Supplier ID', SUPPLIER),
    supplier_code: Text('รหัสผู้จำหน่าย', 'Supplier code', 'SUP-007'),
    company_name: Text('ชื่อบริษัท', 'Company name', 'บริษัท ชาดี จำกัด'),
    contact_name: Nullable(Text('ชื่อผู้ติดต่อ', 'Contact name', 'คุณวิชัย')),
    phone_number: Nullable(Text('เบอร์โทรศัพท์', 'Phone number', '021234567')),
    email: Nullable(Text('อีเมล', 'Email address', 'sales@chadee.example')),
    tax_id: Nullable(Text('เลขประจำตัวผู้เสียภาษี', 'Tax identification number', '0105551234567')),
    address: Nullable(Text('ที่อยู่', 'Street address', '88 ถนนพระราม 2', LONG_TEXT_MAX_LENGTH)),
    city: Nullable(Text('เมือง / เขต', 'City or district', 'จอมทอง')),
    province: Nullable(Text('จังหวัด', 'Province', 'กรุงเทพมหานคร')),
    postal_code: Nullable(Text('รหัสไปรษณีย์', 'Postal code', '10150')),
    country: Nullable(Text('ประเทศ', 'Country', 'Thailand')),
    payment_terms: Nullable(Text('เงื่อนไขการชำระเงิน', 'Payment terms', 'เครดิต 30 วัน')),
    status: Choice(SUPPLIER_STATUSES, 'สถานะผู้จำหน่าย', 'Supplier status', 'ACTIVE'),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:14:06.138Z'),
    external_id: AddedExternalId('VENDOR-12'),
  },
)
