-- Requests of persons about their data (PDPA), with their deadlines. A closed request stays: refusals and their reasons belong to the
-- record of processing.
create table rights_requests (
  business_id uuid not null references businesses,
  id uuid not null,
  kind text not null check (kind in ('access', 'erasure', 'rectification', 'objection')),
  customer_id uuid not null,
  received_at timestamptz(3) not null,
  -- How it arrived, such as a letter. Like the reason, it must not name the person.
  received_by text not null check (received_by <> ''),
  due_at timestamptz(3) not null,
  state text not null default 'OPEN' check (state in ('OPEN', 'DONE', 'REFUSED')),
  handled_by text,
  reason text,
  closed_at timestamptz(3),
  created_at timestamptz(3) not null,
  primary key (business_id, id),
  check ((state = 'OPEN') = (closed_at is null)),
  check (state <> 'OPEN' or handled_by is null),
  check (state <> 'REFUSED' or reason is not null)
);
create index rights_requests_due on rights_requests (business_id, due_at) where state = 'OPEN';
