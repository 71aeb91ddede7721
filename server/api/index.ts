import type { Operation } from '../http/operation.ts'
import type { Resource } from '../http/schema.ts'
import * as business from './business/operations.ts'
import { Branch } from './business/schema.ts'
import * as customers from './customers/operations.ts'
import { Customer, MembershipTier } from './customers/schema.ts'
import * as products from './products/operations.ts'
import { Category, Product } from './products/schema.ts'

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
]

/** Every resource that is stored with its JSON. */
export const resources: Resource[] = [Branch, Customer, MembershipTier, Product, Category]
