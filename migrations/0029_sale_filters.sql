-- Filters of sales by customer and by order number. A page of a customer is merged from the newest sales of each day, because
-- some shops put all anonymous sales on one customer.
--
-- Locks: sales can be read and not written while the indexes are built.
create index sales_by_customer_and_day on sales (business_id, customer_id, business_date, created_at desc, id desc)
  where customer_id is not null;
create index sales_by_order_number on sales (business_id, order_number, created_at desc, id desc);
