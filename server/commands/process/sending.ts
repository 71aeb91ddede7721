import { resourceReaders } from '../../api/index.ts'
import type { App } from '../../app.ts'
import type { Reach } from '../../db/reach.ts'
import type { Metrics } from '../../http/monitoring/metrics.ts'
import { timeOf } from '../../webhooks/dispatch/bell.ts'
import { type Dispatcher, startDispatcher } from '../../webhooks/dispatch/dispatcher.ts'
import { databaseNotifications } from '../../webhooks/dispatch/notifications.ts'
import { measureDeliveries } from '../../webhooks/queue/measure.ts'
import { watchDeliveries } from '../../webhooks/queue/sweep.ts'

/** Starts sending webhooks in this process, and the deletion of old deliveries. */
export function startSending(
  { db, clock, log, ledger, webhooks: { seal, send, rights } }: App,
  reach: Reach,
  { register }: Pick<Metrics, 'register'>,
): Dispatcher {
  const dispatcher = startDispatcher({
    db,
    reach,
    time: timeOf(clock),
    random: Math.random,
    send,
    rights,
    resourceReaders,
    secrets: seal,
    ledger,
    listen: databaseNotifications(db),
    onAttempted: measureDeliveries(register, db, reach, clock),
    onError: (error, what) => log.warn({ err: error }, what),
  })
  const stopSweeping = watchDeliveries(db, reach, clock, (error) =>
    log.warn({ err: error }, 'could not delete old deliveries'),
  )
  return {
    async stop(withinMs) {
      await dispatcher.stop(withinMs)
      await stopSweeping()
    },
  }
}
