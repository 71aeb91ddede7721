/** Every scope, what it opens, and what the owner is told when granting it. */
export const SCOPES = {
  'read:sales': { th: 'อ่านยอดขาย บิล และรายการในบิล', en: 'Read sales and their items' },
  'read:products': { th: 'อ่านสินค้า SKU และหมวดหมู่', en: 'Read products, SKUs and categories' },
  'read:inventory': {
    th: 'อ่านสต็อกคงเหลือ ความเคลื่อนไหว และคลังสินค้า',
    en: 'Read stock levels, stock movements and warehouses',
  },
  'read:purchasing': { th: 'อ่านใบสั่งซื้อและผู้ขาย', en: 'Read purchase orders and suppliers' },
  'read:customers': {
    th: 'อ่านลูกค้า (รวมถึงชื่อ) และระดับสมาชิก โดยไม่มีข้อมูลติดต่อ (PII)',
    en: 'Read customers, names included, and membership tiers, without contact data (PII)',
  },
  'read:customers:pii': {
    th: 'อ่านข้อมูลติดต่อของลูกค้า (PII) เพิ่มเติม: เบอร์โทร อีเมล วันเกิด ที่อยู่ เลขภาษี (ต้องมี read:customers ด้วย)',
    en: "Also read customers' contact data (PII): phone, email, date of birth, address, tax id (only with read:customers)",
  },
  'read:reports': { th: 'อ่านรายงานสรุปยอดขายและสต็อก', en: 'Read the sales and inventory summaries' },
  'read:webhooks': { th: 'จัดการ Webhooks ของแอปนี้', en: 'Manage the webhooks of this application' },
  'write:ingest': {
    th: 'ส่งข้อมูลเข้าระบบ (เฉพาะแอปชนิด pos และเป็น Scope เดียวของแอปนั้น)',
    en: 'Write through the ingest plane (only applications of kind pos, which have no other scope)',
  },
} as const

export type Scope = keyof typeof SCOPES

export const ALL_SCOPES = Object.keys(SCOPES) as Scope[]

export const isScope = (word: string): word is Scope => Object.hasOwn(SCOPES, word)

/** Application kinds and the scopes that each may be given. */
export const KINDS = {
  partner: ALL_SCOPES.filter((scope) => scope !== 'write:ingest'),
  pos: ['write:ingest'],
} as const satisfies Record<string, readonly Scope[]>

export type Kind = keyof typeof KINDS

/** Why this set of scopes cannot be granted together to an application of this kind, or null. */
export function scopesMistake(kind: Kind, scopes: readonly Scope[]): string | null {
  const allowed: readonly Scope[] = KINDS[kind]
  const wrong = scopes.filter((scope) => !allowed.includes(scope))
  if (wrong.length > 0)
    return `An application of kind ${kind} cannot have ${wrong.join(', ')}; it may have ${allowed.join(', ')}.`
  if (scopes.length === 0) return 'An application needs at least one scope.'
  return piiAlone(scopes) ? 'read:customers:pii is only given together with read:customers.' : null
}

/** PII without the customers it belongs to is no scope at all. */
export const piiAlone = (scopes: readonly string[]): boolean =>
  scopes.includes('read:customers:pii') && !scopes.includes('read:customers')
