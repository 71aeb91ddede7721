import { divide, spread, sum } from '../figures.ts'
import type { Random } from '../random.ts'
import type { DemoSku } from '../records/products.ts'
import { ITEM_NOTES, MODIFIERS, type SoldExtra, taxCategoryOf } from './extras.ts'

// The arithmetic of one sale, in satang and thousandths of a piece.

/** What is sold: a SKU, or something that has none. */
export type SoldSku = DemoSku | SoldExtra

export type DemoItem = {
  id: string
  sku: SoldSku
  /** The item that a modifier belongs to. */
  parent: string | null
  /** In thousandths. */
  quantity: number
  discount: number
  tax: number
  total: number
  /** In thousandths. */
  refundedQuantity: number
  refunded: number
  note: string | null
  /** Whether the scale states the amount. */
  isFixed: boolean
}

export type Figures = {
  items: DemoItem[]
  subtotal: number
  discount: number
  tax: number
  taxAdded: number
  serviceCharge: number
  rounding: number
  total: number
  /** A charge for delivery and its tax; 0 for other sales. */
  charge: number
  chargeTax: number
}

const VAT = 7
const SERVICE_CHARGE = 10

/** Computes a sale of these SKUs. Each SKU says whether its price includes VAT. VAT on the service charge is added. */
export function figuresOf(
  random: Random,
  skus: readonly SoldSku[],
  how: { isServed: boolean; isCash: boolean; charge: number },
): Figures {
  const lines = skus.map((sku) => ({ sku, quantity: quantityOf(random, sku) }))
  // Scales print whole baht.
  const isFixed = lines.map(({ sku }) => sku.by_weight && random.chance(0.3))
  const gross = lines.map(({ sku, quantity }, index) =>
    isFixed[index] ? divide(sku.price * quantity, 100_000) * 100 : divide(sku.price * quantity, 1000),
  )
  const own = gross.map((amount) => (random.chance(0.04) ? Math.floor(amount / 1000) * 100 : 0))
  const left = gross.map((amount, index) => amount - (own[index] as number))
  const onOrder = spread(orderDiscount(random, sum(left)), left)
  let taxAdded = 0
  const items = lines.map(({ sku, quantity }, index): DemoItem => {
    const discount = (own[index] as number) + (onOrder[index] as number)
    const total = (gross[index] as number) - discount
    const isTaxed = taxCategoryOf(sku) === 'STANDARD'
    const tax = !isTaxed ? 0 : sku.is_tax_included ? divide(total * VAT, 100 + VAT) : divide(total * VAT, 100)
    if (!sku.is_tax_included) taxAdded += tax
    const note = sku.id !== null && !sku.track_stock && random.chance(0.03) ? random.pick(ITEM_NOTES) : null
    const about = { id: random.id(), sku, parent: null, note, isFixed: isFixed[index] as boolean }
    return { ...about, quantity, discount, tax, total, refundedQuantity: 0, refunded: 0 }
  })
  addModifiers(random, items)
  const subtotal = sum(items.map(({ total }) => total))
  const serviceCharge = how.isServed ? divide(subtotal * SERVICE_CHARGE, 100) : 0
  const taxOfCharge = divide(serviceCharge * VAT, 100)
  const chargeTax = divide(how.charge * VAT, 100)
  taxAdded += taxOfCharge + chargeTax
  const exact = subtotal + serviceCharge + how.charge + taxAdded
  // The smallest coin in circulation is 25 satang.
  const total = how.isCash ? divide(exact, 25) * 25 : exact
  return {
    items,
    subtotal,
    discount: sum(items.map(({ discount }) => discount)),
    tax: sum(items.map(({ tax }) => tax)) + taxOfCharge + chargeTax,
    taxAdded,
    serviceCharge,
    rounding: total - exact,
    total,
    charge: how.charge,
    chargeTax,
  }
}

/** Some dishes get a modifier, such as an egg, whose price includes VAT. Most modifiers cost nothing. */
function addModifiers(random: Random, items: DemoItem[]): void {
  for (const [at, { id, sku, quantity }] of [...items.entries()].toReversed()) {
    if (sku.track_stock || sku.id === null || !random.chance(0.12)) continue
    const modifier = random.pick(MODIFIERS)
    const total = divide(modifier.price * quantity, 1000)
    const tax = divide(total * VAT, 100 + VAT)
    const child = { id: random.id(), sku: modifier, parent: id, quantity, discount: 0, tax, total }
    items.splice(at + 1, 0, { ...child, refundedQuantity: 0, refunded: 0, note: null, isFixed: false })
  }
}

function quantityOf(random: Random, sku: SoldSku): number {
  if (sku.id === null) return 1000
  if (sku.by_weight) return random.whole(2, 20) * 50
  const drawn = random.whole(1, 100)
  return 1000 * (drawn <= 72 ? 1 : drawn <= 92 ? 2 : random.whole(3, 5))
}

/** A coupon of a fixed amount, or a percentage for members. */
function orderDiscount(random: Random, amount: number): number {
  const drawn = random.whole(1, 100)
  if (drawn <= 5) return Math.min(amount, random.pick([2_000, 5_000, 10_000]))
  if (drawn <= 13) return Math.floor((amount * random.pick([5, 10])) / 100)
  return 0
}
