// A format describes a CSV file by its columns, as data: which column holds which field, and what its words mean. The fields
// are those of own_columns.ts. grouped/order_rows.ts and grouped/product_rows.ts make records of them.

/** Where the value of a field is in a row. */
export type ColumnMap = {
  /** The names that the column has had. The first one that is in the file and not empty is used. Case does not matter. */
  named: readonly string[]
  /** Further columns, whose cells are appended with `by`: such as the time to a date. */
  joined?: { columns: readonly string[]; by: string }
  /** What the words in the column mean. */
  words?: Readonly<Record<string, string>>
  /** Whether other words are kept. They are a mistake otherwise. */
  keepsOthers?: true
  /** Whether the file has the amount with the opposite sign. */
  isNegated?: true
  isOptional?: true
}

/** Rows that are no items, told apart by the cell of a column. */
export type RowKinds = {
  column: string
  /** The word in rows that hold the service charge. */
  service?: string
  /** Rows that hold neither an item nor the service charge. */
  ignored: RegExp
}

export type RowFormat<F extends string = string> = {
  /** Names the file in messages. */
  title: string
  columns: Readonly<Partial<Record<F, ColumnMap>>>
  rowKinds?: RowKinds
  /** Whether the file may have other columns, which are ignored. */
  isOpen: boolean
  /** Whether prices include the taxes, if every file of this format says so. */
  taxes?: Taxes
}

/** Whether prices include the taxes, or the till adds them. */
export const TAXES = ['included', 'added'] as const
export type Taxes = (typeof TAXES)[number]

/** The order of day, month and year in dates such as 01/10/2026. Dates such as 2026-10-01 need none. */
export const DATE_ORDERS = ['dmy', 'mdy'] as const
export type DateOrder = (typeof DATE_ORDERS)[number]

export const column = (named: string, more: Omit<ColumnMap, 'named'> = {}): ColumnMap => ({ named: [named], ...more })

/** A column that older or other versions of the file do not have. */
export const optional = (named: string | readonly string[], more: Omit<ColumnMap, 'named'> = {}): ColumnMap => ({
  named: typeof named === 'string' ? [named] : named,
  isOptional: true,
  ...more,
})
