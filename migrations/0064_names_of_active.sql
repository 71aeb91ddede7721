-- Older versions may start.
-- Applications of one business that are not revoked have different names. The server rejects a taken name with a sentence; this
-- index keeps the rule against every other way. It is not created concurrently, because a process that starts at the same time
-- would wait for it, and it for that process. `applications` is a small table, and only its writers wait: for 15 ms with 1,000 rows,
-- and for 0.1 s with 10,000 (0.5 to 2 s with 100,000 on a busy machine). Readers, such as every check of a token, never wait.

-- At first, so that no writer waits for a row of this transaction, which waits for the writer.
lock table applications in share row exclusive mode;

-- Versions before 0063 relied on a constraint that is gone. The oldest of one name keeps it.
do $$
declare
  later record;
begin
  for later in
    select id, business_id, name, left(name, 180) || ' (' || left(client_id, 14) || '…)' as new_name from (
      select *, row_number() over (partition by business_id, name order by created_at, id) as place
      from applications where revoked_at is null) as one
    where place > 1
  loop
    update applications set name = later.new_name where id = later.id;
    insert into audit_log (business_id, id, created_at, actor, action, subject_type, subject_id, before, after)
    values (later.business_id, gen_random_uuid(), now(), 'talad migrate', 'console.applications.update', 'application', later.id::text,
            jsonb_build_object('name', later.name), jsonb_build_object('name', later.new_name));
  end loop;
end $$;

create unique index if not exists applications_active_name on applications (business_id, name) where revoked_at is null;
