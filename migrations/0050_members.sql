-- Members of businesses and how they sign in to the console. Tables that begin with auth_ belong to the library for credentials
-- (server/console/sign_in/library.ts), whose schema a test compares with them. All of them are read before the business is known.

create table auth_users (
  id uuid primary key,
  name text not null,
  email text not null unique check (email = lower(email)),
  email_verified boolean not null,
  image text,
  two_factor_enabled boolean,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Ours: the language of the console, and the business that it opens with.
  language text not null default 'th' check (language in ('th', 'en')),
  last_business_id uuid
);

create table auth_sessions (
  id uuid primary key,
  user_id uuid not null references auth_users on delete cascade,
  -- SHA-256 of the token, so that a copy of this table opens no session.
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Ours: when the member last proved who they are (step-up).
  proved_at timestamptz(3) not null default now()
);
create index auth_sessions_by_user on auth_sessions (user_id);
create index auth_sessions_by_end on auth_sessions (expires_at);

create table auth_accounts (
  id uuid primary key,
  user_id uuid not null references auth_users on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  -- The hash of the password (scrypt).
  password text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index auth_accounts_by_user on auth_accounts (user_id, provider_id);

-- One-time values with an end, such as a reset of a password. The library stores hashes of the identifiers.
create table auth_verifications (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index auth_verifications_by_identifier on auth_verifications (identifier);

create table auth_two_factors (
  id uuid primary key,
  user_id uuid not null unique references auth_users on delete cascade,
  -- Both encrypted with the secret of the server.
  secret text not null,
  backup_codes text not null,
  verified boolean,
  failed_verification_count int,
  locked_until timestamptz
);

create table auth_rate_limits (
  id uuid primary key,
  key text not null unique,
  count int not null,
  last_request bigint not null
);

create table members (
  business_id uuid not null references businesses,
  user_id uuid not null references auth_users,
  role text not null check (role in ('viewer', 'admin', 'owner')),
  created_at timestamptz(3) not null,
  primary key (business_id, user_id)
);
create index members_by_user on members (user_id);

create table invitations (
  business_id uuid not null references businesses,
  id uuid not null,
  email text not null check (email = lower(email)),
  role text not null check (role in ('viewer', 'admin', 'owner')),
  -- SHA-256 of the token in the link.
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  invited_by text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3),
  primary key (business_id, id)
);

-- What anybody did, in the console or by a command. Never a secret, and no data of customers.
create table audit_log (
  business_id uuid not null references businesses,
  id uuid not null,
  created_at timestamptz(3) not null,
  -- Null for the command line.
  member_id uuid,
  -- The name of the member at that time, or the user of the computer.
  actor text not null,
  address text,
  request_id text,
  -- The id of the operation, or the command.
  action text not null,
  subject_type text,
  subject_id text,
  before jsonb,
  after jsonb,
  primary key (business_id, id)
);
create index audit_log_in_order on audit_log (business_id, created_at desc, id desc);
create index audit_log_by_time on audit_log (created_at);
