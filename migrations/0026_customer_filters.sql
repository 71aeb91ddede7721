-- Filters of customers by exact values. Each index has the order of the list, because many customers can have one value, such
-- as a phone number that stands for none.
--
-- Locks: customers can be read and not written while the indexes are built. A migration of its own for each table, so that
-- no table waits for another.

-- The digits of a phone number, without notation; +66 equals a leading 0, also in +66 (0)81 and without its plus sign.
create function phone_key(phone text) returns text
  language sql immutable strict parallel safe
  return regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^660?([0-9]{8,9})$', '0\1');

create index customers_by_membership_number on customers (business_id, membership_number, created_at desc, id desc)
  where membership_number is not null;
create index customers_by_phone on customers (business_id, phone_key(phone), created_at desc, id desc)
  where phone is not null;
create index customers_by_email on customers (business_id, search_fold(email), created_at desc, id desc)
  where email is not null;
