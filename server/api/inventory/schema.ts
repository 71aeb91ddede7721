import { AddedExternalId } from '../../contract/external_id.ts'
import {
  Choice,
  Computed,
  Decimal,
  Flag,
  Id,
  Live,
  MaybeEmpty,
  Nullable,
  Resource,
  Text,
  Time,
} from '../../contract/schema.ts'
import { LONG_TEXT_MAX_LENGTH, UNIT_PLACES } from '../../limits.ts'

export const MOVEMENT_TYPES = [
  'SALE',
  'REFUND',
  'PURCHASE_RECEIPT',
  'TRANSFER_IN',
  'TRANSFER_OUT',
  'ADJUSTMENT',
  'STOCK_COUNT',
  'WASTE',
] as const

const BRANCH = 'b1f85720-71cf-420e-a584-e36b75d3fd20'
const WAREHOUSE = '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9'
const SKU = '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42'

const ofWarehouse = { table: 'warehouses', by: 'warehouse_id' }
const ofSku = { table: 'product_skus', by: 'product_sku_id' }

const SKU_CODE = Live(
  MaybeEmpty(Text('รหัส SKU ปัจจุบัน อาจเป็นข้อความว่าง', 'Current SKU code; can be empty', 'SKU-0042-L')),
  {
    ...ofSku,
    column: 'sku_code',
  },
)
const SKU_NAME = Live(Text('ชื่อ SKU ปัจจุบัน', 'Current SKU name', 'แก้วใหญ่'), {
  ...ofSku,
  column: 'sku_name',
})

export const StockLevel = Resource(
  'StockLevel',
  {
    table: 'stock_levels',
    th: 'สต็อกคงเหลือปัจจุบันของ SKU หนึ่งรายการในคลังสินค้าหนึ่งแห่ง',
    en: 'The current stock of one SKU in one warehouse.',
  },
  {
    id: Id('ID ของสต็อก', 'Stock level ID', '6b3f9d14-2c7e-5a80-9f46-d1e8a5b7c320'),
    branch_id: Id('สาขาของคลังสินค้า', 'Branch of the warehouse', BRANCH),
    warehouse_id: Id('ID ของคลังสินค้า', 'Warehouse ID', WAREHOUSE),
    warehouse_name: Live(Text('ชื่อคลังสินค้าปัจจุบัน', 'Current warehouse name', 'Main Storage'), {
      ...ofWarehouse,
      column: 'name',
    }),
    product_sku_id: Id('ID ของ SKU', 'SKU ID', SKU),
    sku_code: SKU_CODE,
    sku_name: SKU_NAME,
    product_id: Live(Id('ID ของสินค้า', 'Product ID', '3c9e1a74-5d28-4f6b-8e07-b1a2d4c6f835'), {
      ...ofSku,
      column: 'product_id',
    }),
    product_name: Live(Text('ชื่อสินค้าปัจจุบัน', 'Current product name', 'ชาไทยเย็น'), {
      ...ofSku,
      column: 'product_name',
    }),
    quantity_on_hand: Decimal('จำนวนคงเหลือ อาจติดลบ', 'Quantity on hand; can be negative', '24', UNIT_PLACES),
    quantity_reserved: Decimal('จำนวนที่จองไว้', 'Quantity reserved', '4', UNIT_PLACES),
    quantity_available: Computed(
      Decimal(
        'จำนวนที่พร้อมขาย = quantity_on_hand − quantity_reserved',
        'Quantity available: quantity_on_hand − quantity_reserved',
        '20',
        UNIT_PLACES,
      ),
      'quantity_on_hand - quantity_reserved',
    ),
    reorder_point: Nullable(
      Decimal(
        'จุดสั่งซื้อ (Reorder point): จำนวนที่ควรสั่งซื้อเพิ่ม',
        'Reorder point: the quantity at which to reorder',
        '10',
        UNIT_PLACES,
      ),
    ),
    unit_cost: Nullable(Decimal('ต้นทุนต่อหน่วย', 'Cost per unit', '52.5', UNIT_PLACES)),
    stock_value: Nullable(
      Computed(
        Decimal(
          'มูลค่าสต็อก = quantity_on_hand × unit_cost ปัดเป็นทศนิยม 2 ตำแหน่งแบบ Half away from zero',
          'quantity_on_hand × unit_cost, rounded half away from zero to 2 decimal places',
          '1260',
        ),
        'stock_value(quantity_on_hand, unit_cost)',
      ),
    ),
    is_out_of_stock: Computed(
      Flag('สินค้าหมดหรือไม่ (quantity_available ≤ 0)', 'Whether the SKU is out of stock (quantity_available ≤ 0)', false),
      'quantity_on_hand - quantity_reserved <= 0',
    ),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:14:06.138Z'),
    external_id: AddedExternalId('BIN-0042'),
  },
)

export const StockMovement = Resource(
  'StockMovement',
  {
    table: 'stock_movements',
    th: 'ความเคลื่อนไหวของสต็อก ยอดของ SKU หนึ่งรายการในคลังสินค้าหนึ่งแห่งต่อเนื่องกันตามลำดับที่ Talad ได้รับ เริ่มจาก 0: quantity_after = quantity_before + quantity',
    en: 'A stock movement. The movements of a SKU in a warehouse form a chain in the order in which we received them, starting at 0: quantity_after = quantity_before + quantity.',
  },
  {
    id: Id('ID ของความเคลื่อนไหว', 'Movement ID', 'f0a6c3e8-7b15-4d92-86c4-1e9d5f2a7b30'),
    branch_id: Id('สาขาของคลังสินค้า', 'Branch of the warehouse', BRANCH),
    warehouse_id: Id('ID ของคลังสินค้า', 'Warehouse ID', WAREHOUSE),
    product_sku_id: Id('ID ของ SKU', 'SKU ID', SKU),
    sku_code: SKU_CODE,
    sku_name: SKU_NAME,
    movement_type: Choice(MOVEMENT_TYPES, 'ประเภทความเคลื่อนไหว', 'Movement type', 'SALE'),
    quantity: Decimal(
      'จำนวนที่เปลี่ยน ติดลบเมื่อสินค้าออกจากคลังสินค้า',
      'Change in quantity; negative when stock leaves the warehouse',
      '-2',
      UNIT_PLACES,
    ),
    quantity_before: Decimal('จำนวนก่อนการเปลี่ยนแปลง', 'Quantity before the movement', '26', UNIT_PLACES),
    quantity_after: Decimal('จำนวนหลังการเปลี่ยนแปลง', 'Quantity after the movement', '24', UNIT_PLACES),
    unit_cost: Nullable(Decimal('ต้นทุนต่อหน่วย', 'Cost per unit', '52.5', UNIT_PLACES)),
    reference_type: Nullable(Text('ชนิดของเอกสารอ้างอิง', 'Type of the related document', 'sale')),
    reference_id: Nullable(
      Id(
        'ID ของเอกสารอ้างอิง ซึ่งอาจไม่มีใน Talad',
        'ID of the related document, which may not exist in this system',
        '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58',
      ),
    ),
    note: Nullable(Text('หมายเหตุ', 'Note', 'ขายหน้าร้าน', LONG_TEXT_MAX_LENGTH)),
    occurred_at: Time('เวลาที่ความเคลื่อนไหวเกิดขึ้นที่ร้าน', 'Time of the movement at the shop', '2026-06-01T05:21:37.000Z'),
    created_at: Time(
      'เวลาที่ Talad ได้รับความเคลื่อนไหว (Ingest ไม่ใช้ค่าที่ส่งมา)',
      'Time when we received the movement; ingest ignores a value that is sent',
      '2026-06-01T05:21:44.310Z',
    ),
    external_id: AddedExternalId('MOVE-88123'),
  },
)

export const Warehouse = Resource(
  'Warehouse',
  { table: 'warehouses', th: 'คลังสินค้าของสาขา', en: 'A warehouse of a branch.' },
  {
    id: Id('ID ของคลังสินค้า', 'Warehouse ID', WAREHOUSE),
    branch_id: Id('สาขาของคลังสินค้า', 'Branch of the warehouse', BRANCH),
    code: Text('รหัสคลังสินค้า', 'Warehouse code', 'BKK01-MAIN'),
    name: Text('ชื่อคลังสินค้า', 'Name', 'Main Storage'),
    is_active: Flag('คลังสินค้านี้ใช้งานอยู่หรือไม่', 'Whether the warehouse is active'),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated'),
    external_id: AddedExternalId('WH-01'),
  },
)
