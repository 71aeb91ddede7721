-- Older versions may start.
-- Where the daily checkpoint of a business is mailed, so that it is also kept where nobody who controls the database can change it.
create table ledger_mail (
  business_id uuid primary key references businesses,
  email text not null,
  -- The newest checkpoint that the mail server has accepted, and when; 0 and null before the first one.
  mailed_sequence bigint not null default 0,
  mailed_at timestamptz(3)
);
