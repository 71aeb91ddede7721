-- Codes, receipts and phone numbers begin alike: CUS-0 is in the code of every customer. Pairs that every row has find
-- nothing out, and the index walks through all of their entries (500,000 each, in a business of as many customers; 10 of
-- 12 ms for a code). So where there are three pairs of digits, the row must have these; that it has the words is looked
-- at afterwards in any case.
create or replace function search_grams_wanted(business_id uuid, folded text) returns int8[]
  language plpgsql immutable strict parallel safe
as $$
declare
  salt constant int8 := uuid_hash(business_id);
  characters constant text[] := string_to_array(folded, null);
  pair text;
  grams int8[] := '{}';
  of_digits int8[] := '{}';
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
  end loop;
  return case when cardinality(of_digits) >= 3 then of_digits else grams end;
end
$$;
