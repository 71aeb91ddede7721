import { binaryConnection } from '../db/binary/binary_connection.ts'
import { binaryParameters } from '../db/binary/parameters.ts'
import type { Database } from '../db/database.ts'
import type { Continued } from './write_entries.ts'

// The usual way to write entries: one statement with binary parameters, on a connection of its own. Parsing text would take PostgreSQL
// a fifth of the time of an entry. On a cluster, and without this connection, the function append_to_ledger writes them.

/** Bytes of an entry as parameters, without its customers. */
const ENTRY_BYTES = 400
const CUSTOMER_BYTES = 20

/** How long a transaction waits for a chain that somebody else holds. Others wait behind it, so it is then tried again later. */
export const HELD_WAIT_MS = 50

/**
 * Writes entries, unless their chain has gone on elsewhere.
 *
 * @param chains in the order of their businesses
 * @returns the businesses whose entries were written; null, with nothing written, if there is no such connection
 */
export async function writeBinary(db: Database, chains: readonly Continued[]): Promise<Set<string | null> | null> {
  const rows = await binaryConnection(db, STATEMENT)?.run(messagesOf(chains))
  return rows ? new Set(rows.map(([businessId = null]) => businessId)) : null
}

function messagesOf(chains: readonly Continued[]): Buffer {
  const entries = chains.flatMap(({ entries }) => entries)
  const customers = entries.flatMap(({ customerIds }) => customerIds)
  const parameters = binaryParameters(entries.length * ENTRY_BYTES + customers.length * CUSTOMER_BYTES)
  parameters.uuids(chains.map(({ end }) => end.businessId))
  parameters.bytes(chains.map(({ before }) => before.hash))
  parameters.bigints(chains.map(({ end }) => end.sequence))
  parameters.bytes(chains.map(({ end }) => end.hash))
  parameters.times(chains.map(({ end }) => end.at))
  parameters.uuids(entries.map(({ businessId }) => businessId))
  parameters.bigints(entries.map(({ sequence }) => sequence))
  parameters.times(chains.flatMap(({ entries, end }) => entries.map(() => end.at)))
  for (const column of ['channel', 'requestId', 'operation', 'address', 'class', 'purpose'] as const)
    parameters.texts(entries.map((entry) => entry[column]))
  for (const column of ['applicationId', 'tokenId', 'memberId'] as const)
    parameters.uuids(entries.map((entry) => entry[column]))
  parameters.bytes(entries.map(({ previousHash }) => previousHash))
  parameters.bytes(entries.map(({ hash }) => hash))
  // The customers of all entries stand in one array; first and last are places in it.
  let last = 0
  const lasts = entries.map(({ customerIds }) => {
    last += customerIds.length
    return last
  })
  parameters.ints(entries.map(({ customerIds }, at) => (lasts[at] as number) - customerIds.length + 1))
  parameters.ints(lasts)
  parameters.uuids(customers)
  return parameters.messages(STATEMENT.name)
}

const COLUMNS = [
  ...['business_id', 'sequence', 'at', 'channel', 'request_id', 'operation', 'address', 'class', 'purpose'],
  ...['application_id', 'token_id', 'member_id', 'previous_hash', 'hash'],
].join(', ')

const STATEMENT = {
  name: 'append',
  sql: `
    with continued as (
      update ledger_heads as head set sequence = chain.sequence, hash = chain.hash, at = chain.at
      from unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::bytea[], $5::timestamptz[])
        as chain (business_id, end_before, sequence, hash, at)
      where head.business_id = chain.business_id and head.hash = chain.end_before
      returning head.business_id
    ), written as (
      insert into ledger (${COLUMNS}, customer_ids)
      select ${COLUMNS}, ($22::uuid[])[first_customer : last_customer]
      from unnest($6::uuid[], $7::bigint[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
                  $14::text[], $15::uuid[], $16::uuid[], $17::uuid[], $18::bytea[], $19::bytea[], $20::int[], $21::int[])
        as entry (${COLUMNS}, first_customer, last_customer)
      where exists (select from continued where continued.business_id = entry.business_id)
    )
    select business_id from continued`,
  settings: {
    lock_timeout: String(HELD_WAIT_MS),
    // Heads are locked in the order of the businesses, by the index: two statements cannot deadlock, and none reads all heads.
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
  },
}
