import { skusText } from '../../api/products/schema.ts'
import { writeAllSkus } from '../../api/products/skus.ts'
import { type CopyValue, copyRows } from '../../db/bulk_copy.ts'
import type { Runner } from '../../db/database.ts'
import { baht, DAY, iso } from '../figures.ts'
import { type Random, randomFrom } from '../random.ts'
import { type MenuLine, SECTIONS, type StockKeeping } from './menu.ts'

/** What the rest of the demo needs to know about a SKU. */
export type DemoSku = {
  id: string
  sku_code: string
  sku_name: string
  product_name: string
  /** In satang. */
  price: number
  /** In hundredths of a satang. */
  cost: number
  is_tax_included: boolean
  track_stock: boolean
  /** Sold by weight, in steps of 50 grams. */
  by_weight: boolean
  is_active: boolean
  tax_category: 'STANDARD' | 'ZERO' | 'EXEMPT' | null
}

/** What a business sells. */
export type ProductRange = {
  business: string
  seed: number
  /** How many products. */
  count: number
  /** Step through the menu: 1 keeps its order, 67 mixes dishes and goods even in a small selection. */
  step: number
}

export type DemoProduct = {
  row: CopyValue[]
  skus: DemoSku[]
}

const OPENED = Date.parse('2025-01-02T03:00:00Z')

export const CATEGORY_COLUMNS = ['business_id', 'id', 'name', 'parent_id', 'external_id', 'created_at', 'updated_at']

// biome-ignore format: as the values below
export const PRODUCT_COLUMNS = ['business_id', 'id', 'product_code', 'product_name', 'product_name_en', 'description', 'category_id', 'is_active',
  'skus', 'created_at', 'updated_at', 'external_id']

/** Writes categories and products. @returns the SKUs that can be sold */
export async function writeProducts(tx: Runner, range: ProductRange): Promise<DemoSku[]> {
  await copyRows(tx, 'categories', CATEGORY_COLUMNS, categoryRows(range))
  const products = [...productsOf(range)]
  await copyRows(
    tx,
    'products',
    PRODUCT_COLUMNS,
    products.map(({ row }) => row),
  )
  await writeAllSkus(tx, [range.business])
  return products.flatMap(({ skus }) => skus).filter((sku) => sku.is_active)
}

/** Sections of the menu with their ids and parent ids for this seed. */
function sectionsOf(random: Random) {
  const parents = new Map([...new Set(SECTIONS.map(({ parent }) => parent))].map((name) => [name, random.id()]))
  return { parents, sections: SECTIONS.map((section) => ({ ...section, id: random.id() })) }
}

export function* categoryRows({ business, seed }: ProductRange): Generator<CopyValue[]> {
  const { parents, sections } = sectionsOf(randomFrom(seed))
  for (const [name, id] of parents) yield [business, id, name, null, null, iso(OPENED), iso(OPENED)]
  for (const [index, { id, name, parent }] of sections.entries())
    yield [business, id, name, parents.get(parent) as string, `CAT-${index + 1}`, iso(OPENED), iso(OPENED)]
}

/** One product per line of the menu. After the last line it starts again with another brand. */
export function* productsOf(range: ProductRange): Generator<DemoProduct> {
  const random = randomFrom(range.seed)
  const { sections } = sectionsOf(random)
  const menu = sections.flatMap((section) => section.products.map((line) => ({ section, line })))
  for (let number = 1; number <= range.count; number += 1) {
    const { section, line } = menu[((number - 1) * range.step) % menu.length] as (typeof menu)[number]
    yield productOf(random, range, section, branded(line, Math.floor((number - 1) / menu.length)), number)
  }
}

const BRANDS = `ช้างทอง ดอกบัว ใบไผ่ เรือหางยาว สามสหาย นกกระเรียน ภูผา รวงข้าว แม่น้ำ ตะวัน จันทร์เจ้า ดาวเหนือ มะลิวัลย์ กังหัน ระฆังเงิน
  ไก่แจ้ ปลาคู่ ม้าบิน กระต่าย เต่าทอง หงส์หยก สิงโตคู่ เสือยิ้ม ลูกแพร์ สำเภา ร่มแดง โคมไฟ ประภาคาร เพชรคู่ มงกุฎ`.split(/\s+/)

function branded([name, english, price]: MenuLine, time: number): MenuLine {
  if (time === 0) return [name, english, price]
  const again = Math.floor(time / BRANDS.length)
  const brand = `${BRANDS[time % BRANDS.length]}${again === 0 ? '' : ` ${again + 1}`}`
  return [`${name} ตรา${brand}`, `${english} No. ${time + 1}`, price + (time % 7)]
}

const DESCRIPTIONS = ['เมนูแนะนำของร้าน', 'ทำสดทุกจาน', 'สูตรคุณยาย', 'ขายดีประจำร้าน', 'วัตถุดิบจากเกษตรกรไทย']

function productOf(
  random: Random,
  { business, count }: ProductRange,
  section: { id: string; kept: StockKeeping; unit: string; sizes: readonly (readonly [string, number])[] },
  [name, english, price]: MenuLine,
  number: number,
): DemoProduct {
  const id = random.id()
  const code = `P-${String(number).padStart(4, '0')}`
  const shop = section.kept !== 'made'
  const isActive = number % 37 !== 0
  const shown = section.sizes.map(([size, more], index) => {
    const satang = Math.max(price * 100 + (shop ? price * more : more * 100), 500)
    return {
      id: random.id(),
      sku_code: number % 50 === 49 && index === 0 ? '' : `SKU-${String(number).padStart(4, '0')}-${index + 1}`,
      sku_name: size === '' ? name : size,
      barcode: shop ? barcode(number * 10 + index) : null,
      // The second code is that of the box in which packs are delivered.
      barcodes: shop ? [barcode(number * 10 + index), ...(index > 0 ? [barcode(number * 10 + index + 5)] : [])] : [],
      pack_quantity: packOf(size),
      tax_category: categoryOf(section.kept, name, number),
      unit: number % 23 === 0 ? null : section.unit,
      satang,
      is_tax_included: !shop || number % 4 !== 0,
      track_stock: shop,
      is_active: isActive && !(index === 2 && number % 11 === 0),
    }
  })
  const skus = shown.map(({ satang, barcode: _, barcodes: __, pack_quantity: ___, unit: ____, ...sku }) => ({
    ...sku,
    product_name: name,
    price: satang,
    // Supplier prices have four decimals.
    cost: Math.floor((satang * random.whole(4_500, 6_800)) / 100),
    by_weight: section.kept === 'weighed',
  }))
  // Any number of products fits into one year.
  const created = iso(OPENED + (number % 90) * DAY + Math.floor(number * Math.min(61_000, (365 * DAY) / count)))
  const description = random.chance(0.3) ? random.pick(DESCRIPTIONS) : null
  const text = skusText(shown.map(({ satang, ...sku }) => ({ ...sku, price: baht(satang) })))
  const englishName = number % 19 === 0 ? null : english
  return {
    row: [
      business,
      id,
      code,
      name,
      englishName,
      description,
      section.id,
      isActive,
      text,
      created,
      created,
      number % 3 === 0 ? `ITEM-${number}` : null,
    ],
    skus,
  }
}

/** Returns how many pieces a pack has: `6` for `แพ็ก 6`; null for other sizes. */
const packOf = (size: string): string | null => /^แพ็ก (\d+)$/.exec(size)?.[1] ?? null

/**
 * Rice, and fresh food that is sold by weight, are exempt from VAT in Thailand (Revenue Code, section 81). Some goods are sold
 * for export only. Some shops have not classified all of their products.
 */
function categoryOf(kept: StockKeeping, name: string, number: number): DemoSku['tax_category'] {
  if (kept === 'weighed' || /^ข้าว(หอมมะลิ|กล้อง|ไรซ์เบอร์รี|เหนียว|สังข์หยด|หอมนิล|เสาไห้|ญี่ปุ่น)( ตรา|$)/.test(name))
    return 'EXEMPT'
  if (kept === 'counted' && number % 29 === 0) return 'ZERO'
  return number % 13 === 0 ? null : 'STANDARD'
}

/** Returns an EAN-13 with the Thai company prefix. */
function barcode(number: number): string {
  const digits = `885${String((987_0000_00 + number) % 1_000_000_000).padStart(9, '0')}`
  const total = [...digits].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return `${digits}${(10 - (total % 10)) % 10}`
}
