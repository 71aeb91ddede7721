-- Suppliers, and purchase orders with their items.

create table suppliers (
  business_id uuid not null references businesses,
  id uuid not null,
  supplier_code text not null,
  company_name text not null,
  contact_name text,
  phone_number text,
  email text,
  tax_id text,
  address text,
  city text,
  province text,
  postal_code text,
  country text,
  payment_terms text,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'INACTIVE')),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  search_text text not null
    generated always as (search_fold(company_name) || U&'\001F' || search_fold(supplier_code)) stored,
  primary key (business_id, id),
  check (strpos(company_name || supplier_code, U&'\001F') = 0)
);
create index suppliers_newest on suppliers (business_id, created_at desc, id desc);
create index suppliers_newest_by_status on suppliers (business_id, status, created_at desc, id desc);
create index suppliers_search on suppliers using gin (search_grams(business_id, search_text));

create table purchase_orders (
  business_id uuid not null,
  id uuid not null,
  po_number text not null,
  branch_id uuid not null,
  warehouse_id uuid not null,
  supplier_id uuid not null,
  status text not null check (status in
    ('DRAFT', 'PENDING_APPROVAL', 'APPROVED', 'PARTIALLY_RECEIVED', 'FULLY_RECEIVED', 'REJECTED', 'CANCELLED')),
  order_date calendar_day not null,
  expected_date calendar_day,
  subtotal decimal_2 not null,
  discount_amount decimal_2 not null,
  tax_amount decimal_2 not null,
  tax_added_amount decimal_2 not null,
  total_amount decimal_2 not null,
  item_count int not null check (item_count >= 0),
  note text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  foreign key (business_id, warehouse_id, branch_id) references warehouses (business_id, id, branch_id),
  foreign key (business_id, supplier_id) references suppliers (business_id, id),
  constraint purchase_orders_total check (total_amount = subtotal + tax_added_amount),
  constraint purchase_orders_tax check (tax_added_amount between 0 and tax_amount)
);
create index purchase_orders_newest on purchase_orders (business_id, created_at desc, id desc);
create index purchase_orders_newest_by_branch on purchase_orders (business_id, branch_id, created_at desc, id desc);
create index purchase_orders_newest_by_status on purchase_orders (business_id, status, created_at desc, id desc);
create index purchase_orders_newest_by_supplier on purchase_orders (business_id, supplier_id, created_at desc, id desc);
create index purchase_orders_warehouse on purchase_orders (business_id, warehouse_id);
-- For `from` and `to` where few of the newest orders match: all that matter stand in the index.
create index purchase_orders_ordered on purchase_orders (business_id, order_date) include (branch_id, created_at, id);

-- Names are as they were when it was ordered. `position` is the sender's order.
create table purchase_order_items (
  business_id uuid not null,
  purchase_order_id uuid not null,
  id uuid not null,
  position int not null,
  product_sku_id uuid not null,
  sku_code text not null,
  sku_name text not null,
  product_name text not null,
  quantity_ordered decimal_6 not null,
  quantity_received decimal_6 not null default 0,
  unit_cost decimal_6 not null,
  discount_amount decimal_2 not null default 0,
  tax_amount decimal_2 not null default 0,
  line_total decimal_2 not null,
  created_at timestamptz(3) not null default now(),
  primary key (business_id, purchase_order_id, id),
  foreign key (business_id, purchase_order_id) references purchase_orders (business_id, id) on delete cascade,
  foreign key (business_id, product_sku_id) references product_skus (business_id, id),
  constraint purchase_order_items_line
    check (abs(line_total - (quantity_ordered * unit_cost - discount_amount)) < 0.01)
);
create index purchase_order_items_sku on purchase_order_items (business_id, product_sku_id);
