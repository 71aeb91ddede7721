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
export const meaningOf = (type: EventType): { th: string; en: string } =>
  MEANINGS[type] ?? CHANGES[type.split('.', 2)[1] as keyof typeof CHANGES]

/** The meanings of types whose last word does not say everything. */
const MEANINGS: Partial<Record<EventType, { th: string; en: string }>> = {
  'consent.changed': {
    th: 'ลูกค้าให้หรือถอนความยินยอม หรือมีการแก้ไขหรือลบความยินยอม รวมถึงเมื่อลูกค้าถูกลบ',
    en: 'A consent was given, withdrawn, corrected or deleted; it is deleted with its customer',
  },
  'branch_price.changed': {
    th: 'สาขากำหนด แก้ไข หรือลบราคาของตนเอง',
    en: 'A branch set, changed or deleted a price of its own',
  },
  'stock_movement.created': {
    th: 'Talad ได้รับความเคลื่อนไหวของสต็อก ส่งตามลำดับที่ได้รับ แม้ความเคลื่อนไหวเกิดที่ร้านก่อนหน้านั้นนานแล้ว',
    en: 'We received a stock movement. The order of the events is the order of receipt, even if a movement occurred at the shop long before',
  },
}

const CHANGES = {
  created: { th: 'ร้านเพิ่มข้อมูลใหม่', en: 'A record was created' },
  updated: { th: 'ร้านแก้ไขข้อมูลที่มีอยู่', en: 'A record was changed' },
  deleted: { th: 'ร้านลบข้อมูล ใน `data` จึงมีเพียง `id`', en: 'A record was deleted; `data` contains only its `id`' },
  refunded: { th: 'ร้านคืนเงินให้ลูกค้า (`refunded_amount` เพิ่มขึ้น)', en: 'A refund was made (`refunded_amount` increased)' },
  voided: { th: 'ร้านยกเลิกบิล', en: 'The sale was voided' },
  received: {
    th: 'ร้านรับสินค้าตามใบสั่งซื้อ (`quantity_received` เพิ่มขึ้น)',
    en: 'Goods were received (a `quantity_received` increased)',
  },
  changed: { th: 'จำนวนคงเหลือหรือข้อมูลอื่นของสต็อกเปลี่ยนแปลง', en: 'A stock level changed' },
  out_of_stock: {
    th: 'จำนวนพร้อมขายลดจากมากกว่า 0 เหลือ 0 หรือต่ำกว่า Event นี้ส่งหลัง `inventory.changed`',
    en: 'The available quantity fell from above 0 to 0 or below; sent after `inventory.changed`',
  },
} satisfies Record<(typeof EVENTS)[EventResource]['happens'][number], { th: string; en: string }>
