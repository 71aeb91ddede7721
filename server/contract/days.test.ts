import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { makeBranch } from '../../test/factories.ts'
import { onlyOnce, onlyThorough } from '../../test/thorough.ts'
import { recordKinds } from '../api/index.ts'
import { runPrepared } from '../db/database.ts'
import { statementsOf } from '../ingest/write/statements.ts'
import { businessDay } from './days.ts'
import type { RecordKind } from './record_kind.ts'

const { db, close } = await testDatabase()
after(close)

/**
 * Zones with clock changes of one hour, half an hour and two hours, at night and at midnight; and one zone without changes.
 */
const ZONES = [
  ...['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'America/Havana', 'Asia/Beirut'],
  ...['America/Santiago', 'America/Asuncion', 'Antarctica/Troll', 'Africa/Casablanca', 'Asia/Bangkok'],
]
const STARTS = ['00:00', '00:30', '02:00', '04:00', '12:00', '23:59']
const MINUTE = 60_000

/**
 * Moments around every clock change of a zone from 2019 to 2023, and around the midnights next to it. For later years,
 * Node.js and Postgres may have different time zone data, because governments decide late.
 */
function momentsOf(timeZone: string): Date[] {
  const moments: Date[] = []
  const end = Temporal.Instant.from('2023-12-31T00:00Z')
  let at = Temporal.Instant.from('2019-01-01T00:00Z').toZonedDateTimeISO(timeZone)
  for (;;) {
    const next = at.getTimeZoneTransition('next')
    if (!next || Temporal.Instant.compare(next.toInstant(), end) > 0) break
    for (let minutes = -30 * 60; minutes <= 30 * 60; minutes += 45)
      for (const around of [-1, 0]) moments.push(new Date(next.epochMilliseconds + minutes * MINUTE + around))
    at = next
  }
  return moments.length > 0 ? moments : [new Date('2026-03-29T01:00Z'), new Date('2026-03-28T17:00:00Z')]
}

/** The contract: the calendar day, in the business's time zone, of the moment minus the hour at which the day starts. */
const expectedDay = (moment: Date, timeZone: string, dayStartsAt: string): string => {
  const [hours = 0, minutes = 0] = dayStartsAt.split(':').map(Number)
  const shifted = Temporal.Instant.fromEpochMilliseconds(moment.getTime()).subtract({ hours, minutes })
  return shifted.toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

test('Postgres and Node.js compute the same business day for a moment, also when clocks change', onlyOnce, async () => {
  const cases = ZONES.flatMap((timeZone) =>
    momentsOf(timeZone).flatMap((moment) => STARTS.map((dayStartsAt) => ({ timeZone, moment, dayStartsAt }))),
  )
  assert.ok(cases.length > 20_000)
  const expected = cases.map(({ moment, timeZone, dayStartsAt }) => expectedDay(moment, timeZone, dayStartsAt))
  const ours = cases.map(({ moment, timeZone, dayStartsAt }) =>
    businessDay(moment, { timeZone, dayStartsAt, id: '', name: '', currency: 'THB' }),
  )
  assert.deepEqual(ours, expected)
  const rows = await db`
    select business_date(moment, zone, starts_at)::text as day
    from unnest(${cases.map(({ moment }) => moment.toISOString())}::text[]::timestamptz[],
      ${cases.map(({ timeZone }) => timeZone)}::text[], ${cases.map(({ dayStartsAt }) => dayStartsAt)}::text[]::time[])
      with ordinality as cases (moment, zone, starts_at, number) order by number`
  assert.deepEqual(
    rows.map(({ day }) => day),
    expected,
  )
})

test('start_of_day returns the first moment of a calendar day', onlyThorough, async () => {
  for (const timeZone of ZONES) {
    const days = [...new Set(momentsOf(timeZone).map((moment) => expectedDay(moment, timeZone, '00:00')))]
    const rows = await db`
      select start_of_day(day, ${timeZone}) as begins
      from unnest(${days}::text[]::date[]) with ordinality as days (day, number) order by number`
    for (const [index, day] of days.entries()) {
      const begins = rows[index]?.begins as Date
      assert.equal(expectedDay(begins, timeZone, '00:00'), day, `${timeZone} ${day}`)
      assert.ok(expectedDay(new Date(begins.getTime() - 1), timeZone, '00:00') < day, `${timeZone} ${day}`)
    }
  }
})

test(
  'a sale in the hour when clocks are set back gets the business date of its moment, whatever the time zone of the session',
  onlyOnce,
  async () => {
    const id = randomUUID()
    const business = { id, name: 'Berlin', time_zone: 'Europe/Berlin', business_day_starts_at: '02:30' }
    await db`insert into businesses ${db(business)}`
    const branch = await makeBranch(db, id)
    const sales = recordKinds.find(({ path }) => path === 'sales') as RecordKind
    for (const [moment, day] of [
      ['2026-10-25T00:15:00Z', '2026-10-24'],
      ['2026-10-25T00:45:00Z', '2026-10-25'],
      ['2026-10-25T01:15:00Z', '2026-10-25'],
      ['2026-03-29T01:15:00Z', '2026-03-28'],
      ['2026-03-29T01:45:00Z', '2026-03-29'],
      ['2026-03-29T00:45:00Z', '2026-03-28'],
    ] as const) {
      const sale = {
        ...{ id: randomUUID(), order_number: moment, branch_id: branch.id, status: 'VOIDED' },
        ...{ order_date: moment, subtotal: 0, discount_amount: 0, tax_amount: 0, tax_added_amount: 0 },
        ...{ service_charge_amount: 0, rounding_amount: 0, total_amount: 0, refunded_amount: 0, item_count: 0 },
        ...{
          payments: [],
          refunds: [],
          tax_lines: [],
          charges: [],
          tip_amount: 0,
          other_amount: 0,
          created_at: moment,
          updated_at: moment,
        },
      }
      await runPrepared(db, statementsOf(sales, id).upsert(JSON.stringify([sale])))
      const [row] = await db`select business_date::text as day from sales where business_id = ${id} and id = ${sale.id}`
      assert.equal(row?.day, expectedDay(new Date(moment), 'Europe/Berlin', '02:30'), moment)
      assert.equal(row?.day, day, moment)
    }
  },
)
