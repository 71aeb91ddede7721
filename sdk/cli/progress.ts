import type { Stream } from './world.ts'

// Progress of a long walk on standard error: one updating line on a terminal, otherwise a line now and then. A short walk
// prints nothing.

const REDRAW_MS = 250
const FIRST_LINE_MS = 10_000
const NEXT_LINE_MS = 30_000

export type ProgressLine = {
  add(rows: number): void
  /** Name of the current list. */
  name(what: string): void
  /** Removes the line. */
  end(): Promise<void>
}

/** @param now milliseconds */
export function progressOn(stream: Stream, what: string, now: () => number = () => performance.now()): ProgressLine {
  const begun = now()
  let named = what
  let rows = 0
  let nextAt = begun + (stream.isTerminal ? REDRAW_MS : FIRST_LINE_MS)
  let isDrawn = false

  const line = () => {
    const seconds = (now() - begun) / 1000
    const rate = seconds > 0 ? Math.round(rows / seconds) : 0
    return `${named}: ${count(rows)} rows, ${count(rate)} per second`
  }

  return {
    add(more) {
      rows += more
      if (now() < nextAt) return
      nextAt = now() + (stream.isTerminal ? REDRAW_MS : NEXT_LINE_MS)
      isDrawn = stream.isTerminal
      void stream.write(stream.isTerminal ? `\r\u001B[K${line()}` : `${line()}\n`)
    },
    name(what) {
      named = what
    },
    async end() {
      if (isDrawn) await stream.write('\r\u001B[K')
    },
  }
}

const count = (number: number): string => number.toLocaleString('en-US')
