-- Checks the stored rows against the constraints of the previous migration.
--
-- Locks: sales can be read and written meanwhile.
alter table sales validate constraint sales_rounding;
alter table sales validate constraint sales_refunds;
alter table sale_items validate constraint sale_items_line;
