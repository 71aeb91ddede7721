import { closeSync, constants, createReadStream, openSync, writeSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { recordKinds } from '../api/index.ts'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { Problem } from '../contract/problem.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import { type Imported, importRows } from '../ingest/import.ts'
import { type CsvForm, csvRows, isFlat, type Separator } from '../ingest/read/csv.ts'
import { ENCODINGS, type Encoding } from '../ingest/read/encoding.ts'
import { decompressed, FileMistake, type FileRow, ndjsonRows, REASON } from '../ingest/read/rows.ts'
import { nearest } from '../nearest.ts'
import { Refusal } from '../oauth/applications.ts'
import { hasWebhooks } from '../webhooks/subscriptions/subscriptions.ts'
import { businessOf } from './business.ts'
import { listenForStop } from './process/stop.ts'
import { withApp } from './session.ts'
import { showProgress } from './terminal/progress.ts'
import { print, printJson, say, screen } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'

type ImportOptions = {
  business?: string
  format?: FileFormat
  encoding?: Encoding
  dryRun?: true
  events: boolean
  rejects?: string
  json?: true
}

const FORMATS = ['ndjson', 'csv'] as const
type FileFormat = (typeof FORMATS)[number]

const named = (kinds: readonly RecordKind[]) => kinds.map(({ path }) => path).join(', ')

export const importCommand = (config: () => Config): Command =>
  new Command('import')
    .argument('<resource>', 'Resource of the records, such as customers', kindOf)
    .argument('<file>', 'Path of the file, or - for standard input')
    .description(
      'Import the records of a file: NDJSON with one record per line, or CSV with a header row; both may be compressed with gzip. Records have the format of the Ingest API (docs/ingest.md).',
    )
    .summary('Import the records of a file')
    .option('--business <business>', 'Owner of the records, by id or name (required if several businesses exist)')
    .option('--format <format>', 'Format: ndjson or csv (default: by the file name extension)', formatOf)
    .option('--encoding <encoding>', `Encoding of a CSV file, if it is ambiguous: ${ENCODINGS.join(', ')}`, encodingOf)
    .option('--dry-run', 'Validate only, write nothing')
    .option('--no-events', 'Record no events, for the initial import of a business without webhooks')
    .option('--rejects <file>', 'File for rejected rows (default: <file>.rejects)')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
Resources, in dependency order:
  ${named(recordKinds)}
CSV is supported for ${named(recordKinds.filter(isFlat))};
an empty cell is null. Files from spreadsheet programs work directly: commas, semicolons or tabs (or a
first line sep=;), UTF-8, UTF-16 with a byte order mark, Windows-874. The detected format is printed.

A rejected row is not imported. It is written to the rejects file after its reason: correct it there and import that file. The
other rows are written, 5,000 at a time. An interrupted import can be run again: rows that exist already are unchanged.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad import customers customers.csv',
        'talad import sales sales-2026.ndjson.gz --no-events --rejects wrong.ndjson',
        'zcat old.gz | talad import suppliers - --dry-run --json',
      ),
    )
    .action(async (kind: RecordKind, file: string, options: ImportOptions) => {
      const format = options.format ?? (/\.(csv|tsv)(\.rejects)?(\.gz)?$/i.test(file) ? 'csv' : 'ndjson')
      if (format === 'csv' && !isFlat(kind))
        throw new UsageMistake(
          `${kind.path} contain lists, which CSV does not support: use NDJSON, one record per line.`,
        )
      if (format !== 'csv' && options.encoding) throw new UsageMistake('--encoding is for CSV: NDJSON is always UTF-8.')
      const rejects = options.rejects ?? (file === '-' ? 'talad-import.rejects' : `${file}.rejects`)
      if (resolve(rejects) === resolve(file)) throw new UsageMistake('--rejects must not name the input file.')
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
    `Unknown resource ${word}; ${near ? `did you mean ${near}?` : `the resources are ${known.join(', ')}.`}`,
  )
}

function formatOf(word: string): FileFormat {
  const found = FORMATS.find((format) => format === word)
  if (found) return found
  throw new UsageMistake(`--format must be ndjson or csv, not ${word}.`)
}

function encodingOf(word: string): Encoding {
  const found = ENCODINGS.find((encoding) => encoding === word.toLowerCase())
  if (found) return found
  throw new UsageMistake(`--encoding must be one of ${ENCODINGS.join(', ')}, not ${word}.`)
}

/** The input file: its size if known, and how much of it was read. */
type Source = { name: string; bytes: number | null; pieces: AsyncIterable<Buffer>; position(): number }

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

async function openSource(file: string): Promise<Source> {
  if (file === '-') return counted('standard input', null, () => process.stdin)
  try {
    const about = await stat(file)
    if (about.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    await access(file, constants.R_OK)
    // A pipe has a name but no size.
    const bytes = about.isFile() ? about.size : null
    return counted(file, bytes, () => createReadStream(file, { highWaterMark: PIECE_BYTES }))
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Refusal(`${file} cannot be read: ${REASONS[code] ?? message}.`)
  }
}

const PIECE_BYTES = 1 << 18

/** Counts the bytes read from a stream; opens it at the first read. */
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
  options: ImportOptions & { format: FileFormat; rejects: string },
): Promise<void> {
  const { dryRun: isDry = false, events, json } = options
  const businessId = await businessOf(db, options.business)
  const stop = listenForStop()
  const progress = progressOf(kind.path, source)
  const rejects = rejectsTo(options.rejects, source.name)
  const pieces = decompressed(source.pieces)
  let imported: Imported = NOTHING
  let mistake: FileMistake | null = null
  const form: CsvForm = { encoding: options.encoding ?? null, separator: null }
  try {
    imported = await importRows({
      ...{ db, kind, businessId, clock, skipping: events ? undefined : hasWebhooks, isDry },
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
    if (error instanceof Problem && error.code === 'conflict') throw new Refusal(HAS_WEBHOOKS)
    if (!(error instanceof FileMistake)) throw error
    mistake = error
  } finally {
    rejects.close()
  }
  progress.finish(imported.rows)
  const { encoding, separator } = form
  const isKnown = options.format === 'csv' && encoding !== null && separator !== null
  if (isKnown) say(`${source.name}: CSV in ${NAMES[encoding]}, columns separated by ${SEPARATED[separator]}.`)
  if (json) printJson({ resource: kind.path, dry_run: isDry, ...(isKnown && { encoding, separator }), ...imported })
  else print(sentence(kind, imported, isDry))
  const untold =
    rejects.count() === 0
      ? null
      : `${rowsOf(rejects.count())} ${rejects.count() === 1 ? 'was' : 'were'} not written: see ${options.rejects} for the rows and the reasons.`
  if (mistake)
    throw new Refusal(
      [`${source.name} ${mistake.message}. The rest of the file was not read.`, untold].filter(Boolean).join('\n'),
    )
  if (stop.isTold())
    throw new Refusal('Stopped. Run the same command again to continue; rows that were written already are unchanged.')
  if (untold) throw new Refusal(untold)
}

const HAS_WEBHOOKS =
  'The business has webhooks, which would miss these records. Import without --no-events, or delete the webhooks first.'

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
  const would = isDry ? 'Dry run, nothing was written: ' : ''
  return `${would}${rowsOf(rows)} of ${path}${said === '' ? '' : `: ${said}`}.`
}

/** Shows the progress of an import. The total number of rows is estimated from the average row size. */
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

/** Writes rejected rows exactly as in the file, so that they can be corrected and imported again. */
function rejectsTo(file: string, source: string) {
  let handle: number | null = null
  let rejected = 0
  return {
    count: () => rejected,
    take(row: FileRow, reasons: readonly string[]): void {
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
