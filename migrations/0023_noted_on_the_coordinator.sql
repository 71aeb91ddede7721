-- On a cluster every node has a copy of businesses and runs its trigger, but only the coordinator has authority_changes.
create or replace function note_authority_change() returns trigger language plpgsql as $$
declare
  row_of jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
  noted text;
begin
  if to_regclass('public.authority_changes') is null then
    return null;
  end if;
  if tg_argv[0] = 'business' then
    insert into authority_changes (subject)
    select id::text from applications where business_id = (row_of ->> tg_argv[1])::uuid
    on conflict do nothing;
    return null;
  end if;
  noted := case tg_argv[0] when 'keys' then 'keys' else row_of ->> tg_argv[0] end;
  insert into authority_changes (subject) values (noted) on conflict do nothing;
  return null;
end
$$;
