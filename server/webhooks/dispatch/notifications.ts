import type { Database, Runner } from '../../db/database.ts'
import { listenForNotifications } from '../../db/notifications.ts'
import { EVENTS_CHANNEL } from '../../events/record.ts'
import type { WorkNotification } from './worker.ts'

/** The NOTIFY channel; the payload is the id of a subscription with work. */
const SUBSCRIPTIONS_CHANNEL = 'talad_subscriptions'

/** Notifies workers, when the transaction commits, that a subscription has work. */
export const notifyWorkers = (tx: Runner, subscriptionId: string) =>
  tx`select pg_notify(${SUBSCRIPTIONS_CHANNEL}, ${subscriptionId})`

/** Listens to notifications of the database: a log has grown, or a subscription was changed. */
export const databaseNotifications =
  (db: Database) =>
  (onNotification: (notification: WorkNotification) => void): (() => Promise<void>) =>
    listenForNotifications(db, [EVENTS_CHANNEL, SUBSCRIPTIONS_CHANNEL], (channel, payload) =>
      onNotification(channel === EVENTS_CHANNEL ? { businessId: payload } : { subscriptionId: payload }),
    )
