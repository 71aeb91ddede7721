-- Older versions may start.
-- append_to_ledger of migration 0052, with a variable for each value in a condition. Citus 13.2 crashes the coordinator if a statement
-- in a function chooses its node by an element of an array.
create or replace function append_to_ledger(
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
  chain uuid;
  end_before bytea;
  last_sequence bigint;
  last_hash bytea;
  moment timestamptz;
begin
  perform set_config('lock_timeout', wait_ms::text, true);
  for place in 1 .. cardinality(businesses) loop
    chain := businesses[place];
    end_before := ends_before[place];
    last_sequence := last_sequences[place];
    last_hash := last_hashes[place];
    moment := moments[place];
    update ledger_heads as head set sequence = last_sequence, hash = last_hash, at = moment
    where head.business_id = chain and head.hash = end_before;
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
    chain := businesses[place];
    business := chain;
    select head.sequence, head.hash, head.at into sequence, hash, at from ledger_heads as head
    where head.business_id = chain;
    return next;
  end loop;
end $$;
