-- What a stock level is set to (reserved, reorder point, cost) has versions of its own: this is the updated_at of the
-- record that set it last. The row's own updated_at follows its movements as well.
alter table stock_levels add column set_at moment;
