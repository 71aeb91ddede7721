-- What customers have agreed to and withdrawn, as statements: each one is a row, so that the history stays. The rows hold no
-- personal data besides the id of the customer.
create table consents (
  business_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  purpose text not null check (purpose <> ''),
  -- Null for all channels.
  channel text,
  status text not null check (status in ('GIVEN', 'WITHDRAWN')),
  occurred_at moment not null,
  source text,
  external_id text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  primary key (business_id, id),
  -- Deleting a customer deletes its consents (server/ingest/write/deleted_along.ts tells them).
  foreign key (business_id, customer_id) references customers (business_id, id) on delete cascade
);
create index consents_newest on consents (business_id, created_at desc, id desc);
create index consents_of_customer on consents (business_id, customer_id, occurred_at desc, id desc);

-- A receiver may answer with the data that it was sent: deliveries about consents store no response, like those about
-- customers (0017).
drop trigger deliveries_drop_response_body on deliveries;
create trigger deliveries_drop_response_body before insert or update on deliveries for each row
  when (new.resource_type in ('customer', 'consent') and new.response_body is not null)
  execute function drop_response_body();
