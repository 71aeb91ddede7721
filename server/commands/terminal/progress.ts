import type { VolumeStep } from '../../demo/volume.ts'

// Shows the progress of long work: a redrawn line on a terminal, otherwise a line from time to time.

/** The output and the clock. */
export type Showing = {
  isTerminal: boolean
  columns: number
  /** Redraws the last line of the terminal. */
  redraw(line: string, isLast: boolean): void
  /** Writes a line. */
  say(line: string): void
  /** Returns milliseconds. */
  now(): number
}

/** Minimum time between two updates: of a terminal line, and between two lines of a log. */
const REDRAW_MS = 100
const LINE_MS = 10_000

/** Returns a function that shows progress; it can be called at any rate. */
export function showProgress({ isTerminal, columns, redraw, say, now }: Showing): (progress: VolumeStep) => void {
  let step = ''
  let startedAt = 0
  let shownAt = 0
  return (progress) => {
    const isLast = isOver(progress)
    if (progress.step !== step) {
      step = progress.step
      startedAt = now()
      shownAt = isTerminal ? Number.NEGATIVE_INFINITY : startedAt
      // A step that ends at once is shown once.
    } else if (progress.done === 0) return
    if (!isLast && now() - shownAt < (isTerminal ? REDRAW_MS : LINE_MS)) return
    shownAt = now()
    const seconds = (now() - startedAt) / 1000
    if (isTerminal) redraw(barLine(progress, seconds, columns), isLast)
    else say(`  ${progress.step}: ${sentence(progress, seconds)}`)
  }
}

const isOver = ({ done, total, isEstimate = false }: VolumeStep): boolean =>
  total !== null && !isEstimate && done >= total

const BAR_MAX = 20
const BAR_MIN = 5
const NAME_WIDTH = 11
/** Width of the text after the bar, without the two numbers: ` of , 123,456/s, 12 min 34 s left`. */
const WORDS_WIDTH = 36

/**
 * Builds a line that fits the terminal, because a wrapped line cannot be redrawn. The bar takes the remaining width, which
 * stays constant.
 */
function barLine(progress: VolumeStep, seconds: number, columns: number): string {
  const { step, done, total } = progress
  const about = progress.isEstimate ? 'about '.length : 0
  const left = columns - NAME_WIDTH - WORDS_WIDTH - about - 2 * count(total ?? 0).length - 4
  const width = left < BAR_MIN || total === null ? 0 : Math.min(BAR_MAX, left)
  const filled = Math.min(width, Math.floor((width * done) / Math.max(1, total ?? 0)))
  const bar = width === 0 ? '' : `${'█'.repeat(filled)}${'░'.repeat(width - filled)} `
  return `  ${step.padEnd(NAME_WIDTH)} ${bar}${sentence(progress, seconds)}`.slice(0, Math.max(0, columns - 1))
}

function sentence(progress: VolumeStep, seconds: number): string {
  const { unit, done, total, isEstimate = false } = progress
  const rate = done / seconds
  if (total === null) return seconds === 0 ? count(done) : `${count(done)}, ${count(rate)}/s`
  if (isOver(progress))
    return `${count(total)} in ${duration(seconds)}${unit === 'rows' && seconds >= 1 ? `, ${count(rate)}/s` : ''}`
  const far = `${count(done)} of ${isEstimate ? 'about ' : ''}${count(total)}`
  // Pieces differ in size, so no rate or remaining time is estimated.
  if (unit === 'pieces' || done === 0 || seconds === 0) return far
  return `${far}, ${count(rate)}/s, ${duration((total - done) / rate)} left`
}

const count = (number: number): string => Math.round(number).toLocaleString('en')

function duration(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
