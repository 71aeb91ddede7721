-- Customers and their membership tiers. A person's data is in the row of customers, and nowhere else.

create table membership_tiers (
  business_id uuid not null references businesses,
  id uuid not null,
  name text not null check (name <> ''),
  rank int not null,
  is_active boolean not null default true,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id)
);

create table customers (
  business_id uuid not null references businesses,
  id uuid not null,
  customer_code text not null,
  full_name text not null,
  first_name text not null,
  last_name text,
  membership_tier_id uuid,
  membership_number text,
  total_points bigint not null default 0,
  available_points bigint not null default 0,
  total_spent numeric not null default 0,
  total_visits bigint not null default 0,
  last_visit_date date,
  is_active boolean not null default true,
  is_verified boolean not null default false,
  joined_date date,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  phone text,
  email text,
  date_of_birth date,
  address text,
  city text,
  state text,
  postal_code text,
  country text,
  tax_id text,
  -- Both fields that q looks in. U+001F keeps a match from running across them.
  search_text text not null generated always as (search_fold(full_name) || U&'\001F' || search_fold(customer_code)) stored,
  primary key (business_id, id),
  foreign key (business_id, membership_tier_id) references membership_tiers (business_id, id),
  check (strpos(full_name || customer_code, U&'\001F') = 0),
  -- JSON numbers are exact up to 2^53.
  check (greatest(abs(total_points), abs(available_points), abs(total_visits)) <= 9007199254740991),
  check (date_of_birth between '0001-01-01' and '9999-12-31'),
  check (joined_date between '0001-01-01' and '9999-12-31'),
  check (last_visit_date between '0001-01-01' and '9999-12-31')
);

create unique index customers_code on customers (business_id, customer_code);
-- Every list is walked by one of these, whatever it is filtered by.
create index customers_newest on customers (business_id, created_at desc, id desc);
create index customers_newest_by_active on customers (business_id, is_active, created_at desc, id desc);
create index customers_newest_by_tier on customers (business_id, membership_tier_id, created_at desc, id desc);
create index customers_search on customers using gin (search_grams(business_id, search_text));
