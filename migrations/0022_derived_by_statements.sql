-- The statements that write products and sales also write what follows from them: SKUs as rows (server/api/products/skus.ts),
-- totals (server/api/sales/totals.ts) and business days (server/api/sales/records.ts). A cluster cannot run triggers that
-- see all rows of a statement.
--
-- Processes of older versions rely on these triggers. They can no longer write sales, because they leave out business_date.
drop trigger derive_skus on products;
drop trigger derive_skus_again on products;
drop function derive_skus();

drop trigger total_sales_in on sales;
drop trigger total_sales_moved on sales;
drop trigger total_sales_out on sales;
drop function total_sales();

drop trigger file_sale on sales;
drop trigger file_sale_again on sales;
drop function file_sale();
