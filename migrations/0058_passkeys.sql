-- Passkeys of members (WebAuthn), and the challenges that browsers have not answered yet.
--
-- Older versions may start.
create table passkeys (
  id uuid primary key,
  user_id uuid not null references auth_users on delete cascade,
  -- As the authenticator names it, in base64url.
  credential_id text not null unique,
  public_key bytea not null,
  -- How often the authenticator says it was used; 0 if it does not count. It must never go back.
  counter bigint not null check (counter >= 0),
  transports text[] not null,
  -- The host for which it was made.
  host text not null,
  name text not null check (name <> ''),
  created_at timestamptz(3) not null,
  last_used_at timestamptz(3)
);
create index passkeys_by_user on passkeys (user_id, created_at);

create table passkey_challenges (
  -- SHA-256 of the challenge.
  hash bytea primary key check (octet_length(hash) = 32),
  purpose text not null check (purpose in ('register', 'sign_in', 'proof')),
  -- Null for a sign-in: who signs in is not known yet.
  session_id uuid,
  expires_at timestamptz(3) not null
);
create index passkey_challenges_by_end on passkey_challenges (expires_at);
