import { canonicalMany } from '../../contract/canonical.ts'
import { AddedExternalId } from '../../contract/external_id.ts'
import {
  Choice,
  Decimal,
  Flag,
  Id,
  Live,
  Many,
  MaybeEmpty,
  Nullable,
  Resource,
  Text,
  Time,
} from '../../contract/schema.ts'
import { TAX_CATEGORIES } from '../../contract/tax_categories.ts'
import { LONG_TEXT_MAX_LENGTH, UNIT_PLACES } from '../../limits.ts'

const CATEGORY = 'd2719f86-3b4a-4d6e-9a51-7c0e8f4b2a13'

/** A variant of a product, such as a size or a flavour. Stored inside its product, in the form that partners see. */
export const SKU = {
  id: Id('ID ของ SKU', 'SKU ID', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42'),
  sku_code: MaybeEmpty(Text('รหัส SKU อาจเป็นข้อความว่าง', 'SKU code; can be empty', 'SKU-0042-L')),
  sku_name: Text('ชื่อ SKU', 'SKU name', 'แก้วใหญ่'),
  barcode: Nullable(Text('บาร์โค้ดหลัก ซึ่งอยู่ใน barcodes ด้วย', 'Main barcode; also in barcodes', '8850000000423')),
  unit: Nullable(Text('หน่วยขาย', 'Sales unit', 'แก้ว')),
  price: Decimal('ราคาขายต่อหน่วย', 'Price per unit', '65', UNIT_PLACES),
  is_tax_included: Flag('ราคารวมภาษีแล้วหรือไม่', 'Whether the price includes tax'),
  track_stock: Flag('นับสต็อกหรือไม่', 'Whether stock is tracked for the SKU'),
  is_active: Flag('SKU นี้ยังขายอยู่หรือไม่', 'Whether the SKU is still sold'),
  barcodes: Many(
    Text('บาร์โค้ด', 'Barcode', '8850000000423'),
    'บาร์โค้ดทั้งหมดของ SKU ตามลำดับที่ระบบของร้านส่ง',
    'All barcodes of the SKU, in the order in which the source system sent them',
    ['8850000000423', '18850000000420'],
  ),
  pack_quantity: Nullable(Decimal('จำนวนหน่วยย่อยในหนึ่งแพ็ก', 'Number of single units in a pack', '6', UNIT_PLACES)),
  tax_category: Nullable(
    Choice(
      TAX_CATEGORIES,
      'ประเภทภาษี: STANDARD (อัตราปกติ), ZERO (อัตราร้อยละ 0), EXEMPT (ยกเว้น)',
      'Tax category: STANDARD (the usual rate), ZERO (zero-rated) or EXEMPT',
      'STANDARD',
    ),
  ),
}

export type SkuValues = Record<string, unknown> & { id: string; sku_code: string }

/**
 * Returns a SKU with all of its keys, in their order. The barcodes of a sender that knows only one barcode are this one; the main
 * barcode of a sender that knows only the list is the first.
 */
export function completeSku<S extends SkuValues>(sku: S): S {
  const { barcode, barcodes } = sku as { barcode?: string | null; barcodes?: string[] }
  const whole: Record<string, unknown> = {
    ...sku,
    barcode: barcode ?? barcodes?.[0] ?? null,
    barcodes: barcodes ?? (barcode ? [barcode] : []),
  }
  return Object.fromEntries(Object.keys(SKU).map((name) => [name, whole[name] ?? null])) as S
}

/** Completes SKUs, and sorts them as partners see them: by the UTF-8 bytes of sku_code, then by id. */
export const sortedSkus = <S extends SkuValues>(skus: readonly S[]): S[] =>
  skus
    .map(completeSku)
    .sort((a, b) => Buffer.compare(Buffer.from(a.sku_code), Buffer.from(b.sku_code)) || (a.id < b.id ? -1 : 1))

/** Returns the text that the column products.skus stores. */
export const skusText = (skus: readonly SkuValues[]): string => canonicalMany(SKU, sortedSkus(skus))

export const Product = Resource(
  'Product',
  {
    table: 'products',
    th: 'สินค้าของธุรกิจ พร้อม SKU ทั้งหมด เป็นข้อมูลระดับ Business ไม่แยกตามสาขา',
    en: 'A product and its SKUs. Products belong to the business, not to a branch.',
  },
  {
    id: Id('ID ของสินค้า', 'Product ID', '3c9e1a74-5d28-4f6b-8e07-b1a2d4c6f835'),
    product_code: Text('รหัสสินค้า', 'Product code', 'P-0042'),
    product_name: Text('ชื่อสินค้า', 'Name', 'ชาไทยเย็น'),
    product_name_en: Nullable(Text('ชื่อภาษาอังกฤษ', 'Name in English', 'Thai iced tea')),
    description: Nullable(Text('รายละเอียด', 'Description', 'ชาไทยแท้ หวานน้อย', LONG_TEXT_MAX_LENGTH)),
    category_id: Nullable(Id('ID ของหมวดหมู่', 'Category ID', CATEGORY)),
    category_name: Nullable(
      Live(Text('ชื่อหมวดหมู่ปัจจุบัน', 'Current category name', 'เครื่องดื่ม'), {
        table: 'categories',
        by: 'category_id',
        column: 'name',
      }),
    ),
    is_active: Flag('สินค้านี้ยังขายอยู่หรือไม่', 'Whether the product is still sold'),
    skus: Many(SKU, 'SKU ทั้งหมดของสินค้า เรียงตาม sku_code แล้วตาม id', 'SKUs of the product, sorted by sku_code, then id'),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated', '2026-05-11T15:14:06.138Z'),
    external_id: AddedExternalId('ITEM-0042'),
  },
)

export const Category = Resource(
  'Category',
  { table: 'categories', th: 'หมวดหมู่สินค้าของธุรกิจ', en: 'A product category.' },
  {
    id: Id('ID ของหมวดหมู่', 'Category ID', CATEGORY),
    name: Text('ชื่อหมวดหมู่', 'Name', 'เครื่องดื่ม'),
    parent_id: Nullable(Id('ID ของหมวดหมู่แม่', 'Parent category ID', 'a6e0b3d5-19c7-4f82-8d4e-2b7f5c9a0e61')),
    is_active: Flag('หมวดหมู่นี้ใช้งานอยู่หรือไม่', 'Whether the category is active'),
    created_at: Time('สร้างเมื่อ', 'Time when the record was created'),
    updated_at: Time('เวลาที่แก้ไขล่าสุด', 'Time when the record was last updated'),
    external_id: AddedExternalId('GROUP-07'),
  },
)
