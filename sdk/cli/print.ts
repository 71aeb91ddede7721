import { fieldLines, type Row, tableOf } from './table.ts'
import type { World } from './world.ts'

// Prints results: tables on a terminal, NDJSON otherwise.

export type Format = 'table' | 'ndjson'

/** Default format on a terminal. */
export const formatFor = (world: World, asked: string | undefined): Format =>
  asked === undefined ? (world.out.isTerminal ? 'table' : 'ndjson') : (asked as Format)

/** Prints one JSON object per line, with control characters escaped. */
export const jsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replaceAll(/[\u007F-\u009F]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)}\n`

export type Printer = {
  rows(rows: readonly Row[]): Promise<void>
  /** Reports the columns that did not fit. */
  end(): Promise<void>
}

/** Prints rows as they arrive; the first rows determine the column widths. */
export function printerTo(
  world: World,
  format: Format,
  columns: readonly string[],
  chosen: readonly string[] | null,
): Printer {
  const only = (row: Row): Row => (chosen ? Object.fromEntries(chosen.map((name) => [name, row[name]])) : row)
  let table: ReturnType<typeof tableOf> | null = null
  return {
    async rows(rows) {
      if (rows.length === 0) return
      if (format === 'ndjson') return world.out.write(rows.map((row) => jsonLine(only(row))).join(''))
      table ??= tableOf(rows, columns, chosen, world.out.width)
      await world.out.write(`${table.lines(rows).join('\n')}\n`)
    },
    async end() {
      if (format !== 'table') return
      if (!table) await world.err.write('No rows.\n')
      else if (table.omitted.length > 0)
        await world.err.write(
          `${table.omitted.length} more columns do not fit (${table.omitted.join(', ')}): select some with --columns, or use --output ndjson.\n`,
        )
    },
  }
}

/** Prints rows as a table or NDJSON, depending on the output. */
export async function printRows(
  world: World,
  rows: readonly Row[],
  columns: readonly string[],
  asked?: string,
): Promise<void> {
  const printer = printerTo(world, formatFor(world, asked), columns, null)
  await printer.rows(rows)
  await printer.end()
}

/** Prints one object. */
export async function printObject(
  world: World,
  object: Row,
  format: Format,
  chosen: readonly string[] | null,
): Promise<void> {
  const shown = chosen ? Object.fromEntries(chosen.map((name) => [name, object[name]])) : object
  await world.out.write(format === 'ndjson' ? jsonLine(shown) : `${fieldLines(shown).join('\n')}\n`)
}
