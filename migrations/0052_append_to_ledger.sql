-- Appends entries to the ledgers of several businesses in one round trip. The server computes the entries after the end of each chain
-- that it knows. If a chain goes on elsewhere by now, because another process wrote to it, its entries are not written, and its
-- present end is returned; nulls if the business has no chain.
--
-- The first five arrays have an element for each business, in the order of their ids, so two calls cannot deadlock. The other arrays
-- have an element for each entry; business_place is the place of its business in the first arrays. The customers of all entries stand in
-- one array, which is parsed much faster than an array for each entry; last_customer is the place of the last one of an entry.
create function append_to_ledger(
  wait_ms int,
  businesses uuid[], ends_before bytea[], last_sequences bigint[], last_hashes bytea[], moments timestamptz[],
  business_places int[], sequences bigint[], channels text[], request_ids text[], operations text[], application_ids uuid[],
  token_ids uuid[], member_ids uuid[], addresses text[], classes text[], purposes text[], previous_hashes bytea[], hashes bytea[],
  customers uuid[], last_customers int[]
) returns table (business uuid, sequence bigint, hash bytea, at timestamptz) language plpgsql as $$
#variable_conflict use_column
declare
  moved int[] := '{}';
  place int;
begin
  perform set_config('lock_timeout', wait_ms::text, true);
  for place in 1 .. cardinality(businesses) loop
    update ledger_heads as head set sequence = last_sequences[place], hash = last_hashes[place], at = moments[place]
    where head.business_id = businesses[place] and head.hash = ends_before[place];
    if not found then moved := moved || place; end if;
  end loop;
  if cardinality(moved) < cardinality(businesses) then
    insert into ledger (business_id, sequence, at, channel, request_id, operation, application_id, token_id, member_id, address,
                        class, purpose, customer_ids, previous_hash, hash)
    select businesses[of], number, moments[of], channel, request, operation, application, token, member, address,
           class, purpose, customers[first : last], previous, own
    from (
      select entry.*, coalesce(lag(last) over (order by ordinality), 0) + 1 as first
      from unnest(business_places, sequences, channels, request_ids, operations, application_ids, token_ids, member_ids, addresses,
                  classes, purposes, previous_hashes, hashes, last_customers)
        with ordinality as entry (of, number, channel, request, operation, application, token, member, address, class, purpose,
                                  previous, own, last, ordinality)
    ) as entries
    where of <> all (moved);
  end if;
  foreach place in array moved loop
    business := businesses[place];
    select head.sequence, head.hash, head.at into sequence, hash, at from ledger_heads as head
    where head.business_id = businesses[place];
    return next;
  end loop;
end $$;
