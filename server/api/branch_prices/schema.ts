import { ExternalId } from '../../contract/external_id.ts'
import { Decimal, Id, Resource, Time } from '../../contract/schema.ts'
import { UNIT_PLACES } from '../../limits.ts'

/** The price of a SKU at one branch. A record of its own, so that the till of a branch changes no other branch's price. */
export const BranchPrice = Resource(
  'BranchPrice',
  {
    table: 'branch_prices',
    th: 'ราคาของ SKU ที่สาขาหนึ่ง ใช้แทน `price` ของ SKU สาขาที่ไม่มีราคาของตนเองขายตาม `price` ของ SKU',
    en: "The price of a SKU at one branch, instead of the SKU's `price`. A branch without a price of its own sells at the SKU's `price`.",
  },
  {
    id: Id('ID ของราคาสาขา', 'Branch price ID', 'e3a97d52-4c18-4b6f-9d0a-7f2c8b5e1364'),
    branch_id: Id('ID ของสาขา', 'Branch ID', 'b1f85720-71cf-420e-a584-e36b75d3fd20'),
    product_sku_id: Id('ID ของ SKU', 'SKU ID', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42'),
    price: Decimal(
      'ราคาขายต่อหน่วยที่สาขานี้ รวมภาษีหรือไม่ตาม is_tax_included ของ SKU',
      'Price per unit at this branch; it includes tax if is_tax_included of the SKU is true',
      '72',
      UNIT_PLACES,
    ),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:14:06.138Z'),
    external_id: ExternalId('PRICE-BKK01-0042'),
  },
)
