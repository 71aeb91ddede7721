import { setTimeout as sleep } from 'node:timers/promises'
import { arrayText } from '../arrays.ts'
import type { Database } from '../database.ts'
import { isLockTimeout, limitWaiting } from '../locks.ts'
import { placeOfBusiness } from './cluster_status.ts'

// Gives a business shards of its own. Citus copies all businesses of its shards, and blocks their writes meanwhile. Its other
// way, by logical replication, blocks them only at the end, but did not end while rows were updated (Citus 13.2.2: "publisher did
// not send replica identity column"). If this process dies, the coordinator cancels the operation, and Citus removes the copy.

export type IsolatedPlace = { node: string; shard_id: string; is_isolated: boolean }

/** Returns where the rows of a business are. */
export async function isolatedPlace(db: Database, businessId: string): Promise<IsolatedPlace> {
  const [place] = await db<IsolatedPlace[]>`
    select node, shard_id::text as shard_id, is_isolated
    from businesses cross join lateral ${placeOfBusiness(db)} as place where businesses.id = ${businessId}`
  return place as IsolatedPlace
}

/** Returns why shards cannot be split now, as one sentence, or null if nothing is known against it. */
export async function whyNotSplit(db: Database): Promise<string | null> {
  const answers = await db<{ node: string; success: boolean; result: string }[]>`
    select nodename || ':' || nodeport as node, success, result
    from run_command_on_all_nodes('show wal_level') join pg_dist_node using (nodeid) order by groupid`
  for (const { node, success, result } of answers) {
    if (!success) return `The node ${node} is unreachable (talad cluster status shows all nodes): ${result}.`
    if (result !== 'logical')
      return `The node ${node} has wal_level = ${result}; set wal_level = logical on every node and restart it.`
  }
  return null
}

/**
 * Returns the remedy for an error of `isolateBusiness`, as one sentence, or null if it is not known. Only a superuser may read
 * output_plugin_libraries, so the error tells that it lacks Citus.
 */
export function remedyOf(error: unknown): string | null {
  const { code, message } = error as Error & { code?: string }
  if (/may not be used as an output plugin/.test(message))
    return 'PostgreSQL refuses the output plugin of Citus; add citus to output_plugin_libraries on every node, and reload the nodes.'
  // Citus moves or splits the shards of one group of tables one after another.
  if (/could not acquire the lock required/.test(message))
    return 'Citus is moving or splitting other shards now; try again when that is done (talad cluster status).'
  if (isLockTimeout(error) || code === DEADLOCK)
    return 'Transactions that write to the shards did not end in time, so nothing has changed; try again at a quieter hour.'
  return null
}

const DEADLOCK = '40P01'

/** How often the progress is read. */
const LOOK_MS = 500

/** How often the coordinator checks whether this process still runs, in milliseconds. */
const CLIENT_CHECK_MS = 1000
/** How long the operation waits for transactions that write. Other writes wait behind it. */
const WRITERS_WAIT_MS = 30_000
/** A transaction can write to the shards in another order than that in which Citus locks them. */
const ATTEMPTS = 5

/**
 * Moves the rows of a business into new shards on the same node. Needs two connections.
 *
 * @param onCopied is called with the bytes so far, and those of the shards that are split
 */
export async function isolateBusiness(
  db: Database,
  businessId: string,
  onCopied: (copied: number, all: number) => void,
): Promise<void> {
  const all = await sizeOf(db, await shardsWith(db, businessId))
  let isOver = false
  const isolated = splitShards(db, businessId).finally(() => {
    isOver = true
  })
  // Reported below; without this, it would count as unhandled during the pauses.
  isolated.catch(() => {})
  while (!isOver) {
    await Promise.race([sleep(LOOK_MS), isolated.catch(() => {})])
    if (!isOver) onCopied(await sizeOf(db, await newShards(db)), all)
  }
  await isolated
}

async function splitShards(db: Database, businessId: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await db.begin(async (tx) => {
        await limitWaiting(tx, { lockMs: WRITERS_WAIT_MS })
        await tx`select set_config('client_connection_check_interval', ${String(CLIENT_CHECK_MS)}, true)`
        await tx`
          select isolate_tenant_to_new_shard('branches', ${businessId}::uuid, cascade_option => 'CASCADE',
            shard_transfer_mode => 'block_writes')`
      })
      return
    } catch (error) {
      if ((error as { code?: string }).code !== DEADLOCK || attempt === ATTEMPTS) throw error
    }
  }
}

async function shardsWith(db: Database, businessId: string): Promise<string[]> {
  const shards = await db<{ name: string }[]>`
    select shard_name(logicalrelid, get_shard_id_for_distribution_column(logicalrelid, ${businessId}::uuid)) as name
    from pg_dist_partition where partmethod = 'h'`
  return shards.map(({ name }) => name)
}

/** Returns the shards that Citus would remove if the operation failed: those that it is filling. */
async function newShards(db: Database): Promise<string[]> {
  const shards = await db<{ name: string }[]>`
    select object_name as name from pg_dist_cleanup where object_type = 1 and policy_type = 1`
  return shards.map(({ name }) => name)
}

/** Returns the bytes of shards, on whichever node they are. */
async function sizeOf(db: Database, shards: string[]): Promise<number> {
  const [size] = await db<{ bytes: number }[]>`
    select coalesce(sum(result::float8), 0) as bytes
    from run_command_on_all_nodes(format(
      'select coalesce(sum(pg_total_relation_size(to_regclass(name))), 0) from unnest(%L::text[]) as shard (name)',
      ${arrayText(shards)}::text)) where success`
  return size?.bytes ?? 0
}
