-- Prices that differ by branch. A branch without a row sells at the price of the SKU.
create table branch_prices (
  business_id uuid not null,
  id uuid not null,
  branch_id uuid not null,
  product_sku_id uuid not null,
  price decimal_6 not null,
  external_id text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  unique (business_id, branch_id, product_sku_id),
  foreign key (business_id, branch_id) references branches (business_id, id),
  foreign key (business_id, product_sku_id) references product_skus (business_id, id)
);
create index branch_prices_newest on branch_prices (business_id, created_at desc, id desc);
create index branch_prices_newest_by_branch on branch_prices (business_id, branch_id, created_at desc, id desc);
create index branch_prices_newest_by_sku on branch_prices (business_id, product_sku_id, created_at desc, id desc);
