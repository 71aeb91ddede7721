import { ROLES } from '../../contract/role.ts'
import { Choice, Flag, Id, Nullable, Resource, Text, Time, Unknown } from '../../contract/schema.ts'

const email = Text('อีเมล', 'Email address', 'owner@example.com')
const role = Choice(ROLES, 'สิทธิ์', 'Role', 'owner')

export const MemberResource = Resource(
  'Member',
  { th: 'สมาชิกของธุรกิจ', en: 'A member of the business.' },
  {
    id: Id('ID ของสมาชิก', 'Member ID'),
    name: Text('ชื่อ', 'Name', 'สมหญิง ใจดี'),
    email,
    role,
    has_second_factor: Flag('ใช้แอปยืนยันตัวตนหรือไม่', 'Whether an authenticator app is required', false),
    created_at: Time('เป็นสมาชิกเมื่อ', 'When the person became a member'),
    last_seen_at: Nullable(Time('เข้าสู่ระบบล่าสุด', 'When the member last signed in')),
  },
)

export const OpenInvitationResource = Resource(
  'OpenInvitation',
  { th: 'คำเชิญที่ยังไม่ได้ตอบรับ', en: 'An invitation that nobody has accepted yet.' },
  {
    id: Id('ID ของคำเชิญ', 'Invitation ID'),
    email,
    role,
    invited_by: Text('ผู้เชิญ', 'Who invites', 'สมหญิง ใจดี'),
    created_at: Time('เชิญเมื่อ', 'When it was made'),
    expires_at: Time('หมดอายุเมื่อ', 'Valid until'),
  },
)

export const InvitationWithLink = Resource(
  'InvitationWithLink',
  { th: 'คำเชิญพร้อมลิงก์', en: 'An invitation with its link.' },
  {
    ...OpenInvitationResource.fields,
    token: Text('Token ของลิงก์ แสดงครั้งนี้ครั้งเดียว', 'The token of the link, shown only now', '…'),
  },
)

export const AuditEntry = Resource(
  'AuditEntry',
  { th: 'การกระทำหนึ่งรายการ', en: 'One act in the audit log.' },
  {
    id: Id('ID', 'ID'),
    created_at: Time('เวลา', 'When'),
    member_id: Nullable(Id('ID ของสมาชิก (null คือคำสั่งบนเซิร์ฟเวอร์)', 'Member ID (null: a command on the server)')),
    actor: Text('ผู้กระทำ', 'Who', 'สมหญิง ใจดี'),
    address: Nullable(Text('IP address', 'Address', '203.0.113.7')),
    action: Text('การกระทำ', 'What: the id of the operation, or the command', 'console.members.invite'),
    subject_type: Nullable(Text('ชนิดของสิ่งที่ถูกกระทำ', 'Type of what was acted on', 'application')),
    subject_id: Nullable(Text('ID ของสิ่งที่ถูกกระทำ', 'ID of what was acted on', '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb')),
    before: Nullable(Unknown('ค่าก่อน', 'Values before')),
    after: Nullable(Unknown('ค่าหลัง', 'Values after')),
  },
)
