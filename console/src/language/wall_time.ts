const DAY_MS = 24 * 3600 * 1000

/** Returns the day that calendars of a time zone show at an instant, such as `2026-11-30`. */
export const dayAt = (instant: Date, timeZone: string): string =>
  new Date(instant.getTime() + offsetAt(instant.getTime(), timeZone)).toISOString().slice(0, 10)

/**
 * Returns the instant at which clocks of a time zone show a time, such as `2026-11-30T09:15`. When clocks are set back, it is the
 * first of the two. A time that clocks skip counts as if they had not been changed.
 */
export function instantOf(wallTime: string, timeZone: string): Date {
  const asUtc = new Date(`${wallTime}Z`).getTime()
  // Clocks change at most once within two days, so one of these offsets is right.
  const [first = Number.NaN, second] = [-DAY_MS, DAY_MS].map((ms) => asUtc - offsetAt(asUtc + ms, timeZone))
  const isShown = (instant = Number.NaN) => instant + offsetAt(instant, timeZone) === asUtc
  return new Date(!isShown(first) && isShown(second) ? (second as number) : first)
}

/** Returns how far the clocks of a time zone are ahead of UTC, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const shown = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  })
  const parts = new Map(shown.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const of = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) as number
  const clock = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return clock - Math.floor(instant / 1000) * 1000
}
