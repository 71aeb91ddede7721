-- Decimals, products with their SKUs, and their categories.

-- Money, and what money is multiplied by. The bound keeps out NaN and infinity, which numeric has and JSON has not.
create domain decimal_2 as numeric check (abs(value) < 1e15 and min_scale(value) <= 2);
create domain decimal_6 as numeric check (abs(value) < 1e15 and min_scale(value) <= 6);

-- Moments that their sender names. The years are those that ISO 8601 writes with four digits, in every time zone.
create domain moment as timestamptz(3) check (value >= '0001-01-03Z' and value < '9999-12-30Z');
create domain calendar_day as date check (value between '0001-01-01' and '9999-12-31');

-- A list inside a record (skus, payments, refunds) is stored as partners see it, byte for byte, by its one writer
-- (server/http/canonical.ts). A line feed in it would read as the end of a row.
create domain json_list as json check (json_typeof(value) = 'array' and strpos(value::text, E'\n') = 0);

-- The sum of one decimal of such a list. plpgsql because it is faster than the same in SQL (8 µs).
create function json_sum(list json, key text) returns numeric
  language plpgsql immutable strict parallel safe
as $$
declare
  element json;
  total numeric := 0;
begin
  for element in select json_array_elements(list) loop
    total := total + (element ->> key)::numeric;
  end loop;
  return total;
end
$$;

create table categories (
  business_id uuid not null references businesses,
  id uuid not null,
  name text not null,
  parent_id uuid,
  is_active boolean not null default true,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  foreign key (business_id, parent_id) references categories (business_id, id)
);

create table products (
  business_id uuid not null references businesses,
  id uuid not null,
  product_code text not null,
  product_name text not null,
  product_name_en text,
  description text,
  category_id uuid,
  is_active boolean not null default true,
  skus json_list not null default '[]',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  -- Both fields that q looks in. U+001F keeps a match from running across them.
  search_text text not null
    generated always as (search_fold(product_name) || U&'\001F' || search_fold(product_code)) stored,
  primary key (business_id, id),
  foreign key (business_id, category_id) references categories (business_id, id),
  check (strpos(product_name || product_code, U&'\001F') = 0)
);
-- A product with its SKUs is often longer than 2 kB, from where Postgres would move it aside and pages would cost more.
alter table products set (toast_tuple_target = 8160);

-- Every list is walked by one of these, whatever it is filtered by.
create index products_newest on products (business_id, created_at desc, id desc);
create index products_newest_by_active on products (business_id, is_active, created_at desc, id desc);
create index products_newest_by_category on products (business_id, category_id, created_at desc, id desc);
create index products_search on products using gin (search_grams(business_id, search_text));

-- The SKUs as rows, so that stock and items can refer to them and show their names. Derived from products.skus by the
-- triggers below, in the same statement; nobody else writes here.
create table product_skus (
  business_id uuid not null,
  id uuid not null,
  product_id uuid not null,
  product_name text not null,
  sku_code text not null,
  sku_name text not null,
  track_stock boolean not null,
  is_active boolean not null,
  primary key (business_id, id),
  foreign key (business_id, product_id) references products (business_id, id) on delete cascade
);
create index product_skus_product on product_skus (business_id, product_id);

create function derive_skus() returns trigger language plpgsql as $$
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
  -- A SKU of another product is left as it is, and refused below.
  on conflict (business_id, id) do update
    set product_name = excluded.product_name, sku_code = excluded.sku_code, sku_name = excluded.sku_name,
        track_stock = excluded.track_stock, is_active = excluded.is_active
    where kept.product_id = excluded.product_id
      and (kept.product_name, kept.sku_code, kept.sku_name, kept.track_stock, kept.is_active)
        is distinct from (excluded.product_name, excluded.sku_code, excluded.sku_name, excluded.track_stock, excluded.is_active);
  if exists (
    select from new_rows as product, json_array_elements(product.skus) as sku, product_skus as kept
    where kept.business_id = product.business_id and kept.id = (sku ->> 'id')::uuid and kept.product_id <> product.id)
  then
    raise unique_violation using message = 'a SKU belongs to one product', constraint = 'product_skus_pkey';
  end if;
  return null;
end
$$;

create trigger derive_skus after insert on products
  referencing new table as new_rows for each statement execute function derive_skus();
create trigger derive_skus_again after update on products
  referencing new table as new_rows for each statement execute function derive_skus();
