/** Tax categories of SKUs, items of sales and tax lines. */
export const TAX_CATEGORIES = ['STANDARD', 'ZERO', 'EXEMPT'] as const
