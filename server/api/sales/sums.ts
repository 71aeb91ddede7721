import { COUNTED_STATUSES } from '../../contract/counted_sales.ts'
import type { Mistake, Values } from '../../contract/record_kind.ts'
import { addedTaxMistakes, amount, amounts, CENT, countMistakes, expected, linesMistakes } from '../../contract/sums.ts'
import { distance, type Exact, exact, exactText, ONE, sumOf } from '../../values/exact.ts'
import { OTHER_KINDS } from './schema.ts'

// The published sums of a sale. A sale whose total is negative is a return without its sale, or an exchange: it gives money
// back by negative payments, and has no refunds.

/** The amounts of an item that several rules need. */
type ItemAmounts = { quantity: Exact; tax: Exact; total: Exact; refundedQuantity: Exact; refunded: Exact }

/** Returns the mistakes in the sums of a sale. */
export function sumMistakes(sale: Values): Mistake[] {
  const lines = amounts(sale.items).map(
    (item): ItemAmounts => ({
      quantity: exact(item.quantity as string),
      tax: exact(item.tax_amount as string),
      total: exact(item.line_total as string),
      refundedQuantity: exact(item.refunded_quantity as string),
      refunded: exact(item.refunded_amount as string),
    }),
  )
  return [
    ...linesMistakes(sale, ['quantity', 'unit_price']),
    ...taxMistakes(sale, lines),
    ...totalMistakes(sale),
    ...paymentMistakes(sale),
    ...refundMistakes(sale, lines),
    ...itemRefundMistakes(sale, lines),
    ...parentMistakes(sale.items as Values[]),
    ...otherMistakes(sale),
    ...guestMistakes(sale),
    ...countMistakes(sale),
  ]
}

/**
 * Compares the tax of the items and charges with the tax of the bill. Tills round both, so they may differ by a satang for each
 * line. What remains is the tax of the service charge.
 */
function taxMistakes(sale: Values, items: readonly ItemAmounts[]): Mistake[] {
  const charges = amounts(sale.charges)
  const ofLines = items.reduce((sum, { tax }) => sum + tax, sumOf(charges, 'tax_amount'))
  const lines = items.length + charges.length
  const tolerance = CENT * BigInt(lines)
  const service = amount(sale, 'service_charge_amount')
  const rest = amount(sale, 'tax_amount') - ofLines
  // Texts are made for mistakes only: most sales have none.
  const about = () =>
    `the sum of the tax_amount of items and charges is ${exactText(ofLines)}, with a tolerance of 0.01 for each of ${lines} lines`
  const isPositive =
    items.every(({ quantity, total }) => quantity >= 0n && total >= 0n) &&
    charges.every((charge) => exact(charge.amount as string) >= 0n)
  return [
    ...(service >= 0n && rest < -tolerance
      ? [{ field: 'tax_amount', message: `must be at least ${exactText(ofLines - tolerance)}: ${about()}` }]
      : []),
    ...(service <= 0n && rest > tolerance
      ? [
          {
            field: 'tax_amount',
            message: `must be at most ${exactText(ofLines + tolerance)}: ${about()}; only a service charge has tax beyond them`,
          },
        ]
      : []),
    ...(isPositive ? addedTaxMistakes(sale) : []),
    ...taxLineMistakes(sale),
  ]
}

function taxLineMistakes(sale: Values): Mistake[] {
  const lines = amounts(sale.tax_lines)
  const sum = sumOf(lines, 'amount')
  return lines.length === 0 || sum === amount(sale, 'tax_amount')
    ? []
    : [
        {
          field: 'tax_lines',
          message: `must add up to ${sale.tax_amount} (tax_amount), but add up to ${exactText(sum)}`,
        },
      ]
}

function totalMistakes(sale: Values): Mistake[] {
  const charges = sumOf(amounts(sale.charges), 'amount')
  const total = PARTS.reduce((sum, part) => sum + amount(sale, part), charges)
  return [
    ...expected(sale, 'total_amount', total, [...PARTS, 'the amounts of charges'].join(' + ')),
    ...(distance(amount(sale, 'rounding_amount'), 0n) > ONE
      ? [{ field: 'rounding_amount', message: 'must be from -1 to 1' }]
      : []),
    ...(amount(sale, 'tip_amount') < 0n && amount(sale, 'total_amount') >= 0n
      ? [{ field: 'tip_amount', message: 'must not be negative, unless the sale is a return' }]
      : []),
  ]
}

const PARTS = ['subtotal', 'service_charge_amount', 'tax_added_amount', 'rounding_amount']

function paymentMistakes(sale: Values): Mistake[] {
  const payments = amounts(sale.payments)
  const paid = sumOf(payments, 'amount')
  const tip = amount(sale, 'tip_amount')
  const due = amount(sale, 'total_amount') + tip
  const isCounted = (COUNTED_STATUSES as readonly unknown[]).includes(sale.status)
  const about = tip === 0n ? 'total_amount' : `total_amount + tip_amount; a tip is not a part of total_amount`
  return [
    ...(isCounted && paid !== due
      ? [
          {
            field: 'payments',
            message: `must add up to ${exactText(due)} (${about}), but add up to ${exactText(paid)}`,
          },
        ]
      : []),
    ...payments.flatMap((payment, at) => onePaymentMistakes(payment, `payments[${at}]`, due >= 0n)),
  ]
}

function onePaymentMistakes(payment: Record<string, string>, at: string, isSold: boolean): Mistake[] {
  const { method, amount: paid = '', paid_at, settled_at, card_last4 } = payment as Record<string, string | null>
  const mistakes: [isWrong: boolean, field: string, message: string][] = [
    [
      (method === 'CREDIT') !== (paid_at === null),
      'paid_at',
      'must be null for CREDIT, and a time for every other method',
    ],
    [
      isSold && method !== 'CASH' && exact(paid as string) < 0n,
      'amount',
      'must not be negative: only change (CASH) is, and the payments of a return, whose total_amount is negative',
    ],
    [settled_at !== null && method !== 'CREDIT', 'settled_at', 'must be null: only CREDIT is settled later'],
    [card_last4 !== null && !/^\d{4}$/.test(card_last4 as string), 'card_last4', 'must be 4 digits'],
  ]
  return mistakes.flatMap(([isWrong, field, message]) => (isWrong ? [{ field: `${at}.${field}`, message }] : []))
}

function refundMistakes(sale: Values, lines: readonly ItemAmounts[]): Mistake[] {
  const refunded = amount(sale, 'refunded_amount')
  const total = amount(sale, 'total_amount')
  const ofItems = lines.reduce((sum, line) => sum + line.refunded, 0n)
  return [
    ...expected(sale, 'refunded_amount', sumOf(amounts(sale.refunds), 'amount'), 'the sum of the refunds'),
    ...amounts(sale.refunds).flatMap(({ amount: given = '' }, at): Mistake[] =>
      exact(given) < 0n ? [{ field: `refunds[${at}].amount`, message: 'must not be negative' }] : [],
    ),
    ...refundedItemMistakes(sale),
    ...limitMistakes(refunded, total),
    ...(ofItems > refunded && total >= 0n
      ? [
          {
            field: 'refunded_amount',
            message: `must be at least ${exactText(ofItems)}: the sum of the items' refunded_amount`,
          },
        ]
      : []),
    ...statusMistakes(sale.status as string, refunded, total),
  ]
}

function limitMistakes(refunded: Exact, total: Exact): Mistake[] {
  if (total < 0n && refunded !== 0n)
    return [
      {
        field: 'refunded_amount',
        message: `must be 0: total_amount is ${exactText(total)}, so the sale is itself a return; send the money given back as negative payments`,
      },
    ]
  return refunded > total && total >= 0n
    ? [{ field: 'refunded_amount', message: `must be at most ${exactText(total)}: the total_amount` }]
    : []
}

const REFUND_STATUSES = ['PARTIALLY_REFUNDED', 'REFUNDED']

function statusMistakes(status: string, refunded: Exact, total: Exact): Mistake[] {
  if (total < 0n)
    return status === 'COMPLETED' || status === 'VOIDED'
      ? []
      : [
          {
            field: 'status',
            message: `must be COMPLETED or VOIDED: total_amount is ${exactText(total)}, so the sale is itself a return`,
          },
        ]
  const due = statusByRefunds(refunded, total)
  const isWrong = due === null ? REFUND_STATUSES.includes(status) : status !== due
  return isWrong && refunded <= total
    ? [
        {
          field: 'status',
          message: `must be ${due ?? 'OPEN, COMPLETED or VOIDED'}: ${exactText(refunded)} of ${exactText(total)} was refunded`,
        },
      ]
    : []
}

function refundedItemMistakes(sale: Values): Mistake[] {
  const refunds = sale.refunds as Values[]
  if (refunds.every(({ item_ids }) => (item_ids as string[]).length === 0)) return []
  const known = new Set((sale.items as Values[]).map(({ id }) => id))
  return refunds.flatMap(({ item_ids }, at) =>
    (item_ids as string[]).flatMap((id, index): Mistake[] =>
      known.has(id)
        ? []
        : [{ field: `refunds[${at}].item_ids[${index}]`, message: 'must be the id of an item of this sale' }],
    ),
  )
}

/** Returns the status that a refunded amount requires; null if it requires no particular status. */
function statusByRefunds(refunded: Exact, total: Exact): string | null {
  if (refunded === total && total > 0n) return 'REFUNDED'
  return refunded > 0n && refunded < total ? 'PARTIALLY_REFUNDED' : null
}

function itemRefundMistakes(sale: Values, lines: readonly ItemAmounts[]): Mistake[] {
  const paidFor = paymentsByLine(sale, lines)
  return amounts(sale.items).flatMap((item, at): Mistake[] => {
    const { quantity, refundedQuantity, refunded } = lines[at] as ItemAmounts
    const isFull = quantity > 0n && refundedQuantity >= quantity
    return [
      ...rangeMistakes(`items[${at}].refunded_quantity`, refundedQuantity, quantity, 'the quantity'),
      ...(refunded === 0n
        ? []
        : rangeMistakes(`items[${at}].refunded_amount`, refunded, quantity > 0n ? paidFor(at) : 0n, PAID)),
      ...(item.is_fully_refunded === undefined || (item.is_fully_refunded as unknown) === isFull
        ? []
        : [
            {
              field: `items[${at}].is_fully_refunded`,
              message: `must be ${isFull}: refunded_quantity ≥ quantity, and quantity above 0`,
            },
          ]),
    ]
  })
}

const PAID = 'what was paid for the item: line_total, and its share of added tax, service charge and rounding'

/** Requires a value from 0 to `most`, or 0 if `most` is not above it: nothing is refunded of a line that gives something back. */
function rangeMistakes(field: string, value: Exact, most: Exact, because: string): Mistake[] {
  if (most <= 0n)
    return value === 0n ? [] : [{ field, message: 'must be 0: the item has no quantity above 0 that was paid for' }]
  return value < 0n || value > most ? [{ field, message: `must be from 0 to ${exactText(most)}: ${because}` }] : []
}

/**
 * Returns what was paid for an item at most. Only the till knows which prices include the tax, and for which items the service
 * charge and the rounding are, so an item may have all of them.
 */
function paymentsByLine(sale: Values, lines: readonly ItemAmounts[]): (at: number) => Exact {
  const isTaxAdded = amount(sale, 'tax_added_amount') > 0n
  const taxOfLines = lines.reduce((sum, { tax }) => sum + tax, sumOf(amounts(sale.charges), 'tax_amount'))
  const taxOfService = amount(sale, 'tax_amount') - taxOfLines
  const parts = [amount(sale, 'service_charge_amount'), taxOfService, amount(sale, 'rounding_amount')]
  const rest = parts.reduce((sum, part) => (part > 0n ? sum + part : sum), 0n)
  return (at) => {
    const { total, tax } = lines[at] as ItemAmounts
    return total + (isTaxAdded ? tax : 0n) + rest
  }
}

/** Requires that a parent is another item of the sale, and that no item is its own ancestor. */
function parentMistakes(items: readonly Values[]): Mistake[] {
  if (items.every(({ parent_item_id }) => parent_item_id === null)) return []
  const parentOf = new Map(items.map(({ id, parent_item_id }) => [id, parent_item_id]))
  // Items whose ancestors are known to end.
  const ending = new Set<unknown>([null])
  return items.flatMap(({ id, parent_item_id }, at): Mistake[] => {
    const field = `items[${at}].parent_item_id`
    if (parent_item_id !== null && !parentOf.has(parent_item_id))
      return [{ field, message: 'must be the id of another item of this sale' }]
    const path = new Set<unknown>()
    let ancestor: unknown = id
    while (!ending.has(ancestor) && !path.has(ancestor) && parentOf.has(ancestor as string)) {
      path.add(ancestor)
      ancestor = parentOf.get(ancestor as string)
    }
    if (path.has(ancestor)) return [{ field, message: 'must not lead back to the item itself' }]
    for (const one of path) ending.add(one)
    return []
  })
}

/** Returns what of a sale is no revenue of goods: the line totals of gift cards, deposits and fees. */
export const otherAmount = ({ items }: Values): string =>
  exactText(sumOf(amounts((items as Values[]).filter(({ kind }) => OTHER_KINDS.includes(kind as never))), 'line_total'))

function otherMistakes(sale: Values): Mistake[] {
  const other = otherAmount(sale)
  return sale.other_amount === undefined || sale.other_amount === other
    ? []
    : [
        {
          field: 'other_amount',
          message: `must be ${other}: the sum of line_total over the items of kind ${OTHER_KINDS.join(', ')}`,
        },
      ]
}

const GUESTS_MAX = 1_000_000

const guestMistakes = ({ guest_count }: Values): Mistake[] =>
  guest_count !== null && ((guest_count as number) < 0 || (guest_count as number) > GUESTS_MAX)
    ? [{ field: 'guest_count', message: `must be from 0 to ${GUESTS_MAX}` }]
    : []
