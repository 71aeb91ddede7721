import { arrayText } from '../db/arrays.ts'
import { type Runner, runPrepared } from '../db/database.ts'

// Counts events by their positions instead of reading them: a business may have millions, and times have no index. Positions increase by
// one, except after a restore. Their times increase, too; where a clock was set back, events count for a day beside theirs.

/** Returns how many events were recorded from each time to the next one. @param times ascending */
export async function countEventsBetween(db: Runner, businessId: string, times: readonly Date[]): Promise<number[]> {
  const [[ends], restores] = await Promise.all([
    db<{ first: string | null; last: string | null }[]>`
      select min(position) as first, max(position) as last from events where business_id = ${businessId}`,
    db<{ last_position: string; epoch: string }[]>`
      select last_position, epoch from restores where business_id = ${businessId}`,
  ])
  if (!ends || ends.first === null) return times.slice(1).map(() => 0)
  const positions = await firstPositions(db, businessId, times, [Number(ends.first), Number(ends.last) + 1])
  // After a restore the positions continue at its epoch.
  const lostBelow = (position: number): number =>
    restores.reduce((sum, { last_position, epoch }) => {
      const [last, first] = [Number(last_position), Number(epoch)]
      return first < position && last >= Number(ends.first) - 1 ? sum + (first - last) : sum
    }, 0)
  return positions.slice(1).map((position, at) => {
    const before = positions[at] as number
    return position - lostBelow(position) - (before - lostBelow(before))
  })
}

const CREATED_AT = `
  select probe.at, extract(epoch from event.created_at)::float8 * 1000 as time
  from unnest($2::text::bigint[]) with ordinality as probe (position, at)
    cross join lateral (
      select created_at from events where business_id = $1::text::uuid and position >= probe.position
      order by position limit 1) as event`

/** Returns the position of the first event at or after each time, by binary search: about 20 statements for a million events. */
async function firstPositions(
  db: Runner,
  businessId: string,
  times: readonly Date[],
  [first, end]: [number, number],
): Promise<number[]> {
  const ranges = times.map((time) => ({ time: time.getTime(), low: first, high: end }))
  for (;;) {
    const open = ranges.filter(({ low, high }) => low < high)
    if (open.length === 0) return ranges.map(({ low }) => low)
    const middles = open.map(({ low, high }) => Math.floor((low + high) / 2))
    const rows = await runPrepared<{ at: string; time: number }>(db, {
      sql: CREATED_AT,
      parameters: [businessId, arrayText(middles)],
    })
    const timeAt = new Map(rows.map(({ at, time }) => [Number(at), time]))
    for (const [at, range] of open.entries()) {
      const middle = middles[at] as number
      // Without an event at or after it, the position is too high.
      if ((timeAt.get(at + 1) ?? Number.POSITIVE_INFINITY) < range.time) range.low = middle + 1
      else range.high = middle
    }
  }
}
