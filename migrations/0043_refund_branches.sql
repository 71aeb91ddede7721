-- A refund can name another branch than that of its sale, inside the row. The index finds these sales when a branch is deleted.
--
-- Locks: sales can be read and not written while the index is built, which reads the table once.

-- The ids under a key in a list of objects. The cost keeps the planner from computing what stands in the index.
create function json_ids(list json, key text) returns uuid[]
  language sql immutable strict parallel safe cost 10000
  return (
    select coalesce(array_agg((element ->> key)::uuid), '{}')
    from json_array_elements(list) as element
    where element ->> key is not null);

create index sales_refund_branches on sales using gin (json_ids(refunds, 'branch_id')) where refunds::text <> '[]';
