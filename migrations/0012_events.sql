-- The event log of each business: what changed, told once, in the transaction that changed it. An event holds ids and
-- times and no data; what readers get with it is read from the row it names, when they read.

-- How far the log of a business has come. This row is the lock of its log: whoever writes events takes it, as the last
-- lock of the transaction (server/events/record.ts), and holds it until commit. So positions become visible in their
-- order, and who has seen one never finds something new below it.
create table event_heads (
  business_id uuid primary key references businesses,
  position bigint not null check (position >= 0),
  -- The latest created_at. A clock that is set back does not put events into another order than their positions.
  told_at timestamptz(3) not null
);

-- Positions are 1, 2, 3 … without a gap; the oldest go after 90 days. The head has the foreign key, and no event is
-- without one.
create table events (
  business_id uuid not null,
  position bigint not null check (position >= 1),
  id uuid not null,
  type text not null check (type ~ '^[a-z_]+\.[a-z_]+$'),
  -- Null for what belongs to the business as a whole.
  branch_id uuid,
  resource_type text not null,
  resource_id uuid not null,
  -- At the shop, and here.
  occurred_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  primary key (business_id, position)
);

-- Records that were deleted, ids alone. Kept for ever: an old record that arrives late must not bring them back.
create table tombstones (
  business_id uuid not null references businesses,
  -- Which kind of record: the name of its table.
  resource text not null,
  id uuid not null,
  -- Of the deletion, by the sender's clock: only a newer record brings it back. A person who was erased never comes back.
  updated_at moment not null,
  is_erased boolean not null default false,
  -- As they were, if the record was ever here: neither ever changes, so it has them again when it comes back.
  branch_id uuid,
  record_created_at timestamptz(3),
  primary key (business_id, resource, id),
  check (not is_erased or (branch_id is null and record_created_at is null))
);
