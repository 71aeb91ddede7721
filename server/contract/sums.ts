import { AMOUNT_PLACES } from '../limits.ts'
import { distance, type Exact, exact, exactText, ONE, rounded, sumOf, times } from '../values/exact.ts'
import type { Mistake, Value, Values } from './record_kind.ts'

// The sums that sales and purchase orders have in common (partner-api §7 and §9). A refusal says the figure that was
// expected, so that nobody has to guess which of the two readings of a rule was meant.

const CENT: Exact = ONE / 100n

/** The decimals of some objects, whose fields were read before. */
export const amounts = (rows: Value | undefined) => rows as Record<string, string>[]
export const amount = (values: Values, field: string): Exact => exact(values[field] as string)

/** A mistake if the field has not this value. */
export const expected = (values: Values, field: string, value: Exact, because: string): Mistake[] =>
  amount(values, field) === value ? [] : [{ field, message: `must be ${exactText(value)}: ${because}` }]

/**
 * What is wrong with the lines of a sale or an order, and with their sums.
 *
 * @param factors the two fields of an item whose product it comes to
 */
export function linesMistakes(values: Values, [quantity, price]: [quantity: string, price: string]): Mistake[] {
  const items = amounts(values.items)
  const wrong = items.flatMap((item, at): Mistake[] => {
    const [of = '', by = '', discount = '', total = ''] = [quantity, price, 'discount_amount', 'line_total'].map(
      (name) => item[name],
    )
    const due = times(exact(of), exact(by)) - exact(discount)
    if (distance(exact(total), due) < CENT) return []
    const message = `must be ${exactText(rounded(due, AMOUNT_PLACES))}: ${quantity} × ${price} − discount_amount, to within less than 0.01`
    return [{ field: `items[${at}].line_total`, message }]
  })
  const tax = sumOf(items, 'tax_amount')
  return [
    ...wrong,
    ...expected(values, 'subtotal', sumOf(items, 'line_total'), "the sum of the items' line_total"),
    ...expected(values, 'discount_amount', sumOf(items, 'discount_amount'), "the sum of the items' discount_amount"),
    ...(tax > amount(values, 'tax_amount')
      ? [{ field: 'tax_amount', message: `must be at least ${exactText(tax)}: the sum of the items' tax_amount` }]
      : []),
    ...(amount(values, 'tax_added_amount') < 0n || amount(values, 'tax_added_amount') > amount(values, 'tax_amount')
      ? [
          {
            field: 'tax_added_amount',
            message: `must be from 0 to ${values.tax_amount}, the tax_amount of which it is a part`,
          },
        ]
      : []),
  ]
}

/** A computed count of items, where it was sent. */
export const countMistakes = ({ items, item_count }: Values): Mistake[] =>
  item_count === undefined || item_count === (items as Values[]).length
    ? []
    : [{ field: 'item_count', message: `must be ${(items as Values[]).length}: there are so many items` }]
