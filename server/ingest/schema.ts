import type { RecordKind } from '../contract/record_kind.ts'
import {
  Count,
  type Field,
  type Fields,
  Id,
  type JsonSchema,
  Many,
  Nested,
  Nullable,
  orNull,
  Resource,
  Text,
} from '../contract/schema.ts'
import type { IsOptional } from './read/fields.ts'
import { fieldsOf, optionalFields } from './read/reading.ts'

const COUNTS = {
  received: Count('จำนวน record ที่ได้รับ', 'Records received', 3),
  created: Count('จำนวน record ที่สร้างใหม่', 'Records created', 1),
  updated: Count('จำนวน record ที่แก้ไข', 'Records updated', 1),
  unchanged: Count('จำนวน record ที่เหมือนกับที่บันทึกไว้แล้ว', 'Records identical to the stored version', 0),
  stale: Count('จำนวน record ที่เก่ากว่าที่บันทึกไว้แล้ว จึงข้ามไป', 'Records older than the stored version, skipped', 0),
  conflicting: Count(
    'จำนวน record ที่มี updated_at เท่ากับที่บันทึกไว้แล้วแต่เนื้อหาต่างกัน จึงข้ามไป ดู conflicts',
    'Records with the updated_at of the stored version but different content, skipped; see conflicts',
    0,
  ),
  deleted: Count('จำนวน record ที่ลบ', 'Records deleted', 1),
  erased: Count(
    'จำนวน record ของบุคคลที่ถูกลบข้อมูลถาวรแล้ว Talad ไม่รับ record เหล่านี้อีก',
    'Records of erased persons, which are never accepted again',
    0,
  ),
}

const LINE = Count('หมายเลขบรรทัด หรือลำดับใน records เริ่มจาก 1', 'Line number, or index in records, starting at 1', 7)
const RECORD_ID = Id('ID ของ record', 'Record ID', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58')

export const REJECTION = {
  line: Nullable(LINE),
  id: Nullable(RECORD_ID),
  field: Nullable(Text('ฟิลด์ที่ผิด', 'Field with the error', 'items[0].line_total')),
  message: Text(
    'สิ่งที่ผิด หรือค่าที่ใช้ได้',
    'The problem, or the allowed values',
    'must be 120 (tolerance: less than 0.01): quantity × unit_price − discount_amount',
  ),
}

/** The result of a batch. `rejected` is present only with `partial=true`. */
export const BatchResult = Resource(
  'BatchResult',
  { th: 'ผลของการส่งข้อมูลหนึ่งชุด', en: 'The result of a batch.' },
  {
    data: Nested(COUNTS, 'จำนวน record แยกตามผลลัพธ์', 'Number of records by result'),
    conflicts: Many(
      { line: LINE, id: RECORD_ID },
      'record ที่มีเวอร์ชันเดียวกับ record ที่บันทึกไว้แล้ว แต่เนื้อหาต่างกัน',
      'Records whose content differs from the stored record of the same version',
      [],
    ),
    rejected: Many(REJECTION, 'ข้อผิดพลาดของ record ที่ไม่ได้บันทึก', 'Errors of the records that were not stored', []),
  },
)

/** Returns the schema of a sent record or its deletion, and the named schemas that it refers to. */
export function recordSchema(kind: RecordKind): { schema: JsonSchema; schemas: Record<string, JsonSchema> } {
  const name = `${kind.resource.name}Record`
  const record = { $ref: `#/components/schemas/${name}` }
  return {
    schema: kind.how === 'versions' ? { anyOf: [record, { $ref: '#/components/schemas/Deletion' }] } : record,
    schemas: { [name]: wholeRecord(kind) },
  }
}

function wholeRecord(kind: RecordKind): JsonSchema {
  const { en, th } = kind.resource
  return { description: en, 'x-description-th': th, ...sentObject(fieldsOf(kind), optionalFields(kind)) }
}

function sentObject(fields: Fields, isOptional: IsOptional): JsonSchema {
  const required = Object.entries(fields).filter(
    ([name, field]) => !field.nullable && field.fallback === undefined && !isOptional(name, field),
  )
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        {
          ...orNull(field, sentValue(field, isOptional)),
          description: field.en,
          'x-description-th': field.th,
          ...(field.fallback !== undefined && { default: field.fallback }),
          examples: [field.example],
        },
      ]),
    ),
    required: required.map(([name]) => name),
    additionalProperties: false,
  }
}

function sentValue({ value, elements, element, ...limits }: Field, isOptional: IsOptional): JsonSchema {
  if (value) return { ...value.sent(limits) }
  if (element) return { type: 'array', maxItems: limits.most, uniqueItems: true, items: sentValue(element, isOptional) }
  if (elements) return { type: 'array', maxItems: limits.most, items: sentObject(elements, isOptional) }
  throw new Error(`a field of kind ${limits.kind} cannot be sent`)
}
