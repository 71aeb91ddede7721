-- Filters of purchase orders by number and of suppliers by code. Neither is unique, so the indexes have the order of the
-- lists.
--
-- Locks: purchase orders and suppliers can be read and not written while the indexes are built.
create index purchase_orders_by_number on purchase_orders (business_id, po_number, created_at desc, id desc);
create index suppliers_by_code on suppliers (business_id, supplier_code, created_at desc, id desc);
