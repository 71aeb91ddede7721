import { closeSync, constants, createReadStream, openSync, writeSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { recordKinds } from '../api/index.ts'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { Problem } from '../contract/problem.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import { fileRows, versionOf } from '../ingest/file_rows.ts'
import { DATE_ORDERS, type DateOrder, TAXES, type Taxes } from '../ingest/formats/format.ts'
import { VENDORS, type Vendor, vendorsOf } from '../ingest/grouped/format_rows.ts'
import { type Imported, importRows } from '../ingest/import.ts'
import { type CsvForm, isFlat, type Separator } from '../ingest/read/csv.ts'
import { ENCODINGS, type Encoding } from '../ingest/read/encoding.ts'
import { decompressed, FileMistake, type FileQuestion, type FileRow, REASON } from '../ingest/read/rows.ts'
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
  from?: Vendor
  taxes?: Taxes
  dates?: DateOrder
  encoding?: Encoding
  dryRun?: true
  events: boolean
  rejects?: string
  json?: true
}

const FORMATS = ['ndjson', 'csv'] as const
type FileFormat = (typeof FORMATS)[number]

const named = (kinds: readonly RecordKind[]) => kinds.map(({ path }) => path).join(', ')
const GROUPED = named(recordKinds.filter(({ path }) => vendorsOf(path)))
/** Files of people have dates as people write them. */
const DATED = named(recordKinds.filter(({ path, inFiles }) => vendorsOf(path) || inFiles))

export const importCommand = (config: () => Config): Command =>
  new Command('import')
    .argument('<resource>', 'Resource of the records, such as customers', kindOf)
    .argument('<file>', 'Path of the file, or - for standard input')
    .description(
      'Import the records of a file: NDJSON with one record per line, or CSV with a header row; both may be compressed with gzip. Records have the format of the Ingest API (docs/ingest.md).',
    )
    .summary('Import the records of a file')
    .option('--business <business>', 'Owner of the records, by id or name (required if several businesses exist)')
    .option(
      '--format <format>',
      'Format: ndjson or csv (default: by the file name extension)',
      oneOf('--format', FORMATS),
    )
    .option('--from <program>', `Program that exported a CSV file: ${VENDORS.join(', ')}`, oneOf('--from', VENDORS))
    .option(
      '--taxes <taxes>',
      `Whether prices include the taxes, if a CSV file does not say so: ${TAXES.join(', ')}`,
      oneOf('--taxes', TAXES),
    )
    .option(
      '--dates <order>',
      `Order of dates such as 1/10/2026 in a CSV file: ${DATE_ORDERS.join(', ')}`,
      oneOf('--dates', DATE_ORDERS),
    )
    .option(
      '--encoding <encoding>',
      `Encoding of a CSV file, if it is ambiguous: ${ENCODINGS.join(', ')}`,
      oneOf('--encoding', ENCODINGS),
    )
    .option('--dry-run', 'Validate only, write nothing')
    .option('--no-events', 'Record no events, for the initial import of a business without webhooks')
    .option('--rejects <file>', 'File for rejected rows (default: <file>.rejects)')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
Resources, in dependency order:
  ${named(recordKinds)}
CSV is supported for ${named(recordKinds.filter(isFlat))}:
one row per record, an empty cell is null. It is also supported for ${GROUPED}: one row per SKU or item, with codes and
names instead of ids (docs/command-line.md), or as Loyverse, Square and StoreHub export them (--from).
Files from spreadsheet programs work directly: commas, semicolons or tabs (or a first line sep=;), UTF-8, UTF-16 with a
byte order mark, Windows-874. The detected format is printed.

A rejected row is not imported. It is written to the rejects file after its reason: correct it there and import that file. The
other rows are written, 5,000 at a time. An interrupted import can be run again: rows that exist already are unchanged.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad import customers customers.csv',
        'talad import sales sales-2026.ndjson.gz --no-events --rejects wrong.ndjson',
        'talad import sales --from loyverse receipts-by-item.csv --taxes included --dates dmy',
        'zcat old.gz | talad import suppliers - --dry-run --json',
      ),
    )
    .action(async (kind: RecordKind, file: string, options: ImportOptions) => {
      const isCsv = options.from !== undefined || /\.(csv|tsv)(\.rejects)?(\.gz)?$/i.test(file)
      const format = options.format ?? (isCsv ? 'csv' : 'ndjson')
      const hasGroups = isGrouped(kind, format, options)
      const rejects = options.rejects ?? (file === '-' ? 'talad-import.rejects' : `${file}.rejects`)
      if (resolve(rejects) === resolve(file)) throw new UsageMistake('--rejects must not name the input file.')
      const source = await openSource(file)
      await withApp(config(), (app) => importFile(app, kind, source, { ...options, format, hasGroups, rejects }), {
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

/** Returns the parser of an option whose value is one of these words. */
const oneOf =
  <W extends string>(option: string, words: readonly W[]) =>
  (word: string): W => {
    const found = words.find((one) => one === word.toLowerCase())
    if (found) return found
    throw new UsageMistake(`${option} must be one of ${words.join(', ')}, not ${word}.`)
  }

/** Returns whether the file is CSV with several rows for each record. @throws UsageMistake for options that do not fit */
function isGrouped(kind: RecordKind, format: FileFormat, options: ImportOptions): boolean {
  const { path } = kind
  const vendors = vendorsOf(path)
  const { from, taxes, dates, encoding } = options
  if (from && !vendors?.includes(from))
    throw new UsageMistake(
      vendors
        ? `--from ${from} has no ${path}: it has ${vendors.join(', ')}.`
        : `--from is for ${GROUPED}, not for ${path}.`,
    )
  if (format !== 'csv' && (encoding || from))
    throw new UsageMistake(`${from ? '--from' : '--encoding'} is for CSV: NDJSON is always UTF-8.`)
  if (format === 'csv' && !vendors && !isFlat(kind))
    throw new UsageMistake(`${path} contain lists, which CSV does not support: use NDJSON, one record per line.`)
  if (taxes && (format !== 'csv' || !vendors)) throw new UsageMistake(`--taxes is for CSV files of ${GROUPED}.`)
  if (dates && (format !== 'csv' || !(vendors || kind.inFiles)))
    throw new UsageMistake(`--dates is for CSV files of ${DATED}.`)
  return format === 'csv' && vendors !== null
}

/** The input file: its size and the time of its last change, if known, and how much of it was read. */
type Source = {
  name: string
  bytes: number | null
  changedAt: Date | null
  pieces: AsyncIterable<Buffer>
  position(): number
}

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

async function openSource(file: string): Promise<Source> {
  if (file === '-') return counted('standard input', null, null, () => process.stdin)
  try {
    const about = await stat(file)
    if (about.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    await access(file, constants.R_OK)
    // A pipe has a name but no size.
    const bytes = about.isFile() ? about.size : null
    return counted(file, bytes, bytes === null ? null : about.mtime, () =>
      createReadStream(file, { highWaterMark: PIECE_BYTES }),
    )
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Refusal(`${file} cannot be read: ${REASONS[code] ?? message}.`)
  }
}

const PIECE_BYTES = 1 << 18

/** Counts the bytes read from a stream; opens it at the first read. */
function counted(
  name: string,
  bytes: number | null,
  changedAt: Date | null,
  opened: () => AsyncIterable<Buffer>,
): Source {
  let read = 0
  const pieces = (async function* () {
    for await (const piece of opened()) {
      read += piece.length
      yield piece
    }
  })()
  return { name, bytes, changedAt, pieces, position: () => read }
}

type FileOptions = ImportOptions & { format: FileFormat; hasGroups: boolean; rejects: string }

async function importFile(app: App, kind: RecordKind, source: Source, options: FileOptions): Promise<void> {
  const { db, clock } = app
  const { dryRun: isDry = false, events, hasGroups } = options
  const businessId = await businessOf(db, options.business)
  const stop = listenForStop()
  const progress = progressOf(kind.path, source)
  const rejects = rejectsTo(options.rejects, source.name)
  let imported: Imported = NOTHING
  let mistake: FileMistake | null = null
  const form: CsvForm = { encoding: options.encoding ?? null, separator: null }
  try {
    imported = await importRows({
      ...{ db, kind, businessId, clock, skipping: events ? undefined : hasWebhooks, isDry },
      rows: fileRows(kind, decompressed(source.pieces), form, {
        ...options,
        db,
        businessId,
        version: versionOf(source.changedAt, clock()),
      }),
      keepsEqual: () => hasGroups || form.isByCode === true,
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
  report(kind, source, options, form, imported)
  const untold = untoldOf(rejects.count(), options)
  if (mistake)
    throw new Refusal(
      [`${source.name} ${mistake.message}${saidBy(mistake)}. The rest of the file was not read.`, untold]
        .filter(Boolean)
        .join('\n'),
    )
  if (stop.isTold())
    throw new Refusal('Stopped. Run the same command again to continue; rows that were written already are unchanged.')
  if (untold) throw new Refusal(untold)
}

/** Prints the form of the file and the result. */
function report(
  kind: RecordKind,
  source: Source,
  { format, hasGroups, dryRun, json }: FileOptions,
  { encoding, separator }: CsvForm,
  imported: Imported,
): void {
  const isKnown = format === 'csv' && encoding !== null && separator !== null
  if (isKnown) say(`${source.name}: CSV in ${NAMES[encoding]}, columns separated by ${SEPARATED[separator]}.`)
  if (json)
    printJson({
      ...{ resource: kind.path, dry_run: dryRun ?? false, ...(isKnown && { encoding, separator }), ...imported },
    })
  else print([sentence(kind, imported, dryRun ?? false, hasGroups), ...sentencesOf(imported)].join(' '))
}

function untoldOf(rejected: number, { hasGroups, rejects }: FileOptions): string | null {
  if (rejected === 0) return null
  const what = hasGroups ? `${count(rejected)} ${rejected === 1 ? 'record' : 'records'}` : rowCount(rejected)
  return `${what} ${rejected === 1 ? 'was' : 'were'} not written: see ${rejects} for the rows and the reasons.`
}

/** Names the option that says what a file does not. */
const saidBy = ({ asks }: FileMistake): string => (asks === null ? '' : OPTION_OF[asks])

const OPTION_OF: Record<FileQuestion, string> = {
  encoding: ' or specify --encoding',
  taxes: ': specify --taxes included or --taxes added',
  dates: ': specify --dates dmy or --dates mdy',
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
const rowCount = (number: number): string => `${count(number)} ${number === 1 ? 'row' : 'rows'}`

function sentence(
  { path }: RecordKind,
  { rows, open_items: _, unknown_categories: __, ...counts }: Imported,
  isDry: boolean,
  hasGroups: boolean,
): string {
  const parts = Object.entries(counts).filter(([, number]) => number > 0)
  const said = parts.map(([what, number]) => `${count(number)} ${what}`).join(', ')
  const would = isDry ? 'Dry run, nothing was written: ' : ''
  const records = Object.values(counts).reduce((sum, number) => sum + number, 0)
  return `${would}${rowCount(rows)} ${hasGroups ? `with ${count(records)}` : 'of'} ${path}${said === '' ? '' : `: ${said}`}.`
}

const sentencesOf = ({ open_items: items = 0, unknown_categories: products = 0 }: Imported): string[] => [
  ...(items === 0
    ? []
    : [
        `${count(items)} ${items === 1 ? 'item has' : 'items have'} an empty or unknown SKU code, and no product_sku_id.`,
      ]),
  ...(products === 0
    ? []
    : [
        `${count(products)} ${products === 1 ? 'product has' : 'products have'} an unknown category, and no category_id.`,
      ]),
]

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
