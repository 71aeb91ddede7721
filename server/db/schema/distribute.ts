import { arrayText } from '../arrays.ts'
import { citusVersion } from '../citus/cluster_status.ts'
import type { Database, Runner } from '../database.ts'
import { StartError } from '../start_error.ts'
import type { Tables } from './tables.ts'

// Distributes the tables when the database has the extension citus. The rows of a business are on one node, because all
// distributed tables have the same distribution column and are colocated. Every other statement of Talad is the same on a
// single PostgreSQL and on a cluster.

/**
 * Where the rows of a table are on a cluster: with their business, on every node, or on the coordinator.
 *
 * Tables of the coordinator are read before the business is known, or belong to no business.
 */
type TablePlace = 'business' | 'every node' | 'coordinator'

export const TABLE_PLACES: Record<keyof Tables, TablePlace> = {
  application_branches: 'coordinator',
  application_scopes: 'coordinator',
  application_secrets: 'coordinator',
  applications: 'coordinator',
  audit_log: 'coordinator',
  auth_accounts: 'coordinator',
  auth_rate_limits: 'coordinator',
  auth_sessions: 'coordinator',
  auth_two_factors: 'coordinator',
  auth_users: 'coordinator',
  auth_verifications: 'coordinator',
  authority_changes: 'coordinator',
  branch_prices: 'business',
  branches: 'business',
  businesses: 'every node',
  categories: 'business',
  consents: 'business',
  customers: 'business',
  deliveries: 'business',
  erasure_recipients: 'business',
  erasures: 'business',
  event_heads: 'business',
  events: 'business',
  imports: 'coordinator',
  invitations: 'coordinator',
  ledger: 'business',
  ledger_checkpoints: 'business',
  ledger_heads: 'business',
  ledger_mail: 'business',
  members: 'coordinator',
  membership_tiers: 'business',
  migrations: 'coordinator',
  passkey_challenges: 'coordinator',
  passkeys: 'coordinator',
  person_links: 'business',
  product_skus: 'business',
  products: 'business',
  purchase_order_items: 'business',
  purchase_orders: 'business',
  rate_buckets: 'coordinator',
  replays: 'business',
  request_figures: 'business',
  request_log: 'business',
  restores: 'business',
  revoked_tokens: 'coordinator',
  rights_requests: 'business',
  sale_items: 'business',
  sales: 'business',
  sales_totals: 'business',
  signing_keys: 'coordinator',
  sku_barcodes: 'business',
  stock_levels: 'business',
  stock_movements: 'business',
  subscriptions: 'business',
  suppliers: 'business',
  tombstones: 'business',
  warehouses: 'business',
  workers: 'coordinator',
}

const OLDEST_VERSION = 13

/** The table with which all others are colocated. */
const FIRST: keyof Tables = 'branches'

/**
 * Puts every table where TABLE_PLACES says, with its rows. Does nothing on a single PostgreSQL, and nothing to tables that
 * are in their place.
 *
 * @returns the tables that were moved
 * @throws StartError if the version of Citus is too old
 */
export async function distributeTables(db: Database): Promise<string[]> {
  const version = await citusVersion(db)
  if (version === null) return []
  if (Number.parseInt(version, 10) < OLDEST_VERSION)
    throw new StartError(`The database has Citus ${version}; Talad needs Citus ${OLDEST_VERSION} or newer.`)
  const placed = await placedTables(db)
  const existing = new Set(
    (await db`select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`).map(
      ({ relname }) => relname,
    ),
  )
  const moving = Object.entries(TABLE_PLACES)
    .filter(([table, place]) => placed.has(table) === (place === 'coordinator') && existing.has(table))
    .map(([table]) => table)
  if (moving.length > 0) await db.begin((tx) => move(tx, moving, placed))
  await showNodes(db)
  return moving
}

/** Returns the tables of a cluster that are distributed or on every node. */
async function placedTables(db: Runner): Promise<Set<string>> {
  const rows =
    await db`select logicalrelid::regclass::text as table from pg_dist_partition where partmethod = 'h' or repmodel = 't'`
  return new Set(rows.map(({ table }) => table))
}

const FOREIGN_KEYS = /,\s*(foreign key \([^)]*\) references (\w+)(?: \([^)]*\))?(?: on delete \w+(?: null)?)?)/g

/**
 * Runs a statement of a migration. A cluster refuses a foreign key from a new table to a distributed one, because the new one has
 * no place. So it gets its place first, and then these keys.
 */
export async function runStatementOfMigration(tx: Runner, statement: string): Promise<void> {
  const [, table = ''] = /^create table (\w+) \(/m.exec(statement) ?? []
  const found = table === '' ? [] : [...statement.matchAll(FOREIGN_KEYS)]
  const placed = found.length > 0 && (await citusVersion(tx)) !== null ? await placedTables(tx) : new Set<string>()
  const keys = found.filter(([, , target = '']) => placed.has(target))
  // `unsafe`, because a statement of a migration takes no parameters.
  await tx.unsafe(keys.reduce((text, [clause]) => text.replace(clause, ''), statement))
  if (keys.length === 0) return
  await move(tx, [table], placed)
  for (const [, key, target = ''] of keys)
    if (canRefer(table, target)) await tx.unsafe(`alter table ${table} add ${key}`)
}

async function move(tx: Runner, moving: readonly string[], placed: ReadonlySet<string>): Promise<void> {
  await tx`set local statement_timeout = 0`
  await allowDdlOnShards(tx)
  const keys = await foreignKeysOf(tx, moving)
  // `unsafe` here and below: DDL takes no parameters, and PostgreSQL has quoted the names and written the definitions.
  for (const { table, name } of keys) await tx.unsafe(`alter table ${table} drop constraint ${name}`)
  // Earlier versions had other places.
  for (const table of moving.filter((table) => placed.has(table)))
    await tx`select undistribute_table(${table}::regclass)`
  for (const table of moving.filter((table) => placeOf(table) === 'every node'))
    await tx`select create_reference_table(${table}::regclass)`
  const byBusiness = moving.filter((table) => placeOf(table) === 'business')
  for (const table of byBusiness.toSorted((a, b) => Number(b === FIRST) - Number(a === FIRST)))
    await tx`
      select create_distributed_table(${table}::regclass, 'business_id', colocate_with => ${table === FIRST ? 'none' : FIRST})`
  // The nodes have copies of the rows now; the originals would only take space.
  for (const table of byBusiness) await tx`select truncate_local_data_after_distributing_table(${table}::regclass)`
  for (const { table, name, definition, target } of keys)
    if (canRefer(table, target)) await tx.unsafe(`alter table ${table} add constraint ${name} ${definition}`)
}

/** Makes the view business_nodes show the node that has the rows of each business, unless it does already. */
async function showNodes(db: Database): Promise<void> {
  const [{ definition }] = (await db`select pg_get_viewdef('business_nodes'::regclass) as definition`) as [
    { definition: string },
  ]
  if (definition.includes('pg_dist_node')) return
  await db`
    create or replace view business_nodes as
    select businesses.id as business_id, nodename as host, nodeport as port
    from businesses
      cross join lateral (select get_shard_id_for_distribution_column('branches', businesses.id) as shardid offset 0) as placed
      join pg_dist_placement using (shardid)
      join pg_dist_node using (groupid)
    where noderole = 'primary' and isactive and hasmetadata and metadatasynced`
}

/**
 * Creates the view business_nodes of a single PostgreSQL if it is missing. A dump of a cluster has the view of the cluster, which cannot
 * be created without Citus.
 */
export async function restoreNodesView(db: Database): Promise<void> {
  const [view] = await db`select to_regclass('business_nodes') is not null as exists`
  if (view?.exists) return
  // As in migrations/0024_business_nodes.sql.
  await db`
    create view business_nodes as
    select null::uuid as business_id, null::text as host, null::int as port where false`
}

/** Allows this transaction to change distributed tables. A single PostgreSQL ignores the settings. */
export async function allowDdlOnShards(tx: Runner): Promise<void> {
  // Row triggers read and write only the row itself, so they work on every node.
  await tx`set local citus.enable_unsafe_triggers = on`
  // Tables with foreign keys to tables on every node can be changed over one connection per node only.
  await tx`set local citus.multi_shard_modify_mode = 'sequential'`
}

const placeOf = (table: string): TablePlace => TABLE_PLACES[table as keyof Tables]

/**
 * Returns whether a cluster can keep a foreign key between these tables. Two cannot be kept: branches of applications
 * (api/business/records.ts deletes them with the branch), and subscriptions of applications, which are never deleted.
 */
const canRefer = (from: string, to: string): boolean =>
  placeOf(to) === 'every node' || (placeOf(from) === placeOf(to) && placeOf(from) !== 'every node')

type ForeignKey = { table: string; name: string; definition: string; target: string }

async function foreignKeysOf(tx: Runner, tables: readonly string[]): Promise<ForeignKey[]> {
  return await tx<ForeignKey[]>`
    select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition,
           confrelid::regclass::text as target
    from pg_constraint
    where contype = 'f' and connamespace = 'public'::regnamespace
      and (conrelid::regclass::text = any(${arrayText(tables)}::text::text[])
        or confrelid::regclass::text = any(${arrayText(tables)}::text::text[]))
    order by conrelid::regclass::text, conname`
}
