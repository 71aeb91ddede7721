import type { Database, Runner } from '../../db/database.ts'
import { listen } from '../../db/listen.ts'
import { EVENTS_CHANNEL } from '../../events/record.ts'
import type { Hint } from './dispatcher.ts'

/** NOTIFY's channel; the payload is the id of a subscription for which there is something to do. */
const SUBSCRIPTIONS_CHANNEL = 'talad_subscriptions'

/** Tells workers, when the transaction commits, that there is something to do for a subscription. */
export const hintAt = (tx: Runner, subscriptionId: string) =>
  tx`select pg_notify(${SUBSCRIPTIONS_CHANNEL}, ${subscriptionId})`

/** What the database tells: that a log has grown, or that somebody has changed a subscription. */
export const databaseHints =
  (db: Database) =>
  (onHint: (hint: Hint) => void): (() => Promise<void>) =>
    listen(db, [EVENTS_CHANNEL, SUBSCRIPTIONS_CHANNEL], (channel, payload) =>
      onHint(channel === EVENTS_CHANNEL ? { businessId: payload } : { subscriptionId: payload }),
    )
