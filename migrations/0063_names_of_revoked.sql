-- Older versions may start.
-- A new application may have the name of a revoked one. Names of the others are kept apart by the server, under a lock
-- (`rejectTakenName` in server/oauth/applications.ts): an index for them would lock the table while it is made.

alter table applications drop constraint applications_business_id_name_key;
