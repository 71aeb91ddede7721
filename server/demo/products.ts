import { skusText } from '../api/products/schema.ts'
import { type CopyValue, copyRows } from '../db/copy.ts'
import type { Runner } from '../db/database.ts'
import { BUSINESS } from './business.ts'
import { baht, DAY, iso } from './figures.ts'
import { type Kept, SECTIONS } from './menu.ts'
import { type Random, randomFrom } from './random.ts'

/** What the rest of the demo has to know of a SKU. */
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
}

type Product = {
  row: CopyValue[]
  skus: DemoSku[]
}

const OPENED = Date.parse('2025-01-02T03:00:00Z')

/** Writes categories and products. @returns the SKUs that can be sold, in the order of the menu */
export async function writeProducts(tx: Runner, seed: number): Promise<DemoSku[]> {
  const random = randomFrom(seed)
  const parents = new Map([...new Set(SECTIONS.map(({ parent }) => parent))].map((name) => [name, random.id()]))
  const sections = SECTIONS.map((section) => ({ ...section, id: random.id() }))
  const categories = [
    ...[...parents].map(([name, id]) => ({ id, name, parent: null as string | null })),
    ...sections.map(({ id, name, parent }) => ({ id, name, parent: parents.get(parent) as string })),
  ]
  await copyRows(
    tx,
    'categories',
    ['business_id', 'id', 'name', 'parent_id', 'created_at', 'updated_at'],
    categories.map(({ id, name, parent }) => [BUSINESS.id, id, name, parent, iso(OPENED), iso(OPENED)]),
  )
  const products: Product[] = []
  for (const section of sections)
    for (const line of section.products) products.push(productOf(random, section, line, products.length + 1))
  await copyRows(
    tx,
    'products',
    // biome-ignore format: as the values below
    ['business_id', 'id', 'product_code', 'product_name', 'product_name_en', 'description', 'category_id', 'is_active',
      'skus', 'created_at', 'updated_at'],
    products.map(({ row }) => row),
  )
  return products.flatMap(({ skus }) => skus).filter((sku) => sku.is_active)
}

const DESCRIPTIONS = ['เมนูแนะนำของร้าน', 'ทำสดทุกจาน', 'สูตรคุณยาย', 'ขายดีประจำร้าน', 'วัตถุดิบจากเกษตรกรไทย']

function productOf(
  random: Random,
  section: { id: string; kept: Kept; unit: string; sizes: readonly (readonly [string, number])[] },
  [name, english, price]: readonly [string, string, number],
  number: number,
): Product {
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
      unit: number % 23 === 0 ? null : section.unit,
      satang,
      is_tax_included: !shop || number % 4 !== 0,
      track_stock: shop,
      is_active: isActive && !(index === 2 && number % 11 === 0),
    }
  })
  const skus = shown.map(({ satang, barcode: _, unit: __, ...sku }) => ({
    ...sku,
    product_name: name,
    price: satang,
    // What suppliers ask has four decimals.
    cost: Math.floor((satang * random.whole(4_500, 6_800)) / 100),
    by_weight: section.kept === 'weighed',
  }))
  const created = iso(OPENED + (number % 90) * DAY + number * 61_000)
  const description = random.chance(0.3) ? random.pick(DESCRIPTIONS) : null
  const text = skusText(shown.map(({ satang, ...sku }) => ({ ...sku, price: baht(satang) })))
  const englishName = number % 19 === 0 ? null : english
  return {
    row: [BUSINESS.id, id, code, name, englishName, description, section.id, isActive, text, created, created],
    skus,
  }
}

/** EAN-13 of a Thai company. */
function barcode(number: number): string {
  const digits = `885${String(987_0000_00 + number).padStart(9, '0')}`
  const total = [...digits].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return `${digits}${(10 - (total % 10)) % 10}`
}
