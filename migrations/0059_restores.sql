-- Restores from backups, per business. A restore loses what was written after the backup, although partners have seen its positions,
-- sequences and receipts. So all of them continue above `epoch`, and what is between belongs to the restore and was lost.
-- Older versions may start.
create table restores (
  business_id uuid not null references businesses,
  -- Where positions of the event log, sequences of webhooks and entries of the ledger continue. It is above all numbers in use
  -- before the restore: microseconds since 1970.
  epoch bigint not null,
  -- The ends of the event log and of the ledger in the backup.
  last_position bigint not null check (last_position >= 0 and last_position < epoch),
  last_sequence bigint not null check (last_sequence >= 0 and last_sequence < epoch),
  -- The restore is an entry of the ledger with the number `epoch` (server/ledger/restored/restores.ts).
  previous_hash bytea not null check (octet_length(previous_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  -- JSON Web Signature, compact (RFC 7515).
  statement text not null,
  -- Until when the backup knows everything, and when it was restored.
  backup_at timestamptz(3) not null,
  restored_at timestamptz(3) not null,
  primary key (business_id, epoch)
);
