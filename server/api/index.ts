import type { Shown } from '../events/feed.ts'
import type { Operation } from '../http/operation.ts'
import type { Resource } from '../http/schema.ts'
import * as business from './business/operations.ts'
import { Branch } from './business/schema.ts'
import * as customers from './customers/operations.ts'
import { customersById } from './customers/queries.ts'
import { Customer, MembershipTier } from './customers/schema.ts'
import * as inventory from './inventory/operations.ts'
import { levelsById } from './inventory/queries.ts'
import { StockLevel, StockMovement, Warehouse } from './inventory/schema.ts'
import * as products from './products/operations.ts'
import { productsById } from './products/queries.ts'
import { Category, Product } from './products/schema.ts'
import * as purchasing from './purchasing/operations.ts'
import { ordersById, suppliersById } from './purchasing/queries.ts'
import { PurchaseOrder, PurchaseOrderItem, Supplier } from './purchasing/schema.ts'
import * as reports from './reports/operations.ts'
import * as sales from './sales/operations.ts'
import { salesById } from './sales/queries.ts'
import { Sale, SaleItem } from './sales/schema.ts'

/** The table of contents of the Partner API: every operation, in the order of its documentation. */
export const partnerOperations: Operation[] = [
  business.me,
  business.branches,
  customers.list,
  customers.get,
  customers.tiers,
  products.list,
  products.get,
  products.categories,
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

/** Every resource that is stored with its JSON. */
export const resources: Resource[] = [
  Branch,
  Customer,
  MembershipTier,
  Product,
  Category,
  Sale,
  SaleItem,
  StockLevel,
  StockMovement,
  Warehouse,
  PurchaseOrder,
  PurchaseOrderItem,
  Supplier,
]

/** How what events tell about is shown: as its own operation shows it, to whoever reads the event. */
export const shown: Shown = {
  sale: { resource: Sale, byId: salesById },
  customer: { resource: Customer, byId: customersById },
  product: { resource: Product, byId: productsById },
  inventory: { resource: StockLevel, byId: levelsById },
  purchase_order: { resource: PurchaseOrder, byId: ordersById },
  supplier: { resource: Supplier, byId: suppliersById },
}
