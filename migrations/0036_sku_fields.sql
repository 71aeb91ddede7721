-- SKUs have all their barcodes, the quantity of a pack, and a tax category. Stored SKUs get the new keys, as partners see them:
-- the barcodes of a SKU are its barcode, if it has one.
create function complete_skus(skus json) returns json
  language sql immutable strict parallel safe
  return (
    select coalesce(
      '[' || string_agg(
        left(sku::text, -1)
          || ',"barcodes":' || case when sku ->> 'barcode' is null then '[]' else '[' || (sku -> 'barcode')::text || ']' end
          || ',"pack_quantity":null,"tax_category":null}',
        ',' order by place) || ']', '[]')::json
    from json_array_elements(skus) with ordinality as element (sku, place));

create function complete_product() returns trigger language plpgsql as $$
begin
  new.skus := complete_skus(new.skus);
  return new;
end
$$;

-- For processes of older versions that run beside this one. Its condition is evaluated without calling the function.
create trigger products_complete_skus before insert or update of skus on products for each row
  when (strpos(new.skus::text, '"barcodes":') = 0 and new.skus::text <> '[]') execute function complete_product();

-- The barcodes of a SKU besides product_skus.barcode. Most SKUs have none. In the order of the list of products, like
-- product_skus_by_barcode.
create table sku_barcodes (
  business_id uuid not null,
  product_sku_id uuid not null,
  barcode text not null,
  product_id uuid not null,
  product_created_at timestamptz(3) not null,
  primary key (business_id, product_sku_id, barcode),
  foreign key (business_id, product_sku_id) references product_skus (business_id, id) on delete cascade
);
create index sku_barcodes_by_barcode on sku_barcodes
  (business_id, barcode, product_created_at desc, product_id desc);
create index sku_barcodes_product on sku_barcodes (business_id, product_id);
