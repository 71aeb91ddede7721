import { type Operation, operation, Plain, Query } from '../contract/operation.ts'
import { Rendered } from '../contract/page.ts'
import { FlagParameter } from '../contract/parameters.ts'
import { INGEST_PLANE } from '../contract/plane.ts'
import { Problem } from '../contract/problem.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import type { JsonSchema } from '../contract/schema.ts'
import { atomically, type Runner } from '../db/database.ts'
import { type Admission, createAdmission } from '../http/admission.ts'
import {
  INGEST_BODY_MAX_BYTES,
  INGEST_WAIT_MS,
  MISTAKES_MAX,
  RECORDS_MAX,
  WAITING_OF_ONE_MAX,
  WRITING_MAX,
} from '../limits.ts'
import { jsonLists } from '../time_slice.ts'
import { linesOf, membersOf } from './read/lines.ts'
import { type ReadBatch, readBatch } from './read/reading.ts'
import { readBackOperation } from './read_back.ts'
import { BatchResult, recordSchema } from './schema.ts'
import { type HasWebhooks, writeBatch } from './write/batch.ts'

const NDJSON = 'application/x-ndjson'
const JSON_LIST = 'application/json'

/**
 * Returns the turns of writers: they limit the batches that write at once, so that partners always get a database connection. While
 * several applications write, each writes one batch at a time.
 */
export const batchTurns = (): Admission =>
  createAdmission(
    {
      atOnce: WRITING_MAX,
      alone: WRITING_MAX,
      withOthers: WRITING_MAX,
      divided: WRITING_MAX,
      least: 1,
      waiting: WAITING_OF_ONE_MAX,
      waitMs: INGEST_WAIT_MS,
      activeMs: INGEST_WAIT_MS,
      pauseMaxMs: 0,
    },
    () => true,
  )

/** Declares POST and GET /api/ingest/v1/… for each record kind. */
export function ingestOperations(
  kinds: readonly RecordKind[],
  hasWebhooks: HasWebhooks,
  turns: Admission,
): Operation[] {
  const readInTurn = <T>(applicationId: string, work: () => Promise<T>) => inTurn(turns, applicationId, work)
  return kinds.flatMap((kind) => [ingestOperation(kind, turns, hasWebhooks), readBackOperation(kind, readInTurn)])
}

function ingestOperation(kind: RecordKind, turns: Admission, hasWebhooks: HasWebhooks): Operation {
  const { path, named } = kind
  const { schema, schemas } = recordSchema(kind)
  return operation({
    id: `ingest.${path.replaceAll('-', '_')}`,
    method: 'POST',
    plane: INGEST_PLANE,
    class: 'ingest',
    path: `/${path}`,
    tag: 'Ingest',
    scope: 'write:ingest',
    summary: { th: `ส่งข้อมูล${named.th}`, en: `Write ${named.en}` },
    about: aboutOf(kind),
    query: Query({
      partial: FlagParameter(
        'หากเป็น true Talad จะบันทึก record ที่ถูกต้อง และแสดงข้อผิดพลาดของ record อื่นใน `rejected` ค่าเริ่มต้นคือไม่บันทึกเลยหากมี record ใดผิด',
        'If true, valid records are stored, and `rejected` lists the errors of the others. By default, nothing is stored if any record is invalid',
      ),
      dry_run: FlagParameter(
        'หากเป็น true Talad จะตรวจ record และตอบเหมือนคำขอจริงทุกประการ แต่ไม่บันทึกอะไรและไม่สร้าง Event',
        'If true, the records are checked and the response is the same as without it, but nothing is stored and no events are created',
      ),
      events: FlagParameter(
        'หากเป็น false Talad จะไม่สร้าง Event สำหรับข้อมูลชุดนี้ ใช้ส่งข้อมูลย้อนหลังก่อนเชื่อมต่อพาร์ตเนอร์ ผู้ที่ติดตาม `GET /events` จะได้ 400 และต้องอ่านรายการทั้งหมดใหม่ หากธุรกิจมี Webhook จะได้ 409',
        'If false, no events are created for this batch. For history, before partners are connected. Whoever follows `GET /events` gets 400 and must read all lists again. If the business has webhooks, the response is 409',
      ),
    }),
    body: {
      types: typesOf(schema),
      schemas,
      maxBytes: INGEST_BODY_MAX_BYTES,
      read: (bytes, { type, now, query }): Promise<ReadBatch> =>
        readBatch(
          kind,
          type === NDJSON ? linesOf(bytes) : membersOf(bytes),
          now,
          (query as { partial?: boolean }).partial ? undefined : MISTAKES_MAX,
        ),
    },
    response: Plain(BatchResult, ['rejected']),
    problems: ['branch_not_allowed', 'conflict'],
    // A batch waits for its turn without a connection. It then runs in one transaction of its own.
    atomic: false,
    async handle({
      db,
      caller,
      query: { partial = false, dry_run = false, events = true },
      body,
      clock,
      rejectedRecord,
    }) {
      const writer = { business: caller.business, branches: caller.branches, now: clock() }
      const options = { isPartial: partial, isDry: dry_run, skipping: events ? undefined : hasWebhooks }
      const write = (tx: Runner) => writeBatch(tx, kind, writer, body, options)
      const { counts, conflicts, rejections } = await inTurn(turns, caller.id, () => atomically(db, write))
      const { received, created, updated, unchanged, stale, conflicting, deleted, erased } = counts
      const data = { received, created, updated, unchanged, stale, conflicting, deleted, erased }
      const parts = [`{"data":${JSON.stringify(data)},"conflicts":[`]
      await addList(parts, conflicts)
      const [first] = rejections
      if (first) rejectedRecord(first)
      if (partial) {
        parts.push('],"rejected":[')
        await addList(parts, rejections)
      }
      parts.push(']}')
      return new Rendered(parts.map((part) => Buffer.from(part)))
    },
  })
}

/** Appends the JSON of a list without its brackets. */
async function addList(parts: string[], rows: readonly object[]): Promise<void> {
  let isFirst = true
  for await (const list of jsonLists(rows)) {
    parts.push(isFirst ? list.slice(1, -1) : `,${list.slice(1, -1)}`)
    isFirst = false
  }
}

async function inTurn<T>(turns: Admission, applicationId: string, work: () => Promise<T>): Promise<T> {
  const leave = await turns.enter(applicationId)
  if (!leave) throw new Problem('temporarily_unavailable', 'Too many batches are waiting; try again shortly')
  try {
    return await work()
  } finally {
    leave()
  }
}

const typesOf = (record: JsonSchema): Record<string, JsonSchema> => ({
  [NDJSON]: { description: 'One record per line', ...record },
  [JSON_LIST]: {
    type: 'object',
    properties: { records: { type: 'array', maxItems: RECORDS_MAX, items: record } },
    required: ['records'],
    additionalProperties: false,
  },
})

const WHOLE = {
  th: `ส่งได้ไม่เกิน ${RECORDS_MAX} record และ 16 MiB (หลังคลาย gzip) ต่อคำขอ ต้องส่ง record ทั้งรายการ Talad ใช้เวอร์ชันที่มี \`updated_at\` ล่าสุดเสมอ ไม่ว่ามาถึงเมื่อใด จึงส่งซ้ำได้ (Idempotent)`,
  en: `Accepts up to ${RECORDS_MAX} records and 16 MiB (after gzip decompression) per request. Send whole records. The version with the latest \`updated_at\` wins, whenever it arrives, so requests are idempotent.`,
}

const ABOUT: Record<RecordKind['how'], { th: string; en: string }> = {
  versions: {
    th: `${WHOLE.th} ส่ง \`{"id","deleted":true,"updated_at"}\` เพื่อลบ`,
    en: `${WHOLE.en} To delete a record, send \`{"id","deleted":true,"updated_at"}\`.`,
  },
  movements: {
    th: 'เพิ่มความเคลื่อนไหวของสต็อกได้อย่างเดียว แก้ไขหรือลบไม่ได้ หากผิดให้ส่งความเคลื่อนไหวใหม่มาแก้ `quantity` คือจำนวนที่เปลี่ยน และยอดต่อเนื่องกันตามลำดับที่ Talad ได้รับ ส่งซ้ำได้ (Idempotent)',
    en: 'Adds stock movements. Movements cannot be changed or deleted: correct a wrong one with a new one. `quantity` is the change in stock, and movements are chained in the order received. Requests are idempotent.',
  },
  levels: {
    th: 'กำหนด quantity_reserved, reorder_point และ unit_cost ของ SKU (product_sku_id) ในคลังสินค้า (warehouse_id) จำนวนคงเหลือมาจากความเคลื่อนไหวเท่านั้น Talad ใช้เวอร์ชันที่มี `updated_at` ล่าสุดเสมอ',
    en: 'Sets quantity_reserved, reorder_point and unit_cost of a SKU (product_sku_id) in a warehouse (warehouse_id). The quantity on hand comes only from movements. The version with the latest `updated_at` wins.',
  },
}

const aboutOf = ({ how }: RecordKind) => ABOUT[how]
