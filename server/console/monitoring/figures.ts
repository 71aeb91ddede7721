import type { MemberCaller } from '../../contract/caller.ts'
import { REQUESTS_KEPT_DAYS } from '../../contract/console_limits.ts'
import { calendarDay, daysUpTo } from '../../contract/days.ts'
import { Data, Query } from '../../contract/operation.ts'
import { IdParameter, WholeParameter } from '../../contract/parameters.ts'
import { arrayText } from '../../db/arrays.ts'
import type { Runner } from '../../db/database.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import { countEventsBetween } from '../../events/positions_by_time.ts'
import { beginOfDay } from '../../ledger/search_days.ts'
import { applicationNames } from '../../oauth/application_names.ts'
import { groupedFigures, type RequestSums, sumFigures } from '../../requests/read_figures.ts'
import { DELIVERY_STATUSES } from '../../webhooks/subscriptions/schema.ts'
import { ComposedList, memberOperation } from '../frame.ts'
import { ConsoleActivity, ConsoleFigures } from './schema.ts'

const tag = 'Monitoring'
const DAYS = 30

const days = WholeParameter('จำนวนวัน นับถึงวันนี้', 'Number of days, up to today', 1, REQUESTS_KEPT_DAYS, DAYS)

export const getFigures = memberOperation({
  ...{ id: 'console.figures.get', method: 'GET', path: '/figures', role: 'viewer', tag },
  summary: { th: 'ดึงตัวเลขของคำขอ', en: 'Get the figures of requests' },
  query: Query({ days, application_id: IdParameter('เฉพาะแอปนี้', 'Only this application') }),
  response: Data(ConsoleFigures),
  async handle({ db, caller, query: { days = DAYS, application_id }, clock }) {
    const { id, timeZone } = caller.business
    const now = clock()
    const [from, today] = await Promise.all([beginOf(db, caller, days, now), beginOf(db, caller, 1, now)])
    const search = { from, timeZone, applicationId: application_id }
    const [ofToday, total, byDay, byApplication, byOperation, byBoth] = await Promise.all([
      sumFigures(db, id, { ...search, from: today }),
      sumFigures(db, id, search),
      groupedFigures(db, id, 'day', search),
      groupedFigures(db, id, 'application', search),
      groupedFigures(db, id, 'operation', search),
      application_id === undefined ? [] : groupedFigures(db, id, 'day and operation', search),
    ])
    const names = await applicationNames(
      db,
      byApplication.map(({ applicationId }) => applicationId),
    )
    const known = new Map(byDay.map((sums) => [sums.day, sums]))
    return {
      today: [shownSums(ofToday)],
      total: [shownSums(total)],
      days: daysUpTo(calendarDay(now, timeZone), days).map((day) => ({ day, ...shownSums(known.get(day) ?? NOTHING) })),
      applications: byApplication.toSorted(mostFirst).map(({ applicationId, ...sums }) => ({
        ...{ application_id: applicationId, application: names.get(applicationId) ?? null },
        ...shownSums(sums),
      })),
      operations: byOperation.toSorted(mostFirst).map((sums) => ({ operation: sums.operation, ...shownSums(sums) })),
      operations_by_day: byBoth.map(({ day, operation, requests, errors }) => ({ day, operation, requests, errors })),
    }
  },
})

const NOTHING: RequestSums = { requests: 0, errors: 0, rateLimited: 0, unlogged: 0, p50: null, p95: null }

const mostFirst = (a: RequestSums, b: RequestSums): number => b.requests - a.requests

const shownSums = ({ requests, errors, rateLimited, unlogged, p50, p95 }: RequestSums) => ({
  ...{ requests, errors, rate_limited: rateLimited, unlogged },
  ...{ p50_ms: p50 === null ? null : String(p50), p95_ms: p95 === null ? null : String(p95) },
})

/** Returns when the first of so many days up to today began. */
const beginOf = async (db: Runner, { business }: MemberCaller, days: number, now: Date): Promise<Date> =>
  (await beginOfDay(db, business.id, 'today', 1 - days, now)) as Date

export const listActivity = memberOperation({
  ...{ id: 'console.activity.list', method: 'GET', path: '/activity', role: 'viewer', tag },
  summary: { th: 'ดึงจำนวน Event และการส่ง Webhook รายวัน', en: 'Get the numbers of events and deliveries by day' },
  query: Query({ days }),
  // It counts rows.
  class: 'costly',
  response: ComposedList(ConsoleActivity),
  async handle({ db, caller, query: { days = DAYS }, clock }) {
    const { id, timeZone } = caller.business
    const now = clock()
    const begins = await Promise.all(Array.from({ length: days + 1 }, (_, at) => beginOf(db, caller, days - at, now)))
    const [events, deliveries] = await Promise.all([
      countEventsBetween(db, id, begins),
      deliveriesByDay(db, caller.business, begins[0] as Date),
    ])
    return daysUpTo(calendarDay(now, timeZone), days).map((day, at) => ({
      ...{ day, events: events[at] as number, deliveries: deliveries.get(day)?.all ?? 0 },
      undelivered: deliveries.get(day)?.undelivered ?? 0,
    }))
  },
})

type DeliveriesOfDay = { day: string; all: number; undelivered: number }

/** Counts by a part of the index deliveries_list for each webhook, event type and status, so that older deliveries are not read. */
async function deliveriesByDay(
  db: Runner,
  { id, timeZone }: MemberCaller['business'],
  from: Date,
): Promise<Map<string, DeliveriesOfDay>> {
  const rows = await db<DeliveriesOfDay[]>`
    select (delivery.created_at at time zone ${timeZone})::date::text as day, count(*)::int as all,
           count(*) filter (where delivery.status <> 'DELIVERED')::int as undelivered
    from subscriptions as webhook
      cross join unnest(${arrayText(EVENT_TYPES)}::text::text[]) as wanted_type
      cross join unnest(${arrayText(DELIVERY_STATUSES)}::text::text[]) as wanted_status
      cross join lateral (
        select created_at, status from deliveries
        where business_id = ${id} and subscription_id = webhook.id and event_type = wanted_type and status = wanted_status
          and created_at >= ${from}
        offset 0) as delivery
    where webhook.business_id = ${id} group by 1`
  return new Map(rows.map((row) => [row.day, row]))
}
