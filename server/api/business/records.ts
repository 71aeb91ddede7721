import { RecordKind } from '../../contract/record_kind.ts'
import { UNPAGED_MAX } from '../../limits.ts'
import { Branch } from './schema.ts'

const neededBy = (table: string, what: string) => ({ table, column: 'branch_id', by: 'id', what, branch: null })

export const branches = RecordKind({
  path: 'branches',
  named: { th: 'สาขา', en: 'branches' },
  resource: Branch,
  branch: 'itself',
  neededBy: [
    neededBy('warehouses', 'warehouse'),
    neededBy('purchase_orders', 'purchase order'),
    neededBy('sales', 'sale'),
  ],
  unique: 'code',
  most: UNPAGED_MAX,
})
