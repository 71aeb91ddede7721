import { type Mistake, RecordKind, type SentRecord, type Values, type Verifying } from '../../http/record.ts'
import { UNPAGED_MAX } from '../../limits.ts'
import { Category, Product, sortedSkus } from './schema.ts'

export const categories = RecordKind({
  path: 'categories',
  named: { th: 'หมวดหมู่สินค้า', en: 'categories' },
  resource: Category,
  neededBy: [{ table: 'products', column: 'category_id', by: 'id', what: 'product', branch: null }],
  most: UNPAGED_MAX,
  verify: treeMistakes,
})

/** Also one by one: what is needed by an item or in stock can be neither dropped from its product nor deleted with it. */
const NEEDS_SKU = [
  needsSku('sale_items', 'sale_id', 'sale', 'sales'),
  needsSku('purchase_order_items', 'purchase_order_id', 'purchase order', 'purchase_orders'),
  { table: 'stock_levels', column: 'product_sku_id', by: 'id', what: 'stock level', branch: 'branch_id' },
]

/** An item is in the branch of the record that it belongs to. */
function needsSku(table: string, by: string, what: string, owners: string) {
  const branch = `(select branch_id from ${owners} as owner where owner.business_id = $1 and owner.id = ${table}.${by})`
  return { table, column: 'product_sku_id', by, what, branch }
}

export const products = RecordKind({
  path: 'products',
  named: { th: 'สินค้าและ SKU', en: 'products with their SKUs' },
  resource: Product,
  references: { category_id: 'categories' },
  owns: { field: 'skus', table: 'product_skus', of: 'product_id', neededBy: NEEDS_SKU },
  event: 'product',
  arranged: { skus: (skus) => sortedSkus(skus as (Values & { id: string; sku_code: string })[]) },
})

/**
 * Categories are a tree: every parent exists once the batch is written, nothing is part of itself, and nothing is
 * deleted that something is part of. A record that is refused stays as it was, which may be what makes another wrong.
 */
async function treeMistakes({
  tx,
  businessId,
  created,
  updated,
  deleted,
}: Verifying): Promise<Map<SentRecord, Mistake[]>> {
  const rows = await tx<{ id: string; parent_id: string | null }[]>`
    select id, parent_id from categories where business_id = ${businessId}`
  const stored = new Map(rows.map(({ id, parent_id }) => [id, parent_id]))
  const written = [...created, ...updated.map(({ record }) => record)]
  const mistakes = new Map<SentRecord, Mistake[]>()
  for (let before = -1; before < mistakes.size; ) {
    before = mistakes.size
    const good = <R extends SentRecord>(records: readonly R[]) => records.filter((record) => !mistakes.has(record))
    const tree = new Map(stored)
    for (const { id } of good(deleted)) tree.delete(id)
    for (const { id, values } of good(written)) tree.set(id, values.parent_id as string | null)
    const parents = new Map([...tree].map(([id, parent]) => [parent, id]))
    for (const record of good(written)) {
      const message = parentMistake(tree, record.id)
      if (message !== null) mistakes.set(record, [{ field: 'parent_id', message }])
    }
    for (const record of good(deleted))
      if (parents.has(record.id))
        mistakes.set(record, [
          { field: 'deleted', message: neededMessage('category', parents.get(record.id) as string) },
        ])
  }
  return mistakes
}

function parentMistake(tree: ReadonlyMap<string, string | null>, id: string): string | null {
  const met = new Set<string>()
  for (let at = id; ; ) {
    if (met.has(at)) return 'must not lead back to the category itself'
    met.add(at)
    const parent = tree.get(at)
    if (parent === null) return null
    if (parent === undefined) return at === id ? null : met.size === 2 ? 'must be a category that there is' : null
    at = parent
  }
}

/** Why a record cannot be deleted. */
const neededMessage = (what: string, id: string) => `is needed by the ${what} ${id}: set it inactive instead`
