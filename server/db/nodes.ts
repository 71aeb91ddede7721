import { cacheOf } from '../cache.ts'
import { NODE_KNOWN_MS, NODE_RESTS_MS } from '../limits.ts'
import { CONNECTION_LOST } from './connection/lost.ts'
import type { Database } from './database.ts'

// Reads on the nodes of a cluster. The node that has the rows of a business plans and runs a read of them by itself, so the
// coordinator does not limit the number of reads. A single PostgreSQL has no nodes (the view business_nodes is empty).

/** A node of a cluster, as the nodes know each other. */
export type NodeAddress = { host: string; port: number }

export type Node = {
  /** Its host and port. */
  name: string
  /** Runs a read on this node, or on `home` if the node cannot be reached. */
  read<T>(read: (db: Database) => Promise<T>, home: Database): Promise<T>
  db: Database
}

export type Nodes = {
  /** Returns the node for reads of a business, or null if the coordinator runs them. Never waits. */
  of(businessId: string): Node | null
  /**
   * Returns the name of the node of a business, or null on a single PostgreSQL. Waits for the answer of the coordinator, and
   * throws if there is none.
   */
  nameOf(businessId: string): Promise<string | null>
  /** Returns the pools of all nodes. */
  pools(): Database[]
  end(options?: { timeout?: number }): Promise<void>
}

/** Businesses whose node is remembered. */
const KNOWN_MAX = 10_000

/**
 * @param addressOf reads the node of a business; null on a single PostgreSQL
 * @param open opens a pool of connections to a node
 */
export function createNodes(
  addressOf: (businessId: string) => Promise<NodeAddress | null>,
  open: (address: NodeAddress) => Database,
): Nodes {
  const nodes = new Map<string, Node>()
  const known = cacheOf<{ node: Node | null; until: number; isAnswered: boolean }>(KNOWN_MAX)
  let isSingleUntil = 0
  let isEnded = false

  function nodeAt(address: NodeAddress): Node {
    const name = `${address.host}:${address.port}`
    const node = nodes.get(name) ?? createNode(name, open(address))
    nodes.set(name, node)
    return node
  }

  const isSingle = () => isEnded || performance.now() < isSingleUntil

  async function find(businessId: string): Promise<Node | null> {
    // Until the answer, and if there is none, reads go where they went before.
    const before = known.get(businessId)?.node ?? null
    known.set(businessId, { node: before, until: performance.now() + NODE_KNOWN_MS, isAnswered: false })
    const address = await addressOf(businessId)
    if (isEnded) return null
    const until = performance.now() + NODE_KNOWN_MS
    if (address === null) isSingleUntil = until
    const node = address && nodeAt(address)
    known.set(businessId, { node, until, isAnswered: true })
    return node
  }

  return {
    of(businessId) {
      if (isSingle()) return null
      const of = known.get(businessId)
      if (of === undefined || of.until < performance.now()) find(businessId).catch(() => {})
      return of?.node ?? null
    },
    async nameOf(businessId) {
      if (isSingle()) return null
      const of = known.get(businessId)
      const isKnown = of?.isAnswered && of.until > performance.now()
      return (isKnown ? of.node : await find(businessId))?.name ?? null
    },
    pools: () => [...nodes.values()].map(({ db }) => db),
    async end(options) {
      isEnded = true
      await Promise.all([...nodes.values()].map(({ db }) => db.end(options)))
    },
  }
}

function createNode(name: string, db: Database): Node {
  let restsUntil = 0
  return {
    name,
    db,
    async read(read, home) {
      if (performance.now() < restsUntil) return read(home)
      try {
        return await read(db)
      } catch (error) {
        if (!isUnreachable(error)) throw error
        restsUntil = performance.now() + NODE_RESTS_MS
        return read(home)
      }
    },
  }
}

/** SQLSTATE of a server that accepts no connections, or not these: 08, 28, 3D, 57P, full or read-only. */
const REFUSED = /^(08...|28...|3D...|57P..|53300|25006)$/

/** Refused connections, and the codes of Node.js and of the driver for lost ones. */
const isUnreachable = (error: unknown): boolean => {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && (REFUSED.test(code) || CONNECTION_LOST.has(code))
}
