-- Changes of a first load are not in the log. Whoever follows the log must learn that it is not complete: events up to and
-- including this position can no longer be read (server/events/record.ts). A constant default rewrites no rows.
alter table event_heads add column readable_after bigint not null default 0;
alter table event_heads add constraint event_heads_readable_after_check check (readable_after between 0 and position);
