-- The business day of a moment: the hour at which the day starts is subtracted from the moment, and the calendar day of
-- the result is taken in the business's zone. Subtracting from the wall clock, as before, gives another day for an hour
-- when clocks change. Sales that are filed keep their day. Stable, not immutable: governments change time zones.
create or replace function business_date(moment timestamptz, time_zone text, starts_at time) returns date
  language sql stable strict parallel safe
  return ((moment - starts_at::interval) at time zone time_zone)::date;
