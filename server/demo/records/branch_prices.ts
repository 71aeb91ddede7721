import { type CopyValue, copyRows } from '../../db/bulk_copy.ts'
import type { Runner } from '../../db/database.ts'
import { baht, iso } from '../figures.ts'
import { randomFrom } from '../random.ts'
import type { DemoSku } from './products.ts'

const COLUMNS = ['business_id', 'id', 'branch_id', 'product_sku_id', 'price', 'external_id', 'created_at', 'updated_at']

const SET = Date.parse('2026-03-02T03:00:00Z')

/** How a branch sets prices of its own: for one SKU in `every`, at this percentage of the common price. */
const RULES = [
  { every: 40, percent: 110 },
  { every: 9, percent: 95 },
]

/** Writes the prices of all branches but the first, which sells at the common prices. @returns their number */
export async function writeBranchPrices(
  tx: Runner,
  business: string,
  seed: number,
  branches: readonly { id: string; code: string }[],
  skus: readonly DemoSku[],
): Promise<number> {
  const random = randomFrom(seed)
  const rows = branches.slice(1).flatMap((branch, place) => {
    const { every, percent } = RULES[place % RULES.length] as (typeof RULES)[number]
    return skus
      .filter((_, number) => number % every === 0)
      .map(({ id, sku_code, price }, number): CopyValue[] => {
        const set = iso(SET + (place * 1000 + number) * 60_000)
        // In whole baht.
        const own = Math.round((price * percent) / 10_000) * 100
        const external = sku_code === '' ? null : `${branch.code}/${sku_code}`
        return [business, random.id(), branch.id, id, baht(own), external, set, set]
      })
  })
  await copyRows(tx, 'branch_prices', COLUMNS, rows)
  return rows.length
}
