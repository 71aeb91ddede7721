import { Choice, Count, Flag, Id, Many, Nullable, Resource, Text, Time, Unknown } from '../../contract/schema.ts'
import { DEADLINE_DAYS } from '../../privacy/requests.ts'

const CLASSES = ['profile', 'contact']
const CHANNELS = ['api', 'webhook', 'access', 'console']
const classField = Choice(
  CLASSES,
  'ชั้นของข้อมูล: profile หรือ contact (ข้อมูลติดต่อ)',
  'Class of data: profile or contact',
  'contact',
)

export const DisclosureEntry = Resource(
  'Disclosure',
  { th: 'การเปิดเผยหนึ่งครั้ง', en: 'One disclosure of personal data.' },
  {
    id: Text('ลำดับใน Ledger', 'Number in the ledger', '1042'),
    created_at: Time('เวลา', 'When'),
    channel: Choice(CHANNELS, 'ช่องทาง', 'Channel', 'api'),
    class: classField,
    application_id: Nullable(Id('ID ของแอป', 'Application ID')),
    application: Nullable(Text('ชื่อแอป', 'Name of the application', 'CRM')),
    member_id: Nullable(Id('ID ของสมาชิก', 'Member ID')),
    member: Nullable(Text('ชื่อสมาชิก', 'Name of the member', 'สมหญิง ใจดี')),
    operation: Nullable(Text('Operation', 'Operation; null for webhooks', 'customers.list')),
    request_id: Text(
      'ID ของคำขอหรือการส่ง',
      'ID of the request or of the delivery',
      '5f0c6f0e-93c5-4f0e-9a3b-5a1c1f3b7d21',
    ),
    address: Nullable(
      Text('IP address หรือ Host ปลายทาง', 'Address of the client, or host of the endpoint', '203.0.113.7'),
    ),
    purpose: Nullable(Text('วัตถุประสงค์ที่แจ้งไว้', 'Stated purpose', 'ทำการตลาดกับสมาชิก')),
    customers: Count('จำนวนลูกค้า', 'Number of customers', 50),
    hash: Text(
      'Hash ของรายการ',
      'Hash of the entry',
      '6d3e3b1f0c7f4d0c9a2f6f1f6f7f0e7c1f7f0b8f9d2b3a4c5d6e7f8091a2b3c4',
    ),
  },
)

export const DisclosureFile = Resource(
  'DisclosureFile',
  { th: 'ไฟล์ CSV ของการเปิดเผย', en: 'Disclosures as a CSV file.' },
  {
    csv: Text('เนื้อหาไฟล์ (UTF-8)', 'Content of the file (UTF-8)', 'เลขที่,เวลา,…'),
    rows: Count('จำนวนแถว', 'Number of rows', 120),
    is_complete: Flag('มีครบทุกรายการที่ค้นหรือไม่', 'Whether it has every entry that matches'),
  },
)

export const LedgerCheckpoint = Resource(
  'LedgerCheckpoint',
  { th: 'ข้อความลงลายเซ็นว่า Ledger จบที่ใด', en: 'A signed statement of where the ledger ends.' },
  {
    sequence: Count('ลำดับสุดท้าย', 'Number of the last entry', 1042),
    hash: Text('Hash สุดท้าย', 'Its hash', '6d3e…'),
    at: Time('เวลาของรายการสุดท้าย', 'Its time'),
    statement: Text('ข้อความลงลายเซ็น เก็บไว้นอกเซิร์ฟเวอร์', 'The statement; keep it away from the server', 'eyJ…'),
    public_key: Unknown('คีย์สาธารณะสำหรับตรวจลายเซ็น', 'The public key that verifies it'),
  },
)

export const LedgerVerification = Resource(
  'LedgerVerification',
  { th: 'ผลการตรวจ Ledger', en: 'The result of a verification.' },
  {
    entries: Count('จำนวนรายการที่ตรวจ', 'Number of entries that were read', 1042),
    first: Nullable(Count('ลำดับแรก', 'First number', 1)),
    last: Nullable(Count('ลำดับสุดท้าย', 'Last number', 1042)),
    fault: Nullable(Text('สิ่งแรกที่ไม่ตรง', 'The first thing that does not fit', 'Entry 17 was changed.')),
    unknown: Many(
      Text('สิ่งที่เทียบไม่ได้', 'What could not be compared', '…'),
      'สิ่งที่เทียบไม่ได้',
      'What could not be compared',
      [],
    ),
  },
)

const KINDS_OF_REQUEST = Object.keys(DEADLINE_DAYS)

export const RightsRequestResource = Resource(
  'RightsRequest',
  { th: 'คำขอของเจ้าของข้อมูล', en: 'A request of a person about their data.' },
  {
    id: Id('ID ของคำขอ', 'Request ID'),
    kind: Choice(KINDS_OF_REQUEST, 'ชนิด', 'Kind', 'access'),
    customer_id: Id('ID ของลูกค้า', 'Customer ID'),
    received_at: Time('ได้รับเมื่อ', 'When it was received'),
    received_by: Text('ได้รับทาง', 'How it arrived', 'โทรศัพท์'),
    due_at: Time('กำหนดเวลา', 'Deadline'),
    state: Choice(['OPEN', 'DONE', 'REFUSED'], 'สถานะ', 'State', 'OPEN'),
    handled_by: Nullable(Text('ผู้ดำเนินการ', 'Who handled it', 'สมหญิง ใจดี')),
    reason: Nullable(Text('เหตุผลที่ปฏิเสธ', 'Why it was refused', '…')),
    closed_at: Nullable(Time('ปิดเมื่อ', 'When it was closed')),
  },
)

export const CustomerName = Resource(
  'CustomerName',
  { th: 'ชื่อและรหัสของลูกค้า', en: 'Who a customer is.' },
  {
    id: Id('ID ของลูกค้า', 'Customer ID'),
    customer_code: Text('รหัสลูกค้า', 'Customer code', 'CUS-000380'),
    full_name: Text('ชื่อ-นามสกุล', 'Full name', 'สมชาย ใจดี'),
  },
)

export const AccessPaper = Resource(
  'AccessPaper',
  { th: 'เอกสารตามคำขอเข้าถึงข้อมูล', en: 'The access document of a person.' },
  {
    document: Unknown('เนื้อหาเป็น JSON', 'Its content as JSON'),
    html: Text('หน้าสำหรับพิมพ์', 'A page for printing', '<!doctype html>…'),
  },
)

export const Certificate = Resource(
  'ErasureCertificate',
  { th: 'หนังสือรับรองการลบ', en: 'The certificate of an erasure.' },
  {
    customer_id: Id('ID ของลูกค้า', 'Customer ID'),
    reason: Text('เหตุผล', 'Reason', 'คำขอวันที่ 30 พฤศจิกายน'),
    erased_by: Text('ผู้ลบ', 'Who erased', 'สมหญิง ใจดี'),
    erased_at: Time('ลบเมื่อ', 'When'),
    is_complete: Flag('ผู้รับทุกรายทราบแล้วหรือไม่', 'Whether every recipient knows', false),
    recipients: Many(
      {
        application_id: Id('ID ของแอป', 'Application ID'),
        application: Nullable(Text('ชื่อแอป', 'Name of the application', 'CRM')),
        client_id: Nullable(Text('Client ID', 'Client ID', 'talad_0123456789abcdef0123456789abcdef')),
        contact: Nullable(Text('ผู้ติดต่อ', 'Whom to ask about it', 'คุณวิชัย 081-234-5678')),
        revoked_at: Nullable(Time('เพิกถอนเมื่อ', 'When the application was revoked')),
        class: classField,
        times: Count('จำนวนครั้งที่ได้รับข้อมูล', 'How often it had received the data', 12),
        state: Choice(['answered', 'read', 'sent', 'not_reached'], 'สถานะการแจ้ง', 'Whether it was told', 'answered'),
      },
      'แอปที่เคยได้รับข้อมูล',
      'Applications that had received the data',
    ),
    statement: Text('ข้อความลงลายเซ็น', 'The signed certificate', 'eyJ…'),
    unknown_spans: Many(
      { from: Time('ตั้งแต่', 'From'), to: Time('ถึง', 'Until') },
      'ช่วงเวลาที่ไม่ทราบว่าใครได้รับข้อมูล เพราะบันทึกสูญหายจากการกู้คืนข้อมูลสำรอง',
      'Times of which it is unknown who received the data, because a restore from a backup lost the record',
    ),
  },
)

const LINK = {
  id: Id('ID ของลิงก์', 'Link ID'),
  customer_id: Id('ID ของลูกค้า', 'Customer ID'),
  created_by: Text('ผู้สร้าง', 'Who made it', 'สมหญิง ใจดี'),
  created_at: Time('สร้างเมื่อ', 'When it was made'),
  expires_at: Time('หมดอายุเมื่อ', 'Valid until'),
  revoked_at: Nullable(Time('เพิกถอนเมื่อ', 'When it was revoked')),
}

export const PersonLinkResource = Resource(
  'PersonLink',
  { th: 'ลิงก์สำหรับเจ้าของข้อมูล', en: 'A link with which a person sees who received their data.' },
  LINK,
)

export const PersonLinkWithUrl = Resource(
  'PersonLinkWithUrl',
  { th: 'ลิงก์พร้อม URL', en: 'A link with its URL.' },
  { ...LINK, url: Text('URL แสดงครั้งนี้ครั้งเดียว', 'The URL, shown only now', 'https://…') },
)

export const ProcessingPaper = Resource(
  'ProcessingPaper',
  { th: 'บันทึกรายการกิจกรรม (มาตรา 39)', en: 'The record of processing activities.' },
  {
    record: Unknown('เนื้อหาเป็น JSON', 'Its content as JSON'),
    html: Text('หน้าสำหรับพิมพ์', 'A page for printing', '<!doctype html>…'),
  },
)
