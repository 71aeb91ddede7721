-- What the filters of products need in the rows of SKUs. The next migration fills it, so that this lock ends at once.
alter table product_skus add column barcode text, add column product_created_at timestamptz(3);
