-- A receiver may answer with the data it was sent. Deliveries about customers store no answer, so that personal data stays
-- in `customers`. The server drops such answers itself; this trigger also covers processes of an older version during a
-- rolling restart. Its condition is evaluated without calling the function, so other deliveries pay nothing.
create function drop_response_body() returns trigger language plpgsql as $$
begin
  new.response_body := null;
  return new;
end
$$;
create trigger deliveries_drop_response_body before insert or update on deliveries for each row
  when (new.resource_type = 'customer' and new.response_body is not null) execute function drop_response_body();

-- Secrets that were replaced before the one in old_secret_sealed and still sign: [{"sealed": base64, "until": time}].
alter table subscriptions add column older_secrets json not null default '[]';
