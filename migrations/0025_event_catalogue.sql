-- The version of the catalogue of event types (server/events/event_types.ts) when event_types was set: ["*"] stands for the
-- types of that version. Webhooks from before this migration, and those that processes of older versions create, do not get
-- types that are newer than the first catalogue.
alter table subscriptions add column catalogue_version int not null default 1;
alter table subscriptions add constraint subscriptions_catalogue_version_check check (catalogue_version >= 1);
