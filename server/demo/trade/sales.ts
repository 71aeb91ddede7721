import { DAY, dayOf, divide, HOUR, iso, sum, weekdayOf } from '../figures.ts'
import { type Random, randomFrom } from '../random.ts'
import type { DemoSku } from '../records/products.ts'
import {
  BESIDE_DISHES,
  BESIDE_GOODS,
  CARD_BRANDS,
  DELIVERY,
  NOTES,
  ONLINE,
  type Platform,
  REFUND_REASONS,
  VOID_REASONS,
} from './extras.ts'
import { type DemoItem, type Figures, figuresOf, type SoldSku } from './sale.ts'

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
  payments: DemoPayment[]
  refunds: DemoRefund[]
  tip: number
  channel: string
  source: string | null
  note: string | null
  voidReason: string | null
  /** The sale that a return gives back. */
  returnOf: string | null
  guests: number | null
  /** The numbers of the till and of the member of staff. */
  register: number
  staff: number
}

export type DemoPayment = {
  method: string
  amount: number
  paidAt: number | null
  tendered?: number
  card?: { brand: string; last4: string }
  reference?: string
  settledAt?: number
}

export type DemoRefund = {
  id: string
  method: string
  amount: number
  refundedAt: number
  reason: string
  reference: string | null
  items: string[]
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
  /** The ID of one sale of the last day, which is the same in every demo: the documentation shows it. */
  shownSale?: string
}

/** Number of sales, and the days before this midnight over which they are distributed. */
export type Spell = { count: number; days: number; end: number }

export const DAYS = 60

/** Sales whose goods may come back, by branch. */
export type Returnable = Map<string, DemoSale>

/** Weights of the weekdays from Sunday, and of the hours 9 to 21. */
const WEEK = [165, 85, 85, 90, 100, 135, 175]
const HOURS = [3, 5, 9, 15, 14, 8, 6, 6, 9, 15, 14, 9]
const OPENS = 9

/** Methods of payment, up to this of a thousand sales. */
const METHODS = [
  ['QR', 420],
  ['CASH', 680],
  ['CARD', 850],
  ['TRANSFER', 900],
  ['WALLET', 953],
  ['CREDIT', 971],
  ['OTHER', 974],
  ['GIFT_CARD', 982],
  ['VOUCHER', 987],
  ['CHEQUE', 990],
  ['STORE_CREDIT', 993],
  ['POINTS', 1000],
] as const

/** Generates sales lazily in chronological order; only one is in memory, and one of each branch that may be returned. */
export function* demoSales(seed: number, { count, days, end }: Spell, seller: Seller): Generator<DemoSale> {
  const random = randomFrom(seed)
  const { branches, skus, buyers } = seller
  const starts = Array.from({ length: days }, (_, index) => end - (days - index) * DAY)
  const menu = { dishes: skus.filter((sku) => !sku.track_stock), goods: skus.filter((sku) => sku.track_stock) }
  const weights = starts.map((day) => WEEK[weekdayOf(day)] as number)
  const whole = sum(weights)
  const shares = sum(branches.map(({ share }) => share))
  const returnable: Returnable = new Map()
  let shown = seller.shownSale
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
      const about = { id: random.id(), number, branch: id, orderedAt, customer, isOpen, end }
      const sale = newSale(random, { ...seller, returnable }, menu, about)
      if (shown && index === days - 1 && isPlain(sale)) {
        sale.id = shown
        shown = undefined
      }
      yield sale
    }
  }
}

/** Returns whether a sale is an ordinary one: completed, with several items, and nothing came back. */
const isPlain = ({ status, items, returnOf }: DemoSale): boolean =>
  status === 'COMPLETED' && items.length > 1 && returnOf === null

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
  { shopping, sizes, returnable }: Pick<Seller, 'shopping' | 'sizes'> & { returnable: Returnable },
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
  const chosen = new Set<SoldSku>()
  for (let wanted = random.pick(sizes); wanted > 0; wanted -= 1)
    chosen.add(random.pick(isShopping !== random.chance(0.1) ? goods : dishes))
  if (random.chance(0.01)) chosen.add(random.pick(isShopping ? BESIDE_GOODS : BESIDE_DISHES))
  const drawn = random.whole(1, 1000)
  const method = METHODS.find(([, upTo]) => drawn <= upTo)?.[0] ?? 'CASH'
  const isServed = !isShopping && random.chance(0.35)
  const isSent = !isServed && random.chance(isShopping ? 0.06 : 0.2)
  const delivery = isSent ? random.pick<Platform>(isShopping ? ONLINE : DELIVERY) : null
  const charge = delivery?.charge ?? 0
  const figures = figuresOf(random, [...chosen], { isServed, isCash: method === 'CASH', charge })
  const createdAt = known.orderedAt + random.whole(800, 20_000)
  const sale: DemoSale = {
    ...known,
    ...figures,
    status: isOpen ? 'OPEN' : 'COMPLETED',
    createdAt,
    updatedAt: createdAt,
    payments: [],
    refunds: [],
    tip: 0,
    channel: channelOf({ isShopping, isServed, isSent }),
    source: delivery?.source ?? null,
    note: random.chance(0.03) ? random.pick(NOTES) : null,
    voidReason: null,
    returnOf: null,
    guests: isServed ? random.whole(1, 6) : null,
    register: random.whole(1, 3),
    staff: random.whole(1, 12),
  }
  if (isOpen) return sale
  if (random.chance(0.015)) {
    const updatedAt = createdAt + random.whole(60, 900) * 1000
    return { ...sale, status: 'VOIDED', updatedAt, voidReason: random.pick(VOID_REASONS) }
  }
  if (isShopping && random.chance(0.008)) return returned(random, sale, goods, returnable)
  if (isServed && method !== 'CREDIT' && random.chance(0.12)) sale.tip = random.pick([2_000, 4_000, 5_000, 10_000])
  sale.payments = paymentsOf(random, method, sale.total + sale.tip, known.orderedAt)
  settle(random, sale, end)
  if (sale.total > 0 && random.chance(0.035)) refund(random, sale, end)
  if (isShopping && sale.refunds.length === 0 && random.chance(0.1)) returnable.set(sale.branch, sale)
  return sale
}

function channelOf({ isShopping, isServed, isSent }: Record<'isShopping' | 'isServed' | 'isSent', boolean>): string {
  if (isServed) return 'DINE_IN'
  if (isShopping) return isSent ? 'ONLINE' : 'COUNTER'
  return isSent ? 'DELIVERY' : 'TAKEAWAY'
}

/** Most customers with credit pay within three weeks. */
function settle(random: Random, sale: DemoSale, end: number): void {
  for (const payment of sale.payments) {
    if (payment.method !== 'CREDIT') continue
    const settledAt = sale.orderedAt + random.whole(3, 20) * DAY
    if (settledAt >= end - HOUR || !random.chance(0.8)) continue
    payment.settledAt = settledAt
    sale.updatedAt = settledAt + 900
  }
}

/**
 * Makes a sale a return: the customer brings goods back and gets cash. They are those of an earlier sale of the branch, or, without
 * a receipt, those of this one.
 */
function returned(random: Random, sale: DemoSale, goods: readonly DemoSku[], returnable: Returnable): DemoSale {
  const earlier = random.chance(0.6) ? returnable.get(sale.branch) : undefined
  if (earlier) returnable.delete(sale.branch)
  const items = (earlier ?? sale).items.filter(({ sku }) => sku.track_stock && goods.includes(sku as DemoSku))
  if (items.length === 0) {
    const paidAt = sale.orderedAt + 60_000
    return { ...sale, payments: [{ method: 'CASH', amount: sale.total, paidAt, tendered: sale.total }] }
  }
  const back = items.map(({ discount, tax, total, quantity, ...item }): DemoItem => {
    return { ...item, id: random.id(), quantity: -quantity, discount: -discount, tax: -tax, total: -total }
  })
  const of = (amount: (item: DemoItem) => number) => sum(back.map(amount))
  const taxAdded = of(({ sku, tax }) => (sku.is_tax_included ? 0 : tax))
  const total = of((item) => item.total) + taxAdded
  return {
    ...sale,
    ...{
      items: back,
      subtotal: of((item) => item.total),
      discount: of((item) => item.discount),
      tax: of(({ tax }) => tax),
    },
    ...{ taxAdded, serviceCharge: 0, charge: 0, chargeTax: 0, rounding: 0, total },
    ...{ note: earlier ? null : 'คืนสินค้าโดยไม่มีใบเสร็จ', returnOf: earlier?.id ?? null },
    ...{ customer: earlier ? earlier.customer : sale.customer, channel: 'COUNTER', source: null, guests: null },
    payments: [{ method: 'CASH', amount: total, paidAt: sale.orderedAt + 60_000 }],
  }
}

/** One payment, or a part by points or card first. */
function paymentsOf(random: Random, method: string, total: number, orderedAt: number): DemoSale['payments'] {
  const paidAt = orderedAt + random.whole(1, 700)
  if (method === 'POINTS' || (total > 40_000 && random.chance(0.05))) {
    const part = Math.min(total, random.whole(1, 4) * 2_500)
    const first = method === 'CASH' || method === 'POINTS' ? 'POINTS' : random.pick(['POINTS', 'CARD'])
    const second = method === 'POINTS' ? 'QR' : method
    const rest = paymentOf(random, second, total - part, paidAt)
    return [paymentOf(random, first, part, paidAt), ...(total > part ? [rest] : [])]
  }
  return [paymentOf(random, method, total, paidAt)]
}

/** Methods whose payments have a number. */
const REFERRED: readonly string[] = ['QR', 'TRANSFER', 'GIFT_CARD', 'VOUCHER', 'CHEQUE', 'STORE_CREDIT']
const NOTE_VALUES = [2_000, 10_000, 50_000, 100_000]

function paymentOf(random: Random, method: string, amount: number, paidAt: number): DemoPayment {
  const payment = { method, amount, paidAt: method === 'CREDIT' ? null : paidAt }
  if (method === 'CASH') {
    const unit = random.pick(NOTE_VALUES)
    return { ...payment, tendered: Math.max(amount, Math.ceil(amount / unit) * unit) }
  }
  const reference = String(random.whole(100_000, 999_999))
  if (method === 'CARD')
    return { ...payment, card: { brand: random.pick(CARD_BRANDS), last4: String(random.whole(1000, 9999)) }, reference }
  return REFERRED.includes(method) ? { ...payment, reference } : payment
}

/** Refunds the whole sale, one item or half of an item, immediately or some days later. */
function refund(random: Random, sale: DemoSale, end: number): void {
  const soon = sale.createdAt + random.whole(5, 110) * 60_000
  const later = soon + random.whole(1, 3) * DAY
  const refundedAt = later < end && random.chance(0.4) ? later : soon
  const paid = sale.payments.at(-1)?.method as string
  const method = paid === 'VOUCHER' || paid === 'CHEQUE' ? 'STORE_CREDIT' : paid
  const reference = method === 'CASH' ? null : `RF-${sale.number}`
  const reason = random.pick(REFUND_REASONS)
  const give = (amount: number) => {
    const items = sale.items.filter(({ refundedQuantity }) => refundedQuantity > 0).map(({ id }) => id)
    if (amount > 0) sale.refunds.push({ id: random.id(), method, amount, refundedAt, reason, reference, items })
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
  if (sale.refunds.length > 0) sale.updatedAt = Math.max(sale.updatedAt, refundedAt + 900)
}

/** An item is refunded with its tax, up to the total of the sale, which may have been rounded down. */
function giveBack(sale: DemoSale, item: DemoItem, quantity: number): void {
  const amount = item.total + (item.sku.is_tax_included ? 0 : item.tax)
  const given = sum(sale.items.map(({ refunded }) => refunded))
  item.refundedQuantity = quantity
  item.refunded = Math.min(divide(amount * quantity, item.quantity), sale.total - given)
}
