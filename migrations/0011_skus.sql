-- Deriving the SKUs of many products at once took as long as their number squared, when it was looked up whether one
-- belongs to another product. Now the row itself refuses that.
create or replace function derive_skus() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from product_skus as kept using new_rows as product
    where kept.business_id = product.business_id and kept.product_id = product.id
      and not exists (
        select from json_array_elements(product.skus) as sku where (sku ->> 'id')::uuid = kept.id);
  end if;
  insert into product_skus as kept
    (business_id, id, product_id, product_name, sku_code, sku_name, track_stock, is_active)
  select product.business_id, sku.id, product.id, product.product_name, sku.sku_code, sku.sku_name, sku.track_stock, sku.is_active
  from new_rows as product, json_to_recordset(product.skus)
    as sku (id uuid, sku_code text, sku_name text, track_stock boolean, is_active boolean)
  order by product.business_id, sku.id
  on conflict (business_id, id) do update
    set product_id = excluded.product_id, product_name = excluded.product_name, sku_code = excluded.sku_code,
        sku_name = excluded.sku_name, track_stock = excluded.track_stock, is_active = excluded.is_active
    where (kept.product_id, kept.product_name, kept.sku_code, kept.sku_name, kept.track_stock, kept.is_active)
      is distinct from (excluded.product_id, excluded.product_name, excluded.sku_code, excluded.sku_name, excluded.track_stock, excluded.is_active);
  return null;
end
$$;

create function refuse_sku() returns trigger language plpgsql as $$
begin
  raise unique_violation
    using message = 'a SKU belongs to one product', constraint = 'product_skus_pkey', table = 'product_skus';
end
$$;

create trigger refuse_sku before update on product_skus
  for each row when (new.product_id <> old.product_id) execute function refuse_sku();
