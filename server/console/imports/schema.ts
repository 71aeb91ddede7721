import { Choice, Count, Flag, Id, Many, Nullable, Resource, Text, Time } from '../../contract/schema.ts'
import { ENCODINGS } from '../../ingest/read/encoding.ts'

/** The resources that people keep in spreadsheets. */
export const IMPORTED = ['customers', 'products'] as const
export type ImportedPath = (typeof IMPORTED)[number]

export const QUESTIONS = ['encoding', 'taxes', 'dates'] as const

const COUNTS = {
  rows: Count('จำนวนแถวที่อ่าน', 'Rows that were read', 412),
  created: Count('รายการใหม่', 'New records', 400),
  updated: Count('รายการที่เปลี่ยน', 'Changed records', 8),
  unchanged: Count('รายการที่เหมือนเดิม', 'Records that stay as they are', 2),
  stale: Count('รายการที่ในระบบใหม่กว่า', 'Records of which a newer version is stored', 0),
  rejected: Count('แถวที่ไม่ถูกต้อง', 'Rows that are not imported', 2),
}

const resource = Choice(IMPORTED, 'ชนิดของข้อมูล', 'Resource', 'customers')

export const ImportOutcome = Resource(
  'ImportOutcome',
  { th: 'ผลของการตรวจหรือนำเข้าไฟล์', en: 'The result of a check or of an import.' },
  {
    id: Id('ID ของการนำเข้า', 'Import ID'),
    resource,
    ...COUNTS,
    encoding: Nullable(Choice(ENCODINGS, 'รหัสตัวอักษรของไฟล์', 'Encoding of the file', 'utf-8')),
    separator: Nullable(Text('ตัวคั่นคอลัมน์', 'Separator of the columns', ';')),
    header: Nullable(Text('แถวหัวคอลัมน์', 'The header row', 'customer_code,full_name,phone')),
    sample: Many(
      {
        line: Count('บรรทัด', 'Line', 2),
        values: Many(
          { field: Text('ฟิลด์', 'Field', 'full_name'), value: Text('ค่า', 'Value', 'สมชาย ใจดี') },
          'ค่าในแถว',
          'Values of the row',
        ),
      },
      'แถวแรก ๆ ตามที่ Talad อ่านได้',
      'The first rows as they were understood',
    ),
    mistakes: Many(
      {
        line: Count('บรรทัด', 'Line', 17),
        reasons: Many(Text('เหตุผล', 'Reason', 'full_name is required'), 'เหตุผล', 'Reasons'),
        row: Text('แถวตามที่อยู่ในไฟล์', 'The row as it is in the file', 'CUS-17,,0812345678'),
      },
      'แถวที่ไม่ถูกต้อง ตามลำดับในไฟล์',
      'The first rows that are not imported',
    ),
    file_mistake: Nullable(
      Text('เหตุผลที่อ่านไฟล์ต่อไม่ได้', 'Why the file cannot be read any further', 'has an unclosed quote in …'),
    ),
    asks: Nullable(Choice(QUESTIONS, 'คำตอบที่ต้องระบุเพิ่ม', 'What the member must say about the file', 'dates')),
  },
)

export const ImportEntry = Resource(
  'Import',
  { th: 'การนำเข้าหนึ่งครั้ง', en: 'One import.' },
  {
    id: Id('ID ของการนำเข้า', 'Import ID'),
    resource,
    is_check: Flag('เป็นการตรวจอย่างเดียวหรือไม่', 'Whether it only checked the file', false),
    actor: Text('ผู้นำเข้า', 'Who imported', 'สมหญิง ใจดี'),
    started_at: Time('เริ่มเมื่อ', 'When it began'),
    bytes: Count('ขนาดไฟล์', 'Size of the file', 48_000),
    read_bytes: Count('อ่านไปแล้ว', 'Bytes that were read', 48_000),
    ...COUNTS,
    state: Choice(['RUNNING', 'DONE', 'STOPPED'], 'สถานะ', 'State', 'DONE'),
  },
)

export const ImportTemplate = Resource(
  'ImportTemplate',
  { th: 'ไฟล์ตัวอย่างสำหรับกรอกข้อมูล', en: 'A file to fill in.' },
  { csv: Text('เนื้อหาไฟล์ (UTF-8)', 'Content of the file (UTF-8)', 'customer_code,full_name,phone') },
)
