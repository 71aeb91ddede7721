import { type RawBuilder, sql } from 'kysely'
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
    return pageOfIds(
      db,
      caller,
      Product,
      searched(isBySku ? rows.where(withSku(skusBy(caller, query.filters))) : rows, q),
      id,
      query,
    )
  }
  if (isBySku) return skuPage(db, caller, searched(rows, q), query)
  return q === undefined
    ? readListPage(db, caller, Product, rowsBy, query)
    : searchPage(db, caller, Product, rows, q, query, ['is_active', 'category_id'])
}

/**
 * The SKUs with this code and this barcode, as parts of statements. Each part is in the order of the list of products. The
 * second one finds further barcodes.
 */
function skusBy({ business }: Owner, { sku_code, barcode }: ProductFilters): RawBuilder<unknown>[] {
  const withCode = (skus: string) =>
    sku_code === undefined
      ? sql``
      : sql`and ${sql.ref(`${skus}.sku_code`)} = ${sku_code}::text and ${sql.ref(`${skus}.sku_code`)} <> ''`
  const skus = sql`
    from product_skus where business_id = ${business.id}::uuid ${withCode('product_skus')}
      ${barcode === undefined ? sql`` : sql`and barcode = ${barcode}::text`}`
  if (barcode === undefined) return [skus]
  const coded = sql`and exists (
    select from product_skus as coded
    where coded.business_id = ${business.id}::uuid and coded.id = product_sku_id ${withCode('coded')})`
  const further = sql`
    from sku_barcodes where business_id = ${business.id}::uuid and barcode = ${barcode}::text
      ${sku_code === undefined ? sql`` : coded}`
  return [skus, further]
}

/** Whether a product has such a SKU. */
const withSku = (skus: readonly RawBuilder<unknown>[]) =>
  sql<boolean>`(${sql.join(
    skus.map((part) => sql`exists (select ${part} and product_id = products.id)`),
    sql` or `,
  )})`

/**
 * Returns one page of those among `rows` that have such a SKU. Many products can have the same code, such as a size, so the
 * indexes of SKUs and barcodes have the order of the list of products.
 */
function skuPage(db: Runner, caller: Caller, rows: Readable, { filters, limit, after }: PageRequest<ProductFilters>) {
  const further = after
    ? sql`and (product_created_at, product_id) < (${after.createdAt}::text::timestamptz, ${after.id}::text::uuid)`
    : sql``
  const isListed = sql`exists (${rows.select('products.id' as never).where(sql<boolean>`products.id = product_id`)})`
  const newest = (skus: RawBuilder<unknown>) => sql`(
    select product_created_at, product_id ${skus} ${further} and ${isListed}
    group by product_created_at, product_id order by product_created_at desc, product_id desc limit ${oneMore(limit)})`
  const found = sql.join(skusBy(caller, filters).map(newest), sql` union `)
  const ids = sql`(
    select product_id from (${found}) as found
    order by product_created_at desc, product_id desc limit ${oneMore(limit)})`
  return readFound(db, caller, Product, ids, limit)
}

export const getProduct = (db: Runner, caller: Caller, id: string) =>
  readOne(db, caller, Product, productsOf(caller), id)

export const productsById: ReadMany = (db, caller, ids) => readMany(db, caller, Product, productsOf(caller), ids)

export const listCategories = (db: Runner, caller: Caller) =>
  readAll(db, caller, Category, categoriesOf(caller).orderBy(byName).orderBy('id'))
