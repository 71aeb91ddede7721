import type { DemoSku } from '../records/products.ts'

// What the demo sells without a SKU, and what it says about sales beyond their sums.

/** Something that is sold without a SKU. */
export type SoldExtra = Pick<
  DemoSku,
  'sku_code' | 'sku_name' | 'product_name' | 'price' | 'is_tax_included' | 'by_weight'
> & {
  id: null
  track_stock: false
  kind: 'GOODS' | 'SERVICE' | 'GIFT_CARD' | 'DEPOSIT' | 'FEE'
}

const extra = (kind: SoldExtra['kind'], sku_name: string, product_name: string, price: number): SoldExtra => ({
  ...{ id: null, track_stock: false, kind, sku_code: '', sku_name, product_name, price },
  ...{ is_tax_included: true, by_weight: false },
})
const modifier = (name: string, price: number) => extra('GOODS', 'ตัวเลือกเสริม', name, price)

export const MODIFIERS: readonly SoldExtra[] = [
  modifier('ไข่ดาว', 1000),
  modifier('พิเศษ', 1500),
  modifier('เผ็ดน้อย', 0),
  modifier('ไม่ใส่ผักชี', 0),
  modifier('หวานน้อย', 0),
]

/** A gift card is no revenue of goods, and has no tax until it is spent. */
const GIFT_CARDS: readonly SoldExtra[] = [50_000, 100_000].map((price) =>
  extra('GIFT_CARD', 'บัตรของขวัญ', `บัตรของขวัญ ${price / 100} บาท`, price),
)

/** What is sold now and then beside goods, and beside dishes. */
export const BESIDE_GOODS: readonly SoldExtra[] = [...GIFT_CARDS, extra('SERVICE', 'บริการ', 'ห่อของขวัญ', 2_000)]
export const BESIDE_DISHES: readonly SoldExtra[] = [
  extra('FEE', 'ค่าธรรมเนียม', 'ค่าเปิดขวด', 20_000),
  extra('DEPOSIT', 'มัดจำ', 'มัดจำจัดเลี้ยง', 100_000),
]

/** The tax category of what is sold; null if it has no tax yet, as gift cards and deposits until they are spent. */
export function taxCategoryOf(sku: DemoSku | SoldExtra): 'STANDARD' | 'ZERO' | 'EXEMPT' | null {
  if (sku.id !== null) return sku.tax_category ?? 'STANDARD'
  return sku.kind === 'GIFT_CARD' || sku.kind === 'DEPOSIT' ? null : 'STANDARD'
}

/** Where a sale comes from that is delivered, and what the delivery costs. */
export type Platform = { source: string; charge: number }

export const ONLINE: readonly Platform[] = [
  { source: 'Shopee', charge: 4_000 },
  { source: 'LINE SHOPPING', charge: 5_000 },
]
export const DELIVERY: readonly Platform[] = [
  { source: 'Grab', charge: 2_000 },
  { source: 'LINE MAN', charge: 2_500 },
  { source: 'Robinhood', charge: 1_500 },
]

/** Notes never name a customer. */
export const NOTES = ['แยกน้ำแข็ง', 'ขอช้อนส้อม', 'ไม่รับถุง', 'ออกใบกำกับภาษีเต็มรูป'] as const
export const ITEM_NOTES = ['เผ็ดมาก', 'แยกน้ำจิ้ม', 'ไม่ใส่ผงชูรส'] as const
export const VOID_REASONS = ['คีย์ผิดรายการ', 'ลูกค้าเปลี่ยนใจ', 'คิดเงินซ้ำ'] as const
export const REFUND_REASONS = ['สินค้าชำรุด', 'ได้ของไม่ครบ', 'ลูกค้าเปลี่ยนใจ'] as const
export const CARD_BRANDS = ['VISA', 'MASTERCARD', 'JCB', 'UNIONPAY'] as const
