import { RecordKind } from '../../contract/record_kind.ts'
import { UNPAGED_MAX } from '../../limits.ts'
import { StockLevel, StockMovement, Warehouse } from './schema.ts'

export const warehouses = RecordKind({
  path: 'warehouses',
  named: { th: 'คลังสินค้า', en: 'warehouses' },
  resource: Warehouse,
  fixed: ['branch_id'],
  branch: 'has one',
  references: { branch_id: 'branches' },
  most: UNPAGED_MAX,
})

const ofStock = {
  branch: 'has one',
  references: { warehouse_id: 'warehouses', product_sku_id: 'product_skus' },
} as const

export const stockMovements = RecordKind({
  ...ofStock,
  path: 'stock-movements',
  named: { th: 'ความเคลื่อนไหวของสต็อก', en: 'stock movements' },
  resource: StockMovement,
  how: 'movements',
  // Movements also record events of their stock level.
  event: 'stock_movement',
  computed: ['branch_id', 'quantity_before', 'quantity_after'],
})

export const stockLevels = RecordKind({
  ...ofStock,
  path: 'stock-levels',
  named: { th: 'การตั้งค่าสต็อก', en: 'stock level settings' },
  resource: StockLevel,
  how: 'levels',
  event: 'inventory',
  computed: ['id', 'branch_id', 'quantity_on_hand'],
})
