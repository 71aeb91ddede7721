import { randomUUID } from 'node:crypto'
import type { Json } from './harness.ts'

// A year of a shop as its tills record it, with the VAT book that they keep. Written without the code of the server: amounts are
// whole satang (BigInt), and every rounding is made here. One branch has prices that include the VAT and a service charge, the
// other adds the VAT. Tills round the tax of each line and of the bill, so these differ.

export type TillShop = { branches: { id: string; code: string }[]; skus: string[] }
export type YearOfTrade = {
  sales: Json[]
  /** `branch,month,category,rate` to the taxed amount and the tax, in satang. */
  book: Map<string, [base: bigint, tax: bigint]>
  /** What the sales that count add up to, by branch code, in satang. */
  sums: Map<string, Record<'revenue' | 'tax' | 'tips' | 'charges' | 'returns' | 'other' | 'refunded', bigint>>
  kinds: Record<string, number>
}

type VatCategory = 'STANDARD' | 'ZERO' | 'EXEMPT'
type TillLine = { amount: bigint; tax: bigint; category: VatCategory | null; record: Json }

/** Divides, halves away from zero. */
const divided = (value: bigint, by: bigint): bigint => {
  const size = ((value < 0n ? -value : value) + by / 2n) / by
  return value < 0n ? -size : size
}
const baht = (satang: bigint): string => {
  const digits = String(satang < 0n ? -satang : satang).padStart(3, '0')
  return `${satang < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

/** A small generator of random numbers (mulberry32), from 0 to below `below`. */
function randomOf(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const DAY = 86_400_000
/** Bangkok has no daylight saving time. */
const BANGKOK = 7 * 3_600_000
const CATEGORIES: readonly VatCategory[] = ['STANDARD', 'STANDARD', 'STANDARD', 'EXEMPT', 'STANDARD', 'ZERO']

/** Makes a year of sales that ends with the local day before `now`. */
export function yearOfTrade(shop: TillShop, count: number, now: Date, seed: number): YearOfTrade {
  const random = randomOf(seed)
  const chance = (percent: number) => random(100) < percent
  const midnight = Math.floor((now.getTime() + BANGKOK) / DAY) * DAY - BANGKOK
  const made: YearOfTrade = { sales: [], book: new Map(), sums: new Map(), kinds: {} }
  for (let at = 0; at < count; at += 1) {
    // Some sales are at midnight or a second before it, where months change.
    const second = chance(10) ? ([0, 86_399][random(2)] as number) : random(86_400)
    const moment = midnight - (1 + random(364)) * DAY + second * 1000
    makeSale(at, random(2), moment)
  }
  return made

  function makeSale(at: number, place: number, moment: number): void {
    const branch = shop.branches[place] as TillShop['branches'][number]
    const isAdded = place === 1
    const kind = ['sale', 'sale', 'sale', 'sale', 'sale', 'return', 'exchange', 'void', 'refund', 'partial'][
      random(10)
    ] as string
    made.kinds[kind] = (made.kinds[kind] ?? 0) + 1
    const lines = Array.from({ length: 1 + random(6) }, (_, index) =>
      lineOf(isAdded, kind === 'return' || (kind === 'exchange' && index % 2 === 0)),
    )
    if (kind === 'sale' && chance(10)) lines.push(giftCard())
    const isSold = kind !== 'return' && kind !== 'exchange'
    const subtotal = sum(lines.map(({ amount }) => amount))
    const service = isSold && !isAdded ? divided(subtotal, 10n) : 0n
    const delivery = isSold && chance(15) ? 4000n : 0n
    const deliveryTax = vatOf(delivery, isAdded)
    const taxed = sum(lines.map(({ category, amount }) => (category === 'STANDARD' ? amount : 0n))) + service + delivery
    const tax = vatOf(taxed, isAdded)
    const added = isAdded ? tax : 0n
    const before = subtotal + service + delivery + added
    const rounding = isSold && chance(30) ? divided(before, 25n) * 25n - before : 0n
    const total = before + rounding
    const tip = kind === 'sale' && chance(20) ? BigInt(1 + random(100)) * 100n : 0n
    const time = new Date(moment).toISOString()
    const taxLines: [VatCategory, string, bigint, bigint][] = [
      ['STANDARD', '7', isAdded ? taxed : taxed - tax, tax],
      ...(['ZERO', 'EXEMPT'] as const).map((category): [VatCategory, string, bigint, bigint] => [
        ...([category, '0', sum(lines.map((line) => (line.category === category ? line.amount : 0n))), 0n] as const),
      ]),
    ]
    const used = taxLines.filter(
      ([category]) => lines.some((line) => line.category === category) || (category === 'STANDARD' && taxed !== 0n),
    )
    const sale: Json = {
      id: randomUUID(),
      order_number: `Y-${at}`,
      branch_id: branch.id,
      status: kind === 'void' ? 'VOIDED' : 'COMPLETED',
      order_date: time,
      subtotal: baht(subtotal),
      discount_amount: baht(sum(lines.map(({ record }) => BigInt(record.discount_satang)))),
      tax_amount: baht(tax),
      tax_added_amount: baht(added),
      service_charge_amount: baht(service),
      rounding_amount: baht(rounding),
      total_amount: baht(total),
      refunded_amount: '0',
      payments: kind === 'void' ? [] : payments(total + tip, time),
      refunds: [],
      tax_lines: used.map(([category, rate, base, amount]) => ({
        category,
        rate,
        base: baht(base),
        amount: baht(amount),
      })),
      tip_amount: baht(tip),
      charges: delivery === 0n ? [] : [{ name: 'ค่าจัดส่ง', amount: baht(delivery), tax_amount: baht(deliveryTax) }],
      items: lines.map(({ record: { discount_satang: _, ...record } }) => record),
      updated_at: time,
    }
    if (kind !== 'void')
      for (const [category, rate, base, amount] of used) book(branch.code, moment, category, rate, base, amount)
    const back =
      kind === 'refund' || kind === 'partial'
        ? giveBack(sale, lines, kind, total, isAdded, moment, used, branch.code)
        : 0n
    if (kind !== 'void') {
      const sums = made.sums.get(branch.code) ?? {
        revenue: 0n,
        tax: 0n,
        tips: 0n,
        charges: 0n,
        returns: 0n,
        other: 0n,
        refunded: 0n,
      }
      sums.revenue += total
      sums.tax += tax
      sums.tips += tip
      sums.charges += delivery
      sums.returns += total < 0n ? total : 0n
      sums.other += sum(lines.map(({ category, amount }) => (category === null ? amount : 0n)))
      sums.refunded += back
      made.sums.set(branch.code, sums)
    }
    made.sales.push(sale)
  }

  function lineOf(isAdded: boolean, isBack: boolean): TillLine {
    const index = random(shop.skus.length)
    const category = CATEGORIES[index % CATEGORIES.length] as VatCategory
    const sign = isBack ? -1n : 1n
    // Thousandths of a kilogram, or whole pieces.
    const thousandths = sign * BigInt(chance(30) ? 1 + random(3000) : 1000 * (1 + random(4)))
    const price = BigInt(100 + random(50_000))
    const gross = divided(thousandths * price, 1000n)
    const discount = chance(25) ? divided(gross, 10n) : 0n
    const amount = gross - discount
    const tax = category === 'STANDARD' ? vatOf(amount, isAdded) : 0n
    const quantity = `${thousandths < 0n ? '-' : ''}${(thousandths * sign) / 1000n}.${String((thousandths * sign) % 1000n).padStart(3, '0')}`
    return {
      amount,
      tax,
      category,
      record: {
        ...{
          id: randomUUID(),
          product_sku_id: shop.skus[index],
          sku_code: `K-${index}`,
          sku_name: 'ชิ้น',
          product_name: `สินค้า ${index}`,
        },
        ...{ quantity, unit_price: baht(price), discount_amount: baht(discount), discount_satang: String(discount) },
        ...{ tax_amount: baht(tax), line_total: baht(amount), refunded_quantity: '0', refunded_amount: '0' },
        tax_category: category,
      },
    }
  }

  function giftCard(): TillLine {
    const amount = 50_000n
    return {
      amount,
      tax: 0n,
      category: null,
      record: {
        ...{
          id: randomUUID(),
          product_sku_id: null,
          sku_code: '',
          sku_name: 'บัตรของขวัญ',
          product_name: 'บัตรของขวัญ',
          kind: 'GIFT_CARD',
        },
        ...{ quantity: '1', unit_price: baht(amount), discount_amount: '0', discount_satang: '0', tax_amount: '0' },
        ...{ line_total: baht(amount), refunded_quantity: '0', refunded_amount: '0' },
      },
    }
  }

  function payments(due: bigint, paid_at: string): Json[] {
    if (due === 0n) return []
    const card = due > 20_000n && chance(20) ? 10_000n : 0n
    return [
      ...(card === 0n ? [] : [{ method: 'GIFT_CARD', amount: baht(card), paid_at }]),
      { method: chance(50) ? 'CASH' : 'QR', amount: baht(due - card), paid_at },
    ]
  }

  /** Gives back the whole sale, or its first item. The credit note of an item has the tax that its amount includes. */
  function giveBack(
    sale: Json,
    lines: TillLine[],
    kind: string,
    total: bigint,
    isAdded: boolean,
    moment: number,
    used: [VatCategory, string, bigint, bigint][],
    code: string,
  ): bigint {
    const [first] = lines as [TillLine]
    const paid = first.amount + (isAdded ? first.tax : 0n)
    const isWhole = kind === 'refund' || paid >= total
    const given = isWhole ? lines : [first]
    const amount = isWhole ? total : paid
    if (amount <= 0n) return 0n
    const later = Math.min(moment + random(40) * DAY, now.getTime() - DAY)
    const refunded_at = new Date(Math.max(later, moment)).toISOString()
    sale.refunds = [
      {
        id: randomUUID(),
        method: 'CASH',
        amount: baht(amount),
        refunded_at,
        item_ids: given.map(({ record }) => record.id),
      },
    ]
    sale.refunded_amount = baht(amount)
    sale.status = isWhole ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
    // The rounding of the bill may have reduced what was paid for its largest item.
    const excess = isWhole ? sum(given.map((line) => line.amount)) - total : 0n
    const largest = given.toSorted((a, b) => (a.amount > b.amount ? -1 : 1))[0]
    for (const line of given) {
      const { record, amount: own, tax } = line
      const item = sale.items.find(({ id }: Json) => id === record.id)
      item.refunded_quantity = item.quantity
      item.refunded_amount = baht(
        own + (isAdded && !isWhole ? tax : 0n) - (line === largest && excess > 0n ? excess : 0n),
      )
    }
    const at = Date.parse(refunded_at)
    if (isWhole) for (const [category, rate, base, tax] of used) book(code, at, category, rate, -base, -tax)
    else if (first.category === 'STANDARD') {
      const tax = divided(amount * 7n, 107n)
      book(code, at, 'STANDARD', '7', tax - amount, -tax)
    } else book(code, at, first.category as VatCategory, '0', -amount, 0n)
    return amount
  }

  function book(code: string, at: number, category: VatCategory, rate: string, base: bigint, tax: bigint): void {
    const key = [code, new Date(at + BANGKOK).toISOString().slice(0, 7), category, rate].join(',')
    const [oldBase, oldTax] = made.book.get(key) ?? [0n, 0n]
    made.book.set(key, [oldBase + base, oldTax + tax])
  }
}

/** Returns the VAT of an amount: 7 % are added to it, or included in it. */
const vatOf = (amount: bigint, isAdded: boolean): bigint =>
  isAdded ? divided(amount * 7n, 100n) : divided(amount * 7n, 107n)

/** Returns the book as the CSV of examples/vat_report.py. */
export const bookText = ({ book }: YearOfTrade): string[] =>
  [...book].map(([key, [base, tax]]) => `${key},${baht(base)},${baht(tax)}`).toSorted()

/** Returns satang as the text that the API shows. */
export const shown = (satang: bigint): string => baht(satang).replace(/\.?0+$/, '')
