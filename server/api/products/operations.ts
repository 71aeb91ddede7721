import { List, One, operation, Page, PageQuery } from '../../contract/operation.ts'
import {
  ExactParameter,
  FlagParameter,
  IdParameter,
  idsParameter,
  Required,
  SearchParameter,
} from '../../contract/parameters.ts'
import { getProduct, listCategories, listProducts } from './queries.ts'
import { Category, Product } from './schema.ts'

const tag = 'Products'

const EXAMPLE_ID = '3c9e1a74-5d28-4f6b-8e07-b1a2d4c6f835'

export const list = operation({
  id: 'products.list',
  method: 'GET',
  path: '/products',
  tag,
  scope: 'read:products',
  summary: { th: 'ดึงรายการสินค้าทั้งหมดของธุรกิจ', en: 'List all products of the business' },
  about: {
    th: 'สินค้าเป็นข้อมูลระดับ Business ไม่แยกตามสาขา SKU ของสินค้าอยู่ในฟิลด์ `skus` เรียงตาม created_at จากใหม่ไปเก่า',
    en: 'Products belong to the business, not to a branch. The field `skus` contains the SKUs of a product. Sorted by created_at, newest first.',
  },
  uses: {
    th: ['ซิงค์เมนูหรือแค็ตตาล็อกเข้าสู่แอปเดลิเวอรีหรือร้านค้าออนไลน์', 'จับคู่ SKU และบาร์โค้ดกับระบบบัญชีหรือคลังสินค้า'],
    en: [
      'Syncing the menu or catalogue into a delivery app or an online shop',
      'Matching SKUs and barcodes with an accounting or stock system',
    ],
  },
  query: PageQuery({
    is_active: FlagParameter('กรองตามสถานะสินค้า: true หรือ false', 'Filter by product status: true or false'),
    category_id: IdParameter(
      'กรองตามหมวดหมู่ (ไม่รวมหมวดหมู่ย่อย)',
      'Filter by category (subcategories are not included)',
      'd2719f86-3b4a-4d6e-9a51-7c0e8f4b2a13',
    ),
    q: SearchParameter(
      'ค้นหาจาก product_name หรือ product_code (1–255 ตัวอักษร)',
      'Search in product_name and product_code (1–255 characters)',
    ),
    id: idsParameter(EXAMPLE_ID),
    sku_code: ExactParameter('กรองตามรหัส SKU', 'Filter by the code of a SKU', 'SKU-0042-L'),
    barcode: ExactParameter('กรองตามบาร์โค้ดของ SKU', 'Filter by the barcode of a SKU', '8850999320106'),
  }),
  response: Page(Product),
  compressible: true,
  handle: ({ db, caller, query }) => listProducts(db, caller, query),
})

export const get = operation({
  id: 'products.get',
  method: 'GET',
  path: '/products/{id}',
  tag,
  scope: 'read:products',
  summary: { th: 'ดึงสินค้าหนึ่งรายการ', en: 'Get one product' },
  uses: {
    th: ['อ่านข้อมูลล่าสุดของสินค้าหนึ่งรายการพร้อม SKU ทั้งหมด'],
    en: ['Reading the latest data of a product with all its SKUs'],
  },
  params: { id: Required(IdParameter('ID ของสินค้า', 'Product ID', EXAMPLE_ID)) },
  response: One(Product),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller, path }) => getProduct(db, caller, path.id),
})

export const categories = operation({
  id: 'categories.list',
  method: 'GET',
  path: '/categories',
  tag,
  scope: 'read:products',
  summary: { th: 'ดึงหมวดหมู่สินค้าทั้งหมด', en: 'List all product categories' },
  about: {
    th: 'แสดงทุกหมวดหมู่ใน Response เดียว เรียงตามชื่อ แล้วตาม id',
    en: 'Returns all categories in one response, sorted by name, then id.',
  },
  uses: {
    th: ['สร้างเมนูตามหมวดหมู่ รวมหมวดหมู่ย่อยจาก `parent_id`', 'แสดงตัวเลือกหมวดหมู่สำหรับกรองสินค้า'],
    en: [
      'Building a menu by category, with subcategories from `parent_id`',
      'Showing categories as a filter for products',
    ],
  },
  response: List(Category),
  cache: 'by tag',
  compressible: true,
  handle: ({ db, caller }) => listCategories(db, caller),
})
