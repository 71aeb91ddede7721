-- What tills know beyond the sums: tax by rate, charges, tips, channels, bundles, references, and the ids of the sender.
--
-- Columns have plain types and constraints instead of domains, because a domain with a constraint would rewrite the table.
-- Stored payments and refunds keep their JSON; the fields that they lack are added when the JSON of the row is computed.
--
-- Locks: short ones, because no statement reads or rewrites rows. The next migration validates the constraints.
alter table sales
  add column tax_lines json not null default '[]',
  add column tax_invoice_number text,
  add column tip_amount numeric not null default 0,
  add column charges json not null default '[]',
  add column channel text,
  add column source text,
  add column staff_ref text,
  add column register_ref text,
  add column shift_ref text,
  add column guest_count bigint,
  add column note text,
  add column void_reason text,
  add column return_of uuid,
  add column other_amount numeric not null default 0,
  add column external text,
  add column external_id text;
alter table sales add constraint sales_lists check (
  json_typeof(tax_lines) = 'array' and strpos(tax_lines::text, E'\n') = 0
  and json_typeof(charges) = 'array' and strpos(charges::text, E'\n') = 0) not valid;
alter table sales add constraint sales_amounts check (
  abs(tip_amount) < 1e15 and min_scale(tip_amount) <= 2 and abs(other_amount) < 1e15 and min_scale(other_amount) <= 2) not valid;
alter table sales add constraint sales_external check (
  json_typeof(external::json) = 'object' and strpos(external, E'\n') = 0) not valid;

alter table sales drop constraint sales_total;
alter table sales add constraint sales_total check (
  total_amount = subtotal + service_charge_amount + tax_added_amount + rounding_amount
    + case charges::text when '[]' then 0 else json_sum(charges, 'amount') end) not valid;
alter table sales drop constraint sales_payments;
alter table sales add constraint sales_payments check (
  status in ('OPEN', 'VOIDED') or json_sum(payments, 'amount') = total_amount + tip_amount) not valid;

alter table sale_items
  add column parent_item_id uuid,
  add column kind text not null default 'GOODS',
  add column tax_category text,
  add column note text;
alter table sale_items add constraint sale_items_kind
  check (kind in ('GOODS', 'SERVICE', 'GIFT_CARD', 'DEPOSIT', 'FEE')) not valid;
-- An open item has no SKU.
alter table sale_items alter column product_sku_id drop not null;

-- Filled by the next migration but one.
alter table sales_totals
  add column total_tips numeric not null default 0,
  add column total_charges numeric not null default 0,
  add column total_returns numeric not null default 0,
  add column total_other numeric not null default 0,
  add column open_orders bigint not null default 0,
  add column completed_orders bigint not null default 0,
  add column partially_refunded_orders bigint not null default 0,
  add column refunded_orders bigint not null default 0,
  add column voided_orders bigint not null default 0;
