import type { Database, Runner } from '../database.ts'

// What a cluster consists of, for whoever operates it. Everything here is read from Citus' own tables and functions.

export type ClusterNode = {
  /** Host and port. */
  node: string
  role: 'coordinator' | 'worker'
  state: 'reachable' | 'unreachable' | 'disabled'
  /** Number of shards of each table; all tables have the same. */
  shards: number
  /** Null if the node is not reachable. */
  bytes: number | null
}

export type LargeBusiness = {
  id: string
  name: string
  rows: number
  bytes: number
  node: string
  /** The shard of `branches`, with which all tables are colocated. */
  shard_id: string
  /** Whether no other business is in its shards. */
  is_isolated: boolean
}

export type ShardMove = {
  operation: string
  table: string
  shard_id: string
  from: string
  to: string
  bytes: number
  copied_bytes: number
  status: string
}

/** The last rebalance, which may be finished. */
export type Rebalance = { job_id: string; state: string; started_at: Date | null; finished_at: Date | null }

export type ClusterStatus = {
  citus: string
  nodes: ClusterNode[]
  /** Largest first, estimated from the statistics of the tables. */
  businesses: LargeBusiness[]
  moves: ShardMove[]
  /** Whether the moves that other roles started are among them. */
  sees_all_moves: boolean
  rebalance: Rebalance | null
}

/** Returns the version of Citus, or null if the database is not on a cluster. */
export async function citusVersion(db: Runner): Promise<string | null> {
  const [citus] = await db<{ version: string }[]>`
    select extversion as version from pg_extension where extname = 'citus'`
  return citus?.version ?? null
}

/** Returns the state of the cluster. A node that cannot be reached is reported as such. */
export async function clusterStatus(db: Database, citus: string): Promise<ClusterStatus> {
  const sizes = await sizesOfNodes(db)
  const [rebalance = null] = await db<Rebalance[]>`
    select job_id::text as job_id, state::text as state, started_at, finished_at
    from citus_rebalance_status() order by job_id desc limit 1`
  const [role] = await db`select pg_has_role('pg_read_all_stats', 'usage') as sees_all`
  return {
    citus,
    nodes: await nodesWith(db, sizes),
    businesses: await largestOf(db, sizes),
    moves: await movesOf(db),
    sees_all_moves: role?.sees_all,
    rebalance,
  }
}

type NodeSizes = { bytes: number; businesses: { id: string; rows: number; bytes: number }[] }

const LARGEST = 10

/**
 * Estimates the size of each business on one node. A business is frequent in its shards if it is large, so it is among the
 * most common values that ANALYZE finds. Counting would read all rows.
 */
const SIZES = `
  with shards as (
    select relname, nspname, greatest(reltuples, 0) as rows, pg_total_relation_size(pg_class.oid) as bytes
    from pg_dist_shard join pg_dist_placement using (shardid)
      join pg_class on pg_class.oid = to_regclass(shard_name(logicalrelid, shardid))
      join pg_namespace on pg_namespace.oid = relnamespace
    where groupid = (select groupid from pg_dist_local_group) and shardminvalue is not null
  ), businesses as (
    select id, round(sum(rows * share)) as rows, round(sum(bytes * share)) as bytes
    from shards
      join pg_stats on schemaname = nspname and tablename = relname and attname = 'business_id',
      unnest(most_common_vals::text::uuid[], most_common_freqs) as common (id, share)
    group by id order by bytes desc limit ${LARGEST}
  )
  select json_build_object(
    'bytes', (select coalesce(sum(bytes), 0) from shards),
    'businesses', (select coalesce(json_agg(businesses), '[]') from businesses))`

/** Returns the sizes on each reachable node, by the id of the node. */
async function sizesOfNodes(db: Database): Promise<Map<number, NodeSizes>> {
  const answers = await db<{ id: number; result: string }[]>`
    select nodeid as id, result from run_command_on_all_nodes(${SIZES}) where success`
  return new Map(answers.map(({ id, result }) => [id, JSON.parse(result)]))
}

async function nodesWith(db: Database, sizes: Map<number, NodeSizes>): Promise<ClusterNode[]> {
  const nodes = await db<{ id: number; node: string; is_coordinator: boolean; is_active: boolean; shards: number }[]>`
    select nodeid as id, nodename || ':' || nodeport as node, groupid = 0 as is_coordinator, isactive as is_active,
           (select count(*)::int from pg_dist_shard join pg_dist_placement using (shardid)
            where logicalrelid = 'branches'::regclass and pg_dist_placement.groupid = pg_dist_node.groupid) as shards
    from pg_dist_node where noderole = 'primary' order by groupid`
  return nodes.map(({ id, node, is_coordinator, is_active, shards }) => ({
    node,
    role: is_coordinator ? 'coordinator' : 'worker',
    state: sizes.has(id) ? 'reachable' : is_active ? 'unreachable' : 'disabled',
    shards,
    bytes: sizes.get(id)?.bytes ?? null,
  }))
}

async function largestOf(db: Database, sizes: Map<number, NodeSizes>): Promise<LargeBusiness[]> {
  const largest = [...sizes.values()]
    .flatMap(({ businesses }) => businesses)
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, LARGEST)
  return await db<LargeBusiness[]>`
    select largest.id, name, rows, bytes, node, shard_id::text as shard_id, is_isolated
    from json_to_recordset(${JSON.stringify(largest)}::text::json) as largest (id uuid, rows float8, bytes float8)
      join businesses on businesses.id = largest.id
      cross join lateral ${placeOfBusiness(db)} as place
    order by bytes desc, id`
}

/** Returns a FROM item with the node and the shard of `businesses.id`. */
export const placeOfBusiness = (db: Database) => db`
  (select nodename || ':' || nodeport as node, shardid as shard_id, shardminvalue = shardmaxvalue as is_isolated,
          pg_dist_node.groupid as group_id
   from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
   where noderole = 'primary' and shardid = get_shard_id_for_distribution_column('branches', businesses.id))`

const movesOf = (db: Database): Promise<ShardMove[]> => db<ShardMove[]>`
  select operation_type as operation, table_name::text as table, shardid::text as shard_id,
         sourcename || ':' || sourceport as from, targetname || ':' || targetport as to,
         source_shard_size::float8 as bytes, target_shard_size::float8 as copied_bytes, status
  from get_rebalance_progress() order by shardid`
