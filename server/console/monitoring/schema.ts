import { Choice, Count, Day, Decimal, Flag, Id, Many, Nullable, Resource, Text, Time } from '../../contract/schema.ts'

const APPLICATION_FIELDS = {
  application_id: Id('ID ของแอป', 'Application ID'),
  application: Nullable(Text('ชื่อแอป', 'Name of the application', 'CRM')),
}

const LOGGED = {
  id: Id('ID ของแถว', 'ID of the row'),
  created_at: Time('เวลาที่คำขอมาถึง', 'When the request arrived'),
  ...APPLICATION_FIELDS,
  request_id: Text('ID ของคำขอ (X-Request-Id)', 'Request ID (X-Request-Id)', '5f0c6f0e-93c5-4f0e-9a3b-5a1c1f3b7d21'),
  operation: Nullable(Text('Operation (null หาก path ไม่มีอยู่)', 'Operation; null for an unknown path', 'sales.list')),
  method: Text('Method', 'Method', 'GET'),
  path: Text('Path ค่าที่อาจเป็นข้อมูลส่วนบุคคลแสดงเป็น *', 'Path; values that may be personal are *', '/api/partner/v1/sales'),
  query: Nullable(Text('Parameter ไม่มีข้อความที่ใช้ค้นหา', 'Parameters, without search texts', 'from=2026-06-01&limit=50')),
  status: Nullable(Count('HTTP status (null หากการเชื่อมต่อขาด)', 'HTTP status; null if the connection was lost', 200)),
  error: Nullable(Text('รหัสข้อผิดพลาด', 'Error code', 'invalid_request')),
  reason: Nullable(
    Text('ข้อผิดพลาดแรก หรือ Scope ที่ขาด', 'The first mistake, or the missing scope', 'limit: must be a whole number'),
  ),
  duration_ms: Decimal('เวลาที่ใช้ (ms)', 'Duration in milliseconds', '12.5'),
  address: Nullable(Text('IP address (null สำหรับ viewer)', 'Client address; null for a viewer', '203.0.113.7')),
}

export const ConsoleRequest = Resource(
  'LoggedRequest',
  { th: 'คำขอหนึ่งรายการของแอป', en: 'A request of an application.' },
  LOGGED,
)

const SUMS = {
  requests: Count('จำนวนคำขอ', 'Requests', 1200),
  errors: Count('จำนวนคำขอที่ไม่สำเร็จ', 'Requests that failed', 3),
  rate_limited: Count('จำนวนคำขอที่เกิน Rate limit', 'Requests beyond the rate limit', 0),
  unlogged: Count('จำนวนคำขอที่ไม่มีในบันทึก', 'Requests that the log does not have', 0),
  p50_ms: Nullable(Decimal('มัธยฐานของเวลาที่ใช้ (ms)', 'Median duration in milliseconds', '8.2')),
  p95_ms: Nullable(Decimal('เปอร์เซ็นไทล์ที่ 95 (ms)', '95th percentile of the duration in milliseconds', '31')),
}

const day = Day('วัน ตามเขตเวลาของธุรกิจ', 'Day in the time zone of the business')
const operation = Text('Operation (ว่างหาก path ไม่มีอยู่)', 'Operation; empty for unknown paths', 'sales.list')

export const ConsoleFigures = Resource(
  'Figures',
  { th: 'ตัวเลขของคำขอ', en: 'Figures of requests.' },
  {
    today: Contain('วันนี้', 'Today'),
    total: Contain('ทุกวันที่ขอ', 'All requested days'),
    days: Many({ day, ...SUMS }, 'แยกตามวัน', 'By day'),
    applications: Many(
      { ...APPLICATION_FIELDS, ...SUMS },
      'แยกตามแอป มากที่สุดก่อน',
      'By application, most requests first',
    ),
    operations: Many({ operation, ...SUMS }, 'แยกตาม Operation มากที่สุดก่อน', 'By operation, most requests first'),
    operations_by_day: Many(
      { day, operation, requests: SUMS.requests, errors: SUMS.errors },
      'แยกตามวันและ Operation เฉพาะเมื่อขอของแอปเดียว',
      'By day and operation; only for a single application',
    ),
  },
)

/** Sums as a list of one, because a resource has no nested objects. */
function Contain(th: string, en: string) {
  return Many(SUMS, `${th} (หนึ่งรายการ)`, `${en} (one element)`)
}

export const ConsoleActivity = Resource(
  'Activity',
  { th: 'จำนวน Event และการส่ง Webhook', en: 'Numbers of events and deliveries.' },
  {
    day,
    events: Count('จำนวน Event', 'Events', 340),
    deliveries: Count('จำนวนการส่ง Webhook', 'Deliveries of webhooks', 120),
    undelivered: Count('จำนวนที่ยังส่งไม่สำเร็จ', 'Deliveries that have not succeeded', 2),
  },
)

export const ATTENTION_KINDS = [
  ...(['webhook_failing', 'webhook_stopped', 'rate_limited', 'contact_data_unused', 'secret_unused'] as const),
  ...(['secret_old', 'request_due', 'log_incomplete', 'paused_long'] as const),
]

export const Attention = Resource(
  'Attention',
  { th: 'เรื่องที่ควรจัดการ', en: 'Something that needs attention.' },
  {
    kind: Choice(ATTENTION_KINDS, 'ชนิดของเรื่อง', 'What it is about', 'webhook_failing'),
    subject_id: Nullable(Id('ID ของแอป Webhook หรือคำขอ', 'ID of the application, webhook or request')),
    name: Nullable(Text('ชื่อแอป หรือ URL', 'Name of the application, or URL', 'CRM')),
    since: Nullable(Time('ตั้งแต่เมื่อ หรือครบกำหนดเมื่อ', 'Since when, or when it is due')),
    count: Nullable(Count('จำนวนครั้ง', 'How often', 12)),
    lost_from: Nullable(
      Time(
        'เมื่อใดที่ Event ที่รอแอปซึ่งหยุดชั่วคราวเริ่มถูกลบ',
        'When the first event that waits for a paused application is deleted',
      ),
    ),
  },
)

const refusal = {
  id: LOGGED.id,
  created_at: LOGGED.created_at,
  application: LOGGED.application,
  operation: LOGGED.operation,
  status: LOGGED.status,
  error: LOGGED.error,
  reason: LOGGED.reason,
}

export const ConsoleData = Resource(
  'StoredData',
  { th: 'ข้อมูลที่เก็บไว้', en: 'What the business has stored.' },
  {
    resources: Many(
      {
        resource: Text('ชื่อใน Ingest API', 'Name in the Ingest API', 'sales'),
        th: Text('ชื่อภาษาไทย', 'Name in Thai', 'บิลขาย'),
        en: Text('ชื่อภาษาอังกฤษ', 'Name in English', 'sales'),
        records: Count('จำนวนทั้งหมด', 'Number of records', 20_000),
        is_more: Flag('มีมากกว่าจำนวนที่นับ', 'Whether there are more records than were counted', false),
        branches: Many(
          {
            branch_id: Nullable(Id('ID ของสาขา', 'Branch ID')),
            branch: Nullable(Text('ชื่อสาขา', 'Name of the branch', 'สาขาสยาม')),
            records: Count('จำนวน', 'Number of records', 5000),
          },
          'แยกตามสาขา (ว่างหากไม่ขึ้นกับสาขา หรือไม่ได้นับทั้งหมด)',
          'By branch; empty if records belong to no branch, or not all were counted',
        ),
      },
      'จำนวนแยกตามชนิด',
      'By kind of record',
    ),
    last_event_at: Nullable(Time('Event ล่าสุด', 'The newest event')),
    last_event_type: Nullable(Text('ชนิดของ Event ล่าสุด', 'Type of the newest event', 'sale.created')),
    last_ingest_at: Nullable(Time('ส่งข้อมูลเข้าสำเร็จล่าสุด', 'The last batch that was accepted')),
    last_ingest_by: Nullable(Text('แอปที่ส่ง', 'Application that sent it', 'POS')),
    refused: Many(refusal, 'คำขอส่งข้อมูลที่ถูกปฏิเสธล่าสุด', 'The last batches that were rejected, newest first'),
  },
)
