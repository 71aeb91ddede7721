import { closeSync, constants, createReadStream, openSync, writeSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { recordKinds } from '../api/index.ts'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import { type CsvForm, csvRows, isFlat, type Separator } from '../ingest/csv.ts'
import { ENCODINGS, type Encoding } from '../ingest/encoding.ts'
import { type Imported, importRows } from '../ingest/import.ts'
import { FileMistake, ndjsonRows, REASON, type Row, unpacked } from '../ingest/rows.ts'
import { Refusal } from '../oauth/applications.ts'
import { businessOf } from './business.ts'
import { showProgress } from './progress.ts'
import { withApp } from './session.ts'
import { listenForStop } from './stop.ts'
import { print, printJson, say, screen } from './terminal.ts'
import { examples, nearest, UsageMistake } from './usage.ts'

type Options = {
  business?: string
  format?: Format
  encoding?: Encoding
  dryRun?: true
  events: boolean
  rejects?: string
  json?: true
}

const FORMATS = ['ndjson', 'csv'] as const
type Format = (typeof FORMATS)[number]

const named = (kinds: readonly RecordKind[]) => kinds.map(({ path }) => path).join(', ')

export const importCommand = (config: () => Config): Command =>
  new Command('import')
    .argument('<resource>', 'what the records are, such as customers', kindOf)
    .argument('<file>', 'the file, or - for standard input')
    .description(
      'Write the records of a file into the database: NDJSON, one record a line, or CSV with a header row; both also packed by gzip. Records are as for the ingest plane (docs/ingest.md).',
    )
    .summary('write the records of a file')
    .option('--business <business>', 'whose records they are: id or name, if there are several')
    .option('--format <format>', 'ndjson or csv (default: csv if the name of the file says so)', formatOf)
    .option('--encoding <encoding>', `of CSV, if it cannot be told: ${ENCODINGS.join(', ')}`, encodingOf)
    .option('--dry-run', 'only check, and write nothing')
    .option('--no-events', 'tell nobody: for the first load of a business')
    .option('--rejects <file>', 'where refused rows go (default: <file>.rejects beside the file)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Resources, in the order in which they depend on each other:
  ${named(recordKinds)}
CSV is for ${named(recordKinds.filter(isFlat))};
an empty cell is null. Files of spreadsheets are taken as they are: commas, semicolons or tabs (or a
first line sep=;), UTF-8, UTF-16 with a byte order mark, Windows-874. How a file was read is printed.

A refused row is left out, and written to the file of rejects below the reason: mend it there, and import that file. The
others are written, 5,000 at a time. What was interrupted can be run again: what is there already is then unchanged.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad import customers customers.csv',
        'talad import sales sales-2026.ndjson.gz --no-events --rejects wrong.ndjson',
        'zcat old.gz | talad import suppliers - --dry-run --json',
      ),
    )
    .action(async (kind: RecordKind, file: string, options: Options) => {
      const format = options.format ?? (/\.(csv|tsv)(\.rejects)?(\.gz)?$/i.test(file) ? 'csv' : 'ndjson')
      if (format === 'csv' && !isFlat(kind))
        throw new UsageMistake(
          `${kind.path} have lists inside, which CSV has no room for: use NDJSON, one record a line.`,
        )
      if (format !== 'csv' && options.encoding) throw new UsageMistake('--encoding is for CSV: NDJSON is always UTF-8.')
      const rejects = options.rejects ?? (file === '-' ? 'talad-import.rejects' : `${file}.rejects`)
      if (resolve(rejects) === resolve(file))
        throw new UsageMistake('--rejects must name another file than the one that is read.')
      const source = await openSource(file)
      await withApp(config(), (app) => importFile(app, kind, source, { ...options, format, rejects }), {
        unhurried: true,
      })
    })

function kindOf(word: string): RecordKind {
  const found = recordKinds.find(({ path }) => path === word)
  if (found) return found
  const known = recordKinds.map(({ path }) => path)
  const near = nearest(word, known)
  throw new UsageMistake(
    `There is no resource ${word}; ${near ? `did you mean ${near}?` : `there are ${known.join(', ')}.`}`,
  )
}

function formatOf(word: string): Format {
  const found = FORMATS.find((format) => format === word)
  if (found) return found
  throw new UsageMistake(`--format must be ndjson or csv, not ${word}.`)
}

function encodingOf(word: string): Encoding {
  const found = ENCODINGS.find((encoding) => encoding === word.toLowerCase())
  if (found) return found
  throw new UsageMistake(`--encoding must be one of ${ENCODINGS.join(', ')}, not ${word}.`)
}

/** A file that is going to be read: how long it is, if that is known, and how much of it was read. */
type Source = { name: string; bytes: number | null; pieces: AsyncIterable<Buffer>; position(): number }

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
}

async function openSource(file: string): Promise<Source> {
  if (file === '-') return counted('standard input', null, () => process.stdin)
  try {
    const about = await stat(file)
    if (about.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    await access(file, constants.R_OK)
    // A pipe has a name, and no length.
    const bytes = about.isFile() ? about.size : null
    return counted(file, bytes, () => createReadStream(file, { highWaterMark: PIECE_BYTES }))
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Refusal(`${file} cannot be read: ${REASONS[code] ?? message}.`)
  }
}

const PIECE_BYTES = 1 << 18

/** Counts what is taken out of a stream, which is opened when the first piece is. */
function counted(name: string, bytes: number | null, opened: () => AsyncIterable<Buffer>): Source {
  let read = 0
  const pieces = (async function* () {
    for await (const piece of opened()) {
      read += piece.length
      yield piece
    }
  })()
  return { name, bytes, pieces, position: () => read }
}

async function importFile(
  { db, clock }: App,
  kind: RecordKind,
  source: Source,
  options: Options & { format: Format; rejects: string },
): Promise<void> {
  const { dryRun: isDry = false, events, json } = options
  const businessId = await businessOf(db, options.business)
  const stop = listenForStop()
  const progress = progressOf(kind.path, source)
  const rejects = rejectsTo(options.rejects, source.name)
  const pieces = unpacked(source.pieces)
  let imported: Imported = NOTHING
  let mistake: FileMistake | null = null
  const form: CsvForm = { encoding: options.encoding ?? null, separator: null }
  try {
    imported = await importRows({
      ...{ db, kind, businessId, clock, writesEvents: events, isDry },
      rows: options.format === 'csv' ? csvRows(kind, pieces, form) : ndjsonRows(pieces),
      position: source.position,
      isStopped: stop.isTold,
      onRejected: rejects.take,
      onBatch: (far, position) => {
        imported = far
        progress.tell(far.rows, position)
      },
    })
  } catch (error) {
    if (!(error instanceof FileMistake)) throw error
    mistake = error
  } finally {
    rejects.close()
  }
  progress.finish(imported.rows)
  const { encoding, separator } = form
  const isKnown = options.format === 'csv' && encoding !== null && separator !== null
  if (isKnown) say(`${source.name}: CSV in ${NAMES[encoding]}, with ${SEPARATED[separator]} between its columns.`)
  if (json) printJson({ resource: kind.path, dry_run: isDry, ...(isKnown && { encoding, separator }), ...imported })
  else print(sentence(kind, imported, isDry))
  const untold =
    rejects.count() === 0
      ? null
      : `${rowsOf(rejects.count())} ${rejects.count() === 1 ? 'was' : 'were'} not written: see ${options.rejects}, below each reason.`
  if (mistake)
    throw new Refusal(
      [`${source.name} ${mistake.message}. Nothing was read beyond that.`, untold].filter(Boolean).join('\n'),
    )
  if (stop.isTold())
    throw new Refusal('Stopped. Run the same again to go on: what is written already is then unchanged.')
  if (untold) throw new Refusal(untold)
}

const NAMES: Record<Encoding, string> = {
  'utf-8': 'UTF-8',
  'windows-874': 'Windows-874 (Thai)',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
}
const SEPARATED: Record<Separator, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' }

const NOTHING: Imported = {
  ...{ rows: 0, rejected: 0, created: 0, updated: 0, unchanged: 0 },
  ...{ stale: 0, conflicting: 0, deleted: 0, erased: 0 },
}

const count = (number: number): string => number.toLocaleString('en')
const rowsOf = (number: number): string => `${count(number)} ${number === 1 ? 'row' : 'rows'}`

function sentence({ path }: RecordKind, { rows, ...counts }: Imported, isDry: boolean): string {
  const parts = Object.entries(counts).filter(([, number]) => number > 0)
  const said = parts.map(([what, number]) => `${count(number)} ${what}`).join(', ')
  const would = isDry ? 'Checked, and written nothing: ' : ''
  return `${would}${rowsOf(rows)} of ${path}${said === '' ? '' : `: ${said}`}.`
}

/** Shows how far it is: how many rows there are is reckoned from how long they were so far. */
function progressOf(step: string, { bytes, position }: Source) {
  const { isTerminal, columns, redraw } = screen
  const show = showProgress({ isTerminal: isTerminal(), columns: columns(), redraw, say, now: () => performance.now() })
  show({ step, unit: 'rows', done: 0, total: null })
  return {
    tell(done: number, at = position()) {
      const total = bytes === null || at === 0 ? null : Math.max(done, Math.round((done * bytes) / at))
      show({ step, unit: 'rows', done, total, isEstimate: true })
    },
    finish: (done: number) => show({ step, unit: 'rows', done, total: done }),
  }
}

const SAID_MAX = 5
const LINE_END = Buffer.from('\n')

/** Writes rows that were refused as they stand in the file, so that they can be mended and read again. */
function rejectsTo(file: string, source: string) {
  let handle: number | null = null
  let rejected = 0
  return {
    count: () => rejected,
    take(row: Row, reasons: readonly string[]): void {
      if (handle === null) {
        handle = openRejects(file)
        if (row.header) writeSync(handle, Buffer.concat([row.header, LINE_END]))
      }
      rejected += 1
      for (const reason of reasons) {
        if (rejected <= SAID_MAX) say(`${source}, line ${row.line}: ${reason}`)
        writeSync(handle, `${REASON}${row.line}: ${reason.replaceAll(/\s+/g, ' ')}\n`)
      }
      const text = row.text()
      if (text.length > 0) writeSync(handle, Buffer.concat([text, LINE_END]))
    },
    close(): void {
      if (handle !== null) closeSync(handle)
    },
  }
}

function openRejects(file: string): number {
  try {
    return openSync(file, 'w', 0o600)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Refusal(`${file} cannot be written: ${REASONS[code] ?? message}.`)
  }
}
