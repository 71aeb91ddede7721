-- Filters of products by the code or the barcode of a SKU. Many products can have the same code, such as a size, so these
-- indexes have the order of the list of products.
--
-- Locks: SKUs can be read and not written while their rows are filled and the indexes are built. Processes of older versions
-- can no longer write new SKUs, because they leave out product_created_at.
lock table product_skus in share row exclusive mode;

update product_skus as kept
set product_created_at = product.created_at, barcode = sku.barcode
from products as product, json_to_recordset(product.skus) as sku (id uuid, barcode text)
where product.business_id = kept.business_id and product.id = kept.product_id and sku.id = kept.id;

create index product_skus_by_code on product_skus (business_id, sku_code, product_created_at desc, product_id desc)
  where sku_code <> '';
create index product_skus_by_barcode on product_skus (business_id, barcode, product_created_at desc, product_id desc)
  where barcode is not null;

-- Last, since it keeps readers out as well.
alter table product_skus alter column product_created_at set not null;
