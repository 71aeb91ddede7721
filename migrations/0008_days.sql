-- The moment at which a calendar day begins in a zone. Where clocks are set back over midnight, 00:00 comes twice and
-- Postgres takes the second for meant; the day begins with the first. Stable: governments change time zones.
create function start_of_day(day date, time_zone text) returns timestamptz
  language sql stable strict parallel safe
  return (
    select case when (begins - interval '1 hour') at time zone time_zone >= day::timestamp then begins - interval '1 hour' else begins end
    from (select day::timestamp at time zone time_zone as begins) as guess);
