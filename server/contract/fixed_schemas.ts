import { NO_LIMITS, VALUE_KINDS } from '../values/kinds.ts'
import type { JsonSchema } from './schema.ts'

// Schemas of the OpenAPI documents that no resource describes.

/** The positions in lists. */
export const PAGINATIONS: JsonSchema = {
  Pagination: {
    type: 'object',
    description: 'Position in a paginated list.',
    'x-description-th': 'บอกว่ารายการมีต่อหรือไม่',
    properties: {
      next_cursor: {
        type: ['string', 'null'],
        description: 'Send it as `cursor` to get the next page; null on the last page',
        'x-description-th': 'ส่งเป็น `cursor` เพื่อดึงหน้าถัดไป เป็น null เมื่อเป็นหน้าสุดท้าย',
      },
      has_more: { type: 'boolean', description: 'Whether a next page exists', 'x-description-th': 'มีหน้าถัดไปหรือไม่' },
      limit: {
        type: 'integer',
        description: 'Maximum number of rows per page',
        'x-description-th': 'จำนวนรายการต่อหน้า',
      },
    },
    required: ['next_cursor', 'has_more', 'limit'],
  },
  FeedPagination: {
    type: 'object',
    description: 'Position in the event log.',
    'x-description-th': 'บอกว่าจะอ่านต่อจากที่ใด',
    properties: {
      next_after: {
        type: 'integer',
        description: 'Send it as `after` to get the next events: the last position that this page covers',
        'x-description-th': 'ส่งเป็น `after` เพื่ออ่าน Event ถัดไป เป็น Position สุดท้ายที่หน้านี้ครอบคลุม',
      },
      has_more: {
        type: 'boolean',
        description: 'Whether more events follow now, even if this page is short or empty',
        'x-description-th': 'ขณะนี้ยังมี Event ให้อ่านต่อหรือไม่ แม้หน้านี้จะไม่เต็มหรือว่าง',
      },
      limit: {
        type: 'integer',
        description: 'Maximum number of events per page',
        'x-description-th': 'จำนวน Event สูงสุดต่อหน้า',
      },
    },
    required: ['next_after', 'has_more', 'limit'],
  },
}

/** One error in a request. */
export const DETAIL = {
  type: 'object',
  description: 'One error in a request.',
  'x-description-th': 'ข้อผิดพลาดหนึ่งข้อในคำขอ',
  properties: {
    field: {
      type: 'string',
      description: 'Parameter or field with the error',
      'x-description-th': 'Parameter หรือฟิลด์ที่ผิด',
    },
    message: {
      type: 'string',
      description: 'The problem, or the allowed values',
      'x-description-th': 'สิ่งที่ผิด หรือค่าที่ใช้ได้',
    },
  },
  required: ['field', 'message'],
}

/** In a batch, an error names the line and the record; in the parameters, it names the parameter. */
export const LINE_DETAIL = {
  ...DETAIL,
  description: 'One error in a request, or in one record of a batch.',
  'x-description-th': 'ข้อผิดพลาดหนึ่งข้อในคำขอ หรือใน record หนึ่งของชุดข้อมูล',
  properties: {
    line: {
      type: ['integer', 'null'],
      description: 'Line number, or index in records, starting at 1',
      'x-description-th': 'หมายเลขบรรทัด หรือลำดับใน records เริ่มจาก 1',
    },
    id: { type: ['string', 'null'], description: 'Record ID', 'x-description-th': 'ID ของ record' },
    field: {
      type: ['string', 'null'],
      description: 'Field or parameter with the error',
      'x-description-th': 'ฟิลด์หรือ Parameter ที่ผิด',
    },
    message: DETAIL.properties.message,
  },
}

/** A deletion in a batch: `{"id", "deleted": true, "updated_at"}`. */
export const DELETION: JsonSchema = {
  type: 'object',
  description: 'Deletes a record, unless the stored record is newer.',
  'x-description-th': 'ลบ record เว้นแต่ record ที่บันทึกไว้ใหม่กว่า',
  properties: {
    id: { ...VALUE_KINDS.id.sent(NO_LIMITS), description: 'Record ID', 'x-description-th': 'ID ของ record' },
    deleted: { type: 'boolean', const: true, description: 'Always true', 'x-description-th': 'เป็น true เสมอ' },
    updated_at: {
      ...VALUE_KINDS.time.sent(NO_LIMITS),
      description: 'Time of the deletion in the source system',
      'x-description-th': 'เวลาที่ลบ ตามนาฬิกาของระบบต้นทาง',
    },
  },
  required: ['id', 'deleted', 'updated_at'],
  additionalProperties: false,
}
