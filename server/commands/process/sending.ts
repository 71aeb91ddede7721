import { resourceReaders } from '../../api/index.ts'
import type { App } from '../../app.ts'
import type { Reach } from '../../db/reach.ts'
import type { Metrics } from '../../http/monitoring/metrics.ts'
import type { EndedWork } from '../../http/monitoring/telemetry.ts'
import { timeOf } from '../../webhooks/dispatch/bell.ts'
import { type Dispatcher, startDispatcher } from '../../webhooks/dispatch/dispatcher.ts'
import { databaseNotifications } from '../../webhooks/dispatch/notifications.ts'
import { measureDeliveries } from '../../webhooks/queue/measure.ts'
import type { Attempted } from '../../webhooks/queue/outcomes.ts'
import { watchDeliveries } from '../../webhooks/queue/sweep.ts'
import { watchClock } from './set_back_clock.ts'

/** Starts sending webhooks in this process, and the deletion of old deliveries. */
export function startSending(app: App, reach: Reach, { register }: Pick<Metrics, 'register'>): Dispatcher {
  const { db, clock, log, ledger, telemetry, webhooks } = app
  const { seal, send, rights } = webhooks
  const measure = measureDeliveries(register, db, reach, clock)
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
    onAttempted(attempted) {
      measure(attempted)
      telemetry?.ended(workOfAttempt(attempted))
    },
    onError: (error, what) => log.warn({ err: error }, what),
  })
  const stopSweeping = watchDeliveries(db, reach, clock, (error) =>
    log.warn({ err: error }, 'could not delete old deliveries'),
  )
  const stopClock = watchClock(app, reach, { isSending: true })
  return {
    async stop(withinMs) {
      await dispatcher.stop(withinMs)
      await stopSweeping()
      await stopClock()
    },
  }
}

/** Returns the span of an attempt. It has ids and no data, as the log of deliveries. */
function workOfAttempt({ due, result, from, at }: Attempted): EndedWork {
  const outcome = result === 'not_allowed' ? result : (result.error ?? 'delivered')
  const status = result === 'not_allowed' ? null : result.status
  return {
    ...{ name: `webhook ${due.event.type}`, kind: 'client', from: from.getTime(), to: at.getTime() },
    attributes: {
      ...{ 'talad.webhook_id': due.subscriptionId, 'talad.event_id': due.event.id, 'talad.outcome': outcome },
      ...(status !== null && { 'http.response.status_code': status }),
    },
    isError: outcome !== 'delivered',
  }
}
