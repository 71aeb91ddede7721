import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  CONNECTIONS_MAX,
  CONNECTIONS_OF_ADDRESS_MAX,
  RESPONSE_GRACE_MS,
  RESPONSE_MIN_BYTES_PER_S,
  RESPONSES_HELD_MAX_BYTES,
  RESPONSES_HELD_OF_ONE_MAX_BYTES,
} from '../../limits.ts'
import { addressKey } from './client_address.ts'
import { createMemoryBudget } from './memory_budget.ts'

// Client connections: how many exist, in which order their requests run, and how long clients may take to read responses.
//
// A new connection is always accepted. If a limit is reached, the server closes the connection that has waited longest for
// its client: of the same address if the address reached its limit, otherwise of the address with the most connections. It
// closes idle connections first, then those that are receiving a body or still sending a response. It never closes a
// connection whose operation is running.
//
// Node.js starts all pipelined requests of a connection at once and keeps their responses in memory. Here a request starts
// when the previous response has left, so a connection holds one response.

export type Connections = {
  /** Tracks all connections of a server. */
  watch(server: Server): void
  /**
   * Begins a request on its connection. Returns a promise if earlier requests of the connection must finish first. The
   * promise never resolves if the connection closes before that.
   */
  begin(socket: Socket, response: ServerResponse): Promise<void> | undefined
  /** Reports whether a running request waits for its client, for example for its body. */
  waitsForClient(socket: Socket, isWaiting: boolean): void
  /** Counts a response from its writing until the client has read it, and closes connections of slow readers. */
  answered(response: ServerResponse, sender: string, bytes: number): void
  /** Returns whether the server may build another response for a sender. */
  mayRespond(sender: string): boolean
  /** Bytes of responses that clients have not read yet. */
  heldBytes(): number
}

type ConnectionState = 'idle' | 'stalled' | 'busy'
type Connection = { socket: Socket; address: Address; state: ConnectionState; next: (() => void)[] }
/** Connections of one address. In each set, the longest waiting connection is first. */
type Address = { key: string; count: number; idle: Set<Connection>; stalled: Set<Connection> }

const SWEEP_MS = 1000

/**
 * @param isShared whether many clients share an address (a proxy, or this machine); such an address has no limit of its own
 */
export function createConnections(isShared: (address: string) => boolean): Connections {
  const connections = new Map<Socket, Connection>()
  const addresses = new Map<string, Address>()
  const unread = createUnreadResponses()

  function opened(socket: Socket): void {
    const remote = socket.remoteAddress ?? ''
    const key = addressKey(remote)
    const address = addresses.get(key) ?? { key, count: 0, idle: new Set(), stalled: new Set() }
    const isFull = address.count >= CONNECTIONS_OF_ADDRESS_MAX && !isShared(remote)
    if ((isFull && !dropOne(address)) || (connections.size >= CONNECTIONS_MAX && !dropOne(largest(addresses)))) {
      socket.destroy()
      return
    }
    addresses.set(key, address)
    address.count += 1
    const connection: Connection = { socket, address, state: 'idle', next: [] }
    address.idle.add(connection)
    connections.set(socket, connection)
    socket.once('close', () => forget(connection))
  }

  function forget(connection: Connection): void {
    if (!connections.delete(connection.socket)) return
    const { address } = connection
    address.idle.delete(connection)
    address.stalled.delete(connection)
    address.count -= 1
    if (address.count === 0) addresses.delete(address.key)
  }

  /** Closes the connection of an address that has waited longest for its client; idle ones first. */
  function dropOne(address: Address | null): boolean {
    const [first] = address?.idle.size ? address.idle : (address?.stalled ?? [])
    if (!first) return false
    forget(first)
    first.socket.destroy()
    return true
  }

  return {
    watch(server) {
      server.on('connection', opened)
      const sweep = setInterval(unread.closeSlow, SWEEP_MS).unref()
      server.once('close', () => clearInterval(sweep))
    },

    begin(socket, response) {
      const connection = connections.get(socket)
      if (!connection) return undefined
      const start = () => {
        setState(connection, 'busy')
        response.once('close', () => ended(connection))
      }
      if (connection.state === 'idle') {
        start()
        return undefined
      }
      return new Promise((resolve) => {
        connection.next.push(() => {
          start()
          resolve()
        })
      })
    },

    waitsForClient(socket, isWaiting) {
      const connection = connections.get(socket)
      if (connection && connection.state !== 'idle') setState(connection, isWaiting ? 'stalled' : 'busy')
    },

    answered(response, sender, bytes) {
      const { socket } = response
      // Usually the kernel has taken the whole response already.
      if (!socket || socket.writableLength === 0) return
      unread.add(response, sender, bytes)
      const connection = connections.get(socket)
      if (connection) setState(connection, 'stalled')
    },

    mayRespond: unread.mayRespond,
    heldBytes: unread.heldBytes,
  }
}

function setState(connection: Connection, state: ConnectionState): void {
  const { address, socket } = connection
  if (connection.state !== 'busy') address[connection.state].delete(connection)
  connection.state = state
  // A closed connection waits for nothing.
  if (state !== 'busy' && !socket.destroyed) address[state].add(connection)
}

/** Starts the next request of a connection. */
function ended(connection: Connection): void {
  // A closed connection starts no further requests, nor does one whose last response said that it closes.
  if (connection.socket.destroyed || connection.socket.writableEnded) return
  const next = connection.next.shift()
  if (next) next()
  else setState(connection, 'idle')
}

/** Returns the address with the most connections that has one to close. */
function largest(addresses: Map<string, Address>): Address | null {
  let most: Address | null = null
  for (const address of addresses.values())
    if (address.idle.size + address.stalled.size > 0 && address.count > (most?.count ?? 0)) most = address
  return most
}

/** The responses that clients have not read yet. */
function createUnreadResponses() {
  const held = createMemoryBudget({ most: RESPONSES_HELD_MAX_BYTES, ofOne: RESPONSES_HELD_OF_ONE_MAX_BYTES })
  const deadlines = new Map<ServerResponse, number>()
  return {
    /** Counts a response until its connection is done with it. */
    add(response: ServerResponse, sender: string, bytes: number): void {
      held.add(sender, bytes)
      const readMs = (bytes / RESPONSE_MIN_BYTES_PER_S) * 1000
      deadlines.set(response, performance.now() + RESPONSE_GRACE_MS + readMs)
      response.once('close', () => {
        deadlines.delete(response)
        held.give(sender, bytes)
      })
    },

    /** Closes the connections whose clients read too slowly. */
    closeSlow(): void {
      const now = performance.now()
      for (const [response, until] of deadlines) if (now > until) response.socket?.destroy()
    },

    mayRespond(sender: string): boolean {
      const own = held.of(sender)
      if (own >= RESPONSES_HELD_OF_ONE_MAX_BYTES) return false
      // When the common limit is reached, senders without unread responses are still served.
      return own === 0 || held.total < RESPONSES_HELD_MAX_BYTES
    },

    heldBytes: (): number => held.total,
  }
}
