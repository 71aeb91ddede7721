import { AMOUNT_PLACES } from '../limits.ts'
import { distance, type Exact, exact, exactText, ONE, rounded, sumOf, times } from '../values/exact.ts'
import type { Mistake, Value, Values } from './record_kind.ts'

// Sums that sales and purchase orders share. An error message states the expected amount, so that the sender sees how the
// rule was applied.

/** A satang. */
export const CENT: Exact = ONE / 100n

/** Returns the decimal fields of validated objects. */
export const amounts = (rows: Value | undefined) => rows as Record<string, string>[]
export const amount = (values: Values, field: string): Exact => exact(values[field] as string)

/** Returns a mistake if the field does not have this value. */
export const expected = (values: Values, field: string, value: Exact, because: string): Mistake[] =>
  amount(values, field) === value ? [] : [{ field, message: `must be ${exactText(value)}: ${because}` }]

/**
 * Returns mistakes in the lines of a sale or an order, and in their sums. A line with `is_amount_fixed` keeps the total that was
 * sent.
 *
 * @param factors the two fields of an item whose product is the line total before discount
 */
export function linesMistakes(values: Values, [quantity, price]: [quantity: string, price: string]): Mistake[] {
  const items = amounts(values.items)
  const wrong = items.flatMap((item, at): Mistake[] => {
    if ((item.is_amount_fixed as unknown) === true) return []
    const [of = '', by = '', discount = '', total = ''] = [quantity, price, 'discount_amount', 'line_total'].map(
      (name) => item[name],
    )
    const due = times(exact(of), exact(by)) - exact(discount)
    if (distance(exact(total), due) < CENT) return []
    const unless =
      item.is_amount_fixed === undefined ? '' : '; send is_amount_fixed true to keep the amount that was sent'
    const message = `must be ${exactText(rounded(due, AMOUNT_PLACES))} (tolerance: less than 0.01): ${quantity} × ${price} − discount_amount${unless}`
    return [{ field: `items[${at}].line_total`, message }]
  })
  return [
    ...wrong,
    ...expected(values, 'subtotal', sumOf(items, 'line_total'), "the sum of the items' line_total"),
    ...expected(values, 'discount_amount', sumOf(items, 'discount_amount'), "the sum of the items' discount_amount"),
  ]
}

/** Returns a mistake if the tax that the prices do not include is not a part of the tax. */
export const addedTaxMistakes = (values: Values): Mistake[] =>
  amount(values, 'tax_added_amount') < 0n || amount(values, 'tax_added_amount') > amount(values, 'tax_amount')
    ? [
        {
          field: 'tax_added_amount',
          message: `must be from 0 to ${values.tax_amount}, because it is a part of tax_amount`,
        },
      ]
    : []

/** Returns a mistake if a count of items was sent and is wrong. */
export const countMistakes = ({ items, item_count }: Values): Mistake[] =>
  item_count === undefined || item_count === (items as Values[]).length
    ? []
    : [{ field: 'item_count', message: `must be ${(items as Values[]).length}: the number of items` }]
