import { CHANGED, RecordKind } from '../../contract/record_kind.ts'
import { BranchPrice } from './schema.ts'

export const branchPrices = RecordKind({
  path: 'branch-prices',
  named: { th: 'ราคาตามสาขา', en: 'branch prices' },
  resource: BranchPrice,
  fixed: ['branch_id', 'product_sku_id'],
  branch: 'has one',
  references: { branch_id: 'branches', product_sku_id: 'product_skus' },
  unique: ['branch_id', 'product_sku_id'],
  ...CHANGED,
  event: 'branch_price',
})
