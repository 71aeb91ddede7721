/** Statuses of the sales that count in totals and reports. The totals and all descriptions are made from this list. */
export const COUNTED_STATUSES = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'] as const

/** The list in the words of descriptions. */
export const COUNTED = COUNTED_STATUSES.join(', ')
