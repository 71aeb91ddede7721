-- Older versions may start.
-- In steps.
-- Applications of one business that are not revoked have different names. The server rejects a taken name with a sentence; this
-- index keeps the rule against every other way.

create unique index concurrently if not exists applications_active_name on applications (business_id, name) where revoked_at is null;
