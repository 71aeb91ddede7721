import { cacheOf } from '../cache.ts'
import { NODE_KNOWN_MS, NODE_RESTS_MS } from '../limits.ts'
import { CONNECTION_LOST } from './connection/lost.ts'
import type { Database } from './database.ts'

// Reads on the nodes of a cluster. The node that has the rows of a business plans and runs a read of them by itself, so the
// coordinator does not limit the number of reads. A single PostgreSQL has no nodes (the view business_nodes is empty).

/** A node of a cluster, as the nodes know each other. */
export type NodeAddress = { host: string; port: number }

export type Node = {
  /** Runs a read on this node, or on `home` if the node cannot be reached. */
  read<T>(read: (db: Database) => Promise<T>, home: Database): Promise<T>
  db: Database
}

export type Nodes = {
  /** Returns the node for reads of a business, or null if the coordinator runs them. Never waits. */
  of(businessId: string): Node | null
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
  const known = cacheOf<{ node: Node | null; until: number }>(KNOWN_MAX)
  let isSingleUntil = 0
  let isEnded = false

  function nodeAt(address: NodeAddress): Node {
    const name = `${address.host}:${address.port}`
    const node = nodes.get(name) ?? createNode(open(address))
    nodes.set(name, node)
    return node
  }

  async function find(businessId: string, before: Node | null): Promise<void> {
    // Until the answer, and if there is none, reads go where they went before.
    known.set(businessId, { node: before, until: performance.now() + NODE_KNOWN_MS })
    const address = await addressOf(businessId).catch(() => undefined)
    if (isEnded || address === undefined) return
    const until = performance.now() + NODE_KNOWN_MS
    if (address === null) isSingleUntil = until
    known.set(businessId, { node: address && nodeAt(address), until })
  }

  return {
    of(businessId) {
      const now = performance.now()
      if (isEnded || now < isSingleUntil) return null
      const of = known.get(businessId)
      if (of === undefined || of.until < now) void find(businessId, of?.node ?? null)
      return of?.node ?? null
    },
    pools: () => [...nodes.values()].map(({ db }) => db),
    async end(options) {
      isEnded = true
      await Promise.all([...nodes.values()].map(({ db }) => db.end(options)))
    },
  }
}

function createNode(db: Database): Node {
  let restsUntil = 0
  return {
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
