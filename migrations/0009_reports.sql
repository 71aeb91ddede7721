-- What each of `count` has of a total: rounded half up to 16 decimals, exactly. (The scale of numeric's own division
-- depends on the size of the numbers, and rounding its result would round twice.)
create function average_of(total numeric, count bigint) returns numeric
  language sql immutable strict parallel safe
  return case when count = 0 then 0
    else sign(total) * div(2 * abs(total) * 1e16 + count, 2 * count::numeric) * 1e-16 end;

-- The days of a range as few periods of sales_totals: whole months, and single days before and after them. A bound
-- that is null is open.
create function periods_of(first date, last date)
  returns table (period text, starts_from date, starts_before date)
  language sql immutable parallel safe
begin atomic
  with asked as (
    select coalesce(first, '-infinity') as begins, coalesce(last + 1, 'infinity') as ends),
  months as (
    select begins, ends,
           (date_trunc('month', begins::timestamp - interval '1 day') + interval '1 month')::date as first_month,
           date_trunc('month', ends::timestamp)::date as end_month
    from asked)
  select 'day', begins, least(first_month, ends) from months
  union all
  select 'month', first_month, end_month from months
  union all
  select 'day', greatest(first_month, end_month), ends from months;
end;
