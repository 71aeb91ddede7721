-- Checks the stored rows against the constraints of the previous migration.
--
-- Locks: sales can be read and written meanwhile.
alter table sales validate constraint sales_lists;
alter table sales validate constraint sales_amounts;
alter table sales validate constraint sales_external;
alter table sales validate constraint sales_total;
alter table sales validate constraint sales_payments;
alter table sale_items validate constraint sale_items_kind;
