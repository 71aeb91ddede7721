-- Links with which a person sees who has received their data. Only the hash of a token is stored. A link is deleted with its
-- customer.
create table person_links (
  business_id uuid not null references businesses,
  id uuid not null,
  customer_id uuid not null,
  -- SHA-256 of the token.
  token_hash bytea not null check (octet_length(token_hash) = 32),
  created_by text not null check (created_by <> ''),
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3),
  primary key (business_id, id),
  unique (business_id, token_hash),
  foreign key (business_id, customer_id) references customers (business_id, id) on delete cascade,
  check (expires_at > created_at and expires_at <= created_at + interval '7 days')
);
create index person_links_of_customer on person_links (business_id, customer_id, created_at);
