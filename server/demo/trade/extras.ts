import type { DemoSku } from '../records/products.ts'

// What the demo sells without a SKU, and what it says about sales beyond their sums.

/** Something that is sold without a SKU. */
export type SoldExtra = Pick<
  DemoSku,
  'sku_code' | 'sku_name' | 'product_name' | 'price' | 'is_tax_included' | 'by_weight'
> & {
  id: null
  track_stock: false
  kind: 'GOODS' | 'GIFT_CARD'
}

const modifier = (product_name: string, price: number): SoldExtra => ({
  ...{ id: null, track_stock: false, kind: 'GOODS', sku_code: '', sku_name: 'ตัวเลือกเสริม', product_name, price },
  ...{ is_tax_included: true, by_weight: false },
})

export const MODIFIERS: readonly SoldExtra[] = [
  modifier('ไข่ดาว', 1000),
  modifier('พิเศษ', 1500),
  modifier('เผ็ดน้อย', 0),
  modifier('ไม่ใส่ผักชี', 0),
  modifier('หวานน้อย', 0),
]

/** A gift card is no revenue of goods, and has no tax until it is spent. */
export const GIFT_CARDS: readonly SoldExtra[] = [50_000, 100_000].map((price) => ({
  ...modifier(`บัตรของขวัญ ${price / 100} บาท`, price),
  sku_name: 'บัตรของขวัญ',
  kind: 'GIFT_CARD',
}))

/** Fresh food that is sold by weight is exempt from VAT (Revenue Code, section 81). */
export const isExempt = (sku: Pick<DemoSku, 'by_weight'> & { kind?: string }): boolean =>
  sku.by_weight || sku.kind === 'GIFT_CARD'

export const DELIVERY = [
  { source: 'Grab', charge: 2_000 },
  { source: 'LINE MAN', charge: 2_500 },
  { source: 'Robinhood', charge: 1_500 },
] as const

/** Notes never name a customer. */
export const NOTES = ['แยกน้ำแข็ง', 'ขอช้อนส้อม', 'ไม่รับถุง', 'ออกใบกำกับภาษีเต็มรูป'] as const
export const VOID_REASONS = ['คีย์ผิดรายการ', 'ลูกค้าเปลี่ยนใจ', 'คิดเงินซ้ำ'] as const
export const REFUND_REASONS = ['สินค้าชำรุด', 'ได้ของไม่ครบ', 'ลูกค้าเปลี่ยนใจ'] as const
export const CARD_BRANDS = ['VISA', 'MASTERCARD', 'JCB', 'UNIONPAY'] as const
