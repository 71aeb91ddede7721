-- Whom the owner reaches at the partner, for example if it was not told of an erasure.
--
-- Older versions may start.
alter table applications add column contact text;
