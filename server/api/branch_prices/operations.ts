import { operation, Page, PageQuery } from '../../contract/operation.ts'
import { IdParameter } from '../../contract/parameters.ts'
import { BRANCH_FILTER } from '../../rows/branches.ts'
import { listBranchPrices } from './queries.ts'
import { BranchPrice } from './schema.ts'

export const list = operation({
  id: 'branch_prices.list',
  method: 'GET',
  path: '/branch-prices',
  tag: 'Products',
  scope: 'read:products',
  summary: { th: 'ดึงราคาสินค้าที่ต่างกันตามสาขา', en: 'List the prices of branches' },
  about: {
    th: 'แสดงเฉพาะราคาที่สาขากำหนดเองของสาขาที่ Token เข้าถึงได้ SKU ที่ไม่มีราคาของสาขาขายตาม `price` ของ SKU ติดตามการเปลี่ยนแปลงด้วย Event `branch_price.changed` เรียงตาม created_at จากใหม่ไปเก่า',
    en: 'Returns the prices that branches set themselves, for the branches that the token can access. A SKU without a price of the branch is sold at the `price` of the SKU. The event `branch_price.changed` reports every change. Sorted by created_at, newest first.',
  },
  uses: {
    th: ['แสดงราคาของสาขาที่ลูกค้าเลือกในแอปเดลิเวอรี', 'ตรวจว่าราคาของสาขาใดต่างจากราคากลาง'],
    en: [
      'Showing the price of the chosen branch in a delivery app',
      'Finding branches whose price differs from the common price',
    ],
  },
  query: PageQuery({
    branch_id: BRANCH_FILTER,
    product_sku_id: IdParameter('กรองตาม SKU', 'Filter by SKU', '8f2b6c1d-7e94-4a35-b0d8-5c3e9a1f7d42'),
  }),
  response: Page(BranchPrice),
  compressible: true,
  handle: ({ db, caller, query }) => listBranchPrices(db, caller, query),
})
