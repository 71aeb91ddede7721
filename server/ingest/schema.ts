import type { RecordKind } from '../http/record.ts'
import { Count, Id, type JsonSchema, Many, Nested, Nullable, objectSchema, Resource, Text } from '../http/schema.ts'
import { fieldsOf, mayBeLeftOut } from './reading.ts'

const COUNTS = {
  received: Count('จำนวน record ที่ได้รับ', 'Records received', 3),
  created: Count('สร้างใหม่', 'Created', 1),
  updated: Count('แก้ไข', 'Updated', 1),
  unchanged: Count('มีอยู่แล้วและเหมือนเดิมทุกอย่าง', 'There already, and equal', 0),
  stale: Count('เก่ากว่าที่มีอยู่ จึงข้ามไป', 'Older than what is there, and passed over', 0),
  conflicting: Count(
    'updated_at เท่ากับที่มีอยู่แต่เนื้อหาต่างกัน จึงข้ามไป ดู conflicts',
    'With the updated_at of what is there and another content, and passed over; see conflicts',
    0,
  ),
  deleted: Count('ลบ', 'Deleted', 1),
  erased: Count('ของบุคคลที่ถูกลบถาวรแล้ว ซึ่งไม่รับอีก', 'Of persons who were erased, which are never accepted again', 0),
}

const LINE = Count('บรรทัด หรือลำดับใน records เริ่มจาก 1', 'Line, or place among the records, from 1', 7)
const RECORD_ID = Id('รหัสของ record', 'ID of the record', '9d5b7e20-c8f1-4a36-b247-0e1f6a9c3d58')

export const REJECTION = {
  line: Nullable(LINE),
  id: Nullable(RECORD_ID),
  field: Nullable(Text('ฟิลด์ที่ผิด', 'The field', 'items[0].line_total')),
  message: Text(
    'ค่าที่ใช้ได้',
    'What is allowed',
    'must be 120: quantity × unit_price − discount_amount, to within less than 0.01',
  ),
}

/** What a batch came to. `rejected` is there with `partial=true`. */
export const BatchResult = Resource(
  'BatchResult',
  { th: 'ผลของการส่งข้อมูลหนึ่งครั้ง', en: 'What a batch came to.' },
  {
    data: Nested(COUNTS, 'จำนวน record ตามผลลัพธ์', 'Records by what became of them'),
    conflicts: Many(
      { line: LINE, id: RECORD_ID },
      'record ที่ขัดแย้งกับที่มีอยู่',
      'Records that say something else than those of the same version that are there',
      [],
    ),
    rejected: Many(REJECTION, 'record ที่ไม่ได้บันทึกเพราะผิด', 'What is wrong with the records that were not stored', []),
  },
)

/** What may be sent of a kind of record, and the schema that this names: the record itself, or its deletion. */
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
  const isLeftOut = mayBeLeftOut(kind)
  const fields = fieldsOf(kind)
  const { properties } = objectSchema(fields) as { properties: Record<string, JsonSchema> }
  const required = Object.entries(fields).filter(([name, field]) => !field.nullable && !isLeftOut(name, field))
  const sent = Object.entries(properties).map(([name, { 'x-required-scope': _, ...schema }]) => [name, schema])
  return {
    type: 'object',
    description: en,
    'x-description-th': th,
    properties: Object.fromEntries(sent),
    required: required.map(([name]) => name),
    additionalProperties: false,
  }
}
