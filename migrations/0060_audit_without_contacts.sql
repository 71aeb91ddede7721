-- Older versions may start.
-- In steps.
-- Contacts of partners are personal data of the people there. Earlier versions wrote them into the audit log, which is kept for two
-- years, where nobody could correct or erase them.

update audit_log set before = before - 'contact', after = after - 'contact'
where (business_id, id) in (
  select business_id, id from audit_log where before ? 'contact' or after ? 'contact' limit 1000);
