import { derivedId } from '../../db/named_ids.ts'
import { distance, exact, exactText, ONE, rounded, times } from '../../values/exact.ts'
import type { JsonObject } from '../../values/json.ts'
import type { RowFormat, Taxes } from '../formats/format.ts'
import type { Cells } from '../read/csv.ts'
import { FileMistake, type FileRow } from '../read/rows.ts'
import { code, decimalText, flag, quoted, TRUE, text, time } from './cells.ts'
import type { Columns } from './columns.ts'
import type { FileReading } from './format_rows.ts'
import type { RowGroup } from './groups.ts'
import { type Finder, skusByCode } from './known.ts'
import { recordReader } from './record_reader.ts'

// Makes sales of rows with one item each. The file states the amounts of the items; the sums of the sale follow from them.

const SALE_FIELDS = {
  order_number: code,
  order_date: time,
  branch: text,
  /** SALE or RETURN: the amounts of a return are negative, whatever their sign in the file. */
  type: text,
  /** The order number of a return, if `order_number` is that of its sale. */
  return_number: code,
  return_of: code,
  status: text,
  updated_at: time,
  customer_id: text,
  payment_method: text,
  is_tax_included: flag,
  tax_amount_of_sale: decimalText,
  service_charge_amount: decimalText,
  rounding_amount: decimalText,
  tip_amount: decimalText,
  tax_invoice_number: code,
  channel: text,
  source: text,
  staff_ref: text,
  register_ref: text,
  shift_ref: text,
  note: text,
  void_reason: text,
} as const

const ITEM_FIELDS = {
  sku_code: code,
  sku_name: text,
  product_name: text,
  quantity: decimalText,
  unit_price: decimalText,
  /** The amount before the discount. */
  gross_amount: decimalText,
  discount_amount: decimalText,
  line_total: decimalText,
  tax_amount: decimalText,
  kind: text,
  tax_category: text,
  item_note: text,
  is_amount_fixed: flag,
} as const

export const ORDER_FIELDS = { ...SALE_FIELDS, ...ITEM_FIELDS }
export type OrderField = keyof typeof ORDER_FIELDS

/** Fields that go from the file to the sale as they are. */
const PASSED_ON = [
  ...(['customer_id', 'tip_amount', 'tax_invoice_number', 'channel', 'source', 'staff_ref'] as const),
  ...(['register_ref', 'shift_ref', 'note', 'void_reason'] as const),
]

/** The columns from which a field of the record comes, in the order in which messages prefer them. */
const CELLS: Readonly<Record<string, readonly OrderField[]>> = {
  branch_id: ['branch'],
  external_id: ['order_number'],
  product_sku_id: ['sku_code'],
  unit_price: ['unit_price', 'gross_amount', 'line_total'],
  line_total: ['line_total', 'gross_amount', 'unit_price'],
  note: ['item_note'],
  'payments[0].paid_at': ['order_date'],
  'payments[0].method': ['payment_method'],
}

/** Returns the key by which rows belong together. */
export function orderOf(columns: Columns<OrderField>, row: Cells): string {
  const [number, type, own] = (['order_number', 'type', 'return_number'] as const).map((field) =>
    columns.textOf(row, field),
  )
  return String((type === 'RETURN' && own) || number)
}

/** Makes the sales of groups of rows. Looks up their SKUs together. */
export async function* saleRows(
  reading: FileReading<OrderField>,
  branchOf: Finder,
  groups: readonly RowGroup[],
): AsyncGenerator<FileRow> {
  const { db, businessId, columns } = reading
  const codes = groups.flatMap(({ rows }) => rows.map((row) => columns.textOf(row, 'sku_code')))
  const skus = await skusByCode(
    db,
    businessId,
    codes.filter((found) => typeof found === 'string'),
  )
  for (const group of groups) yield saleRow(reading, branchOf, skus, group)
}

function saleRow(
  reading: FileReading<OrderField>,
  branchOf: Finder,
  skus: ReadonlyMap<string, string>,
  group: RowGroup,
): FileRow {
  const { columns, format, businessId, version } = reading
  const read = recordReader(columns, ORDER_FIELDS, reading.rules, group)
  const { items: itemRows, services } = kindsOf(format, columns, group.rows)
  const { key } = group
  const isReturn = read.shared('type') === 'RETURN'
  const orderNumber = read.required(read.shared('order_number'), 'order_number')
  const returned = read.shared('return_of') ?? (isReturn && columns.has('return_number') ? orderNumber : undefined)
  const items = itemRows.map((row, at) =>
    itemOf(read, row, { isReturn, id: id('sale-items', `${key}/${at + 1}`), skus }),
  )
  if (items.length === 0) read.mistake(`belongs to ${key}, which has no row with an item`)
  const sums = sumsOf(read, items, services, reading)
  const orderDate = read.required(read.shared('order_date', areClose), 'order_date')
  const branch = read.required(read.shared('branch'), 'branch')
  const value: JsonObject = {
    id: id('sales', key),
    order_number: key,
    branch_id: branch === undefined ? null : (branchIdOf(read, branchOf, branch) ?? null),
    order_date: orderDate ?? null,
    updated_at: read.shared('updated_at') ?? version,
    ...Object.fromEntries(
      PASSED_ON.map((field) => [field, read.shared(field) ?? null]).filter(([, one]) => one !== null),
    ),
    ...(returned === undefined ? {} : { return_of: id('sales', returned) }),
    ...sums,
    ...paymentsOf(read, sums.total_amount, orderDate ?? null),
    items,
    external_id: key,
  }
  const openItems = items.filter(({ product_sku_id }) => product_sku_id === null).length
  return read.row(value, { open_items: openItems }, cellOf)

  /** Derives an id as the SDK does. A row without an order number has no id, and is rejected. */
  function id(resource: string, own: string): string {
    return derivedId(businessId, resource, own)
  }
  function cellOf(path: string): string {
    const [, index, field = path] = /^items\[(\d+)\]\.(\w+)$/.exec(path) ?? []
    const name = (CELLS[field] ?? [field as OrderField]).find((one) => columns.has(one))
    return name === undefined ? path : read.named(name, index === undefined ? undefined : itemRows[Number(index)])
  }
}

/** Some tills write the time of each item. A number that is used again on another day is another sale. */
const areClose = (one: string, other: string): boolean =>
  Math.abs(Date.parse(one) - Date.parse(other)) <= ITEMS_APART_MS

const ITEMS_APART_MS = 60 * 60 * 1000

type OrderReader = ReturnType<typeof recordReader<OrderField>>

/** Separates the rows of items from those of the service charge, and leaves out the others. */
function kindsOf({ rowKinds }: RowFormat, columns: Columns<OrderField>, rows: readonly Cells[]) {
  if (!rowKinds) return { items: rows, services: [] }
  const services = rows.filter((row) => columns.kindOf(row) === rowKinds.service)
  const items = rows.filter((row) => !services.includes(row) && !rowKinds.ignored.test(columns.kindOf(row)))
  return { items, services }
}

function branchIdOf(read: OrderReader, branchOf: Finder, branch: string): string | undefined {
  const found = branchOf(branch)
  const cell = read.named('branch', undefined)
  if (found === undefined) read.mistake(`${cell} must be the code or name of a branch, and none has ${quoted(branch)}`)
  if (found === 'several') read.mistake(`${cell} must be the code of a branch: several have the name ${quoted(branch)}`)
  return found
}

type Item = JsonObject & { line_total: string; discount_amount: string; tax_amount: string }

function itemOf(
  read: OrderReader,
  row: Cells,
  { isReturn, id, skus }: { isReturn: boolean; id: string; skus: ReadonlyMap<string, string> },
): Item {
  const amount = (field: OrderField): bigint | undefined => {
    const value = read.own(row, field)
    if (value === undefined) return undefined
    const number = exact(value)
    return isReturn && number > 0n ? -number : number
  }
  const quantity = read.required(amount('quantity'), 'quantity', row) ?? 0n
  const [price, gross, total] = [read.own(row, 'unit_price'), amount('gross_amount'), amount('line_total')]
  const before = gross ?? (price === undefined ? undefined : times(quantity, exact(price)))
  const given = amount('discount_amount')
  const discount = given ?? (gross !== undefined && total !== undefined ? gross - total : 0n)
  if (before === undefined && total === undefined) read.required(undefined, 'line_total', row)
  const lineTotal = total ?? rounded((before ?? 0n) - discount, CENTS)
  const unitPrice = price === undefined ? unitPriceOf(lineTotal + discount, quantity) : exact(price)
  const isFixed =
    read.own(row, 'is_amount_fixed') === TRUE ||
    (price === undefined && distance(times(quantity, unitPrice) - discount, lineTotal) >= CENT)
  const skuCode = read.own(row, 'sku_code') ?? ''
  const productName = read.required(read.own(row, 'product_name'), 'product_name', row) ?? null
  const [kind, category, note] = (['kind', 'tax_category', 'item_note'] as const).map((field) => read.own(row, field))
  return {
    id,
    product_sku_id: skus.get(skuCode) ?? null,
    sku_code: skuCode,
    sku_name: read.own(row, 'sku_name') ?? productName,
    product_name: productName,
    quantity: exactText(quantity),
    unit_price: exactText(unitPrice),
    discount_amount: exactText(discount),
    tax_amount: exactText(amount('tax_amount') ?? 0n),
    line_total: exactText(lineTotal),
    refunded_quantity: '0',
    refunded_amount: '0',
    ...(isFixed && { is_amount_fixed: true }),
    ...(kind && { kind }),
    ...(category && { tax_category: category }),
    ...(note && { note }),
  }
}

const CENTS = 2
const CENT = ONE / 100n
const PRICE_PLACES = 6

/** Returns the price of one unit; 0 if there is no quantity to divide by. */
const unitPriceOf = (amount: bigint, quantity: bigint): bigint =>
  quantity === 0n ? 0n : rounded((amount * ONE) / quantity, PRICE_PLACES)

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

/** Computes the sums of a sale from its items. @throws FileMistake if nothing says whether its prices include the taxes */
function sumsOf(
  read: OrderReader,
  items: readonly Item[],
  services: readonly Cells[],
  { format, taxes, columns }: FileReading<OrderField>,
) {
  const ofItems = (name: 'line_total' | 'discount_amount' | 'tax_amount') => sum(items.map((item) => exact(item[name])))
  const ofServices = (field: OrderField) => sum(services.map((row) => exact(read.own(row, field) ?? '0')))
  const shared = (field: OrderField) => exact(read.shared(field) ?? '0')
  const service = format.rowKinds?.service ? ofServices('service_charge_amount') : shared('service_charge_amount')
  const given = read.shared('tax_amount_of_sale')
  const tax = given === undefined ? ofItems('tax_amount') + ofServices('tax_amount') : exact(given)
  const added = tax !== 0n && areTaxesAdded(read.shared('is_tax_included'), taxes, columns) ? tax : 0n
  const rounding = shared('rounding_amount')
  const subtotal = ofItems('line_total')
  return {
    subtotal: exactText(subtotal),
    discount_amount: exactText(ofItems('discount_amount')),
    tax_amount: exactText(tax),
    tax_added_amount: exactText(added),
    service_charge_amount: exactText(service),
    rounding_amount: exactText(rounding),
    total_amount: exactText(subtotal + service + added + rounding),
    refunded_amount: '0',
    refunds: [],
  }
}

function areTaxesAdded(isIncluded: string | undefined, taxes: Taxes | null, columns: Columns<OrderField>): boolean {
  if (isIncluded !== undefined) return isIncluded !== TRUE
  if (taxes !== null) return taxes === 'added'
  throw new FileMistake(
    `has taxes in the column ${columns.nameOf('tax_amount')}, but does not say whether the prices include them`,
    'taxes',
  )
}

/** Returns the status and the payments. A file that does not say how a sale was paid gets one payment of the method OTHER. */
function paymentsOf(read: OrderReader, total: string, paidAt: string | null): JsonObject {
  const status = read.shared('status') ?? 'COMPLETED'
  const method = read.shared('payment_method') ?? 'OTHER'
  const amount = exact(total) + exact(read.shared('tip_amount') ?? '0')
  const isPaid = amount !== 0n && status !== 'VOIDED' && status !== 'OPEN'
  const payment = { method, amount: exactText(amount), paid_at: method === 'CREDIT' ? null : paidAt }
  return { status, payments: isPaid ? [payment] : [] }
}
