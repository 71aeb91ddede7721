import { isUtf8 } from 'node:buffer'
import { finished } from 'node:stream/promises'
import { CsvError, type Info, type Options, parse } from 'csv-parse'
import { type Json, type JsonObject, Numeral } from '../http/json.ts'
import { unknownName } from '../http/parameters.ts'
import type { RecordKind } from '../http/record.ts'
import type { Field, Fields } from '../http/schema.ts'
import { INGEST_BODY_MAX_BYTES } from '../limits.ts'
import { mayBeLeftOut } from './reading.ts'
import { FileMistake, REASON, type Row } from './rows.ts'

// CSV (RFC 4180) with a header row, in UTF-8. Its cells become what the same record would be as JSON, so that one and
// the same code says what is wrong with it. An empty cell is null.
//
// What is wrong with a row is a matter of that row; where quotes do not match, nobody can know any more where a row
// ends, and the file is read no further.

/** Whether records of this kind have no lists inside, so that a row of cells can hold one. */
export const isFlat = ({ resource, items }: RecordKind): boolean =>
  items === null && Object.values(resource.fields).every(({ kind }) => kind !== 'many')

/** The rows of a CSV file. @throws FileMistake if it is no CSV, if its columns are not those of the kind, or if it is not UTF-8 */
export async function* csvRows(kind: RecordKind, pieces: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  let header: Header | null = null
  for await (const { cells, line } of cellsOf(utf8Only(pieces))) {
    if (header === null) header = { columns: columnsOf(kind, cells), header: textOf(cells) }
    else yield rowOf(header, cells, line)
  }
  if (header === null) throw new FileMistake('is empty: its first row must name the columns')
}

type Cells = { cells: string[]; line: number }

/** Rows as cells, each with the line in which it ends. All that stand before a mistake come before it is thrown. */
async function* cellsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Cells> {
  let read: Cells[] = []
  // Where the last row ended, for the sentence about one that does not.
  let end = 0
  const parser = parse({
    ...OPTIONS,
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
  for await (const piece of pieces) {
    await new Promise((done) => parser.write(piece, done))
    yield* taken()
  }
  parser.end()
  await finished(parser).catch(() => {})
  yield* taken()
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
type Header = { columns: Column[]; header: Buffer }

/** What the header says. @throws FileMistake */
function columnsOf(kind: RecordKind, header: readonly string[]): Column[] {
  const { fields }: { fields: Fields } = kind.resource
  const names = Object.keys(fields)
  const [only = ''] = header
  const separator = header.length === 1 && /[;\t|]/.exec(only)?.[0]
  if (separator) throw new FileMistake(`must have commas between its columns, not ${JSON.stringify(separator)}`)
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
  return header.map((name) => ({ name, field: fields[name] as Field }))
}

function rowOf({ columns, header }: Header, cells: readonly string[], line: number): Row {
  const bytes = cells.reduce((sum, cell) => sum + cell.length + 1, 0)
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

/** Passes on what is UTF-8, and nothing else: the parser would put other characters in the place of what is not. */
async function* utf8Only(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let line = 1
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const held = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    // No character has a line feed inside.
    const end = held.lastIndexOf(LINE_FEED) + 1
    rest = held.subarray(end)
    if (rest.length > INGEST_BODY_MAX_BYTES)
      throw new FileMistake(`has no end of line ${line} within ${INGEST_BODY_MAX_BYTES} bytes`)
    const lines = held.subarray(0, end)
    line = checkLines(lines, line)
    yield lines
  }
  checkLines(rest, line)
  yield rest
}

const LINE_FEED = 0x0a

/** @returns the number of the line after these. @throws FileMistake that names the first one that is not UTF-8 */
function checkLines(bytes: Buffer, first: number): number {
  let line = first
  const isRight = isUtf8(bytes)
  for (let begin = 0; begin < bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, begin)
    if (!isRight && !isUtf8(bytes.subarray(begin, found < 0 ? bytes.length : found)))
      throw new FileMistake(`is not UTF-8, as line ${line} shows: save it as “CSV UTF-8”`)
    if (found < 0) break
    begin = found + 1
    line += 1
  }
  return line
}
