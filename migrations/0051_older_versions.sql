-- Says which migrations leave the database usable for earlier versions: those may start although they do not know them.
--
-- Locks: short ones, on a table that only starts read.
alter table migrations add column older_may_start boolean not null default false;
