-- Quick recovery: when an endpoint is back after an outage, its waiting retries are brought forward
-- (server/webhooks/settle.ts describes the rules).

alter table subscriptions
  -- When the last outage ended. A failed attempt that began before then belongs to that outage.
  add column recovered_at timestamptz(3),
  -- An active subscription is probed as well while its endpoint is out.
  drop constraint subscriptions_check,
  add constraint subscriptions_probe check (
    case status when 'FAILING' then probe_at is not null when 'ACTIVE' then true else probe_at is null end);

alter table deliveries
  -- The scheduled time of the next attempt while the delivery is brought forward; due_at is then earlier.
  add column retry_at timestamptz(3),
  -- It is neither brought forward nor used as a probe before this time: Retry-After, or the pause after an early failure.
  add column not_before timestamptz(3),
  -- The columns are new, so there is no row to check: a table of millions is not read under this lock.
  add constraint deliveries_early check ((retry_at is null and not_before is null) or due_at is not null) not valid;
