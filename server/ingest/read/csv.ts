import { finished } from 'node:stream/promises'
import { CsvError, type Info, type Options, parse } from 'csv-parse'
import { unknownName } from '../../contract/parameters.ts'
import type { RecordKind } from '../../contract/record_kind.ts'
import type { Field, Fields } from '../../contract/schema.ts'
import type { Database } from '../../db/database.ts'
import { INGEST_BODY_MAX_BYTES } from '../../limits.ts'
import { yieldIfSliceOver } from '../../time_slice.ts'
import type { Json, JsonObject } from '../../values/json.ts'
import type { DateOrder } from '../formats/format.ts'
import { westernDay } from '../grouped/cells.ts'
import { completeByCode, isByCode } from './by_code.ts'
import { type Encoding, joined, utf8Of } from './encoding.ts'
import { optionalFields } from './reading.ts'
import { FileMistake, type FileRow, REASON } from './rows.ts'

// Reads CSV (RFC 4180) with a header row, including the variants that spreadsheets write: a first line `sep=;`, semicolons
// or tabs, empty rows and columns, several encodings (encoding.ts). Cells become the JSON of the same record, so the
// checks for JSON apply to CSV as well. An empty cell is null, or an empty text in a field that allows it.
//
// A mistake in a row affects only that row. After an unmatched quote the end of the row is unknown, so reading stops.

/** Returns whether records of this kind contain no lists, so that a CSV row can contain one. */
export const isFlat = ({ resource, items }: RecordKind): boolean =>
  items === null && Object.values(resource.fields).every(({ kind }) => kind !== 'many')

export type Separator = ',' | ';' | '\t'

/** The detected form of a file; null where it could not be detected. */
export type CsvForm = {
  encoding: Encoding | null
  separator: Separator | null
  /** Whether its rows name records by their code and have no version. */
  isByCode?: boolean
}

/**
 * Reads the rows of a CSV file. Skips rows without any value.
 *
 * @param form receives the detected form; an encoding that it already has is used
 * @throws FileMistake if the file is not CSV, its columns do not match the kind, or its encoding is unknown
 */
export async function* csvRows(
  kind: RecordKind,
  pieces: AsyncIterable<Buffer>,
  form: CsvForm,
  options: CsvOptions,
): AsyncGenerator<FileRow> {
  const table = tableRows(pieces, form)
  const first = await table.next()
  if (first.done) return
  const header = headerOf(kind, first.value.cells)
  const columns = header.columns.map(({ name }) => name)
  const byCode = isByCode(kind, columns)
  form.isByCode = byCode
  const dates = byCode ? options.dates : undefined
  const rows = (async function* () {
    for await (const { cells, line } of table) yield rowOf(header, cells, line, dates)
  })()
  if (!byCode) return yield* rows
  const fields = { ...kind.resource.fields, ...kind.sentOnly }
  yield* completeByCode(kind, rows, { ...options, fields, columns })
}

/**
 * @property dates the order of days and months in dates such as 1/10/2026, if it is known
 * @property version the version of records without one
 */
export type CsvOptions = { db: Database; businessId: string; version: string; dates: DateOrder | null }

/** The cells of a row, and the line in which it ends. */
export type Cells = { cells: string[]; line: number }

/**
 * Reads the rows of a CSV file, the header row first. Skips rows without any value, and the reasons in a file of rejected rows,
 * also after a spreadsheet program has saved it.
 *
 * @throws FileMistake if the file is empty or not CSV, or its encoding is unknown
 */
export async function* tableRows(pieces: AsyncIterable<Buffer>, form: CsvForm): AsyncGenerator<Cells> {
  const text = utf8Of(notWorkbook(pieces), form.encoding, (encoding) => {
    form.encoding = encoding
  })
  let isEmpty = true
  for await (const row of cellsOf(text, form)) {
    if (row.cells.every((cell) => cell === '') || SAVED_REASON.test(row.cells[0] ?? '')) continue
    isEmpty = false
    yield row
  }
  if (isEmpty) throw new FileMistake('is empty: its first row must name the columns')
}

/** The first bytes of workbooks: xlsx and other zip files, and xls. */
const WORKBOOKS = ['504b0304', 'd0cf11e0']

/** Passes a file on, unless it is a workbook of a spreadsheet program. @throws FileMistake */
async function* notWorkbook(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begin = ''
  for await (const piece of pieces) {
    if (begin.length < 8) begin += piece.toString('hex', 0, 4)
    if (WORKBOOKS.some((mark) => begin.startsWith(mark)))
      throw new FileMistake('is a workbook, not CSV: open it, and save it as “CSV UTF-8”')
    yield piece
  }
}

/** A reason that a spreadsheet program has put into a cell. The parser skips reasons that are lines. */
const SAVED_REASON = new RegExp(`^${REASON}\\d+: `)

/** Splits rows into cells, with the line in which each row ends. Yields all rows before a mistake, then throws. */
async function* cellsOf(text: AsyncGenerator<Buffer>, form: CsvForm): AsyncGenerator<Cells> {
  const { begin, separator } = await beginOf(text)
  form.separator = separator
  let read: Cells[] = []
  // The line in which the last row ended, for messages about an unclosed quote.
  let end = 0
  const parser = parse({
    ...OPTIONS,
    delimiter: separator,
    on_record(cells: string[], { lines }: Info) {
      end = lines
      read.push({ cells, line: lines })
      // `taken` yields the rows, so the parser emits nothing.
      return null
    },
  })
  let failure: unknown = null
  parser.on('error', (error) => {
    failure = error
  })
  parser.resume()
  function* taken() {
    const rows = read
    read = []
    yield* rows
    if (failure) throw failure instanceof CsvError ? mistakeOf(failure, end) : failure
  }
  // In steps, because the parser does not pause.
  for await (const piece of joined(Buffer.from(begin), text))
    for (let at = 0; at < piece.length; at += PARSED_AT_ONCE) {
      await new Promise((done) => parser.write(piece.subarray(at, at + PARSED_AT_ONCE), done))
      yield* taken()
      await yieldIfSliceOver()
    }
  parser.end()
  await finished(parser).catch(() => {})
  yield* taken()
}

/**
 * Reads up to the end of the header row and detects the separator from it, or from a line `sep=` before it. Keeps the line
 * end of that line, so that line numbers stay right.
 *
 * @throws FileMistake if the header contains several separators
 */
async function beginOf(text: AsyncGenerator<Buffer>): Promise<{ begin: string; separator: Separator }> {
  let held = ''
  let isOver = false
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const readUntil = async (isEnough: () => boolean) => {
    while (!isOver && !isEnough()) {
      const { value, done } = await text.next()
      isOver = done === true
      held += decoder.decode(value ?? Buffer.alloc(0), { stream: !isOver })
      if (held.length > INGEST_BODY_MAX_BYTES)
        throw new FileMistake(`has no header row within ${INGEST_BODY_MAX_BYTES} bytes`)
    }
  }
  await readUntil(() => firstLine(held).isWhole)
  const { at, line } = firstLine(held)
  const said = /^"?sep=(.*?)"?$/i.exec(line)
  if (said === null) return { begin: held, separator: separatorOf(line) }
  const separator = said[1]
  if (!isSeparator(separator))
    throw new FileMistake('has an invalid first line: sep= must name a comma, a semicolon or a tab, such as sep=;')
  const afterLine = () => held.slice(at + line.length)
  await readUntil(() => /[^\r\n]/.test(afterLine()))
  // Some programs write the byte order mark after that line.
  return { begin: held.slice(0, at) + afterLine().replace(/^([\r\n]*)\ufeff/, '$1'), separator }
}

/** Finds the first line with content. Skips blank lines, comments of rejected rows, and lines of separators only. */
function firstLine(text: string): { at: number; line: string; isWhole: boolean } {
  const end = /[\r\n]/g
  for (let at = 0; ; at = end.lastIndex) {
    const found = end.exec(text)
    const line = text.slice(at, found?.index)
    if (found === null) return { at, line, isWhole: false }
    if (!line.startsWith(REASON) && !/^[,;\t]*$/.test(line)) return { at, line, isWhole: true }
  }
}

const isSeparator = (text: string | undefined): text is Separator => text === ',' || text === ';' || text === '\t'

/** @throws FileMistake */
function separatorOf(header: string): Separator {
  const bare = header.replaceAll(/"[^"]*"/g, '')
  const found = [',', ';', '\t', '|'].filter((separator) => bare.includes(separator))
  const [only = ',', other] = found
  if (other !== undefined)
    throw new FileMistake(
      `has ${found.map((one) => JSON.stringify(one)).join(' and ')} in its header row: name the separator in a first line such as sep=;`,
    )
  if (!isSeparator(only))
    throw new FileMistake(`has ${JSON.stringify(only)} between its columns: use commas, semicolons or tabs`)
  return only
}

/** Bytes that are parsed in one step: a millisecond. */
const PARSED_AT_ONCE = 1 << 15

const OPTIONS: Options = {
  bom: true,
  skip_empty_lines: true,
  // `rowOf` reports a wrong number of cells.
  relax_column_count: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  max_record_size: INGEST_BODY_MAX_BYTES,
  comment: REASON,
  comment_no_infix: true,
}

function mistakeOf({ code }: CsvError, line: number): FileMistake {
  const where = `the row that begins after line ${line}`
  if (code === 'CSV_QUOTE_NOT_CLOSED') return new FileMistake(`has an unclosed quote in ${where}`)
  if (code === 'CSV_MAX_RECORD_SIZE')
    return new FileMistake(`has more than ${INGEST_BODY_MAX_BYTES} bytes in ${where}: check for an unclosed quote`)
  return new FileMistake(`has a misplaced quote in ${where}: inside quotes, write a quote twice`)
}

type Column = { name: string; field: Field }
/** `width`: the number of cells in the header row, including columns without a name. */
type Header = { columns: Column[]; width: number; header: Buffer; cellOf(field: string): string }

/** Returns the names of the columns, without unnamed columns at the end. */
export const namesOf = (cells: readonly string[]): string[] =>
  cells.slice(0, cells.findLastIndex((name) => name !== '') + 1)

/** Reads the header. @throws FileMistake */
function headerOf(kind: RecordKind, cells: readonly string[]): Header {
  const header = namesOf(cells).map((cell) => fieldOfLabel(kind.resource.fields, cell))
  const fields: Fields = kind.resource.fields
  const names = Object.keys(fields)
  const inFiles = isByCode(kind, header) ? kind.inFiles : null
  const isLeftOut = (name: string) =>
    inFiles !== null &&
    (name in inFiles.blank || ['id', 'updated_at'].includes(name) || inFiles.either.some((one) => one === name))
  const wrong = [
    ...header.flatMap((name) =>
      name === ''
        ? ['a column has no name']
        : Object.hasOwn(fields, name)
          ? []
          : [`${name} ${unknownName(name, names)}`],
    ),
    ...header.flatMap((name, at) => (header.indexOf(name) === at ? [] : [`${name} appears twice`])),
    ...Object.entries(fields)
      .filter(([name, field]) => !field.nullable && !optionalFields(kind)(name, field) && !header.includes(name))
      .flatMap(([name]) => (isLeftOut(name) ? [] : [`${name} is missing`])),
    ...(inFiles === null || inFiles.either.some((name) => header.includes(name))
      ? []
      : [`${inFiles.either.join(' or ')} is missing`]),
  ]
  if (wrong.length > 0) throw new FileMistake(`does not have the columns of ${kind.path}: ${wrong.join('; ')}`)
  const columns = header.map((name) => ({ name, field: fields[name] as Field }))
  const headings = new Map(header.map((name, at) => [name, cells[at]?.trim() ?? name]))
  const cellOf = (name: string) => headings.get(name) ?? labelBeside(fields, headings, name)
  return { columns, width: cells.length, header: textOf(namesOf(cells)), cellOf }
}

/** Returns the name of a field that the file does not have, in the language of its headings. */
const labelBeside = (fields: Fields, headings: ReadonlyMap<string, string>, name: string): string =>
  [...headings].some(([field, heading]) => heading === fields[field]?.th && heading !== field)
    ? (fields[name]?.th ?? name)
    : name

/** Returns the field of a column whose heading is the name of the field, or its label in Thai or English. */
function fieldOfLabel(fields: Fields, heading: string): string {
  const name = heading.trim()
  if (Object.hasOwn(fields, name)) return name
  const [found, other] = Object.entries(fields).filter(([, { th, en }]) =>
    [th, en].some((label) => label.toLowerCase() === name.toLowerCase()),
  )
  return found && !other ? found[0] : heading
}

function rowOf(
  { columns, width, header, cellOf }: Header,
  sent: readonly string[],
  line: number,
  dates: DateOrder | null | undefined,
): FileRow {
  const bytes = sizeOf(sent)
  const { cells, mistake } = fitted(sent, columns.length, width)
  const value: JsonObject = Object.create(null)
  if (mistake === null)
    for (const [at, { name, field }] of columns.entries()) {
      const cell = cells[at] as string
      const json = jsonOf(field, dates !== undefined && field.kind === 'date' ? westernDay(cell, dates) : cell)
      if (json !== undefined) value[name] = json
    }
  return { line, value, mistake, text: () => textOf(cells), bytes, header, cellOf }
}

/** Returns the size of a row, in characters. */
export const sizeOf = (cells: readonly string[]): number => cells.reduce((sum, cell) => sum + cell.length + 1, 0)

/** Returns the cells of the named columns. Values outside of them, or missing cells, are a mistake. */
export function fitted(
  sent: readonly string[],
  count: number,
  width: number,
): { cells: readonly string[]; mistake: string | null } {
  const isMore = sent.length > width || sent.slice(count).some((cell) => cell !== '')
  const cells = isMore ? sent : sent.slice(0, count)
  const mistake = cells.length === count ? null : `has ${cells.length} cells, but the header has ${count}`
  return { cells, mistake }
}

/** Returns a cell as JSON; undefined for an empty cell, unless the field allows an empty text. */
function jsonOf({ value, mayBeEmpty }: Field, cell: string): Json | undefined {
  if (cell === '') return mayBeEmpty ? '' : undefined
  return value === null ? cell : value.ofCell(cell)
}

/** Returns a row as CSV, in UTF-8 with commas. */
export const textOf = (cells: readonly string[]): Buffer => Buffer.from(cells.map(quoted).join(','))

const quoted = (cell: string): string => (/[",\r\n]|^#/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
