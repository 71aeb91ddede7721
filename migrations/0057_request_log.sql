-- Older versions may start.
-- The requests of applications, as the owner of their business may see them (server/requests). No row holds a search text, a body
-- or a secret.

-- By day, so that old rows are dropped as a whole. server/requests/days.ts creates the partitions.
create table request_log (
  business_id uuid not null,
  -- When the request arrived.
  created_at timestamptz(3) not null,
  id uuid not null,
  application_id uuid not null,
  -- Null if it is the id of the row, whose beginning is its time (UUID version 7): an index on all request IDs would cost a third of
  -- writing the log.
  request_id text,
  -- Null for a path that no operation has.
  operation text,
  method text not null,
  path text not null,
  query text,
  -- Null if the connection was lost before the response began.
  status smallint,
  error text,
  -- The first mistake, or the missing scope.
  reason text,
  duration_ms real not null,
  address text not null
) partition by range (created_at);
create index request_log_by_request on request_log (business_id, request_id) where request_id is not null;
create index request_log_errors on request_log (business_id, created_at) where status is null or status >= 400;

-- Sums of the same requests by hour.
create table request_figures (
  business_id uuid not null,
  hour timestamptz(0) not null,
  application_id uuid not null,
  -- Empty for paths that no operation has.
  operation text not null,
  requests int not null,
  -- Responses with status 400 or higher, and lost connections.
  errors int not null,
  rate_limited int not null,
  -- Requests that request_log does not have, because too many were waiting to be written.
  unlogged int not null,
  -- Numbers of requests by duration; server/requests/durations.ts has the bounds.
  durations int[] not null,
  primary key (business_id, hour, application_id, operation)
);
