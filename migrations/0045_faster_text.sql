-- Writes the functions that render JSON in PL/pgSQL. PostgreSQL cannot inline them, because their bodies are only "stable", and it
-- calls such a function two to three times as fast as the same in SQL. Every written row calls them several times. Their results
-- stay the same, so nothing that is stored changes.
--
-- Locks: none on tables.
create or replace function json_text(value text) returns text
  language plpgsql immutable strict parallel safe
as $$ begin return to_json(value)::text; end $$;

create or replace function iso_time(value timestamptz) returns text
  language plpgsql immutable strict parallel safe
as $$ begin return to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'); end $$;

create or replace function iso_date(value date) returns text
  language plpgsql immutable strict parallel safe
as $$ begin return to_char(value, 'YYYY-MM-DD'); end $$;
