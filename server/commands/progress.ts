import type { Progress } from '../demo/volume.ts'

// How far a long piece of work is: on a terminal one line that is written over, elsewhere a line now and then.

/** Where it is shown, and by which clock. */
export type Showing = {
  isTerminal: boolean
  columns: number
  /** Writes over the last line of the terminal. */
  redraw(line: string, isLast: boolean): void
  /** Writes a line. */
  say(line: string): void
  /** In milliseconds. */
  now(): number
}

/** A terminal's line is not drawn more often than one can see; a log does not want a line more often than that. */
const REDRAW_MS = 100
const LINE_MS = 10_000

/** What to tell of each step of the work, at any pace. */
export function showProgress({ isTerminal, columns, redraw, say, now }: Showing): (progress: Progress) => void {
  let step = ''
  let startedAt = 0
  let shownAt = 0
  return (progress) => {
    const isLast = progress.done >= progress.total
    if (progress.step !== step) {
      step = progress.step
      startedAt = now()
      shownAt = isTerminal ? Number.NEGATIVE_INFINITY : startedAt
      // What is over at once is said once.
    } else if (progress.done === 0) return
    if (!isLast && now() - shownAt < (isTerminal ? REDRAW_MS : LINE_MS)) return
    shownAt = now()
    const seconds = (now() - startedAt) / 1000
    if (isTerminal) redraw(barLine(progress, seconds, columns), isLast)
    else say(`  ${progress.step}: ${sentence(progress, seconds)}`)
  }
}

const BAR_MAX = 20
const BAR_MIN = 5
const NAME_WIDTH = 11
/** What is said after the bar, beside the total and what is done of it: ` of , 123,456/s, 12 min 34 s left`. */
const WORDS_WIDTH = 36

/** A line that is longer than the terminal could not be written over: the bar has what is left, the same all the time. */
function barLine(progress: Progress, seconds: number, columns: number): string {
  const { step, done, total } = progress
  const left = columns - NAME_WIDTH - WORDS_WIDTH - 2 * count(total).length - 4
  const width = left < BAR_MIN ? 0 : Math.min(BAR_MAX, left)
  const filled = Math.floor((width * done) / Math.max(1, total))
  const bar = width === 0 ? '' : `${'█'.repeat(filled)}${'░'.repeat(width - filled)} `
  return `  ${step.padEnd(NAME_WIDTH)} ${bar}${sentence(progress, seconds)}`.slice(0, Math.max(0, columns - 1))
}

function sentence({ unit, done, total }: Progress, seconds: number): string {
  const rate = done / seconds
  if (done >= total)
    return `${count(total)} in ${duration(seconds)}${unit === 'rows' && seconds >= 1 ? `, ${count(rate)}/s` : ''}`
  const far = `${count(done)} of ${count(total)}`
  // Pieces of unequal size say nothing of those that are still to come.
  if (unit === 'pieces' || done === 0 || seconds === 0) return far
  return `${far}, ${count(rate)}/s, ${duration((total - done) / rate)} left`
}

const count = (number: number): string => Math.round(number).toLocaleString('en')

function duration(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
