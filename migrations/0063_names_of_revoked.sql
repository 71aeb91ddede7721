-- Older versions may start.
-- A new application may have the name of a revoked one. The next migration makes the index for the names of the others.

alter table applications drop constraint applications_business_id_name_key;
