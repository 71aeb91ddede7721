-- Where events go, and what became of each (server/webhooks/dispatcher.ts has the design).

-- One place that an application wants events sent to. The row is also the lock of its deliveries: whoever makes, sends
-- or settles some of them holds it as `worker_id`, or has it locked.
create table subscriptions (
  business_id uuid not null,
  id uuid not null,
  application_id uuid not null,
  endpoint_url text not null,
  -- The list, as partners see it; ["*"] is all types that the application may see whenever an event comes.
  event_types json not null,
  description text,
  include_pii boolean not null,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'PAUSED', 'FAILING', 'DISABLED')),
  -- The first failure since the last success.
  failing_since timestamptz(3),
  last_delivered_at timestamptz(3),
  -- What was told before this moment was gone from the log before it could be sent.
  lost_before timestamptz(3),
  -- Sealed under TALAD_SECRET_KEY. After a change the old one signs as well, for a while.
  secret_sealed bytea not null,
  old_secret_sealed bytea,
  old_secret_until timestamptz(3),
  -- Up to which position of the log deliveries have been made; the last sequence that was given to one; and when that
  -- was, which never goes back, whatever clocks do.
  position bigint not null check (position >= 0),
  sequence bigint not null default 0 check (sequence >= 0),
  fanned_out_at timestamptz(3) not null,
  -- Who works on it now, and when there is something to do next beside new events; null: nothing is known.
  worker_id uuid,
  next_at timestamptz(3),
  -- When a failing one is tried next.
  probe_at timestamptz(3),
  -- Clocks of retries stood still and are to be wound up again.
  is_resuming boolean not null default false,
  -- Nobody sees it any more; it goes when its deliveries have gone.
  deleted_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (business_id, id),
  foreign key (business_id, application_id) references applications (business_id, id) on delete cascade,
  check ((status = 'FAILING') = (probe_at is not null)),
  check ((old_secret_sealed is null) = (old_secret_until is null))
)
-- No index has a column that changes while events are sent, so such a change stays within its page.
with (fillfactor = 50);
create index subscriptions_list on subscriptions (business_id, application_id, created_at, id);

-- One event to one subscription, and what became of it: the queue. It names its event by ids and times, and has no data.
create table deliveries (
  business_id uuid not null,
  subscription_id uuid not null,
  id uuid not null,
  -- 1, 2, 3 … within the subscription, in the order in which they are made.
  sequence bigint not null check (sequence >= 1),
  -- The event, as the log has it: the log may forget it sooner.
  event_id uuid not null,
  position bigint not null,
  event_type text not null,
  branch_id uuid,
  resource_type text not null,
  resource_id uuid not null,
  occurred_at timestamptz(3) not null,
  event_created_at timestamptz(3) not null,
  status text not null default 'PENDING' check (status in ('PENDING', 'DELIVERED', 'RETRYING', 'DEAD')),
  -- Attempts, probes not counted; and those of them that failed in their turn, of which there can be six.
  attempt_count int not null default 0,
  failure_count int not null default 0,
  -- When it is to be sent: there until it is delivered or dead.
  due_at timestamptz(3),
  -- An earlier one of the same resource has to end first.
  is_waiting boolean not null default false,
  -- It is sent behind everything that is not.
  is_replay boolean not null default false,
  -- Somebody wants it sent at once, whatever its status.
  asked_at timestamptz(3),
  -- Of the last attempt. What the receiver said is kept for 30 days.
  response_status int,
  response_body text check (char_length(response_body) <= 1024),
  error text check (error in ('dns', 'connect', 'tls', 'timeout', 'redirect', 'address_blocked', 'response_too_large', 'status', 'gone', 'not_allowed')),
  delivered_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (business_id, id),
  unique (business_id, subscription_id, sequence),
  unique (business_id, subscription_id, position),
  foreign key (business_id, subscription_id) references subscriptions (business_id, id) on delete cascade,
  check ((status in ('PENDING', 'RETRYING')) = (due_at is not null)),
  check ((status = 'DELIVERED') = (delivered_at is not null)),
  check (status <> 'PENDING' or attempt_count = 0),
  check (not is_waiting or due_at is not null)
);
-- Lists, by any of their filters: the newest of each type and status are merged.
create index deliveries_list on deliveries (business_id, subscription_id, event_type, status, created_at, id);
-- What can be sent, in the order in which it is.
create index deliveries_due on deliveries (business_id, subscription_id, is_replay, due_at, sequence)
  where due_at is not null and not is_waiting;
-- What has not ended: of a resource, first what does not wait; and the oldest of all.
create index deliveries_of_resource on deliveries (business_id, subscription_id, is_replay, resource_id, is_waiting, sequence)
  where due_at is not null;
create index deliveries_open on deliveries (business_id, subscription_id, is_replay, sequence) where due_at is not null;
create index deliveries_asked on deliveries (business_id, subscription_id, asked_at) where asked_at is not null;
create index deliveries_bodies on deliveries (business_id, updated_at) where response_body is not null;

-- A part of the log that somebody wants sent once more. One at a time; the row goes when all of it has been made deliveries.
create table replays (
  business_id uuid not null,
  subscription_id uuid not null,
  -- What is left: after the one position, up to the other.
  after_position bigint not null,
  to_position bigint not null,
  -- Null: all types of the subscription.
  event_types json,
  created_at timestamptz(3) not null,
  primary key (business_id, subscription_id),
  foreign key (business_id, subscription_id) references subscriptions (business_id, id) on delete cascade
);

-- Processes that send. What one of them works on is free again when its time is over. Of no business: on Citus a
-- reference table.
create table workers (
  id uuid primary key,
  expires_at timestamptz(3) not null
);
