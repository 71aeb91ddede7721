import type { Mistake, RecordKind, SentRecord } from '../../contract/record_kind.ts'
import { type Field, type Fields, Many } from '../../contract/schema.ts'
import { CLOCK_AHEAD_MAX_MS, MISTAKES_OF_RECORD_MAX, YEARS_AHEAD_MAX } from '../../limits.ts'
import { runInSlices, type Steps } from '../../time_slice.ts'
import { isObject, type JsonObject } from '../../values/json.ts'
import { UUID } from '../../values/kinds.ts'
import { type IsOptional, isFull, type Layout, layoutOf, readFields } from './fields.ts'
import type { Line } from './lines.ts'

/** One reason why a record is not written. A record can have several. */
export type Rejection = { line: number | null; id: string | null; field: string | null; message: string }

/** A parsed batch. Every line is in `records` or `rejections`, unless parsing stopped after too many mistakes. */
export type ReadBatch = { received: number; records: SentRecord[]; rejections: Rejection[] }

/**
 * Parses the records of a batch by the fields of their kind, in portions.
 *
 * @param mistakesMax stops after this number of mistakes, because the response does not report more
 */
export async function readBatch(
  kind: RecordKind,
  lines: AsyncIterable<Line>,
  now: Date,
  mistakesMax = Number.POSITIVE_INFINITY,
): Promise<ReadBatch> {
  const batch: ReadBatch = { received: 0, records: [], rejections: [] }
  const latest = new Date(now.getTime() + CLOCK_AHEAD_MAX_MS).toISOString()
  const layouts = layoutsOf(kind)
  for await (const { line, value, mistake } of lines) {
    batch.received += 1
    if (mistake !== null || !isObject(value))
      batch.rejections.push({ line, id: null, field: null, message: mistake ?? 'must be an object' })
    else {
      const { record, mistakes } = await runInSlices(readRecord(kind, layouts, value, line, latest))
      if (mistakes.length === 0) batch.records.push(record)
      const id = record.id || idOf(value)
      for (const { field, message } of mistakes.slice(0, MISTAKES_OF_RECORD_MAX))
        batch.rejections.push({ line, id, field, message })
    }
    if (batch.rejections.length >= mistakesMax) break
  }
  return batch
}

/** Returns the id of a record whose fields were not all parsed, because it has too many mistakes. */
const idOf = ({ id }: JsonObject): string | null => (typeof id === 'string' && UUID.test(id) ? id.toLowerCase() : null)

/** Returns the fields that a record can have: the fields that partners see, those that only senders know, and its items. */
export function fieldsOf(kind: RecordKind): Fields {
  const { resource, items, sentOnly } = kind
  if (!items) return { ...resource.fields, ...sentOnly }
  return {
    ...resource.fields,
    ...sentOnly,
    items: {
      ...Many(items.resource.fields, 'รายการทั้งหมด ตามลำดับ', 'Items of the record, in order'),
      most: items.most,
    },
  }
}

/** Returns a predicate for the non-null fields that a sender can omit, because the server computes or fills them in. */
export const optionalFields =
  ({ computed }: RecordKind): IsOptional =>
  (name, { live, expression }) =>
    live !== null || expression !== null || name === 'created_at' || computed.includes(name)

const DELETION = ['id', 'deleted', 'updated_at']

type KindLayouts = { whole: Layout; deletion: Layout }

function layoutsOf(kind: RecordKind): KindLayouts {
  const known = layoutsOfKinds.get(kind)
  if (known) return known
  const fields = fieldsOf(kind)
  const version = { id: fields.id as Field, updated_at: (fields.updated_at ?? fields.created_at) as Field }
  const layouts = { whole: layoutOf(fields, optionalFields(kind)), deletion: layoutOf(version, () => false) }
  layoutsOfKinds.set(kind, layouts)
  return layouts
}

const layoutsOfKinds = new WeakMap<RecordKind, KindLayouts>()

function* readRecord(
  kind: RecordKind,
  { whole, deletion }: KindLayouts,
  object: JsonObject,
  line: number,
  latest: string,
): Steps<{ record: SentRecord; mistakes: Mistake[] }> {
  const mistakes: Mistake[] = []
  const isDeleted = 'deleted' in object
  const sent = isDeleted ? sentOfDeletion(whole.fields, object, mistakes) : object
  const latestYear = Number(latest.slice(0, 'YYYY'.length)) + YEARS_AHEAD_MAX
  const layout = isDeleted ? deletion : whole
  const values = isFull(mistakes) ? {} : yield* readFields(layout, sent, latestYear, '', mistakes)
  // The checks below have no pauses of their own.
  yield
  for (const name of ['updated_at', 'created_at'])
    if (typeof values[name] === 'string' && values[name] > latest)
      mistakes.push({ field: name, message: 'must not be more than 5 minutes in the future' })
  if (mistakes.length === 0 && !isDeleted) mistakes.push(...kind.check(values))
  const record = {
    line,
    id: (values.id ?? '') as string,
    isDeleted,
    updatedAt: (values.updated_at ?? '') as string,
    values: isDeleted ? {} : values,
  }
  return { record, mistakes }
}

/** Returns the keys of a deletion that can be read. */
function sentOfDeletion(fields: Fields, object: JsonObject, mistakes: Mistake[]): JsonObject {
  const { deleted, ...sent } = object
  if (deleted !== true) mistakes.push({ field: 'deleted', message: 'must be true or omitted' })
  for (const name in sent)
    if (!DELETION.includes(name) && Object.hasOwn(fields, name)) {
      mistakes.push({ field: name, message: 'is not allowed in a deletion' })
      delete sent[name]
    }
  return sent
}
