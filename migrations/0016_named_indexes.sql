-- What is open of deliveries goes from nothing to a million in a day, while statistics still say that there is nothing; to
-- Postgres all indexes of what is open are then equally good, and it may read all of it for each event. So an index of
-- these has a condition that holds for every row, and that only the statements say that are meant to be served by it.

drop index deliveries_open;
create index deliveries_open on deliveries (business_id, subscription_id, is_replay, sequence)
  where due_at is not null and sequence > 0;

drop index deliveries_of_resource;
create index deliveries_of_resource on deliveries (business_id, subscription_id, is_replay, resource_id, is_waiting, sequence)
  where due_at is not null and resource_type <> '';
