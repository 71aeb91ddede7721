import { type CopyValue, copyRows } from '../../db/bulk_copy.ts'
import type { Runner } from '../../db/database.ts'
import { baht, DAY, dayOf, decimal, divide, HOUR, iso, sum } from '../figures.ts'
import { type Random, randomFrom } from '../random.ts'
import type { DemoSku } from '../records/products.ts'
import type { DemoWarehouse } from '../records/warehouses.ts'

const COMPANIES = `ไทยรุ่งเรืองอาหาร เจริญผลการค้า สยามวัตถุดิบ ตั้งฮั่วเส็งฟู้ดส์ ใบชาดอยทอง กาแฟไทยล้านนา ข้าวหอมอีสาน น้ำดื่มภูเขา
  เครื่องเทศบางกอก พริกแกงแม่ประนอม ซอสศรีราชา ผลไม้อบแห้งเชียงใหม่ ขนมไทยบ้านสวน บรรจุภัณฑ์นครปฐม เซรามิกลำปาง ผ้าไทยสกลนคร
  สมุทรสาครซีฟู้ด นมโคขุนปากช่อง รวมมิตรเครื่องดื่ม เอเชียโกลบอลเทรดดิ้ง`.split(/\s+/)
const CONTACTS = ['คุณวิชัย', 'คุณสุดา', 'คุณธนพล', 'คุณปวีณา', 'คุณเอกชัย']
const PLACES = [
  ['จอมทอง', 'กรุงเทพมหานคร', '10150'],
  ['เมืองสมุทรสาคร', 'สมุทรสาคร', '74000'],
  ['เมืองเชียงใหม่', 'เชียงใหม่', '50000'],
  ['เมืองนครปฐม', 'นครปฐม', '73000'],
] as const

export type DemoOrder = {
  id: string
  number: string
  status: string
  warehouse: DemoWarehouse
  supplier: string
  orderedAt: number
  /** Time of receipt; null if nothing was received. */
  receivedAt: number | null
  isTaxAdded: boolean
  note: string | null
  items: { id: string; sku: DemoSku; ordered: number; received: number; discount: number; tax: number; total: number }[]
}

// biome-ignore format: as the values below
export const SUPPLIER_COLUMNS = ['business_id', 'id', 'supplier_code', 'company_name', 'contact_name', 'phone_number', 'email', 'tax_id', 'address',
  'city', 'province', 'postal_code', 'country', 'payment_terms', 'status', 'external_id', 'created_at', 'updated_at']

export type Suppliers = { business: string; seed: number; count: number }

/** Writes suppliers. @returns the ids of the suppliers that get orders */
export async function writeSuppliers(tx: Runner, suppliers: Suppliers): Promise<string[]> {
  const made = [...demoSuppliers(suppliers)]
  await copyRows(
    tx,
    'suppliers',
    SUPPLIER_COLUMNS,
    made.map(({ row }) => row),
  )
  return made.filter(({ isActive }) => isActive).map(({ id }) => id)
}

export function* demoSuppliers({ business, seed, count }: Suppliers) {
  const random = randomFrom(seed)
  // Any number of suppliers fits into a year and a half.
  const apart = Math.floor(Math.min(3 * DAY, (540 * DAY) / count))
  for (let index = 0; index < count; index += 1) {
    const id = random.id()
    const isActive = index % 9 !== 8
    const number = String(index + 1).padStart(3, '0')
    const again = Math.floor(index / COMPANIES.length)
    const company = `${COMPANIES[index % COMPANIES.length]}${again === 0 ? '' : ` ${again + 1}`}`
    const [city, province, postalCode] = random.pick(PLACES)
    const created = iso(Date.parse('2025-01-03T02:00:00Z') + index * apart)
    const form = random.pick(['บริษัท {} จำกัด', 'บริษัท {} จำกัด', 'ห้างหุ้นส่วนจำกัด {}', 'บริษัท {} จำกัด (มหาชน)'])
    const contact = random.chance(0.8) ? random.pick(CONTACTS) : null
    const phone = `02${String(random.whole(1_000_000, 9_999_999))}`
    const email = random.chance(0.6) ? `sales${index + 1}@supplier.example` : null
    const taxId = `01055${String(10_000_000 + index * 7)}`
    const terms = random.pick(['เครดิต 30 วัน', 'เครดิต 60 วัน', 'เงินสด', null])
    // biome-ignore format: as the columns above
    const row: CopyValue[] = [business, id, `SUP-${number}`, form.replace('{}', company), contact, phone, email, taxId,
      `${random.whole(1, 300)} ถนนพระราม 2`, city, province, postalCode, 'Thailand', terms, isActive ? 'ACTIVE' : 'INACTIVE',
      index % 2 === 0 ? `VENDOR-${number}` : null, created, created]
    yield { id, isActive, row }
  }
}

const NEW = ['DRAFT', 'PENDING_APPROVAL', 'APPROVED', 'APPROVED', 'PENDING_APPROVAL', 'DRAFT', 'REJECTED']
// biome-ignore format: shares
const OLD = ['FULLY_RECEIVED', 'FULLY_RECEIVED', 'FULLY_RECEIVED', 'PARTIALLY_RECEIVED', 'FULLY_RECEIVED', 'FULLY_RECEIVED',
  'CANCELLED', 'FULLY_RECEIVED', 'PARTIALLY_RECEIVED', 'FULLY_RECEIVED', 'REJECTED']
/** Business, suppliers, warehouses and SKUs of the orders. */
export type Purchaser = {
  suppliers: readonly string[]
  warehouses: readonly DemoWarehouse[]
  goods: readonly DemoSku[]
  /** Maximum number of items per order. */
  most: number
}

/** Default maximum number of items per order. */
export const ORDER_SIZE = 8

/** Generates the purchase orders of the days before a midnight lazily, oldest day first. */
export function* demoOrders(
  seed: number,
  { count, days, end }: { count: number; days: number; end: number },
  { suppliers, warehouses, goods, most }: Purchaser,
): Generator<DemoOrder> {
  const random = randomFrom(seed)
  for (let index = 0; index < count; index += 1) {
    const day = end - days * DAY + Math.floor((index * days) / count) * DAY
    const isNew = day > end - 12 * DAY
    const status = (isNew ? NEW[index % NEW.length] : OLD[index % OLD.length]) as string
    const isReceived = status === 'FULLY_RECEIVED' || status === 'PARTIALLY_RECEIVED'
    const isTaxAdded = random.chance(0.7)
    const chosen = new Set(Array.from({ length: random.whole(1, most) }, () => random.pick(goods)))
    const orderedAt = day + 9 * HOUR
    yield {
      id: random.id(),
      number: `PO-${dayOf(orderedAt).slice(0, 4)}-${String(index + 1).padStart(4, '0')}`,
      status,
      warehouse: random.pick(warehouses),
      supplier: random.pick(suppliers),
      orderedAt: orderedAt + random.whole(0, 7 * 3600) * 1000,
      receivedAt: isReceived ? day + random.whole(3, 8) * DAY + 10 * HOUR + random.whole(0, 3600) * 1000 : null,
      isTaxAdded,
      note: random.chance(0.2) ? random.pick(['ส่งก่อน 10 โมง', 'โทรแจ้งก่อนส่ง', 'แนบใบกำกับภาษี']) : null,
      items: [...chosen].map((sku, place) => itemOf(random, sku, { status, isTaxAdded, place })),
    }
  }
}

function itemOf(
  random: Random,
  sku: DemoSku,
  { status, isTaxAdded, place }: { status: string; isTaxAdded: boolean; place: number },
): DemoOrder['items'][number] {
  const ordered = random.whole(2, 20) * 12_000
  const gross = divide(ordered * sku.cost, 100_000)
  const discount = random.chance(0.2) ? Math.floor(gross / 20) : 0
  const total = gross - discount
  const tax = isTaxAdded ? divide(total * 7, 100) : divide(total * 7, 107)
  // Half of the first line of a partially received order has arrived.
  const part = place === 0 ? ordered / 2 : random.pick([0, ordered / 3, ordered])
  const whole = random.chance(0.04) ? ordered + 1000 : ordered
  const received = status === 'FULLY_RECEIVED' ? whole : status === 'PARTIALLY_RECEIVED' ? part : 0
  return { id: random.id(), sku, ordered, received, discount, tax, total }
}

// biome-ignore format: as the values below
export const ORDER_COLUMNS = ['business_id', 'id', 'po_number', 'branch_id', 'warehouse_id', 'supplier_id', 'status', 'order_date', 'expected_date',
  'subtotal', 'discount_amount', 'tax_amount', 'tax_added_amount', 'total_amount', 'item_count', 'note', 'external_id', 'created_at', 'updated_at']
// biome-ignore format: as the values below
export const ORDER_ITEM_COLUMNS = ['business_id', 'purchase_order_id', 'id', 'position', 'product_sku_id', 'sku_code', 'sku_name', 'product_name',
  'quantity_ordered', 'quantity_received', 'unit_cost', 'discount_amount', 'tax_amount', 'line_total', 'created_at']

export function orderRow(business: string, order: DemoOrder): CopyValue[] {
  const { id, number, status, warehouse, supplier, orderedAt, receivedAt, items } = order
  const subtotal = sum(items.map(({ total }) => total))
  const tax = sum(items.map((item) => item.tax))
  const added = order.isTaxAdded ? tax : 0
  const expected = status === 'DRAFT' ? null : dayOf(orderedAt + 7 * DAY)
  // biome-ignore format: as the columns above
  return [business, id, number, warehouse.branch_id, warehouse.id, supplier, status, dayOf(orderedAt), expected,
    baht(subtotal), baht(sum(items.map(({ discount }) => discount))), baht(tax), baht(added), baht(subtotal + added),
    items.length, order.note, status === 'DRAFT' ? null : `ERP-${number}`, iso(orderedAt), iso(receivedAt ?? orderedAt)]
}

export const orderItemRows = (business: string, { id, orderedAt, items }: DemoOrder): CopyValue[][] =>
  items.map((item, index): CopyValue[] => {
    const { sku } = item
    // biome-ignore format: as the columns above
    return [business, id, item.id, index + 1, sku.id, sku.sku_code, sku.sku_name, sku.product_name, decimal(item.ordered, 3),
      decimal(item.received, 3), decimal(sku.cost, 4), baht(item.discount), baht(item.tax), baht(item.total), iso(orderedAt)]
  })
