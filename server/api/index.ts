import type { Operation } from '../contract/operation.ts'
import { type RecordKind, relatedKinds } from '../contract/record_kind.ts'
import type { Resource } from '../contract/schema.ts'
import type { ResourceReaders } from '../events/feed.ts'
import * as branchPrices from './branch_prices/operations.ts'
import { branchPricesById } from './branch_prices/queries.ts'
import { branchPrices as branchPriceRecords } from './branch_prices/records.ts'
import { BranchPrice } from './branch_prices/schema.ts'
import * as business from './business/operations.ts'
import { branches } from './business/records.ts'
import { Branch } from './business/schema.ts'
import * as consents from './customers/consents/operations.ts'
import { consentsById } from './customers/consents/queries.ts'
import { consents as consentRecords } from './customers/consents/records.ts'
import { Consent } from './customers/consents/schema.ts'
import * as customers from './customers/operations.ts'
import { customersById } from './customers/queries.ts'
import { customers as customerRecords, membershipTiers } from './customers/records.ts'
import { Customer, MembershipTier } from './customers/schema.ts'
import * as inventory from './inventory/operations.ts'
import { levelsById, movementsById } from './inventory/queries.ts'
import { stockLevels, stockMovements, warehouses } from './inventory/records.ts'
import { StockLevel, StockMovement, Warehouse } from './inventory/schema.ts'
import * as products from './products/operations.ts'
import { productsById } from './products/queries.ts'
import { categories, products as productRecords } from './products/records.ts'
import { Category, Product } from './products/schema.ts'
import * as purchasing from './purchasing/operations.ts'
import { ordersById, ordersWithItemsById, suppliersById } from './purchasing/queries.ts'
import { purchaseOrders, suppliers } from './purchasing/records.ts'
import { PurchaseOrder, PurchaseOrderItem, PurchaseOrderWithItems, Supplier } from './purchasing/schema.ts'
import * as reports from './reports/operations.ts'
import * as sales from './sales/operations.ts'
import { salesById, salesWithItemsById } from './sales/queries.ts'
import { sales as saleRecords } from './sales/records.ts'
import { Sale, SaleItem, SaleWithItems } from './sales/schema.ts'

/** Every operation of the Partner API, in the order of the documentation. */
export const partnerOperations: Operation[] = [
  business.me,
  business.branches,
  customers.list,
  customers.get,
  consents.ofCustomer,
  consents.list,
  customers.tiers,
  products.list,
  products.get,
  products.categories,
  branchPrices.list,
  sales.list,
  sales.get,
  sales.items,
  inventory.list,
  inventory.movements,
  inventory.warehouses,
  purchasing.list,
  purchasing.get,
  purchasing.items,
  purchasing.suppliers,
  purchasing.supplier,
  reports.sales,
  reports.inventory,
]

/** Every resource whose JSON is stored. */
export const resources: Resource[] = [
  Branch,
  Customer,
  Consent,
  MembershipTier,
  Product,
  Category,
  BranchPrice,
  Sale,
  SaleItem,
  StockLevel,
  StockMovement,
  Warehouse,
  PurchaseOrder,
  PurchaseOrderItem,
  Supplier,
]

/** How an event shows its record: in the same form as the operation that reads the record. */
export const resourceReaders: ResourceReaders = {
  sale: { resource: SaleWithItems, byId: salesById, withItemsById: salesWithItemsById },
  customer: { resource: Customer, byId: customersById },
  consent: { resource: Consent, byId: consentsById },
  product: { resource: Product, byId: productsById },
  branch_price: { resource: BranchPrice, byId: branchPricesById },
  inventory: { resource: StockLevel, byId: levelsById },
  stock_movement: { resource: StockMovement, byId: movementsById },
  purchase_order: { resource: PurchaseOrderWithItems, byId: ordersById, withItemsById: ordersWithItemsById },
  supplier: { resource: Supplier, byId: suppliersById },
}

/** Every record kind that can be written, in the order of their dependencies. */
export const recordKinds: RecordKind[] = relatedKinds([
  branches,
  warehouses,
  membershipTiers,
  customerRecords,
  consentRecords,
  categories,
  productRecords,
  branchPriceRecords,
  suppliers,
  purchaseOrders,
  saleRecords,
  stockMovements,
  stockLevels,
])
