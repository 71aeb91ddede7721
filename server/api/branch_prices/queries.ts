import type { Caller } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import { build, type Runner } from '../../db/database.ts'
import { branchPage, existingBranches, inBranches } from '../../rows/branches.ts'
import { type ReadMany, readMany } from '../../rows/pages.ts'
import { BranchPrice } from './schema.ts'

export type BranchPriceFilters = { branch_id?: string[]; product_sku_id?: string }

const pricesOf = ({ business }: Caller) =>
  build.selectFrom('branch_prices').where('branch_prices.business_id', '=', business.id)

/** Lists the prices of the branches that the token can access. */
export async function listBranchPrices(db: Runner, caller: Caller, query: PageRequest<BranchPriceFilters>) {
  const { branch_id, product_sku_id } = query.filters
  const branches = await existingBranches(db, caller, branch_id)
  const all = pricesOf(caller)
  const rows = product_sku_id === undefined ? all : all.where('product_sku_id', '=', product_sku_id)
  return branchPage(
    db,
    caller,
    BranchPrice,
    rows,
    branches,
    { range: null, narrow: product_sku_id !== undefined },
    query,
  )
}

export const branchPricesById: ReadMany = (db, caller, ids) =>
  readMany(db, caller, BranchPrice, inBranches(pricesOf(caller), 'branch_prices', caller.branches), ids)
