import { type CopyValue, copyRows } from '../../db/bulk_copy.ts'
import type { Runner } from '../../db/database.ts'
import { BRANCHES } from '../business.ts'

const [SIAM, ARI, CHIANG_MAI] = BRANCHES.map(({ id }) => id) as [string, string, string]

export type DemoWarehouse = { id: string; branch_id: string; code: string; name: string }

/** The warehouse that each branch sells from, in the order of the branches. */
export const SHOPS: readonly DemoWarehouse[] = [
  { id: '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9', branch_id: SIAM, code: 'BKK01-MAIN', name: 'Main Storage' },
  { id: '7d40a9b3-2e6c-4c18-b5f7-90d3e1a86c24', branch_id: ARI, code: 'BKK02-MAIN', name: 'คลังสาขาอารีย์' },
  { id: 'a81f6e35-c9d2-4b70-8e4a-3f5c7b20d916', branch_id: CHIANG_MAI, code: 'CNX01-MAIN', name: 'คลังสาขาเชียงใหม่' },
]

/** The central warehouse that replenishes the shops. */
export const CENTRAL: DemoWarehouse = {
  id: '52b7c0d8-1f93-4e6a-a4d5-e60b8c9f3712',
  branch_id: SIAM,
  code: 'BKK01-CENTRAL',
  name: 'คลังกลาง',
}

/** Writes the warehouses of a business. */
export const writeWarehouses = (tx: Runner, business: string, warehouses: Iterable<DemoWarehouse>): Promise<void> =>
  copyRows(tx, 'warehouses', WAREHOUSE_COLUMNS, warehouseRows(business, warehouses))

export const WAREHOUSE_COLUMNS = [
  'business_id',
  'id',
  'branch_id',
  'code',
  'name',
  'external_id',
  'created_at',
  'updated_at',
]

const OPENED = '2025-01-01T03:00:00Z'

export function* warehouseRows(business: string, warehouses: Iterable<DemoWarehouse>): Generator<CopyValue[]> {
  for (const { id, branch_id, code, name } of warehouses)
    yield [business, id, branch_id, code, name, `WH-${code}`, OPENED, OPENED]
}
