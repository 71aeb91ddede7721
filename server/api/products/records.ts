import { type Mistake, RecordKind, type SentRecord, type Values, type Verifying } from '../../contract/record_kind.ts'
import { UNPAGED_MAX } from '../../limits.ts'
import { forEachInSlices, runInSlices, type Steps } from '../../time_slice.ts'
import { exact } from '../../values/exact.ts'
import { Category, Product, type SkuValues, sortedSkus } from './schema.ts'
import { keepSkus } from './skus.ts'

export const categories = RecordKind({
  path: 'categories',
  named: { th: 'หมวดหมู่สินค้า', en: 'categories' },
  resource: Category,
  most: UNPAGED_MAX,
  verify: treeMistakes,
})

/** A SKU in use can be neither removed from its product nor deleted with it. */
export const products = RecordKind({
  path: 'products',
  named: { th: 'สินค้าและ SKU', en: 'products with their SKUs' },
  resource: Product,
  references: { category_id: 'categories' },
  owns: { field: 'skus', table: 'product_skus', of: 'product_id', what: 'SKU' },
  event: 'product',
  derive: keepSkus,
  // Senders that know nothing of further barcodes omit it.
  computed: ['barcodes'],
  arranged: { skus: (skus) => sortedSkus(skus as SkuValues[]) as Values[] },
  check: skuMistakes,
})

function skuMistakes({ skus }: Values): Mistake[] {
  return (skus as Values[]).flatMap(({ barcode, barcodes, pack_quantity }, at) => [
    ...(barcodes !== undefined && barcode !== null && !(barcodes as string[]).includes(barcode as string)
      ? [{ field: `skus[${at}].barcodes`, message: `must contain the barcode ${barcode}` }]
      : []),
    ...(typeof pack_quantity === 'string' && exact(pack_quantity) <= 0n
      ? [{ field: `skus[${at}].pack_quantity`, message: 'must be greater than 0' }]
      : []),
  ])
}

/**
 * Checks that categories form a tree after the batch: every parent exists, no category is below itself, and no category with
 * children is deleted. A rejected record keeps its stored state, which can invalidate other records of the batch.
 *
 * Each round visits every category once and rejects everything below a missing category, so few rounds are needed.
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
    const tree: Tree = new Map(stored)
    for (const { id } of good(deleted)) tree.delete(id)
    for (const { id, values } of good(written)) tree.set(id, values.parent_id as string | null)
    const parents = new Map([...tree].map(([id, parent]) => [parent, id]))
    const ends = await runInSlices(endsOf(tree, stored))
    await forEachInSlices(good(written), (record) => {
      const message = MISTAKE_OF[ends.get(record.id) as End]
      if (message !== null) mistakes.set(record, [{ field: 'parent_id', message }])
    })
    for (const record of good(deleted))
      if (parents.has(record.id))
        mistakes.set(record, [
          { field: 'deleted', message: neededMessage('category', parents.get(record.id) as string) },
        ])
  }
  return mistakes
}

type Tree = Map<string, string | null>

/** Where the path from a category to the root ends: at a root, at a missing category, or in a loop. */
type End = 'root' | 'nowhere' | 'loop' | 'undecided'

const MISTAKE_OF: Record<End, string | null> = {
  root: null,
  nowhere: 'no such category',
  loop: 'must not be the category itself or a category below it',
  undecided: null,
}

/**
 * Finds the end of every path. A stored category whose path ends nowhere keeps its old parent, so the categories below it
 * stay undecided in this round.
 */
function* endsOf(tree: Tree, stored: Tree): Steps<Map<string, End>> {
  const ends = new Map<string, End>()
  const below = (end: End, id: string): End => (end === 'nowhere' && stored.has(id) ? 'undecided' : end)
  for (const id of tree.keys()) {
    yield
    const way = new Set<string>()
    let at: string | null | undefined = id
    while (typeof at === 'string' && tree.has(at) && !ends.has(at) && !way.has(at)) {
      way.add(at)
      at = tree.get(at)
    }
    let end: End = 'root'
    if (typeof at === 'string') {
      const known = ends.get(at)
      end = known === undefined ? (way.has(at) ? 'loop' : 'nowhere') : below(known, at)
    }
    for (const met of [...way].reverse()) {
      ends.set(met, end)
      end = below(end, met)
    }
  }
  return ends
}

/** Returns the message for a deletion of a record in use. */
const neededMessage = (what: string, id: string) =>
  `is not allowed: the record is used by the ${what} ${id}; set is_active to false instead`
