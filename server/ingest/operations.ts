import { atomically, type Runner } from '../db/database.ts'
import { type Admission, createAdmission } from '../http/admission.ts'
import { type Operation, operation, Plain, Query } from '../http/operation.ts'
import { Rendered } from '../http/page.ts'
import { FlagParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import type { RecordKind } from '../http/record.ts'
import type { JsonSchema } from '../http/schema.ts'
import { jsonLists } from '../http/turns.ts'
import {
  INGEST_BODY_MAX_BYTES,
  INGEST_WAIT_MS,
  MISTAKES_MAX,
  RECORDS_MAX,
  WAITING_OF_ONE_MAX,
  WRITING_MAX,
} from '../limits.ts'
import { writeBatch } from './batch.ts'
import { linesOf, membersOf } from './lines.ts'
import { type ReadBatch, readBatch } from './reading.ts'
import { BatchResult, recordSchema } from './schema.ts'

const NDJSON = 'application/x-ndjson'
const JSON_LIST = 'application/json'

/** POST /api/ingest/v1/…: one operation for each kind of record. */
export function ingestOperations(kinds: readonly RecordKind[]): Operation[] {
  // Partners must always find a connection to the database, however many batches there are.
  // While several applications write, each has one batch that is being written.
  const turns = createAdmission({
    atOnce: WRITING_MAX,
    alone: WRITING_MAX,
    divided: WRITING_MAX,
    least: 1,
    waiting: WAITING_OF_ONE_MAX,
    waitMs: INGEST_WAIT_MS,
    activeMs: INGEST_WAIT_MS,
  })
  return kinds.map((kind) => ingestOperation(kind, turns))
}

function ingestOperation(kind: RecordKind, turns: Admission): Operation {
  const { path, named } = kind
  const { schema, schemas } = recordSchema(kind)
  return operation({
    id: `ingest.${path.replaceAll('-', '_')}`,
    method: 'POST',
    base: 'ingest',
    path: `/${path}`,
    tag: 'Ingest',
    scope: 'write:ingest',
    summary: { th: `ส่ง${named.th}`, en: `Write ${named.en}` },
    about: aboutOf(kind),
    query: Query({
      partial: FlagParameter(
        'บันทึก record ที่ถูกต้อง แม้มี record อื่นผิด ซึ่งบอกไว้ใน `rejected` ค่าเริ่มต้นคือไม่บันทึกเลยหากมีที่ผิด',
        'Store the records that are right although others are wrong, which `rejected` then lists; by default nothing is stored if anything is wrong',
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
    problems: ['branch_not_allowed'],
    // A batch waits for its turn without a connection, and has its one transaction then.
    atomic: false,
    async handle({ db, caller, query: { partial = false }, body, clock }) {
      const writer = { business: caller.business, branches: caller.branches, now: clock() }
      const write = (tx: Runner) => writeBatch(tx, kind, writer, body, { isPartial: partial })
      const { counts, conflicts, rejections } = await inTurn(turns, caller.application.id, () => atomically(db, write))
      const { received, created, updated, unchanged, stale, conflicting, deleted, erased } = counts
      const data = { received, created, updated, unchanged, stale, conflicting, deleted, erased }
      const parts = [`{"data":${JSON.stringify(data)},"conflicts":[`]
      await addList(parts, conflicts)
      if (partial) {
        parts.push('],"rejected":[')
        await addList(parts, rejections)
      }
      parts.push(']}')
      return new Rendered(parts.map((part) => Buffer.from(part)))
    },
  })
}

/** Adds the JSON of a list, without its brackets. */
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
  [NDJSON]: { description: 'One a line', ...record },
  [JSON_LIST]: {
    type: 'object',
    properties: { records: { type: 'array', maxItems: RECORDS_MAX, items: record } },
    required: ['records'],
    additionalProperties: false,
  },
})

const WHOLE = {
  th: `ไม่เกิน ${RECORDS_MAX} record และ 16 MiB (หลังคลาย gzip) ต่อครั้ง record ต้องครบทุกฟิลด์ \`updated_at\` ที่ใหม่กว่าชนะเสมอ จึงส่งซ้ำได้ทุกเมื่อ`,
  en: `At most ${RECORDS_MAX} records and 16 MiB (after unpacking) at once. A record is whole; the greater \`updated_at\` wins whenever it arrives, so any batch may be sent again.`,
}

const ABOUT: Record<RecordKind['how'], { th: string; en: string }> = {
  versions: {
    th: `${WHOLE.th} \`{"id","deleted":true,"updated_at"}\` คือการลบ`,
    en: `${WHOLE.en} \`{"id","deleted":true,"updated_at"}\` deletes.`,
  },
  movements: {
    th: 'ความเคลื่อนไหวเพิ่มได้อย่างเดียว แก้ไขหรือลบไม่ได้ หากผิดให้ส่งรายการใหม่มาแก้ `quantity` คือส่วนต่าง และต่อกันตามลำดับที่ระบบได้รับ ส่งซ้ำได้ทุกเมื่อ',
    en: 'Movements are only added: one that is wrong is corrected by a new one. `quantity` is a difference, and the chain follows the order of receipt. Any batch may be sent again.',
  },
  levels: {
    th: 'ตั้ง quantity_reserved, reorder_point และ unit_cost ตาม warehouse_id และ product_sku_id จำนวนคงเหลือมาจากความเคลื่อนไหวเท่านั้น `updated_at` ที่ใหม่กว่าชนะเสมอ',
    en: 'Sets quantity_reserved, reorder_point and unit_cost, by warehouse_id and product_sku_id; what is on hand comes from movements alone. The greater `updated_at` wins.',
  },
}

const aboutOf = ({ how }: RecordKind) => ABOUT[how]
