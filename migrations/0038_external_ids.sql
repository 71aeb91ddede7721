-- The sender's own id of each record. Sales and their items have theirs elsewhere; consents and branch prices have it from the start.
-- New columns without a default: no table is rewritten.
alter table branches add column external_id text;
alter table warehouses add column external_id text;
alter table membership_tiers add column external_id text;
alter table customers add column external_id text;
alter table categories add column external_id text;
alter table products add column external_id text;
alter table suppliers add column external_id text;
alter table purchase_orders add column external_id text;
alter table stock_movements add column external_id text;
alter table stock_levels add column external_id text;
