import { sql } from 'kysely'
import type { Caller } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import { build, type Runner } from '../../db/database.ts'
import {
  type Owner,
  oneMore,
  pageOfIds,
  type Readable,
  type ReadMany,
  readAll,
  readFound,
  readListPage,
  readMany,
  readOne,
} from '../../rows/pages.ts'
import { searched, searchPage } from '../../rows/search.ts'
import { Category, Product } from './schema.ts'

export type ProductFilters = {
  id?: string[]
  is_active?: boolean
  category_id?: string
  q?: string
  sku_code?: string
  barcode?: string
}

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
  const { id, q, is_active, sku_code, barcode } = query.filters
  const rowsBy = is_active === undefined ? productsBy : is_active ? activeBy : inactiveBy
  const rows = rowsBy(caller, query.filters)
  const isBySku = sku_code !== undefined || barcode !== undefined
  if (id !== undefined) {
    const withSku = sql<boolean>`exists (select ${skusBy(caller, query.filters)} and product_id = products.id)`
    return pageOfIds(db, caller, Product, searched(isBySku ? rows.where(withSku) : rows, q), id, query)
  }
  if (isBySku) return skuPage(db, caller, searched(rows, q), query)
  return q === undefined
    ? readListPage(db, caller, Product, rowsBy, query)
    : searchPage(db, caller, Product, rows, q, query, ['is_active', 'category_id'])
}

/** The SKUs with this code and this barcode, as a part of a statement. */
const skusBy = ({ business }: Owner, { sku_code, barcode }: ProductFilters) => sql`
  from product_skus where business_id = ${business.id}::uuid
    ${sku_code === undefined ? sql`` : sql`and sku_code = ${sku_code}::text and sku_code <> ''`}
    ${barcode === undefined ? sql`` : sql`and barcode = ${barcode}::text`}`

/**
 * Returns one page of those among `rows` that have such a SKU. Many products can have the same code, such as a size, so the
 * index of the SKUs has the order of the list of products.
 */
function skuPage(db: Runner, caller: Caller, rows: Readable, { filters, limit, after }: PageRequest<ProductFilters>) {
  const further = after
    ? sql`and (product_created_at, product_id) < (${after.createdAt}::text::timestamptz, ${after.id}::text::uuid)`
    : sql``
  const ids = sql`(
    select product_id ${skusBy(caller, filters)} ${further}
      and exists (${rows.select('products.id' as never).where(sql<boolean>`products.id = product_id`)})
    group by product_created_at, product_id order by product_created_at desc, product_id desc limit ${oneMore(limit)})`
  return readFound(db, caller, Product, ids, limit)
}

export const getProduct = (db: Runner, caller: Caller, id: string) =>
  readOne(db, caller, Product, productsOf(caller), id)

export const productsById: ReadMany = (db, caller, ids) => readMany(db, caller, Product, productsOf(caller), ids)

export const listCategories = (db: Runner, caller: Caller) =>
  readAll(db, caller, Category, categoriesOf(caller).orderBy(byName).orderBy('id'))
