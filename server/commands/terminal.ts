// Everything that a command prints goes through here.

/** What the user asked for: results, on standard output. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** What the user should know meanwhile: progress and mistakes, on standard error. */
export const say = (line: string): void => {
  process.stderr.write(`${isHalfway ? '\n' : ''}${line}\n`)
  isHalfway = false
}

/** Whether the cursor stands in a line that may still be written over. */
let isHalfway = false

/** Where progress is shown: a terminal's line can be written over, whatever else it is gets a line each time. */
export const screen = {
  isTerminal: (): boolean => process.stderr.isTTY === true,
  // A terminal that does not know its width says 0.
  columns: (): number => process.stderr.columns || 80,
  /** Writes over the last line, which may be written over again unless it is the last word. */
  redraw(line: string, isLast: boolean): void {
    process.stderr.write(`\r\x1b[K${line}${isLast ? '\n' : ''}`)
    isHalfway = !isLast
  },
}

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** Rows as columns of equal width; Thai vowels and tone marks that stand above or below take no width. */
export function printTable(rows: Record<string, string>[]): void {
  const [first] = rows
  if (!first) return
  const names = Object.keys(first)
  const widths = names.map((name) => Math.max(...[name, ...rows.map((row) => row[name] ?? '')].map(width)))
  const line = (cells: string[]) =>
    cells
      .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd()
  print(line(names))
  for (const row of rows) print(line(names.map((name) => row[name] ?? '')))
}

const width = (text: string): number => [...text.replaceAll(/\p{Mn}/gu, '')].length
