-- Applications, what they were granted, their secrets, and the keys that sign their tokens.
-- Looked up without a business (by client_id), hence not led by business_id: on Citus these are reference tables.

create table applications (
  id uuid primary key,
  business_id uuid not null references businesses,
  client_id text not null unique check (client_id ~ '^talad_[0-9a-f]{32}$'),
  name text not null check (name <> ''),
  kind text not null check (kind in ('partner', 'pos')),
  -- Counts the grants, new secrets included. A token carries the count of its making, and sees only what was granted up to then.
  revision int not null default 1,
  -- Since which revision the application sees all branches, future ones included; null: only the chosen ones.
  all_branches_since int,
  rate_requests int not null check (rate_requests between 1 and 100000),
  rate_per_second numeric not null check (rate_per_second > 0 and rate_per_second <= 100000),
  history_days int not null default 30 check (history_days between 1 and 36500),
  revoked_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  unique (business_id, id),
  unique (business_id, name)
);

create table application_scopes (
  application_id uuid not null references applications on delete cascade,
  scope text not null,
  since_revision int not null,
  primary key (application_id, scope)
);

create table application_branches (
  business_id uuid not null,
  application_id uuid not null,
  branch_id uuid not null,
  since_revision int not null,
  primary key (business_id, application_id, branch_id),
  foreign key (business_id, application_id) references applications (business_id, id) on delete cascade,
  foreign key (business_id, branch_id) references branches (business_id, id) on delete cascade
);

create table application_secrets (
  id uuid primary key,
  application_id uuid not null references applications on delete cascade,
  -- SHA-256 of a secret of 256 random bits: nothing to guess, so nothing to slow down.
  hash bytea not null check (length(hash) = 32),
  -- The first characters, so that people can tell two secrets apart.
  hint text not null,
  last_used_at timestamptz(3),
  last_used_address text,
  revoked_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index application_secrets_application on application_secrets (application_id);

-- Access tokens that were revoked before their time, kept until it has come.
create table revoked_tokens (
  id uuid primary key,
  application_id uuid not null references applications on delete cascade,
  expires_at timestamptz(3) not null
);
create index revoked_tokens_application on revoked_tokens (application_id);

create table signing_keys (
  id text primary key,
  public_jwk jsonb not null,
  -- The private key, sealed under TALAD_SECRET_KEY.
  private_sealed bytea not null,
  created_at timestamptz(3) not null,
  -- Signs no longer; what it signed is valid until it expires.
  retired_at timestamptz(3)
);
create unique index signing_keys_current on signing_keys ((true)) where retired_at is null;

-- What processes remember of applications and keys, they forget when it is named here. A reader that asks for all rows
-- at or after the oldest transaction that was running when it last asked misses none, whatever commits when.
create table authority_changes (
  changed_in xid8 not null default pg_current_xact_id(),
  -- An application's id, or 'keys'.
  subject text not null,
  changed_at timestamptz(3) not null default now(),
  primary key (changed_in, subject)
);

create function note_authority_change() returns trigger language plpgsql as $$
declare
  row_of jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
  noted text;
begin
  if tg_argv[0] = 'business' then
    insert into authority_changes (subject)
    select id::text from applications where business_id = (row_of ->> tg_argv[1])::uuid
    on conflict do nothing;
    return null;
  end if;
  noted := case tg_argv[0] when 'keys' then 'keys' else row_of ->> tg_argv[0] end;
  insert into authority_changes (subject) values (noted) on conflict do nothing;
  return null;
end
$$;

create trigger noted after insert or update or delete on applications
  for each row execute function note_authority_change('id');
create trigger noted after insert or update or delete on application_scopes
  for each row execute function note_authority_change('application_id');
create trigger noted after insert or update or delete on application_branches
  for each row execute function note_authority_change('application_id');
create trigger noted after insert or delete on revoked_tokens
  for each row execute function note_authority_change('application_id');
create trigger noted after insert or delete or update of revoked_at on application_secrets
  for each row execute function note_authority_change('application_id');
create trigger noted after insert or update or delete on signing_keys
  for each row execute function note_authority_change('keys');
create trigger noted after update on businesses
  for each row execute function note_authority_change('business', 'id');

-- Where callers stand, when several processes serve (http/bucket.ts). Unlogged: after a crash everybody has a full bucket.
create unlogged table rate_buckets (
  key text primary key,
  tokens double precision not null,
  allowed boolean not null,
  at timestamptz not null
);
create index rate_buckets_at on rate_buckets (at);
