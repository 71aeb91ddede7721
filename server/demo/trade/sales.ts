import { PAYMENT, REFUND } from '../../api/sales/schema.ts'
import { canonicalMany } from '../../contract/canonical.ts'
import type { CopyValue } from '../../db/bulk_copy.ts'
import { baht, DAY, dayOf, decimal, divide, HOUR, iso, sum, weekdayOf } from '../figures.ts'
import { type Random, randomFrom } from '../random.ts'
import type { DemoSku } from '../records/products.ts'
import { type DemoItem, type Figures, figuresOf } from './sale.ts'

type Status = 'OPEN' | 'COMPLETED' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'VOIDED'

export type DemoSale = Figures & {
  id: string
  number: string
  branch: string
  customer: string | null
  status: Status
  orderedAt: number
  createdAt: number
  updatedAt: number
  payments: { method: string; amount: number; paidAt: number | null }[]
  refunds: { id: string; method: string; amount: number; refundedAt: number }[]
}

/** A customer who can buy from this time on. */
export type Buyer = { id: string; created_at: string }

/** Branches, SKUs and customers of the sales. */
export type Seller = {
  /** Relative share of each branch, as integers. */
  branches: readonly { id: string; code: string; share: number }[]
  /** SKUs that can be sold, with and without stock. */
  skus: readonly DemoSku[]
  /** In order of creation. */
  buyers: readonly Buyer[]
  /** Share of items that are goods and not dishes. */
  shopping: number
  /** Possible numbers of items per sale. */
  sizes: readonly number[]
}

/** Number of sales, and the days before this midnight over which they are distributed. */
export type Spell = { count: number; days: number; end: number }

export const DAYS = 60

/** Weights of the weekdays from Sunday, and of the hours 9 to 21. */
const WEEK = [165, 85, 85, 90, 100, 135, 175]
const HOURS = [3, 5, 9, 15, 14, 8, 6, 6, 9, 15, 14, 9]
const OPENS = 9

const METHODS = [
  ['QR', 42],
  ['CASH', 68],
  ['CARD', 85],
  ['TRANSFER', 90],
  ['WALLET', 96],
  ['CREDIT', 98],
  ['OTHER', 99],
  ['POINTS', 100],
] as const

/** Generates sales lazily in chronological order; only one is in memory. */
export function* demoSales(seed: number, { count, days, end }: Spell, seller: Seller): Generator<DemoSale> {
  const random = randomFrom(seed)
  const { branches, skus, buyers } = seller
  const starts = Array.from({ length: days }, (_, index) => end - (days - index) * DAY)
  const menu = { dishes: skus.filter((sku) => !sku.track_stock), goods: skus.filter((sku) => sku.track_stock) }
  const weights = starts.map((day) => WEEK[weekdayOf(day)] as number)
  const whole = sum(weights)
  const shares = sum(branches.map(({ share }) => share))
  let before = 0
  let made = 0
  for (const [index, day] of starts.entries()) {
    before += weights[index] as number
    const today = Math.floor((count * before) / whole) - made
    made += today
    const times = Array.from({ length: today }, () => timeOf(random, day)).sort((a, b) => a - b)
    const numbers = branches.map(() => 0)
    for (const [place, orderedAt] of times.entries()) {
      const branch = branchAt(branches, random.whole(1, shares))
      numbers[branch] = (numbers[branch] as number) + 1
      const { id, code } = branches[branch] as Seller['branches'][number]
      const number = `${code}-${dayOf(day).slice(2).replaceAll('-', '')}-${String(numbers[branch]).padStart(4, '0')}`
      // Some sales of the last evening are still open.
      const isOpen = index === days - 1 && place >= today - 25 && place % 2 === 0
      const customer = random.chance(0.38) ? buyerAt(random, buyers, orderedAt) : null
      yield newSale(random, seller, menu, { id: random.id(), number, branch: id, orderedAt, customer, isOpen, end })
    }
  }
}

/** Returns the index of the share that contains this point, with all shares laid out in a row. */
function branchAt(branches: Seller['branches'], drawn: number): number {
  let upTo = 0
  return branches.findIndex(({ share }) => {
    upTo += share
    return drawn <= upTo
  })
}

function timeOf(random: Random, day: number): number {
  let drawn = random.whole(1, sum(HOURS))
  let hour = 0
  while (drawn > (HOURS[hour] as number)) {
    drawn -= HOURS[hour] as number
    hour += 1
  }
  return day + (OPENS + hour) * HOUR + random.whole(0, 3599) * 1000
}

/** Buyers must be in order of creation. */
function buyerAt(random: Random, buyers: readonly Buyer[], moment: number): string | null {
  const { id, created_at } = buyers.length > 0 ? random.pick(buyers) : { id: '', created_at: '9' }
  return created_at < iso(moment) ? id : null
}

/** Generates the final state of one sale. @param end no refunds after this time */
export function newSale(
  random: Random,
  { shopping, sizes }: Pick<Seller, 'shopping' | 'sizes'>,
  { dishes, goods }: { dishes: readonly DemoSku[]; goods: readonly DemoSku[] },
  about: {
    id: string
    number: string
    branch: string
    customer: string | null
    orderedAt: number
    isOpen: boolean
    end: number
  },
): DemoSale {
  const { isOpen, end, ...known } = about
  const isShopping = random.chance(shopping)
  const chosen = new Set<DemoSku>()
  for (let wanted = random.pick(sizes); wanted > 0; wanted -= 1)
    chosen.add(random.pick(isShopping !== random.chance(0.1) ? goods : dishes))
  const drawn = random.whole(1, 100)
  const method = METHODS.find(([, upTo]) => drawn <= upTo)?.[0] ?? 'CASH'
  const isServed = !isShopping && random.chance(0.35)
  const figures = figuresOf(random, [...chosen], { isServed, isCash: method === 'CASH' })
  const createdAt = known.orderedAt + random.whole(800, 20_000)
  const sale: DemoSale = {
    ...known,
    ...figures,
    status: isOpen ? 'OPEN' : 'COMPLETED',
    createdAt,
    updatedAt: createdAt,
    payments: [],
    refunds: [],
  }
  if (isOpen) return sale
  if (random.chance(0.015)) {
    const updatedAt = createdAt + random.whole(60, 900) * 1000
    return { ...sale, status: 'VOIDED', updatedAt }
  }
  sale.payments = paymentsOf(random, method, sale.total, known.orderedAt)
  if (sale.total > 0 && random.chance(0.035)) refund(random, sale, end)
  return sale
}

/** One payment, or a part by points or card first. */
function paymentsOf(random: Random, method: string, total: number, orderedAt: number): DemoSale['payments'] {
  const paidAt = orderedAt + random.whole(1, 700)
  if (method === 'POINTS' || (total > 40_000 && random.chance(0.05))) {
    const part = Math.min(total, random.whole(1, 4) * 2_500)
    const first = method === 'CASH' || method === 'POINTS' ? 'POINTS' : random.pick(['POINTS', 'CARD'])
    const second = method === 'POINTS' ? 'QR' : method
    const rest = { method: second, amount: total - part, paidAt: second === 'CREDIT' ? null : paidAt }
    return [{ method: first, amount: part, paidAt }, ...(total > part ? [rest] : [])]
  }
  return [{ method, amount: total, paidAt: method === 'CREDIT' ? null : paidAt }]
}

/** Refunds the whole sale, one item or half of an item, immediately or some days later. */
function refund(random: Random, sale: DemoSale, end: number): void {
  const soon = sale.createdAt + random.whole(5, 110) * 60_000
  const later = soon + random.whole(1, 3) * DAY
  const refundedAt = later < end && random.chance(0.4) ? later : soon
  const paid = sale.payments.at(-1)?.method as string
  const method = paid === 'CREDIT' || paid === 'POINTS' ? 'OTHER' : paid
  const give = (amount: number) => {
    if (amount > 0) sale.refunds.push({ id: random.id(), method, amount, refundedAt })
  }
  if (random.chance(0.35)) {
    for (const item of sale.items) giveBack(sale, item, item.quantity)
    give(sale.total)
    sale.status = 'REFUNDED'
  } else {
    const item = random.pick(sale.items)
    const isHalf = item.quantity > 1000 && item.quantity % 2000 === 0
    giveBack(sale, item, isHalf ? item.quantity / 2 : item.quantity)
    give(item.refunded)
    const refunded = sum(sale.refunds.map(({ amount }) => amount))
    sale.status = refunded === 0 ? 'COMPLETED' : refunded === sale.total ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
  }
  if (sale.refunds.length > 0) sale.updatedAt = refundedAt + 900
}

/** An item is refunded with its tax, up to the total of the sale, which may have been rounded down. */
function giveBack(sale: DemoSale, item: DemoItem, quantity: number): void {
  const amount = item.total + (item.sku.is_tax_included ? 0 : item.tax)
  const given = sum(sale.items.map(({ refunded }) => refunded))
  item.refundedQuantity = quantity
  item.refunded = Math.min(divide(amount * quantity, item.quantity), sale.total - given)
}

// biome-ignore format: as the values below
export const SALE_COLUMNS = ['business_id', 'id', 'order_number', 'branch_id', 'customer_id', 'status', 'order_date', 'business_date',
  'subtotal', 'discount_amount', 'tax_amount', 'tax_added_amount', 'service_charge_amount', 'rounding_amount',
  'total_amount', 'refunded_amount', 'item_count', 'payments', 'refunds', 'created_at', 'updated_at']
// biome-ignore format: as the values below
export const SALE_ITEM_COLUMNS = ['business_id', 'sale_id', 'id', 'position', 'product_sku_id', 'sku_code', 'sku_name', 'product_name',
  'quantity', 'unit_price', 'discount_amount', 'tax_amount', 'line_total', 'refunded_quantity', 'refunded_amount', 'created_at']

export function saleRow(business: string, sale: DemoSale): CopyValue[] {
  const payments = sale.payments.map(({ method, amount, paidAt }) => ({
    method,
    amount: baht(amount),
    paid_at: paidAt === null ? null : new Date(paidAt),
  }))
  const refunds = sale.refunds.map(({ id, method, amount, refundedAt }) => ({
    id,
    method,
    amount: baht(amount),
    refunded_at: new Date(refundedAt),
  }))
  // biome-ignore format: as the columns above
  return [business, sale.id, sale.number, sale.branch, sale.customer, sale.status, iso(sale.orderedAt), dayOf(sale.orderedAt),
    baht(sale.subtotal), baht(sale.discount), baht(sale.tax), baht(sale.taxAdded), baht(sale.serviceCharge), baht(sale.rounding),
    baht(sale.total), baht(sum(sale.refunds.map(({ amount }) => amount))), sale.items.length,
    canonicalMany(PAYMENT, payments), canonicalMany(REFUND, refunds), iso(sale.createdAt), iso(sale.updatedAt)]
}

export const saleItemRows = (business: string, sale: DemoSale): CopyValue[][] =>
  sale.items.map((item, index): CopyValue[] => {
    const { sku } = item
    // biome-ignore format: as the columns above
    return [business, sale.id, item.id, index + 1, sku.id, sku.sku_code, sku.sku_name, sku.product_name,
      decimal(item.quantity, 3), baht(sku.price), baht(item.discount), baht(item.tax), baht(item.total),
      decimal(item.refundedQuantity, 3), baht(item.refunded), iso(sale.createdAt)]
  })
