-- Sales, their items, and the totals of each branch and day that the report reads.

-- The business day of a moment: the calendar day of the wall clock in the business's zone, set back by the hour at
-- which its day starts. Stable, not immutable: governments change time zones.
create function business_date(moment timestamptz, time_zone text, starts_at time) returns date
  language sql stable strict parallel safe
  return ((moment at time zone time_zone) - starts_at)::date;

create table sales (
  business_id uuid not null,
  id uuid not null,
  order_number text not null,
  branch_id uuid not null,
  -- May name a customer who is not here yet, or no longer.
  customer_id uuid,
  status text not null check (status in ('OPEN', 'COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED')),
  order_date moment not null,
  -- Filled in by the trigger below when it is left out; fixed from then on, unless order_date changes.
  business_date calendar_day not null,
  subtotal decimal_2 not null,
  discount_amount decimal_2 not null,
  tax_amount decimal_2 not null,
  tax_added_amount decimal_2 not null,
  service_charge_amount decimal_2 not null,
  rounding_amount decimal_2 not null,
  total_amount decimal_2 not null,
  refunded_amount decimal_2 not null default 0,
  item_count int not null check (item_count >= 0),
  payments json_list not null default '[]',
  refunds json_list not null default '[]',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  foreign key (business_id, branch_id) references branches (business_id, id),
  constraint sales_total
    check (total_amount = subtotal + service_charge_amount + tax_added_amount + rounding_amount),
  constraint sales_rounding check (abs(rounding_amount) < 1),
  constraint sales_tax check (tax_added_amount between 0 and tax_amount),
  constraint sales_payments check (
    status in ('OPEN', 'VOIDED') or json_sum(payments, 'amount') = total_amount),
  constraint sales_refunds check (
    refunded_amount <= total_amount
    and refunded_amount = case refunds::text when '[]' then 0 else json_sum(refunds, 'amount') end),
  constraint sales_refunded
    check ((status = 'REFUNDED') = (refunded_amount = total_amount and total_amount > 0)),
  constraint sales_partially_refunded
    check ((status = 'PARTIALLY_REFUNDED') = (refunded_amount > 0 and refunded_amount < total_amount))
);
alter table sales set (toast_tuple_target = 8160);

-- The list, newest first; the ordinary page is found in the first two (server/api/sales/queries.ts).
create index sales_newest on sales (business_id, created_at desc, id desc);
create index sales_newest_by_branch on sales (business_id, branch_id, created_at desc, id desc);
-- The newest of one day, from which a page of several days is merged.
create index sales_by_day on sales (business_id, business_date, created_at desc, id desc);
create index sales_by_branch_and_day on sales (business_id, branch_id, business_date, created_at desc, id desc);
create index sales_by_status_and_day on sales (business_id, status, business_date, created_at desc, id desc)
  include (branch_id);

create function file_sale() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if new.order_date = old.order_date then
      new.business_date := old.business_date;
      return new;
    end if;
  end if;
  select business_date(new.order_date, time_zone, business_day_starts_at) into new.business_date
  from businesses where id = new.business_id;
  return new;
end
$$;

create trigger file_sale before insert on sales
  for each row when (new.business_date is null) execute function file_sale();
create trigger file_sale_again before update on sales
  for each row when (new.order_date <> old.order_date or new.business_date is distinct from old.business_date)
  execute function file_sale();

-- Names are as they were when it was sold. `position` is the sender's order.
create table sale_items (
  business_id uuid not null,
  sale_id uuid not null,
  id uuid not null,
  position int not null,
  product_sku_id uuid not null,
  sku_code text not null,
  sku_name text not null,
  product_name text not null,
  quantity decimal_6 not null,
  unit_price decimal_6 not null,
  discount_amount decimal_2 not null default 0,
  tax_amount decimal_2 not null default 0,
  line_total decimal_2 not null,
  refunded_quantity decimal_6 not null default 0,
  refunded_amount decimal_2 not null default 0,
  is_fully_refunded boolean generated always as (refunded_quantity >= quantity) stored,
  created_at timestamptz(3) not null default now(),
  primary key (business_id, sale_id, id),
  foreign key (business_id, sale_id) references sales (business_id, id) on delete cascade,
  foreign key (business_id, product_sku_id) references product_skus (business_id, id),
  constraint sale_items_line check (abs(line_total - (quantity * unit_price - discount_amount)) < 0.01)
);
create index sale_items_sku on sale_items (business_id, product_sku_id);

-- What the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) of a branch sum up to, for each business day and
-- again for each month, so that all time is some dozens of rows and any other range less than a hundred more.
create table sales_totals (
  business_id uuid not null,
  branch_id uuid not null,
  period text not null check (period in ('day', 'month')),
  starts_on date not null,
  total_orders bigint not null,
  total_revenue numeric not null,
  total_subtotal numeric not null,
  total_discount numeric not null,
  total_tax numeric not null,
  total_service_charge numeric not null,
  total_refunded numeric not null,
  primary key (business_id, branch_id, period, starts_on),
  foreign key (business_id, branch_id) references branches (business_id, id) on delete cascade
);

-- Moves the old figures of the changed sales out and the new ones in, in the transaction that changes them.
--
-- Locks. An upsert is an insert and an update, of which each has its trigger: their rows of sales_totals could meet in
-- two orders. So the totals of a business have one lock, its row of businesses, taken before any of them and held until
-- commit. It comes after the locks of sales: a transaction that writes sales by several statements locks their rows
-- first (select … for update, in the order of id), or it may deadlock with another one. The lock of the event log is
-- taken later still.
create function total_sales() returns trigger language plpgsql as $$
declare
  changed constant text := case tg_op
    when 'INSERT' then 'select 1 as times, * from new_rows'
    when 'DELETE' then 'select -1 as times, * from old_rows'
    else 'select 1 as times, * from new_rows union all select -1, * from old_rows' end;
  counted constant text := $sql$
    with counted as (
      select business_id, branch_id, business_date, sum(times) as orders,
             sum(times * total_amount) as revenue, sum(times * subtotal) as subtotal,
             sum(times * discount_amount) as discount, sum(times * tax_amount) as tax,
             sum(times * service_charge_amount) as service_charge, sum(times * refunded_amount) as refunded
      from (%s) as changed
      where status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
      group by business_id, branch_id, business_date),
    moved as (
      select * from counted where (orders, revenue, subtotal, discount, tax, service_charge, refunded)
        is distinct from (0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric)),
    locked as materialized (
      select id from businesses where id in (select business_id from moved) order by id for no key update)
    insert into sales_totals as known
    select business_id, branch_id, period, starts_on, sum(orders), sum(revenue), sum(subtotal), sum(discount), sum(tax),
           sum(service_charge), sum(refunded)
    from moved cross join lateral (values
      ('day', business_date),
      ('month', date_trunc('month', business_date::timestamp)::date)) as periods (period, starts_on)
    where (select count(*) from locked) > 0
    group by business_id, branch_id, period, starts_on
    order by business_id, branch_id, period, starts_on
    on conflict (business_id, branch_id, period, starts_on) do update set
      total_orders = known.total_orders + excluded.total_orders,
      total_revenue = known.total_revenue + excluded.total_revenue,
      total_subtotal = known.total_subtotal + excluded.total_subtotal,
      total_discount = known.total_discount + excluded.total_discount,
      total_tax = known.total_tax + excluded.total_tax,
      total_service_charge = known.total_service_charge + excluded.total_service_charge,
      total_refunded = known.total_refunded + excluded.total_refunded
  $sql$;
begin
  execute format(counted, changed);
  return null;
end
$$;

create trigger total_sales_in after insert on sales
  referencing new table as new_rows for each statement execute function total_sales();
create trigger total_sales_moved after update on sales
  referencing old table as old_rows new table as new_rows for each statement execute function total_sales();
create trigger total_sales_out after delete on sales
  referencing old table as old_rows for each statement execute function total_sales();
