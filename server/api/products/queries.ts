import { sql } from 'kysely'
import type { Caller } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import { build, type Runner } from '../../db/database.ts'
import { type Owner, type ReadMany, readAll, readListPage, readMany, readOne } from '../../rows/pages.ts'
import { searchPage } from '../../rows/search.ts'
import { Category, Product } from './schema.ts'

export type ProductFilters = { is_active?: boolean; category_id?: string; q?: string }

/** Selects all products of the business. Products do not belong to a branch. */
const productsOf = ({ business }: Owner) => build.selectFrom('products').where('products.business_id', '=', business.id)

const categoriesOf = (caller: Caller) =>
  build.selectFrom('categories').where('categories.business_id', '=', caller.business.id)

/** Sorts by code points, so that the order does not depend on the locale of the server. */
const byName = sql`name collate "C"`

function productsBy(owner: Owner, { category_id }: ProductFilters) {
  const rows = productsOf(owner)
  return category_id === undefined ? rows : rows.where('category_id', '=', category_id)
}

// The value is a literal: Postgres uses the partial index on inactive products only if the statement contains it.
const activeBy = (owner: Owner, filters: ProductFilters) => productsBy(owner, filters).where(sql<boolean>`is_active`)
const inactiveBy = (owner: Owner, filters: ProductFilters) =>
  productsBy(owner, filters).where(sql<boolean>`not is_active`)

export function listProducts(db: Runner, caller: Caller, query: PageRequest<ProductFilters>) {
  const { q, is_active } = query.filters
  const rowsBy = is_active === undefined ? productsBy : is_active ? activeBy : inactiveBy
  return q === undefined
    ? readListPage(db, caller, Product, rowsBy, query)
    : searchPage(db, caller, Product, rowsBy(caller, query.filters), q, query, ['is_active', 'category_id'])
}

export const getProduct = (db: Runner, caller: Caller, id: string) =>
  readOne(db, caller, Product, productsOf(caller), id)

export const productsById: ReadMany = (db, caller, ids) => readMany(db, caller, Product, productsOf(caller), ids)

export const listCategories = (db: Runner, caller: Caller) =>
  readAll(db, caller, Category, categoriesOf(caller).orderBy(byName).orderBy('id'))
