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

const BAR_WIDTH = 20

function barLine(progress: Progress, seconds: number, columns: number): string {
  const { step, done, total } = progress
  const filled = Math.floor((BAR_WIDTH * done) / Math.max(1, total))
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`
  const [name, text] = [step.padEnd(15), sentence(progress, seconds)]
  // A line that is longer than the terminal could not be written over.
  const line = `  ${name} ${bar} ${text}`
  return line.length < columns ? line : `  ${name} ${text}`.slice(0, Math.max(0, columns - 1))
}

function sentence({ unit, done, total }: Progress, seconds: number): string {
  const rate = done / seconds
  if (done >= total)
    return `${count(total)} in ${duration(seconds)}${unit === 'rows' && seconds >= 1 ? `, ${count(rate)} a second` : ''}`
  const far = `${count(done)} of ${count(total)}`
  // Pieces of unequal size say nothing of those that are still to come.
  if (unit === 'pieces' || done === 0 || seconds === 0) return far
  return `${far}, ${count(rate)} a second, ${duration((total - done) / rate)} left`
}

const count = (number: number): string => Math.round(number).toLocaleString('en')

function duration(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
