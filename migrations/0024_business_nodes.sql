-- Where reads of a business can run without the coordinator of a cluster. A single PostgreSQL has no rows here; on a cluster,
-- talad migrate replaces the view.
create view business_nodes as
  select null::uuid as business_id, null::text as host, null::int as port where false;
