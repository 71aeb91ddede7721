-- Files that members have checked or imported in the console: how far they are, and what came out. No row of a file is stored.
--
-- Older versions may start.
create table imports (
  business_id uuid not null references businesses,
  id uuid not null,
  resource text not null check (resource <> ''),
  -- A check stores nothing.
  is_check boolean not null,
  member_id uuid not null,
  actor text not null,
  started_at timestamptz(3) not null,
  -- When it was last seen alive. A process that dies leaves the row without an end.
  updated_at timestamptz(3) not null,
  ended_at timestamptz(3),
  is_complete boolean not null default false,
  bytes bigint not null check (bytes >= 0),
  read_bytes bigint not null default 0,
  rows int not null default 0,
  created int not null default 0,
  updated int not null default 0,
  unchanged int not null default 0,
  stale int not null default 0,
  rejected int not null default 0,
  primary key (business_id, id)
);
-- A business imports one file at a time.
create unique index imports_running on imports (business_id) where ended_at is null;
create index imports_in_order on imports (business_id, started_at desc, id desc);
