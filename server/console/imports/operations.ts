import {
  IMPORT_FILE_MAX_BYTES,
  IMPORT_MISTAKES_MAX,
  IMPORT_ROW_MAX_LENGTH,
  IMPORT_SAMPLE,
} from '../../contract/console_limits.ts'
import { type Body, Data, type Operation, Query } from '../../contract/operation.ts'
import { ChoiceParameter, IdParameter, Required, TextParameter } from '../../contract/parameters.ts'
import { invalidQuery, Problem } from '../../contract/problem.ts'
import type { RecordKind } from '../../contract/record_kind.ts'
import { atomically, type Database } from '../../db/database.ts'
import type { Admission } from '../../http/admission.ts'
import { fileRows, versionOf } from '../../ingest/file_rows.ts'
import { DATE_ORDERS, type DateOrder, TAXES, type Taxes } from '../../ingest/formats/format.ts'
import { VENDORS, type Vendor, vendorsOf } from '../../ingest/grouped/format_rows.ts'
import { type Imported, importRows } from '../../ingest/import.ts'
import type { CsvForm } from '../../ingest/read/csv.ts'
import { ENCODINGS, type Encoding } from '../../ingest/read/encoding.ts'
import { FileMistake, type FileRow } from '../../ingest/read/rows.ts'
import { isSliceOver, yieldToOthers } from '../../time_slice.ts'
import type { JsonObject } from '../../values/json.ts'
import { NO_LIMITS, VALUE_KINDS } from '../../values/kinds.ts'
import { audit } from '../audit/audit.ts'
import { ComposedList, type MemberContext, memberOperation } from '../frame.ts'
import { beginImport, listImports, noteProgress } from './running.ts'
import { IMPORTED, ImportEntry, type ImportedPath, ImportOutcome, ImportTemplate } from './schema.ts'
import { templateOf } from './template.ts'

// Imports files of members, with the reader and the rules of `talad import`. A file is in memory while its request runs, and no row
// of it is stored elsewhere. A check is a dry run: it plans every batch and writes none. Each batch waits for its turn among the
// batches of the Ingest API. If the process dies, the batches so far are written; the same file again changes only the rest.

export type ImportParts = {
  db: Database
  kinds: readonly RecordKind[]
  /** The turns of batches, which the Ingest API uses too. */
  turns: Admission
}

export const importOperations = (parts: ImportParts): Operation[] => [check(parts), create(parts), list, get, template]

const tag = 'Imports'

const FILE: Body<Buffer[]> = {
  types: { 'text/csv': { type: 'string' } },
  schemas: {},
  maxBytes: IMPORT_FILE_MAX_BYTES,
  async read(bytes) {
    const pieces: Buffer[] = []
    for await (const piece of bytes) pieces.push(piece)
    return pieces
  },
}

const QUERY = {
  resource: Required(ChoiceParameter(IMPORTED, 'ชนิดของข้อมูล', 'Resource')),
  id: Required(IdParameter('ID ที่ผู้เรียกกำหนด ใช้ดูความคืบหน้า', 'An ID of your choice, to ask for the progress')),
  changed_at: TextParameter('เวลาที่แก้ไฟล์ล่าสุด', 'When the file was last changed', 40, '2026-11-30T03:00:00.000Z'),
  program: ChoiceParameter(VENDORS, 'โปรแกรมที่ส่งออกไฟล์', 'The program that exported the file'),
  encoding: ChoiceParameter(ENCODINGS, 'รหัสตัวอักษร', 'Encoding, if it is ambiguous'),
  taxes: ChoiceParameter(TAXES, 'ราคารวมภาษีแล้วหรือไม่', 'Whether prices include the taxes, if the file does not say so'),
  dates: ChoiceParameter(DATE_ORDERS, 'ลำดับของวันและเดือน', 'Order of day and month in dates such as 1/10/2026'),
}

type ImportQuery = {
  resource: ImportedPath
  id: string
  changed_at?: string
  program?: Vendor
  encoding?: Encoding
  taxes?: Taxes
  dates?: DateOrder
}

type ImportContext = MemberContext<ImportQuery, object, Buffer[]>

/** Batches wait for their turn, and each is its own transaction. */
const AS_FILE = { tag, role: 'admin', class: 'import', atomic: false } as const

const check = (parts: ImportParts) =>
  memberOperation({
    ...{ id: 'console.imports.check', method: 'POST', path: '/import-checks', ...AS_FILE },
    summary: { th: 'ตรวจไฟล์ก่อนนำเข้า', en: 'Check a file before it is imported' },
    about: {
      th: 'ตรวจทุกแถวเหมือนการนำเข้าจริง แต่ไม่บันทึกอะไร',
      en: 'Checks every row as an import does, and stores nothing.',
    },
    query: Query(QUERY),
    body: FILE,
    response: Data(ImportOutcome),
    handle: (context) => importFile(parts, context as ImportContext, true),
  })

const create = (parts: ImportParts) =>
  memberOperation({
    ...{ id: 'console.imports.create', method: 'POST', path: '/imports', ...AS_FILE },
    summary: { th: 'นำเข้าไฟล์', en: 'Import a file' },
    about: {
      th: 'บันทึกแถวที่ถูกต้อง และแสดงแถวที่ไม่ถูกต้องพร้อมเหตุผล นำเข้าไฟล์เดิมซ้ำได้',
      en: 'Stores the valid rows, and shows the others with the reasons. The same file can be imported again.',
    },
    query: Query(QUERY),
    body: FILE,
    response: Data(ImportOutcome),
    handle: (context) => importFile(parts, context as ImportContext, false),
  })

async function importFile({ db, kinds, turns }: ImportParts, context: ImportContext, isCheck: boolean) {
  const { caller, query, body, clock } = context
  const { id, resource } = query
  const kind = kinds.find(({ path }) => path === resource) as RecordKind
  const { program, changedAt } = checkedOptions(query)
  const businessId = caller.business.id
  const bytes = body.reduce((sum, piece) => sum + piece.length, 0)
  const begun = { businessId, id, resource, isCheck, memberId: caller.id, actor: caller.member.name, bytes }
  await atomically(db, async (tx) => {
    await beginImport(tx, begun, clock())
    if (!isCheck) await audit({ ...context, db: tx }, { subject: { type: 'import', id }, after: { resource, bytes } })
  })
  const form: CsvForm = { encoding: query.encoding ?? null, separator: null }
  const seen = collected()
  const file = counted(body)
  let imported: Imported = NOTHING
  let mistake: FileMistake | null = null
  // One after the other: the last note is that of the end.
  let noting = Promise.resolve()
  try {
    const version = versionOf(changedAt, clock())
    const rows = fileRows(kind, file.pieces, form, {
      ...{ db, businessId, version, format: 'csv', from: program },
      ...{ taxes: query.taxes ?? null, dates: query.dates ?? null },
    })
    imported = await importRows({
      ...{ db, kind, businessId, clock, skipping: undefined, isDry: isCheck },
      rows: inSlices(rows, seen.row),
      keepsEqual: () => form.isByCode === true || vendorsOf(resource) !== null,
      inTurn: (work) => inTurnOf(turns, businessId, work),
      position: file.position,
      isStopped: () => false,
      onRejected: seen.rejected,
      onBatch(far, readBytes) {
        imported = far
        noting = noting.then(() => noteProgress(db, begun, far, { readBytes, now: clock() })).catch(() => {})
      },
    })
  } catch (error) {
    if (!(error instanceof FileMistake)) throw error
    mistake = error
  } finally {
    await noting
    const isComplete = mistake === null && file.position() === bytes
    await noteProgress(db, begun, imported, { readBytes: file.position(), now: clock(), isComplete })
  }
  const { rows, created, updated, unchanged, stale, rejected } = imported
  return {
    ...{ id, resource, rows, created, updated, unchanged, stale, rejected },
    ...{ encoding: form.encoding, separator: form.separator, ...seen.shown() },
    ...{ file_mistake: mistake?.message ?? null, asks: mistake?.asks ?? null },
  }
}

const NOTHING: Imported = {
  ...{ rows: 0, rejected: 0, created: 0, updated: 0, unchanged: 0 },
  ...{ stale: 0, conflicting: 0, deleted: 0, erased: 0 },
}

/** @throws Problem `invalid_request` */
function checkedOptions({ resource, program, changed_at }: ImportQuery) {
  if (program !== undefined && !vendorsOf(resource)?.includes(program))
    throw invalidQuery([{ field: 'program', message: `exports no ${resource} that can be read` }])
  const at = changed_at === undefined ? null : VALUE_KINDS.time.read(changed_at, NO_LIMITS)
  if (at !== null && typeof at !== 'string') throw invalidQuery([{ field: 'changed_at', message: at.message }])
  return { program, changedAt: at === null ? null : new Date(at) }
}

/** Counts the bytes that were read. */
function counted(body: readonly Buffer[]) {
  let read = 0
  const pieces = (async function* () {
    for (const piece of body) {
      read += piece.length
      yield piece
    }
  })()
  return { pieces, position: () => read }
}

/** Passes rows on, and lets other requests run in between. */
async function* inSlices(rows: AsyncIterable<FileRow>, onRow: (row: FileRow) => void): AsyncGenerator<FileRow> {
  for await (const row of rows) {
    onRow(row)
    yield row
    if (isSliceOver()) await yieldToOthers()
  }
}

/** Waits for a turn for as long as it takes: the member sees the progress. */
async function inTurnOf<T>(turns: Admission, businessId: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    const leave = await turns.enter(`console ${businessId}`)
    if (!leave) continue
    try {
      return await work()
    } finally {
      leave()
    }
  }
}

/** Rows that are kept for the sample until it is known which of them are wrong. */
const SAMPLE_KEPT = 50

type RejectedRow = { line: number; reasons: string[]; row: string }

/** Collects what a response shows of the rows. */
function collected() {
  const sample: { line: number; values: { field: string; value: string }[] }[] = []
  const mistakes: RejectedRow[] = []
  const wrong = new Set<number>()
  let header: string | null = null
  return {
    row(row: FileRow): void {
      header ??= row.header?.toString() ?? null
      if (sample.length < SAMPLE_KEPT && row.mistake === null && row.value !== null)
        sample.push({ line: row.line, values: valuesOf(row) })
    },
    rejected(row: FileRow, reasons: readonly string[]): void {
      wrong.add(row.line)
      if (mistakes.length >= IMPORT_MISTAKES_MAX) return
      mistakes.push({
        line: row.line,
        reasons: [...reasons],
        row: row.text().toString().slice(0, IMPORT_ROW_MAX_LENGTH),
      })
    },
    shown: () => ({
      header,
      sample: sample.filter(({ line }) => !wrong.has(line)).slice(0, IMPORT_SAMPLE),
      mistakes: mistakes.toSorted((a, b) => a.line - b.line),
    }),
  }
}

/** Fields that mean nothing to people. */
const TECHNICAL = ['id', 'updated_at', 'external_id']

const valuesOf = ({ value, cellOf, fields }: FileRow) =>
  Object.entries(value as JsonObject).flatMap(([field, given]) =>
    TECHNICAL.includes(field) || fields?.includes(field) === false || given === null || given === undefined
      ? []
      : [{ field: cellOf?.(field) ?? field, value: wordsOf(given) }],
  )

/** Returns a value as a person reads it. A list, such as the SKUs of a product, becomes its texts. */
function wordsOf(given: unknown): string {
  if (Array.isArray(given)) return given.map(wordsOf).join('; ')
  if (typeof given !== 'object' || given === null) return String(given)
  if ('source' in given) return String(given.source)
  return Object.entries(given)
    .flatMap(([name, value]) => (TECHNICAL.includes(name) || value === null ? [] : [wordsOf(value)]))
    .join(' ')
}

const list = memberOperation({
  ...{ id: 'console.imports.list', method: 'GET', path: '/imports', role: 'admin', tag },
  summary: { th: 'ดึงรายการนำเข้าล่าสุด', en: 'List the last imports' },
  response: ComposedList(ImportEntry),
  handle: ({ db, caller, clock }) => listImports(db, caller.business.id, null, clock()),
})

const get = memberOperation({
  ...{ id: 'console.imports.get', method: 'GET', path: '/imports/{id}', role: 'admin', tag },
  summary: { th: 'ดูความคืบหน้าของการนำเข้า', en: 'Get the progress of an import' },
  params: { id: Required(IdParameter('ID ของการนำเข้า', 'Import ID')) },
  response: Data(ImportEntry),
  async handle({ db, caller, path, clock }) {
    const [found] = await listImports(db, caller.business.id, path.id, clock())
    if (!found) throw new Problem('not_found')
    return found
  },
})

const template = memberOperation({
  ...{ id: 'console.imports.template', method: 'GET', path: '/import-template', role: 'admin', tag },
  summary: { th: 'ดึงไฟล์ตัวอย่างสำหรับกรอกข้อมูล', en: 'Get a file to fill in' },
  query: Query({
    resource: Required(ChoiceParameter(IMPORTED, 'ชนิดของข้อมูล', 'Resource')),
    language: Required(ChoiceParameter(['th', 'en'], 'ภาษาของหัวคอลัมน์', 'Language of the headings')),
  }),
  response: Data(ImportTemplate),
  handle: ({ query }) => ({ csv: templateOf(query.resource, query.language) }),
})
