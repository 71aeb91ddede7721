-- Empties stored answers about customers. In a transaction after that of 0017, so that no new ones appear meanwhile. It
-- reads the index of stored answers, and locks only the rows it empties.
update deliveries set response_body = null where response_body is not null and resource_type = 'customer';
