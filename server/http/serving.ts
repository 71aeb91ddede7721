import type { ContentCoding } from '../config.ts'
import type { Buckets, Charge } from '../contract/charge.ts'
import type { Ledger } from '../contract/disclosure.ts'
import type { Operation } from '../contract/operation.ts'
import type { ServedPlane } from '../contract/plane.ts'
import { type Database, isReadingStuck } from '../db/database.ts'
import { ALL_REACHABLE, type Reach } from '../db/reach.ts'
import { BODIES_HELD_MAX_BYTES, BODIES_HELD_OF_ONE_MAX_BYTES } from '../limits.ts'
import type { Seal } from '../seal.ts'
import { type Activity, createActivity } from './activity.ts'
import { createIntake, type Intake } from './bodies/intake.ts'
import { type ClientAddress, clientAddressBehind, sharedBy } from './connections/client_address.ts'
import { type Connections, createConnections } from './connections/connections.ts'
import { createMemoryBudget, type MemoryBudget } from './connections/memory_budget.ts'
import type { RequestLog, RequestProgress } from './monitoring/request_log.ts'
import type { SentRequest } from './monitoring/sent_request.ts'
import { type Compress, createCompress } from './negotiation/compression.ts'
import { type MemoryBuckets, memoryBuckets } from './rate_limit/bucket.ts'
import { type Admissions, createAdmissions } from './request_class.ts'

export type ServerOptions = {
  operations: Operation[]
  db: Database
  /** Default: every business, without checks. */
  reach?: Reach
  /** The planes of the operations, each with its way to authenticate. */
  planes: readonly ServedPlane[]
  buckets: Buckets
  cursors: Seal
  ledger: Ledger
  clock: () => Date
  /** Milliseconds that never go back, for rates. */
  ticks?: () => number
  /** Proxies whose X-Forwarded-For header is trusted; empty for none. */
  trustedProxies: string[]
  /** The content codings of responses, preferred ones first; empty for none. */
  codings: readonly ContentCoding[]
  /** Called after every request, also with its header traceparent. */
  onRequest(line: RequestLog, traceparent: string | undefined): void
  /** Called after every request of a known application. */
  onSent?(request: SentRequest): void
  /** Called after every response. */
  onResponse(operation: string | null, status: number, seconds: number): void
  /** Called with an exception that is not a known error. It appears only in the log, under the request id. */
  onError(error: unknown, requestId: string): void
}

/** The load of the server, for probes and metrics. */
export type ServerLoad = {
  /** Returns whether all slots or all connections for plain reads have made no progress for a second. */
  isStuck(): boolean
  responsesHeldBytes(): number
  bodiesHeldBytes(): number
}

/** What all requests of a server share: its options, and the state that limits them. */
export type Serving = ServerOptions & {
  reach: Reach
  addressOf: ClientAddress
  activity: Activity
  admissions: Admissions
  connections: Connections
  compress: Compress
  /** Bytes of request bodies in memory. */
  bodies: MemoryBudget
  intake: Intake
  /** Counts the 429 responses of a sender. Responses beyond the burst are delayed. */
  rejections: MemoryBuckets
  /** Counts requests that were rejected before they were counted. In memory, so that these rejections are cheap. */
  uncounted: MemoryBuckets
}

declare module 'fastify' {
  interface FastifyInstance {
    load: ServerLoad
  }
  interface FastifyRequest {
    progress: RequestProgress
  }
  interface FastifyContextConfig {
    operation?: Operation
    /** For pages: the bucket that a request of an address counts in. */
    charged?(address: string): Charge
    /** For pages: how errors look. */
    htmlError?(status: number): { html: string; headers: Record<string, string> }
    /** For endpoints that monitoring calls all the time. */
    unlogged?: boolean
  }
}

/** Creates the state of a server. */
export function createServing(options: ServerOptions): Serving {
  const { ticks = () => performance.now() } = options
  const activity = createActivity()
  return {
    reach: ALL_REACHABLE,
    ...options,
    addressOf: clientAddressBehind(options.trustedProxies),
    activity,
    admissions: createAdmissions(activity.isAlone),
    connections: createConnections(sharedBy(options.trustedProxies)),
    compress: createCompress(activity.isAlone),
    bodies: createMemoryBudget({ most: BODIES_HELD_MAX_BYTES, ofOne: BODIES_HELD_OF_ONE_MAX_BYTES }),
    intake: createIntake(activity.isAlone),
    rejections: memoryBuckets(ticks),
    uncounted: memoryBuckets(ticks),
  }
}

/** Returns the load of a server. */
export const loadOf = ({ admissions, connections, bodies, db }: Serving): ServerLoad => ({
  isStuck: () => admissions.read.isStuck() || isReadingStuck(db),
  responsesHeldBytes: connections.heldBytes,
  bodiesHeldBytes: () => bodies.total,
})
