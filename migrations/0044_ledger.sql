-- The disclosure ledger: each time values of customers leave the server, one entry says when, to whom, through which channel and
-- of which customers. It never holds a value. The entries of a business form a chain: each one has the hash of the one before
-- (server/ledger/chain.ts has the recipe).

-- The end of the chain of a business. This row is the lock of its ledger, as event_heads is that of its log.
create table ledger_heads (
  business_id uuid primary key references businesses,
  sequence bigint not null check (sequence >= 0),
  hash bytea not null check (octet_length(hash) = 32),
  -- Time of the newest entry: a clock that is set back does not change the order.
  at timestamptz(3) not null
);

-- By month, so that old entries are dropped as a whole. The first entry of a month creates its partition
-- (server/ledger/partitions.ts), with the keys (business_id, sequence) and (business_id, previous_hash).
create table ledger (
  business_id uuid not null,
  sequence bigint not null check (sequence >= 1),
  at timestamptz(3) not null,
  channel text not null check (channel ~ '^[a-z]+$'),
  -- The request or the delivery.
  request_id text not null,
  operation text,
  application_id uuid,
  token_id uuid,
  member_id uuid,
  address text,
  class text not null check (class in ('profile', 'contact')),
  -- As the application stated it at that time.
  purpose text,
  customer_ids uuid[] not null check (cardinality(customer_ids) > 0),
  previous_hash bytea not null check (octet_length(previous_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32)
) partition by range (at);
create index ledger_by_customer on ledger using gin (customer_ids);

-- Ids do not compress: without this, each insert would try.
alter table ledger alter column customer_ids set storage external;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'entries of the ledger are never changed or deleted' using errcode = 'restrict_violation';
end $$;
create trigger ledger_refuse_change before update or delete on ledger for each row execute function refuse_change();

-- Statements of the server about the chain, signed: whoever keeps one can prove later that the history was not rewritten.
create table ledger_checkpoints (
  business_id uuid not null references businesses,
  sequence bigint not null,
  -- JSON Web Signature, compact (RFC 7515).
  statement text not null,
  created_at timestamptz(3) not null,
  primary key (business_id, sequence)
);

-- Why the application reads personal data, and on which legal basis (PDPA). The ledger copies the purpose.
alter table applications add column purpose text, add column legal_basis text;
alter table applications add constraint applications_purpose_check check (purpose <> '');
alter table applications add constraint applications_legal_basis_check check (legal_basis <> '');
