import { once } from 'node:events'
import { fit, width } from '../../../sdk/cli/width.ts'

// All output of commands goes through this file.

/** Prints results to standard output. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Prints a part of a long result. Resolves when there is room for more, so that a slow reader does not fill the memory. */
export async function printPart(text: string): Promise<void> {
  if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain')
}

/** Prints progress and errors to standard error. */
export const say = (line: string): void => {
  process.stderr.write(`${isHalfway ? '\n' : ''}${line}\n`)
  isHalfway = false
}

/** Whether the cursor is in a line that may be redrawn. */
let isHalfway = false

/** The output of progress: a terminal can redraw a line; other outputs get one line each time. */
export const screen = {
  isTerminal: (): boolean => process.stderr.isTTY === true,
  // A terminal of unknown width reports 0.
  columns: (): number => process.stderr.columns || 80,
  /** Redraws the last line. If `isLast` is true, the line is final. */
  redraw(line: string, isLast: boolean): void {
    process.stderr.write(`\r\x1b[K${line}${isLast ? '\n' : ''}`)
    isHalfway = !isLast
  },
}

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** Prints rows as columns of equal width. */
export function printTable(rows: Record<string, string>[]): void {
  const [first] = rows
  if (!first) return
  const names = Object.keys(first)
  const widths = names.map((name) => Math.max(...[name, ...rows.map((row) => row[name] ?? '')].map(width)))
  const line = (cells: string[]) =>
    cells
      .map((cell, index) => fit(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  print(line(names))
  for (const row of rows) print(line(names.map((name) => row[name] ?? '')))
}

/**
 * Asks for a secret on the terminal, without showing it. @returns null if standard input is no terminal, or after Ctrl-C
 */
export async function askSecret(question: string): Promise<string | null> {
  const { stdin } = process
  if (!stdin.isTTY) return null
  process.stderr.write(question)
  stdin.setRawMode(true).setEncoding('utf8').resume()
  let typed = ''
  try {
    for await (const keys of stdin as AsyncIterable<string>)
      for (const character of keys) {
        if (character === '\r' || character === '\n') return typed
        if (character === '\u0003' || character === '\u0004') return null
        typed = character === '\u007f' ? typed.slice(0, -1) : typed + character
      }
    return null
  } finally {
    stdin.setRawMode(false).pause()
    process.stderr.write('\n')
  }
}
