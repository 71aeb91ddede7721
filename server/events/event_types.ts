import type { Scope } from '../scopes.ts'

/** Every resource that has events: its heading, the scope that reads it, and the changes that it can have. */
export const EVENTS = {
  sale: {
    th: 'บิลขาย',
    en: 'Sales',
    scope: 'read:sales',
    happens: ['created', 'updated', 'refunded', 'voided', 'deleted'],
  },
  customer: { th: 'ลูกค้า', en: 'Customers', scope: 'read:customers', happens: ['created', 'updated', 'deleted'] },
  consent: { th: 'ความยินยอม', en: 'Consents', scope: 'read:customers', happens: ['changed'] },
  product: { th: 'สินค้า', en: 'Products', scope: 'read:products', happens: ['created', 'updated', 'deleted'] },
  branch_price: { th: 'ราคาตามสาขา', en: 'Branch prices', scope: 'read:products', happens: ['changed'] },
  /** Its row is the stock level: one SKU in one warehouse. */
  inventory: { th: 'สต็อก', en: 'Stock', scope: 'read:inventory', happens: ['changed', 'out_of_stock'] },
  stock_movement: {
    th: 'ความเคลื่อนไหวของสต็อก',
    en: 'Stock movements',
    scope: 'read:inventory',
    happens: ['created'],
  },
  purchase_order: {
    th: 'ใบสั่งซื้อ',
    en: 'Purchase orders',
    scope: 'read:purchasing',
    happens: ['created', 'updated', 'received', 'deleted'],
  },
  supplier: { th: 'ผู้จำหน่าย', en: 'Suppliers', scope: 'read:purchasing', happens: ['created', 'updated', 'deleted'] },
} as const satisfies Record<string, { th: string; en: string; scope: Scope; happens: readonly string[] }>

/** A resource that has events; the first word of an event type. */
export type EventResource = keyof typeof EVENTS

/** An event type such as `sale.created`: the resource and its change. */
export type EventType = { [R in EventResource]: `${R}.${(typeof EVENTS)[R]['happens'][number]}` }[EventResource]

export const EVENT_RESOURCES = Object.keys(EVENTS) as EventResource[]

/** Every type that the log can contain, in the order of the documentation. `ping` is sent on request and never logged. */
export const EVENT_TYPES = EVENT_RESOURCES.flatMap((resource) =>
  EVENTS[resource].happens.map((what) => `${resource}.${what}` as EventType),
)

/** The catalogue version that added a type; the others are of version 1. A new type gets the next version. */
const ADDED_IN: Partial<Record<EventType, number>> = {
  'stock_movement.created': 2,
  'consent.changed': 3,
  'branch_price.changed': 4,
}

/** The current version of the catalogue of event types. */
export const CATALOGUE_VERSION = Math.max(1, ...Object.values(ADDED_IN))

/**
 * Returns the types that a subscription names. `*` stands for all types of the catalogue version at the time when the
 * partner set it, so a new type never reaches an endpoint that may not know it.
 */
export const namedTypes = (names: EventType[] | ['*'], version: number): EventType[] =>
  names[0] === '*' ? EVENT_TYPES.filter((type) => (ADDED_IN[type] ?? 1) <= version) : (names as EventType[])

/** Returns the resource of an event type. */
export const resourceOf = (type: EventType): EventResource => type.split('.', 1)[0] as EventResource

/** Returns the scope that reads events of this type: the scope of the resource. */
export const scopeOf = (type: EventType): Scope => EVENTS[resourceOf(type)].scope

/** Returns whether these scopes can read events of this type. */
export const isSeen = (type: EventType, scopes: ReadonlySet<Scope>): boolean => scopes.has(scopeOf(type))

/** Returns what happened, without a full stop. */
export const meaningOf = (type: EventType): { th: string; en: string } => MEANINGS[type]

const MEANINGS: Record<EventType, { th: string; en: string }> = {
  'sale.created': {
    th: 'ร้านส่งบิลขายใหม่ ทั้งบิลที่ยังเปิดอยู่และบิลที่ชำระเงินแล้ว',
    en: 'The shop sent a new sale, open or paid',
  },
  'sale.updated': {
    th: 'บิลขายเปลี่ยน เช่น รายการสินค้า การชำระเงิน หรือสถานะ',
    en: 'A sale was changed, such as its items, payments or status',
  },
  'sale.refunded': {
    th: 'ร้านคืนเงินให้ลูกค้าตามบิลขาย (`refunded_amount` เพิ่มขึ้น)',
    en: 'The shop refunded a sale (`refunded_amount` increased)',
  },
  'sale.voided': {
    th: 'ร้านยกเลิกบิลขาย (`status` เป็น `VOIDED`)',
    en: 'The shop voided a sale (`status` is `VOIDED`)',
  },
  'sale.deleted': {
    th: 'ร้านลบบิลขาย ใน `data` จึงมีเพียง `id`',
    en: 'The shop deleted a sale; `data` contains only its `id`',
  },
  'customer.created': { th: 'ร้านเพิ่มลูกค้าใหม่', en: 'The shop added a customer' },
  'customer.updated': {
    th: 'ข้อมูลของลูกค้าเปลี่ยน เช่น ชื่อ คะแนนสะสม หรือระดับสมาชิก',
    en: 'A customer was changed, such as the name, points or membership tier',
  },
  'customer.deleted': {
    th: 'ร้านลบลูกค้า หรือลบข้อมูลตามคำขอของลูกค้า ใน `data` จึงมีเพียง `id`',
    en: 'The shop deleted a customer, also at the request of the customer; `data` contains only the `id`',
  },
  'consent.changed': {
    th: 'ลูกค้าให้หรือถอนความยินยอม หรือมีการแก้ไขหรือลบความยินยอม รวมถึงเมื่อลูกค้าถูกลบ',
    en: 'A consent was given, withdrawn, corrected or deleted; it is deleted with its customer',
  },
  'product.created': { th: 'ร้านเพิ่มสินค้าใหม่', en: 'The shop added a product' },
  'product.updated': {
    th: 'สินค้าหรือ SKU ของสินค้าเปลี่ยน เช่น ชื่อ ราคา หรือบาร์โค้ด',
    en: 'A product or one of its SKUs was changed, such as the name, price or barcode',
  },
  'product.deleted': {
    th: 'ร้านลบสินค้าพร้อม SKU ทั้งหมด ใน `data` จึงมีเพียง `id`',
    en: 'The shop deleted a product with its SKUs; `data` contains only its `id`',
  },
  'branch_price.changed': {
    th: 'สาขากำหนด แก้ไข หรือลบราคาของตนเอง',
    en: 'A branch set, changed or deleted a price of its own',
  },
  'inventory.changed': {
    th: 'สต็อกของ SKU ในคลังหนึ่งเปลี่ยน เช่น จำนวนคงเหลือหรือจำนวนที่จองไว้',
    en: 'The stock of a SKU in a warehouse changed, such as the quantity on hand or reserved',
  },
  'inventory.out_of_stock': {
    th: 'จำนวนพร้อมขายของ SKU ในคลังหนึ่งลดจากมากกว่า 0 เหลือ 0 หรือต่ำกว่า Event นี้ส่งหลัง `inventory.changed`',
    en: 'The available quantity of a SKU in a warehouse fell from above 0 to 0 or below; sent after `inventory.changed`',
  },
  'stock_movement.created': {
    th: 'Talad ได้รับความเคลื่อนไหวของสต็อก ส่งตามลำดับที่ได้รับ แม้ความเคลื่อนไหวเกิดที่ร้านก่อนหน้านั้นนานแล้ว',
    en: 'We received a stock movement. The order of the events is the order of receipt, even if a movement occurred at the shop long before',
  },
  'purchase_order.created': { th: 'ร้านสร้างใบสั่งซื้อใหม่', en: 'The shop created a purchase order' },
  'purchase_order.updated': {
    th: 'ใบสั่งซื้อเปลี่ยน เช่น รายการสินค้า วันที่คาดว่าจะได้รับ หรือสถานะ',
    en: 'A purchase order was changed, such as its items, expected date or status',
  },
  'purchase_order.received': {
    th: 'ร้านรับสินค้าตามใบสั่งซื้อ (`quantity_received` ของรายการหนึ่งเพิ่มขึ้น)',
    en: 'The shop received goods of a purchase order (the `quantity_received` of an item increased)',
  },
  'purchase_order.deleted': {
    th: 'ร้านลบใบสั่งซื้อ ใน `data` จึงมีเพียง `id`',
    en: 'The shop deleted a purchase order; `data` contains only its `id`',
  },
  'supplier.created': { th: 'ร้านเพิ่มผู้จำหน่ายใหม่', en: 'The shop added a supplier' },
  'supplier.updated': {
    th: 'ข้อมูลของผู้จำหน่ายเปลี่ยน เช่น ชื่อ ผู้ติดต่อ หรือเงื่อนไขการชำระเงิน',
    en: 'A supplier was changed, such as the name, contact or payment terms',
  },
  'supplier.deleted': {
    th: 'ร้านลบผู้จำหน่าย ใน `data` จึงมีเพียง `id`',
    en: 'The shop deleted a supplier; `data` contains only its `id`',
  },
}
