-- Completes stored SKUs (0036). In a transaction after that of the trigger, so that no incomplete ones appear meanwhile.
--
-- Locks: products can be read and not written meanwhile.
lock table products in share row exclusive mode;

update products set skus = complete_skus(skus)
where strpos(skus::text, '"barcodes":') = 0 and skus::text <> '[]';
