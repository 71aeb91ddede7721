-- The lists of movements, of which there are the most rows (server/api/inventory/queries.ts). Each page is merged from
-- the newest rows of a few lanes, and each lane has its own order in one of these, however seldom its type may be.
drop index stock_movements_newest_by_warehouse;
drop index stock_movements_newest_by_type;
drop index stock_movements_occurred;
create index stock_movements_newest_by_warehouse_and_type
  on stock_movements (business_id, warehouse_id, movement_type, created_at desc, id desc);
-- For `from` and `to`. The days are those of UTC, because the zone of a business may change; what else a list can be
-- filtered by stands in the index as well, so that passing over rows does not mean fetching them.
create index stock_movements_newest_by_type_and_day
  on stock_movements (business_id, movement_type, ((occurred_at at time zone 'UTC')::date), created_at desc, id desc)
  include (occurred_at, branch_id, warehouse_id);
