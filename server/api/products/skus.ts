import { type RawBuilder, sql } from 'kysely'
import type { BatchChange, SentRecord, Values } from '../../contract/record_kind.ts'
import { arrayText } from '../../db/arrays.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { by, byIds, deleteAll, lookUp } from '../../db/lookup.ts'

// Keeps product_skus: the SKUs in products.skus as rows, so that stock and items can refer to them and show their names; and
// sku_barcodes: their further barcodes, for the filter.
// Code that writes products calls this file in the same transaction. A deleted product takes its rows along by foreign key.

/** Writes products by `write`, and then their SKUs. */
export async function keepSkus(
  { tx, businessId, before, after, records }: BatchChange,
  write: () => Promise<void>,
): Promise<void> {
  await write()
  if (before.length > 0) {
    await runStatement(tx, deleteDropped(businessId, before))
    await runStatement(tx, deleteAll(businessId, 'sku_barcodes', by('product_id', before)))
  }
  const columns = sql`business_id, id, product_name, created_at, skus`
  await runStatement(tx, writeSkus(lookUp(businessId, 'products', columns, byIds(after))))
  // Most products have none to write, and looking at their rows again would take long.
  const several = records?.filter(hasFurtherBarcodes).map(({ id }) => id) ?? after
  if (several.length > 0) await runStatement(tx, writeBarcodes(lookUp(businessId, 'products', columns, byIds(several))))
}

const hasFurtherBarcodes = ({ values }: SentRecord): boolean =>
  (values.skus as Values[]).some(({ barcodes }) => Array.isArray(barcodes) && barcodes.length > 1)

/** Writes the SKUs of all products of these businesses, after a bulk load. */
export async function writeAllSkus(tx: Runner, businessIds: readonly string[]): Promise<void> {
  const all = sql`select * from products where business_id = any(${arrayText(businessIds)}::text::uuid[])`
  await runStatement(tx, writeSkus(all))
  await runStatement(tx, writeBarcodes(all))
}

/** A list with a second barcode in the text of products.skus: a JSON string, a comma, and the start of another string. */
const SEVERAL = sql.lit('"barcodes":\\["([^"\\\\]|\\\\.)*","')

/** Writes the barcodes of SKUs besides the main one. Products without any, which are most, are not parsed. */
const writeBarcodes = (products: RawBuilder<unknown>) => sql`
  insert into sku_barcodes (business_id, product_sku_id, barcode, product_id, product_created_at)
  select product.business_id, sku.id, further.barcode, product.id, product.created_at
  from (${products}) as product, json_to_recordset(product.skus) as sku (id uuid, barcode text, barcodes json),
    json_array_elements_text(sku.barcodes) as further (barcode)
  where product.skus::text ~ ${SEVERAL} and further.barcode <> sku.barcode
  order by product.business_id, sku.id, further.barcode
  on conflict (business_id, product_sku_id, barcode) do nothing`

/** Deletes the rows of SKUs that their product no longer contains. */
const deleteDropped = (businessId: string, products: readonly string[]) => sql`
  delete from product_skus as kept
  using (${lookUp(businessId, 'products', sql`id, skus`, byIds(products))}) as product
  where kept.business_id = ${businessId} and kept.product_id = product.id
    and not exists (select from json_array_elements(product.skus) as sku where (sku ->> 'id')::uuid = kept.id)`

/** Inserts or updates the rows of all SKUs in these products. The trigger refuse_sku rejects a SKU of another product. */
const writeSkus = (products: RawBuilder<unknown>) => sql`
  insert into product_skus as kept
    (business_id, id, product_id, product_name, product_created_at, sku_code, sku_name, barcode, track_stock, is_active)
  select product.business_id, sku.id, product.id, product.product_name, product.created_at, sku.sku_code, sku.sku_name,
         sku.barcode, sku.track_stock, sku.is_active
  from (${products}) as product, json_to_recordset(product.skus)
    as sku (id uuid, sku_code text, sku_name text, barcode text, track_stock boolean, is_active boolean)
  order by product.business_id, sku.id
  on conflict (business_id, id) do update
    set product_id = excluded.product_id, product_name = excluded.product_name,
        product_created_at = excluded.product_created_at, sku_code = excluded.sku_code, sku_name = excluded.sku_name,
        barcode = excluded.barcode, track_stock = excluded.track_stock, is_active = excluded.is_active
    where (kept.product_id, kept.product_name, kept.product_created_at, kept.sku_code, kept.sku_name, kept.barcode,
        kept.track_stock, kept.is_active)
      is distinct from (excluded.product_id, excluded.product_name, excluded.product_created_at, excluded.sku_code,
        excluded.sku_name, excluded.barcode, excluded.track_stock, excluded.is_active)`
