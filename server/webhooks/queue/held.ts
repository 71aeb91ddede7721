import type { Caller } from '../../contract/caller.ts'
import type { Include } from '../../contract/parameters.ts'
import type { Runner } from '../../db/database.ts'
import { type EventType, isSeen, namedTypes } from '../../events/event_types.ts'
import type { LostSpan } from '../../events/lost_spans.ts'
import { byText } from '../../time_slice.ts'
import type { SealedSecrets } from '../sending/sign.ts'
import type { Health, SubscriptionStatus } from './retry_policy.ts'

// A worker holds a subscription while `worker_id` of the row is its id. Every transaction of a worker that writes to a held
// subscription locks the row and checks this, so a worker that was presumed dead cannot write.

/** Identifies a subscription. */
export type Key = { businessId: string; id: string }

/** The current state of a subscription, whose row stays locked until the transaction ends. */
export type Held = Key & {
  applicationId: string
  endpointUrl: string
  /** All types that it names; the application may not see all of them. */
  eventTypes: EventType[]
  includePii: boolean
  include: Include[]
  health: Health
  /** Whether its application is paused, so that nothing may be sent. */
  isSuspended: boolean
  secrets: SealedSecrets
  position: number
  /** The head of the log, and the position up to which its events can no longer be read. */
  head: number
  readableAfter: number
  /** The next span of events at or after `position` that a restore has lost. */
  lostSpan: LostSpan | null
  sequence: number
  fannedOutAt: Date
}

type HeldRow = SealedSecrets & {
  business_id: string
  application_id: string
  endpoint_url: string
  event_types: EventType[] | ['*']
  catalogue_version: number
  include_pii: boolean
  include: Include[]
  status: SubscriptionStatus
  failing_since: Date | null
  probe_at: Date | null
  is_resuming: boolean
  is_suspended: boolean
  last_delivered_at: Date | null
  recovered_at: Date | null
  position: string
  head: string | null
  readable_after: string | null
  lost_span: LostSpan | null
  sequence: string
  fanned_out_at: Date
}

/** Returns the subscriptions that the worker still holds, locked in the order of their businesses and ids. */
export async function lockHeld(tx: Runner, workerId: string, keys: readonly Key[]): Promise<Held[]> {
  const businesses = byBusiness(keys, ({ businessId }) => businessId)
  return (await Promise.all(businesses.map(([id, of]) => heldBy(tx, workerId, id, of, true)))).flat()
}

/** Returns a subscription if the worker still holds it, without locking it. */
export const readHeld = async (db: Runner, workerId: string, key: Key): Promise<Held | undefined> =>
  (await heldBy(db, workerId, key.businessId, [key], false))[0]

/** Groups what belongs to businesses, in the order of their ids. A statement on a cluster reads and locks one business. */
export const byBusiness = <T>(all: readonly T[], businessOf: (one: T) => string): [businessId: string, of: T[]][] =>
  [...Map.groupBy(all, businessOf)].sort(([a], [b]) => byText(a, b))

async function heldBy(
  db: Runner,
  workerId: string,
  businessId: string,
  keys: readonly Key[],
  isLocking: boolean,
): Promise<Held[]> {
  const rows = await db<HeldRow[]>`
    select business_id, id, application_id, endpoint_url, event_types, catalogue_version, include_pii, include, status,
           failing_since, probe_at, is_resuming, is_suspended, last_delivered_at, recovered_at, secret_sealed, old_secret_sealed, old_secret_until, older_secrets,
           position, sequence, fanned_out_at,
           (select position from event_heads as log where log.business_id = ${businessId}) as head,
           (select readable_after from event_heads as log where log.business_id = ${businessId}) as readable_after,
           (select json_build_object('lastPosition', last_position, 'epoch', epoch) from restores as restore
            where restore.business_id = ${businessId} and last_position >= subscriptions.position
            order by epoch limit 1) as lost_span
    from subscriptions
    where business_id = ${businessId} and id = any(${keys.map(({ id }) => id)}) and worker_id = ${workerId}
      and deleted_at is null
    order by id ${isLocking ? db`for update` : db``}`
  return rows.map(heldOf)
}

const heldOf = (row: HeldRow): Held => ({
  businessId: row.business_id,
  id: row.id,
  applicationId: row.application_id,
  endpointUrl: row.endpoint_url,
  eventTypes: namedTypes(row.event_types, row.catalogue_version),
  includePii: row.include_pii,
  include: row.include,
  health: {
    status: row.status,
    failingSince: row.failing_since,
    probeAt: row.probe_at,
    isResuming: row.is_resuming,
    lastDeliveredAt: row.last_delivered_at,
    recoveredAt: row.recovered_at,
  },
  isSuspended: row.is_suspended,
  secrets: {
    id: row.id,
    secret_sealed: row.secret_sealed,
    old_secret_sealed: row.old_secret_sealed,
    old_secret_until: row.old_secret_until,
    older_secrets: row.older_secrets,
  },
  position: Number(row.position),
  head: Number(row.head ?? 0),
  readableAfter: Number(row.readable_after ?? 0),
  lostSpan: row.lost_span,
  sequence: Number(row.sequence),
  fannedOutAt: row.fanned_out_at,
})

/** The events that a subscription gets, restricted to what its application may see now. */
export type Wanted = {
  types: EventType[]
  branches: Caller['branches']
  /** The application that is told of erasures of persons whose data it had received, of any type; null for none. */
  toldOfErasures: string | null
}

/** @param caller the current permissions of the application; null if it has none */
export function wantedBy({ eventTypes }: Pick<Held, 'eventTypes'>, caller: Caller | null): Wanted {
  if (!caller) return { types: [], branches: [], toldOfErasures: null }
  const types = eventTypes.filter((type) => isSeen(type, caller.scopes))
  return { types, branches: caller.branches, toldOfErasures: caller.id }
}
