-- An owner can pause an application: its secrets and tokens are refused and its webhooks wait, until the owner resumes it. Older
-- versions would go on serving it, so they may not start.

alter table applications add column paused_at timestamptz(3);

-- True while the application is paused. Both columns change in one transaction. A copy, because on a cluster no statement reads both
-- tables, and the dispatcher must not search what it may not send.
alter table subscriptions add column is_suspended boolean not null default false;
