-- Search in the order of the list (server/http/search.ts; docs/decisions/0018).
--
-- A search can have many matches and none among the newest rows. The index used to find all matches of a business at
-- once, whatever their place in the list. Now its keys also hold the slice of time that a row was created in. A search
-- goes through the slices from the newest to the oldest, passes over those in which a pair of characters is missing,
-- and stops when the page is full.
--
-- Locks: customers, products and suppliers can be read and not written while the indexes are built, 83 s for 1,000,000
-- customers on two busy cores. The old indexes are dropped last, since that keeps readers out as well.

-- The slice of time that a row lies in: 2^20 seconds, or twelve days. A search probes each one, some thirty for a year.
create function search_slice(created_at timestamptz) returns int
  language sql immutable strict parallel safe
  return floor(date_part('epoch', created_at - timestamptz '1970-01-01 00:00:00Z') / 1048576)::int;

-- When a slice begins.
create function search_slice_start(slice int) returns timestamptz
  language sql immutable strict parallel safe
  return to_timestamp(slice * 1048576.0::float8);

-- Keys of the search index: a hash of each character and of each pair of neighbours, mixed with the business and the
-- slice. A character that repeats has a key for each length of its run up to eight, or a search for 00000000 would
-- find every row that has 00. plpgsql because it is three times as fast as the same in SQL; the cost keeps the planner
-- from computing what stands in the index.
create function search_grams(business_id uuid, folded text, created_at timestamptz) returns int8[]
  language plpgsql immutable strict parallel safe cost 10000
as $$
declare
  -- As search_slice has it; while an index is built, only PostgreSQL's own functions are found.
  slice constant int := floor(date_part('epoch', created_at - timestamptz '1970-01-01 00:00:00Z') / 1048576)::int;
  salt constant int8 := hashint4extended(slice, uuid_hash(business_id));
  previous text := '';
  run int := 1;
  character text;
  grams int8[] := '{}';
begin
  foreach character in array string_to_array(folded, null) loop
    -- A fifth faster than with ||.
    grams := array_append(
      array_append(grams, hashtextextended(character, salt)), hashtextextended(previous || character, salt));
    if character = previous then
      run := run + 1;
      if run between 3 and 8 then
        grams := array_append(grams, hashtextextended(repeat(character, run), salt));
      end if;
    else
      run := 1;
    end if;
    previous := character;
  end loop;
  return grams;
end
$$;

-- The keys that a row of a slice must have to contain these words: their pairs of neighbours and runs, or the one
-- character. If the words have three pairs of digits, only those (migrations/0013_search_numbers.sql says why).
create function search_grams_wanted(business_id uuid, folded text, slice int) returns int8[]
  language plpgsql immutable strict parallel safe
as $$
declare
  salt constant int8 := hashint4extended(slice, uuid_hash(business_id));
  characters constant text[] := string_to_array(folded, null);
  pair text;
  run int := 1;
  grams int8[] := '{}';
  of_digits int8[] := '{}';
  runs int8[] := '{}';
begin
  if cardinality(characters) = 1 then
    return array[hashtextextended(folded, salt)];
  end if;
  for position in 2 .. cardinality(characters) loop
    pair := characters[position - 1] || characters[position];
    grams := grams || hashtextextended(pair, salt);
    if pair ~ '^[0-9]{2}$' then
      of_digits := of_digits || hashtextextended(pair, salt);
    end if;
    run := case when characters[position] = characters[position - 1] then run + 1 else 1 end;
    if run between 3 and 8 then
      runs := runs || hashtextextended(repeat(characters[position], run), salt);
    end if;
  end loop;
  return runs || case when cardinality(of_digits) >= 3 then of_digits else grams end;
end
$$;

create index customers_search_in_order on customers using gin (search_grams(business_id, search_text, created_at));
create index products_search_in_order on products using gin (search_grams(business_id, search_text, created_at));
create index suppliers_search_in_order on suppliers using gin (search_grams(business_id, search_text, created_at));

-- With both filters, a list of few rows must not pass over the many rows that meet one of them. Few rows are inactive, so
-- these indexes cost next to nothing when rows are written.
create index customers_newest_inactive_by_tier
  on customers (business_id, membership_tier_id, created_at desc, id desc) where not is_active;
create index products_newest_inactive_by_category
  on products (business_id, category_id, created_at desc, id desc) where not is_active;

drop index customers_search;
drop index products_search;
drop index suppliers_search;
drop function search_grams(uuid, text);
drop function search_grams_wanted(uuid, text);
alter index customers_search_in_order rename to customers_search;
alter index products_search_in_order rename to products_search;
alter index suppliers_search_in_order rename to suppliers_search;
