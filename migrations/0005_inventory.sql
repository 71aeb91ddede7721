-- Warehouses, the stock in them, and its movements.

create table warehouses (
  business_id uuid not null,
  id uuid not null,
  branch_id uuid not null,
  code text not null,
  name text not null,
  is_active boolean not null default true,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  -- What is in a warehouse names its branch as well, and cannot name another one.
  unique (business_id, id, branch_id),
  foreign key (business_id, branch_id) references branches (business_id, id)
);
create index warehouses_branch on warehouses (business_id, branch_id);

-- The value of a stock, in two decimals, half away from zero; unknown without a cost.
create function stock_value(quantity_on_hand numeric, unit_cost numeric) returns numeric
  language sql immutable strict parallel safe
  return round(quantity_on_hand * unit_cost, 2);

-- A row for each SKU and warehouse that had a movement or a level set. Its id is a UUIDv5 of business, warehouse and SKU.
create table stock_levels (
  business_id uuid not null,
  id uuid not null,
  branch_id uuid not null,
  warehouse_id uuid not null,
  product_sku_id uuid not null,
  -- Equal to quantity_after of the last movement, and to the sum of them all.
  quantity_on_hand decimal_6 not null default 0,
  quantity_reserved decimal_6 not null default 0,
  quantity_available numeric generated always as (quantity_on_hand - quantity_reserved) stored,
  reorder_point decimal_6,
  unit_cost decimal_6,
  stock_value numeric generated always as (stock_value(quantity_on_hand, unit_cost)) stored,
  is_out_of_stock boolean generated always as (quantity_on_hand - quantity_reserved <= 0) stored,
  -- The number of its movements, and the sequence of the last one. Whoever adds one locks this row first.
  movements bigint not null default 0 check (movements >= 0),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  unique (business_id, warehouse_id, product_sku_id),
  foreign key (business_id, warehouse_id, branch_id) references warehouses (business_id, id, branch_id),
  foreign key (business_id, product_sku_id) references product_skus (business_id, id)
);
create index stock_levels_newest on stock_levels (business_id, created_at desc, id desc);
create index stock_levels_newest_by_branch on stock_levels (business_id, branch_id, created_at desc, id desc);
create index stock_levels_newest_by_warehouse on stock_levels (business_id, warehouse_id, created_at desc, id desc);
create index stock_levels_newest_by_sku on stock_levels (business_id, product_sku_id, created_at desc, id desc);

-- Append-only. `sequence` counts 1, 2, 3 … within a stock row, in the order of receipt: the chain, which starts at 0.
create table stock_movements (
  business_id uuid not null,
  id uuid not null,
  branch_id uuid not null,
  warehouse_id uuid not null,
  product_sku_id uuid not null,
  sequence bigint not null check (sequence >= 1),
  movement_type text not null check (movement_type in
    ('SALE', 'REFUND', 'PURCHASE_RECEIPT', 'TRANSFER_IN', 'TRANSFER_OUT', 'ADJUSTMENT', 'STOCK_COUNT', 'WASTE')),
  quantity decimal_6 not null,
  quantity_before decimal_6 not null,
  quantity_after decimal_6 not null,
  unit_cost decimal_6,
  reference_type text,
  -- May name a record that is not here yet.
  reference_id uuid,
  note text,
  occurred_at moment not null,
  created_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  unique (business_id, warehouse_id, product_sku_id, sequence),
  foreign key (business_id, warehouse_id, branch_id) references warehouses (business_id, id, branch_id),
  foreign key (business_id, warehouse_id, product_sku_id) references stock_levels (business_id, warehouse_id, product_sku_id),
  constraint stock_movements_chain check (quantity_after = quantity_before + quantity),
  constraint stock_movements_start check (sequence > 1 or quantity_before = 0)
);
create index stock_movements_newest on stock_movements (business_id, created_at desc, id desc);
create index stock_movements_newest_by_branch on stock_movements (business_id, branch_id, created_at desc, id desc);
create index stock_movements_newest_by_warehouse on stock_movements (business_id, warehouse_id, created_at desc, id desc);
create index stock_movements_newest_by_sku on stock_movements (business_id, product_sku_id, created_at desc, id desc);
create index stock_movements_newest_by_type on stock_movements (business_id, movement_type, created_at desc, id desc);
-- For `from` and `to` where few of the newest movements match: all that matter stand in the index.
create index stock_movements_occurred on stock_movements (business_id, occurred_at)
  include (branch_id, created_at, id);
