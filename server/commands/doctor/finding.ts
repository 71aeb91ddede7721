/** What talad doctor says about one thing. `weak` works, but not for ever or not for everybody; `wrong` needs work now. */
export type Finding = {
  /** A fixed word, for programs. */
  check: string
  state: 'ok' | 'weak' | 'wrong' | 'unknown'
  /** What was seen, in one sentence. */
  seen: string
  /** What to do; null if nothing is to be done. */
  remedy: string | null
}

export const ok = (check: string, seen: string): Finding => ({ check, state: 'ok', seen, remedy: null })
export const weak = (check: string, seen: string, remedy: string): Finding => ({ check, state: 'weak', seen, remedy })
export const wrong = (check: string, seen: string, remedy: string): Finding => ({ check, state: 'wrong', seen, remedy })
export const unknown = (check: string, seen: string): Finding => ({ check, state: 'unknown', seen, remedy: null })

/** Writes a duration in the largest unit that fits. */
export function durationText(ms: number): string {
  const [minutes, hours, days] = [ms / 60_000, ms / 3_600_000, ms / 86_400_000]
  if (days >= 2) return `${Math.floor(days)} days`
  if (hours >= 2) return `${Math.floor(hours)} hours`
  return minutes >= 2 ? `${Math.floor(minutes)} minutes` : `${Math.round(ms / 1000)} seconds`
}
