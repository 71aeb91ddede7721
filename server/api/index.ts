import type { Operation } from '../http/operation.ts'
import type { Resource } from '../http/schema.ts'
import * as business from './business/operations.ts'
import { Branch } from './business/schema.ts'
import * as customers from './customers/operations.ts'
import { Customer, MembershipTier } from './customers/schema.ts'
import * as inventory from './inventory/operations.ts'
import { StockLevel, StockMovement, Warehouse } from './inventory/schema.ts'
import * as products from './products/operations.ts'
import { Category, Product } from './products/schema.ts'
import * as purchasing from './purchasing/operations.ts'
import { PurchaseOrder, PurchaseOrderItem, Supplier } from './purchasing/schema.ts'
import * as reports from './reports/operations.ts'
import * as sales from './sales/operations.ts'
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
