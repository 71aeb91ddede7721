-- What the events of a webhook contain in addition (`include`), as its owner set it. Webhooks from before this migration, and
-- those that processes of older versions create, include nothing.
--
-- Locks: the column has a constant default, so no row is rewritten. The check reads the table, which has at most 20 rows per
-- application.
alter table subscriptions add column include json not null default '[]';
alter table subscriptions
  add constraint subscriptions_include_check check (include::text in ('[]', '["items"]'));
