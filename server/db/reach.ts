import { setTimeout as sleep } from 'node:timers/promises'
import { NODE_ANSWERS_MS, NODES_CHECKED_MS, NODES_LISTED_MS } from '../limits.ts'
import type { Session } from './connection/session.ts'
import { closeSilent, controlling, type Database, nodeNameOf, openApart, type Runner } from './database.ts'

// Which nodes of a cluster are lost. A process checks every node once a second by a statement that reads one row there.
//
// While a node is lost, no statement is sent for its businesses: it would fail and, if the node swallows packets, first hang
// for seconds on a connection that others need. Statements over many businesses leave them out. Every other statement reads
// and writes one business, so it needs the coordinator and one node. The check of a lost node goes on, on a connection of its
// own.
//
// A loss is noticed within about four seconds. Until then, and without this check, statements fail by their own time limits.
// A single PostgreSQL has no nodes to check: the view business_nodes is empty there.

/** Which businesses this process can reach. */
export type Reach = {
  /** Returns the node with the rows of a business, by its address; null on a single PostgreSQL. */
  nodeOf(businessId: string): Promise<string | null>
  /** Returns whether the node of a business is lost. */
  isLost(businessId: string): Promise<boolean>
  /** SQL condition for statements over all businesses: the business in this column is on a node that is not lost. */
  areReachable(db: Runner, column: string): ReturnType<Runner>
}

/** Every business, without checks. */
export const ALL_REACHABLE: Reach = {
  nodeOf: async () => null,
  isLost: async () => false,
  areReachable: (db) => db`true`,
}

/** A node, and the business whose row is read to check it. */
type CheckedNode = { node: string; business_id: string }

type Watch = {
  db: Database
  report(what: string): void
  ended: AbortController
  nodes: CheckedNode[]
  listedAt: number
  lost: ReadonlySet<string>
  /** The businesses on the other nodes, as an array in text form, if any node is lost. */
  reachable: string
  /** Connections: one for all nodes that answer, and one for each lost node. */
  sessions: Map<string, Session>
  checkingLost: Map<string, Promise<void>>
}

/** The name of the connection for all nodes that answer; a lost node has one by its address. */
const ALL = 'all'

/**
 * Checks the nodes until it is stopped.
 *
 * @param report called with one sentence when a node is lost or found again
 */
export function watchReach(db: Database, report: (what: string) => void): Reach & { stop(): Promise<void> } {
  const watch: Watch = {
    ...{ db, report, ended: new AbortController(), nodes: [], listedAt: Number.NEGATIVE_INFINITY },
    ...{ lost: new Set<string>(), reachable: '{}' },
    ...{ sessions: new Map(), checkingLost: new Map() },
  }
  const checking = checkAlways(watch)
  return {
    nodeOf: (businessId) => nodeNameOf(db, businessId),
    async isLost(businessId) {
      if (watch.lost.size === 0) return false
      const node = await nodeNameOf(db, businessId)
      return node !== null && watch.lost.has(node)
    },
    // A parameter of this type, because a cluster chooses shards by constants only.
    areReachable: (runner, column) =>
      watch.lost.size === 0 ? runner`true` : runner`${runner(column)} = any(${watch.reachable}::uuid[])`,
    async stop() {
      watch.ended.abort()
      await checking
      await Promise.all(watch.checkingLost.values())
      for (const name of watch.sessions.keys()) close(watch, name)
    },
  }
}

async function checkAlways(watch: Watch): Promise<void> {
  const { signal } = watch.ended
  while (!signal.aborted) {
    // Without the coordinator nothing can be checked; other users of the database report that.
    await checkAll(watch).catch(() => {})
    await sleep(NODES_CHECKED_MS, null, { signal, ref: false }).catch(() => {})
  }
}

async function checkAll(watch: Watch): Promise<void> {
  if (performance.now() - watch.listedAt > NODES_LISTED_MS) await list(watch)
  for (const one of watch.nodes) {
    if (!watch.lost.has(one.node)) await check(watch, one)
    else if (!watch.checkingLost.has(one.node)) {
      const checking = checkLost(watch, one).catch(() => {})
      watch.checkingLost.set(
        one.node,
        checking.finally(() => watch.checkingLost.delete(one.node)),
      )
    }
  }
}

async function list(watch: Watch): Promise<void> {
  watch.nodes = await controlling(watch.db)<CheckedNode[]>`
    select host || ':' || port as node, min(business_id::text) as business_id from business_nodes
    group by node order by node`
  await setLost(watch, watch.lost)
  watch.listedAt = performance.now()
}

/** Sets which nodes are lost. A node that has no businesses any more is not. */
async function setLost(watch: Watch, nodes: ReadonlySet<string>): Promise<void> {
  const lost = nodes.intersection(new Set(watch.nodes.map(({ node }) => node)))
  if (lost.size > 0) {
    // As text, because there may be many, and only statements use it.
    const [row] = await controlling(watch.db)<{ ids: string | null }[]>`
      select array_agg(business_id)::text as ids from business_nodes
      where host || ':' || port <> all(${[...lost]}::text[])`
    watch.reachable = row?.ids ?? '{}'
  }
  watch.lost = lost
}

const readOf = ({ business_id }: CheckedNode) => `select from event_heads where business_id = '${business_id}'`

async function check(watch: Watch, one: CheckedNode): Promise<void> {
  if ((await answer(watch, ALL, readOf(one), NODE_ANSWERS_MS)) === 'in time') return
  // Asked again on a new connection: the old one may have been lost, or this process was busy.
  const second = await answer(watch, ALL, readOf(one), NODE_ANSWERS_MS)
  if (second === 'in time' || watch.ended.signal.aborted) return
  if ((await answer(watch, ALL, 'select', NODE_ANSWERS_MS)) !== 'in time') return
  await setLost(watch, watch.lost.union(new Set([one.node])))
  watch.report(`node ${one.node} of the cluster does not answer: requests for its businesses get 503 until it does`)
  // They may wait for the node. A statement of another business that takes as long is refused too, and sent again.
  if (second === 'late') void closeSilent(watch.db, NODE_ANSWERS_MS)
}

async function checkLost(watch: Watch, one: CheckedNode): Promise<void> {
  if ((await answer(watch, one.node, readOf(one), NODES_LISTED_MS)) !== 'in time') return
  close(watch, one.node)
  await setLost(watch, watch.lost.difference(new Set([one.node])))
  watch.report(`node ${one.node} of the cluster answers again`)
}

/** Runs a statement on a connection. If it fails or takes longer than `ms`, closes the connection. */
async function answer(watch: Watch, name: string, sql: string, ms: number): Promise<'in time' | 'late' | 'failed'> {
  const { db, ended, sessions } = watch
  const late = AbortSignal.any([AbortSignal.timeout(ms), ended.signal])
  const { promise: isLate, reject } = Promise.withResolvers<never>()
  isLate.catch(() => {})
  late.addEventListener('abort', () => reject(late.reason))
  try {
    const session = sessions.get(name) ?? (await openApart(db, late))
    sessions.set(name, session)
    const asked = session.ask(sql)
    asked.catch(() => {})
    await Promise.race([asked, isLate])
    return 'in time'
  } catch {
    close(watch, name)
    return late.aborted ? 'late' : 'failed'
  }
}

function close({ sessions }: Watch, name: string): void {
  sessions
    .get(name)
    ?.socket.on('error', () => {})
    .destroy()
  sessions.delete(name)
}
