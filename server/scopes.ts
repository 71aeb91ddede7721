/** Every scope with its description, which the owner sees when granting it. */
export const SCOPES = {
  'read:sales': { th: 'อ่านบิลขายและรายการในบิล', en: 'Read sales and their items' },
  'read:products': { th: 'อ่านสินค้า SKU และหมวดหมู่', en: 'Read products, SKUs and categories' },
  'read:inventory': {
    th: 'อ่านสต็อกคงเหลือ ความเคลื่อนไหว และคลังสินค้า',
    en: 'Read stock levels, stock movements and warehouses',
  },
  'read:purchasing': { th: 'อ่านใบสั่งซื้อและผู้จำหน่าย', en: 'Read purchase orders and suppliers' },
  'read:customers': {
    th: 'อ่านลูกค้า (รวมถึงชื่อ) และระดับสมาชิก โดยไม่มีข้อมูลติดต่อ (PII)',
    en: 'Read customers, including names, and membership tiers, without contact data (PII)',
  },
  'read:customers:pii': {
    th: 'อ่านข้อมูลติดต่อของลูกค้า (PII) เพิ่มเติม: เบอร์โทรศัพท์ อีเมล วันเกิด ที่อยู่ เลขประจำตัวผู้เสียภาษี (ต้องมี read:customers ด้วย)',
    en: "Read customers' contact data (PII): phone, email, date of birth, address, tax ID (requires read:customers)",
  },
  'read:reports': { th: 'อ่านรายงานสรุปยอดขายและสต็อก', en: 'Read the sales and inventory summary reports' },
  'read:webhooks': { th: 'จัดการ Webhook ของแอปนี้', en: 'Manage the webhooks of this application' },
  'write:ingest': {
    th: 'ส่งข้อมูลเข้า Talad ผ่าน Ingest API (เฉพาะแอปชนิด pos และเป็น Scope เดียวของแอปนั้น)',
    en: 'Write data through the Ingest API (only for applications of kind pos, which have no other scope)',
  },
} as const

export type Scope = keyof typeof SCOPES

/** The scope of customers' contact data. Whether a caller sees it is decided in contract/visibility.ts. */
export const PII_SCOPE = 'read:customers:pii' as const satisfies Scope

export const ALL_SCOPES = Object.keys(SCOPES) as Scope[]

export const isScope = (word: string): word is Scope => Object.hasOwn(SCOPES, word)

/**
 * Application kinds, and the scopes that each kind can have. The lists are explicit, so that a scope for another kind of
 * caller does not become a scope of applications.
 */
export const KINDS = {
  partner: [
    'read:sales',
    'read:products',
    'read:inventory',
    'read:purchasing',
    'read:customers',
    'read:customers:pii',
    'read:reports',
    'read:webhooks',
  ] as readonly Scope[],
  pos: ['write:ingest'],
} as const satisfies Record<string, readonly Scope[]>

/** The scopes that an access token can have: those of all kinds of applications. */
export const TOKEN_SCOPES: Scope[] = ALL_SCOPES.filter((scope) =>
  Object.values<readonly Scope[]>(KINDS).some((scopes) => scopes.includes(scope)),
)

export type ApplicationKind = keyof typeof KINDS

/** The scopes whose data is about no customer. */
export const SCOPES_WITHOUT_CUSTOMERS: readonly Scope[] = KINDS.partner.filter(
  (scope) => !scope.startsWith('read:customers'),
)

/** Returns why an application of this kind cannot have these scopes, or null if it can. */
export function scopesMistake(kind: ApplicationKind, scopes: readonly Scope[]): string | null {
  const allowed: readonly Scope[] = KINDS[kind]
  const wrong = scopes.filter((scope) => !allowed.includes(scope))
  if (wrong.length > 0)
    return `An application of kind ${kind} cannot have ${wrong.join(', ')}; it can have ${allowed.join(', ')}.`
  if (scopes.length === 0) return 'An application needs at least one scope.'
  return piiAlone(scopes) ? `${PII_SCOPE} can only be granted together with read:customers.` : null
}

/** Why an application reads personal data, and on which legal basis (PDPA). */
export type Purpose = { purpose?: string | null | undefined; legalBasis?: string | null | undefined }

/** Returns what an application with these scopes must state and does not. */
export const unstated = (scopes: readonly Scope[], stated: Purpose): (keyof Purpose)[] =>
  scopes.includes('read:customers') ? (['purpose', 'legalBasis'] as const).filter((name) => !stated[name]) : []

/** Returns why an application cannot have these scopes with what is stated, or null if it can. */
export const purposeMistake = (scopes: readonly Scope[], stated: Purpose): string | null =>
  unstated(scopes, stated).length > 0
    ? 'An application that reads customers needs a purpose and a legal basis: add --purpose and --legal-basis.'
    : null

/** Returns whether the scopes contain the PII scope without `read:customers`, which it extends. */
export const piiAlone = (scopes: readonly string[]): boolean =>
  scopes.includes(PII_SCOPE) && !scopes.includes('read:customers')
