import type { Runner } from '../db/database.ts'

/** Returns when a day begins in the time zone of the business. @param plus days to add */
export async function beginOfDay(
  db: Runner,
  businessId: string,
  day: string | undefined,
  plus: number,
  now: Date,
): Promise<Date | undefined> {
  if (day === undefined) return undefined
  const ago = day === 'today' ? 0 : day === 'yesterday' ? 1 : null
  const [row] = await db<{ at: Date }[]>`
    select (coalesce(${ago === null ? day : null}::text::date, (${now}::timestamptz at time zone time_zone)::date - ${ago ?? 0}::int)
            + ${plus}::int)::timestamp at time zone time_zone as at
    from businesses where id = ${businessId}`
  return row?.at
}
