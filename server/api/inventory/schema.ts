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
} from '../../http/schema.ts'
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
  MaybeEmpty(Text('รหัส SKU ในขณะนี้ อาจเป็นข้อความว่าง', 'SKU code as it is now; may be empty', 'SKU-0042-L')),
  {
    ...ofSku,
    column: 'sku_code',
  },
)
const SKU_NAME = Live(Text('ชื่อ SKU ในขณะนี้', 'SKU name as it is now', 'แก้วใหญ่'), {
  ...ofSku,
  column: 'sku_name',
})

export const StockLevel = Resource(
  'StockLevel',
  {
    table: 'stock_levels',
    th: 'สต็อกคงเหลือของ SKU หนึ่งในคลังหนึ่ง ณ ขณะนี้',
    en: 'How much of one SKU lies in one warehouse now.',
  },
  {
    id: Id('รหัสอ้างอิงของสต็อก', 'Stock level ID', '6b3f9d14-2c7e-5a80-9f46-d1e8a5b7c320'),
    branch_id: Id('สาขาของคลัง', 'Branch of the warehouse', BRANCH),
    warehouse_id: Id('รหัสอ้างอิงของคลัง', 'Warehouse ID', WAREHOUSE),
    warehouse_name: Live(Text('ชื่อคลังในขณะนี้', 'Name of the warehouse as it is now', 'Main Storage'), {
      ...ofWarehouse,
      column: 'name',
    }),
    product_sku_id: Id('รหัสอ้างอิงของ SKU', 'SKU ID', SKU),
    sku_code: SKU_CODE,
    sku_name: SKU_NAME,
    product_id: Live(Id('รหัสอ้างอิงของสินค้า', 'Product ID', '3c9e1a74-5d28-4f6b-8e07-b1a2d4c6f835'), {
      ...ofSku,
      column: 'product_id',
    }),
    product_name: Live(Text('ชื่อสินค้าในขณะนี้', 'Name of the product as it is now', 'ชาไทยเย็น'), {
      ...ofSku,
      column: 'product_name',
    }),
    quantity_on_hand: Decimal('จำนวนคงเหลือ อาจติดลบ', 'Quantity that lies there; may be negative', '24', UNIT_PLACES),
    quantity_reserved: Decimal('จำนวนที่จองไว้', 'Quantity that is reserved', '4', UNIT_PLACES),
    quantity_available: Computed(
      Decimal('จำนวนที่ใช้ได้ = คงเหลือ − จองไว้', 'On hand less reserved', '20', UNIT_PLACES),
      'quantity_on_hand - quantity_reserved',
    ),
    reorder_point: Nullable(Decimal('จุดสั่งซื้อ', 'Level at which to order again', '10', UNIT_PLACES)),
    unit_cost: Nullable(Decimal('ต้นทุนต่อหน่วย', 'Cost of one unit', '52.5', UNIT_PLACES)),
    stock_value: Nullable(
      Computed(
        Decimal(
          'มูลค่าสต็อก = คงเหลือ × ต้นทุนต่อหน่วย ปัดเป็นทศนิยม 2 ตำแหน่ง (ครึ่งหนึ่งปัดออกจากศูนย์)',
          'On hand × cost of one unit, in two decimals (halves away from zero)',
          '1260',
        ),
        'stock_value(quantity_on_hand, unit_cost)',
      ),
    ),
    is_out_of_stock: Computed(
      Flag('สินค้าหมดหรือไม่ (จำนวนที่ใช้ได้ ≤ 0)', 'Whether none is available', false),
      'quantity_on_hand - quantity_reserved <= 0',
    ),
    created_at: Time('เวลาที่สร้าง record', 'When the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'When the record was last changed', '2026-05-11T15:14:06.138Z'),
  },
)

export const StockMovement = Resource(
  'StockMovement',
  {
    table: 'stock_movements',
    th: 'ความเคลื่อนไหวของสต็อก ต่อกันเป็นลูกโซ่ตามลำดับที่ระบบได้รับ เริ่มจาก 0: quantity_after = quantity_before + quantity',
    en: 'A movement of stock. Those of a SKU in a warehouse are a chain in the order of receipt that starts at 0: quantity_after = quantity_before + quantity.',
  },
  {
    id: Id('รหัสอ้างอิงของความเคลื่อนไหว', 'Movement ID', 'f0a6c3e8-7b15-4d92-86c4-1e9d5f2a7b30'),
    branch_id: Id('สาขาของคลัง', 'Branch of the warehouse', BRANCH),
    warehouse_id: Id('รหัสอ้างอิงของคลัง', 'Warehouse ID', WAREHOUSE),
    product_sku_id: Id('รหัสอ้างอิงของ SKU', 'SKU ID', SKU),
    sku_code: SKU_CODE,
    sku_name: SKU_NAME,
    movement_type: Choice(MOVEMENT_TYPES, 'ประเภทความเคลื่อนไหว', 'Type of the movement', 'SALE'),
    quantity: Decimal(
      'จำนวนที่เปลี่ยน ติดลบเมื่อออกจากคลัง',
      'Change of the quantity; negative when it leaves',
      '-2',
      UNIT_PLACES,
    ),
    quantity_before: Decimal('จำนวนก่อนหน้า', 'Quantity before', '26', UNIT_PLACES),
    quantity_after: Decimal('จำนวนหลังจากนั้น', 'Quantity after', '24', UNIT_PLACES),
    unit_cost: Nullable(Decimal('ต้นทุนต่อหน่วย', 'Cost of one unit', '52.5', UNIT_PLACES)),
    reference_type: Nullable(Text('ชนิดของเอกสารอ้างอิง', 'What it belongs to', 'sale')),
    reference_id: Nullable(
      Id(
        'รหัสของเอกสารอ้างอิง',
        'ID of what it belongs to; may not be known here',
        '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58',
      ),
    ),
    note: Nullable(Text('หมายเหตุ', 'Note', 'ขายหน้าร้าน', LONG_TEXT_MAX_LENGTH)),
    occurred_at: Time('เวลาที่เกิดขึ้นจริงที่ร้าน', 'When it happened at the shop', '2026-06-01T05:21:37.000Z'),
    created_at: Time('เวลาที่สร้าง record', 'When the record was created', '2026-06-01T05:21:44.310Z'),
  },
)

export const Warehouse = Resource(
  'Warehouse',
  { table: 'warehouses', th: 'คลังสินค้าของสาขา', en: 'A warehouse of a branch.' },
  {
    id: Id('รหัสอ้างอิงของคลัง', 'Warehouse ID', WAREHOUSE),
    branch_id: Id('สาขาของคลัง', 'Branch it belongs to', BRANCH),
    code: Text('รหัสคลัง', 'Warehouse code', 'BKK01-MAIN'),
    name: Text('ชื่อคลัง', 'Name', 'Main Storage'),
    is_active: Flag('ใช้งานอยู่หรือไม่', 'Whether the warehouse is in use'),
    created_at: Time('เวลาที่สร้าง record', 'When the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'When the record was last changed'),
  },
)
