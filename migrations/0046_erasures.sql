-- Persons who were erased, by id alone, and who had received their data.
create table erasures (
  business_id uuid not null references businesses,
  customer_id uuid not null,
  -- Why, in the words of the owner; and who did it. Neither may name the person.
  reason text not null check (reason <> ''),
  erased_by text not null,
  erased_at timestamptz(3) not null,
  primary key (business_id, customer_id)
);

-- The applications that had received data of an erased person, from the ledger. Each is told: by the event customer.deleted in a
-- webhook or in GET /events. The times stay when the deliveries are deleted.
create table erasure_recipients (
  business_id uuid not null,
  customer_id uuid not null,
  application_id uuid not null,
  class text not null,
  times int not null,
  first_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  -- The first attempt by webhook, its first answer 2xx, and the first response of GET /events with the event.
  sent_at timestamptz(3),
  answered_at timestamptz(3),
  read_at timestamptz(3),
  primary key (business_id, customer_id, application_id),
  foreign key (business_id, customer_id) references erasures
);
create index erasure_recipients_untold on erasure_recipients (business_id, application_id)
  where answered_at is null and read_at is null;

-- A delivery that an application gets because it had received data of an erased person, whatever it is subscribed to and may read now.
alter table deliveries add column is_erasure_notice boolean not null default false;
