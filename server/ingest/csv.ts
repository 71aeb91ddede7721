import { finished } from 'node:stream/promises'
import { CsvError, type Info, type Options, parse } from 'csv-parse'
import { unknownName } from '../contract/parameters.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import type { Field, Fields } from '../contract/schema.ts'
import { INGEST_BODY_MAX_BYTES } from '../limits.ts'
import { type Json, type JsonObject, Numeral } from '../values/json.ts'
import { type Encoding, utf8Of } from './encoding.ts'
import { mayBeLeftOut } from './reading.ts'
import { FileMistake, REASON, type Row } from './rows.ts'

// CSV (RFC 4180) with a header row, also as spreadsheets write it: with a first line `sep=;`, with semicolons or tabs,
// with empty rows and columns, in several encodings (encoding.ts). Its cells become what the same record would be as
// JSON, so that one and the same code says what is wrong with it. An empty cell is null.
//
// What is wrong with a row is a matter of that row; where quotes do not match, nobody can know any more where a row
// ends, and the file is read no further.

/** Whether records of this kind have no lists inside, so that a row of cells can hold one. */
export const isFlat = ({ resource, items }: RecordKind): boolean =>
  items === null && Object.values(resource.fields).every(({ kind }) => kind !== 'many')

export type Separator = ',' | ';' | '\t'

/** How a file was read. Of a file that is empty or cannot be read, as far as it was found out. */
export type CsvForm = { encoding: Encoding | null; separator: Separator | null }

/**
 * The rows of a CSV file. Rows without any value are skipped.
 *
 * @param form what was found out is written here; an encoding that is there already is taken
 * @throws FileMistake if it is no CSV, if its columns are not those of the kind, or if its encoding is not known
 */
export async function* csvRows(
  kind: RecordKind,
  pieces: AsyncIterable<Buffer>,
  form: CsvForm = { encoding: null, separator: null },
): AsyncGenerator<Row> {
  const text = utf8Of(pieces, form.encoding, (encoding) => {
    form.encoding = encoding
  })
  let header: Header | null = null
  for await (const { cells, line } of cellsOf(text, form)) {
    if (cells.every((cell) => cell === '')) continue
    if (header === null) header = headerOf(kind, cells)
    else yield rowOf(header, cells, line)
  }
  if (header === null) throw new FileMistake('is empty: its first row must name the columns')
}

type Cells = { cells: string[]; line: number }

/** Rows as cells, each with the line in which it ends. All that stand before a mistake come before it is thrown. */
async function* cellsOf(text: AsyncGenerator<Buffer>, form: CsvForm): AsyncGenerator<Cells> {
  const { begin, separator } = await beginOf(text)
  form.separator = separator
  let read: Cells[] = []
  // Where the last row ended, for the sentence about one that does not.
  let end = 0
  const parser = parse({
    ...OPTIONS,
    delimiter: separator,
    on_record(cells: string[], { lines }: Info) {
      end = lines
      read.push({ cells, line: lines })
      // Handed out here, and not by the parser.
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
  if (begin.length > 0) await new Promise((done) => parser.write(Buffer.from(begin), done))
  yield* taken()
  for await (const piece of text) {
    if (piece.length > 0) await new Promise((done) => parser.write(piece, done))
    yield* taken()
  }
  parser.end()
  await finished(parser).catch(() => {})
  yield* taken()
}

/**
 * Reads up to the end of the header row, and tells the separator by it, or by a line `sep=` before it. Of that line only
 * the end is left, since lines are counted.
 *
 * @throws FileMistake if several separators stand in the header
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
    throw new FileMistake('must name a comma, a semicolon or a tab in its first line, such as sep=;')
  const afterLine = () => held.slice(at + line.length)
  await readUntil(() => /[^\r\n]/.test(afterLine()))
  // Some programs write the byte order mark behind that line.
  return { begin: held.slice(0, at) + afterLine().replace(/^([\r\n]*)\ufeff/, '$1'), separator }
}

/** The first line that says something: no blank one, no reason of a reject, no row of separators alone. */
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
      `has ${found.map((one) => JSON.stringify(one)).join(' and ')} in its header row: say which one separates columns, by a first line such as sep=;`,
    )
  if (!isSeparator(only))
    throw new FileMistake(`must have commas, semicolons or tabs between its columns, not ${JSON.stringify(only)}`)
  return only
}

const OPTIONS: Options = {
  bom: true,
  skip_empty_lines: true,
  // Said of the row, with the others.
  relax_column_count: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  max_record_size: INGEST_BODY_MAX_BYTES,
  comment: REASON,
  comment_no_infix: true,
}

function mistakeOf({ code }: CsvError, line: number): FileMistake {
  const where = `the row that begins after line ${line}`
  if (code === 'CSV_QUOTE_NOT_CLOSED') return new FileMistake(`has a quote that is not closed, in ${where}`)
  if (code === 'CSV_MAX_RECORD_SIZE')
    return new FileMistake(`has no end of ${where} within ${INGEST_BODY_MAX_BYTES} bytes: is a quote not closed?`)
  return new FileMistake(`has a quote in the wrong place, in ${where}: inside of quotes, a quote is written twice`)
}

type Column = { name: string; field: Field }
/** `width`: how many cells the row had, columns without a name included. */
type Header = { columns: Column[]; width: number; header: Buffer }

/** What the header says. Columns without a name at its end are left out. @throws FileMistake */
function headerOf(kind: RecordKind, cells: readonly string[]): Header {
  const header = cells.slice(0, cells.findLastIndex((name) => name !== '') + 1)
  const { fields }: { fields: Fields } = kind.resource
  const names = Object.keys(fields)
  const wrong = [
    ...header.flatMap((name) =>
      name === ''
        ? ['a column has no name']
        : Object.hasOwn(fields, name)
          ? []
          : [`${name} ${unknownName(name, names)}`],
    ),
    ...header.flatMap((name, at) => (header.indexOf(name) === at ? [] : [`${name} stands there twice`])),
    ...Object.entries(fields)
      .filter(([name, field]) => !field.nullable && !mayBeLeftOut(kind)(name, field) && !header.includes(name))
      .map(([name]) => `${name} is missing`),
  ]
  if (wrong.length > 0) throw new FileMistake(`does not have the columns of ${kind.path}: ${wrong.join('; ')}`)
  const columns = header.map((name) => ({ name, field: fields[name] as Field }))
  return { columns, width: cells.length, header: textOf(header) }
}

function rowOf({ columns, width, header }: Header, sent: readonly string[], line: number): Row {
  const bytes = sent.reduce((sum, cell) => sum + cell.length + 1, 0)
  const isMore = sent.length > width || sent.slice(columns.length).some((cell) => cell !== '')
  const cells = isMore ? sent : sent.slice(0, columns.length)
  const isWhole = cells.length === columns.length
  const mistake = isWhole ? null : `must have ${columns.length} cells, as the header has, and has ${cells.length}`
  const value: JsonObject = Object.create(null)
  if (isWhole)
    for (const [at, { name, field }] of columns.entries()) {
      const json = jsonOf(field, cells[at] as string)
      if (json !== undefined) value[name] = json
    }
  return { line, value, mistake, text: () => textOf(cells), bytes, header }
}

/** A cell as it would be in JSON; undefined if it is empty, which is null for what may be null. */
function jsonOf({ kind, mayBeEmpty }: Field, cell: string): Json | undefined {
  if (cell === '') return mayBeEmpty ? '' : undefined
  if (kind === 'count') return new Numeral(cell)
  // Spreadsheets write them in capitals.
  if (kind === 'flag') return FLAGS.get(cell) ?? cell
  return cell
}

const FLAGS = new Map([
  ['true', true],
  ['false', false],
  ['TRUE', true],
  ['FALSE', false],
])

const textOf = (cells: readonly string[]): Buffer => Buffer.from(cells.map(quoted).join(','))

const quoted = (cell: string): string => (/[",\r\n]|^#/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
