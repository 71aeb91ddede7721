import { Customer } from '../../api/customers/schema.ts'
import {
  Checked,
  ChoiceMember,
  ChoicesMember,
  CountMember,
  IdsMember,
  NullableMember,
  TextMember,
} from '../../contract/members.ts'
import {
  Choice,
  Contained,
  Count,
  Decimal,
  Flag,
  Id,
  Many,
  Nullable,
  Resource,
  Text,
  Time,
} from '../../contract/schema.ts'
import { HISTORY_DAYS, RATE_PER_SECOND, RATE_REQUESTS, STATEMENT_MAX_LENGTH, UNPAGED_MAX } from '../../limits.ts'
import { KINDS, type Scope, TOKEN_SCOPES } from '../../scopes.ts'

const NAME_MAX_LENGTH = 200

const Secret = {
  id: Id('ID ของ Secret', 'Secret ID'),
  hint: Text('ตัวอักษรแรกของ Secret', 'First characters of the secret', 'talad_sk_IjNj'),
  created_at: Time('สร้างเมื่อ', 'When it was made'),
  last_used_at: Nullable(Time('ใช้ขอ Token ล่าสุดเมื่อ', 'When it was last used to get a token')),
  last_used_address: Nullable(Text('IP address ที่ใช้ล่าสุด', 'Address that used it last', '203.0.113.7')),
  is_safe_to_revoke: Flag(
    'เพิกถอนได้โดยไม่มีอะไรหยุด: มี Secret อื่น และไม่ได้ใช้ Secret นี้นานกว่าอายุของ Token',
    'Whether nothing stops without it: another secret exists, and this one was not used for as long as tokens live',
  ),
}

const FIELDS = {
  id: Id('ID ของแอป', 'Application ID'),
  name: Text('ชื่อแอป', 'Name', 'CRM'),
  contact: Nullable(Text('ผู้ติดต่อ', 'Whom to ask about it', 'คุณวิชัย 081-234-5678')),
  kind: Choice(
    Object.keys(KINDS),
    'ชนิด: partner อ่านข้อมูล pos ส่งข้อมูล',
    'Kind: partner reads data, pos writes data',
    'partner',
  ),
  client_id: Text('Client ID', 'Client ID', 'talad_0123456789abcdef0123456789abcdef'),
  scopes: Many(Choice(TOKEN_SCOPES, 'Scope', 'Scope', 'read:sales'), 'Scope ที่ได้รับ', 'Granted scopes'),
  branch_ids: Nullable(
    Many(
      Id('ID ของสาขา', 'Branch ID'),
      'สาขาที่เห็น (null คือทุกสาขา รวมถึงสาขาในอนาคต)',
      'Branches (null: all, including future ones)',
    ),
  ),
  purpose: Nullable(Text('วัตถุประสงค์', 'Why it reads personal data', 'ทำการตลาดกับสมาชิก')),
  legal_basis: Nullable(Text('ฐานทางกฎหมาย', 'Legal basis', 'สัญญา (มาตรา 24 (3))')),
  rate_requests: Count('จำนวนคำขอที่ส่งติดกันได้', 'Burst size, in requests', RATE_REQUESTS),
  rate_per_second: Decimal('จำนวนคำขอต่อวินาทีหลังจากนั้น', 'Requests per second after the burst', String(RATE_PER_SECOND)),
  history_days: Count('ดูบิลขายย้อนหลังได้กี่วัน', 'Days of sales that it can read', HISTORY_DAYS),
  created_at: Time('สร้างเมื่อ', 'When it was made'),
  revoked_at: Nullable(Time('เพิกถอนเมื่อ', 'When it was revoked')),
  paused_at: Nullable(Time('หยุดชั่วคราวตั้งแต่ (null คือไม่ได้หยุด)', 'Since when it is paused; null if it is not')),
  last_used_at: Nullable(Time('ใช้ขอ Token ล่าสุดเมื่อ', 'When it last got a token')),
  secrets: Many(Secret, 'Secret ที่ใช้ได้', 'Active secrets'),
}

export const ConsoleApplication = Resource('Application', { th: 'แอปที่เชื่อมต่อ', en: 'An application.' }, FIELDS)

export const ListedApplication = Resource(
  'ListedApplication',
  { th: 'แอปในรายการ', en: 'An application in the list.' },
  {
    ...FIELDS,
    requests_last_day: Count('จำนวนคำขอใน 24 ชั่วโมง', 'Requests within a day', 1200),
    errors_last_day: Count('จำนวนคำขอที่ไม่สำเร็จใน 24 ชั่วโมง', 'Failed requests within a day', 3),
  },
)

export const ApplicationWithSecret = Resource(
  'ApplicationWithSecret',
  { th: 'แอปพร้อม Secret ใหม่', en: 'An application with a new secret.' },
  {
    ...FIELDS,
    client_secret: Text('Client Secret แสดงครั้งนี้ครั้งเดียว', 'The secret, shown only now', 'talad_sk_…'),
    curl: Text('คำสั่งที่ขอ Token ได้ทันที', 'A command that gets a token', 'curl -s https://…'),
  },
)

export const ApplicationPreview = Resource(
  'ApplicationPreview',
  { th: 'สิ่งที่แอปจะเห็น', en: 'What an application with these rights would see.' },
  {
    customers: Many(
      Contained(Customer, 'ลูกค้าตามที่แอปจะเห็น', 'A customer as the application would see it'),
      'ลูกค้า 3 รายล่าสุด ตามที่แอปจะเห็น (ว่างหากแอปไม่มีสิทธิ์)',
      'The three newest customers as the application would see them; empty without the scope',
    ),
    operations: Many(
      {
        id: Text('ID ของ Operation', 'Operation ID', 'sales.list'),
        th: Text('คำอธิบายภาษาไทย', 'What it does, in Thai', 'ดึงรายการบิลขาย'),
        en: Text('คำอธิบายภาษาอังกฤษ', 'What it does, in English', 'List sales'),
      },
      'สิ่งที่แอปจะเรียกได้',
      'What the application could call',
    ),
  },
)

export const ScopeOfConsole = Resource(
  'GrantableScope',
  { th: 'Scope ที่ให้ได้', en: 'A scope that can be granted.' },
  {
    scope: Text('Scope', 'Scope', 'read:sales'),
    th: Text('คำอธิบายภาษาไทย', 'What it allows, in Thai', 'อ่านบิลขายและรายการในบิล'),
    en: Text('คำอธิบายภาษาอังกฤษ', 'What it allows, in English', 'Read sales and their items'),
    kind: Choice(Object.keys(KINDS), 'ชนิดของแอป', 'Kind of application that can have it', 'partner'),
    is_contact_data: Flag('เป็นข้อมูลติดต่อของลูกค้าหรือไม่', "Whether it shows customers' contact data", false),
    least_role: Choice(['admin', 'owner'], 'สิทธิ์ขั้นต่ำของผู้ให้', 'Least role of who grants it', 'admin'),
  },
)

export const Stops = Resource(
  'Stops',
  { th: 'สิ่งที่จะหยุดเมื่อเพิกถอนแอป', en: 'What stops when an application is revoked.' },
  {
    last_used_at: Nullable(Time('ใช้ขอ Token ล่าสุดเมื่อ', 'When it last got a token')),
    webhooks: Many(
      { id: Id('ID ของ Webhook', 'Webhook ID'), endpoint_url: Text('URL', 'URL', 'https://example.com/hooks/talad') },
      'Webhook ที่จะหยุดส่ง',
      'Webhooks that receive nothing any more',
    ),
  },
)

const scopes = ChoicesMember(TOKEN_SCOPES, 'Scope ที่จะให้', 'Scopes to grant', { maximum: TOKEN_SCOPES.length }, [
  'read:sales',
] as Scope[])
const someBranches = IdsMember('สาขาที่จะให้เห็น (null คือทุกสาขา)', 'Branches to grant (null: all)', UNPAGED_MAX, [
  '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
])
/** Whoever limits an application to branches and names none has forgotten them: it would see no sale. */
const branchIds = NullableMember(
  Checked({ ...someBranches, schema: { ...someBranches.schema, minItems: 1 } }, (ids) => {
    const mistake = 'must name at least one branch, or be null for all branches'
    return ids.length === 0 ? mistake : null
  }),
)
const historyDays = CountMember('ดูบิลขายย้อนหลังได้กี่วัน', 'Days of sales that it can read', 36_500, HISTORY_DAYS)

/** What an owner states about an application. */
export const STATEMENTS = {
  name: TextMember('ชื่อแอป', 'Name', NAME_MAX_LENGTH, 'CRM'),
  contact: TextMember('ผู้ติดต่อ', 'Whom to ask about it', STATEMENT_MAX_LENGTH, 'คุณวิชัย 081-234-5678'),
  purpose: TextMember('วัตถุประสงค์', 'Why it reads personal data', STATEMENT_MAX_LENGTH, 'ทำการตลาดกับสมาชิก'),
  legal_basis: TextMember('ฐานทางกฎหมาย', 'Legal basis', STATEMENT_MAX_LENGTH, 'สัญญา (มาตรา 24 (3))'),
}

/** Null empties a statement that the scopes do not need. */
export const CHANGED_STATEMENTS = {
  name: STATEMENTS.name,
  contact: NullableMember(STATEMENTS.contact),
  purpose: NullableMember(STATEMENTS.purpose),
  legal_basis: NullableMember(STATEMENTS.legal_basis),
}

/** What an owner grants to an application. */
export const GRANTED = { scopes, branch_ids: branchIds, history_days: historyDays }

export const LIMITED = {
  rate_requests: CountMember('จำนวนคำขอที่ส่งติดกันได้', 'Burst size, in requests', 100_000, RATE_REQUESTS),
  rate_per_second: CountMember(
    'จำนวนคำขอต่อวินาทีหลังจากนั้น',
    'Requests per second after the burst',
    100_000,
    RATE_PER_SECOND,
  ),
}

export const KindMember = ChoiceMember(['partner', 'pos'], 'ชนิดของแอป', 'Kind of application')
