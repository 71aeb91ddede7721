// Everything that a command prints goes through here.

/** What the user asked for: results, on standard output. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** What the user should know meanwhile: progress and mistakes, on standard error. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
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
