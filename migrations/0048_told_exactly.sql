-- GET /events tells an application of an erasure in two steps: a response shows it the event, and the application confirms it by
-- asking for what follows. `read_at` is now the time of the second step (server/privacy/certificate.ts). What was noted before
-- stays.
alter table erasure_recipients add column shown_position bigint;
drop index erasure_recipients_untold;
create index erasure_recipients_unconfirmed on erasure_recipients (business_id, application_id, shown_position)
  where shown_position is not null and read_at is null;
