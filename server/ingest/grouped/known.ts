import { arrayText } from '../../db/arrays.ts'
import type { Database } from '../../db/database.ts'

// The records of a business that a file names by code or name. Records are found by exactly one match; names that several
// records have find none.

/** Finds a record by a code or a name; `several` if more than one has it. */
export type Finder = (word: string) => string | 'several' | undefined

export const branchFinder = async (db: Database, businessId: string): Promise<Finder> =>
  finderOf(
    await db<
      Named[]
    >`select id, array[id::text, code, name, external_id] as names from branches where business_id = ${businessId}`,
  )

export const categoryFinder = async (db: Database, businessId: string): Promise<Finder> =>
  finderOf(
    await db<
      Named[]
    >`select id, array[id::text, name, external_id] as names from categories where business_id = ${businessId}`,
  )

type Named = { id: string; names: (string | null)[] }

function finderOf(records: readonly Named[]): Finder {
  const found = new Map<string, Set<string>>()
  for (const { id, names } of records)
    for (const name of names) if (name !== null) found.set(folded(name), (found.get(folded(name)) ?? new Set()).add(id))
  return (word) => {
    const [id, other] = found.get(folded(word)) ?? []
    return other === undefined ? id : 'several'
  }
}

const folded = (name: string): string => name.normalize('NFC').trim().toLowerCase()

/** Returns the ids of SKUs by their codes, of the codes that exactly one SKU has. */
export async function skusByCode(
  db: Database,
  businessId: string,
  codes: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(codes)].filter((code) => code !== '')
  if (wanted.length === 0) return new Map()
  const rows = await db<{ sku_code: string; id: string }[]>`
    select sku_code, min(id::text) as id from product_skus
    where business_id = ${businessId} and sku_code <> '' and sku_code = any(${arrayText(wanted)}::text::text[])
    group by sku_code having count(*) = 1`
  return new Map(rows.map(({ sku_code, id }) => [sku_code, id]))
}
