import {
  EMAIL_MAX_LENGTH,
  MEMBER_NAME_MAX_LENGTH,
  PASSWORD_MAX_LENGTH,
  PASSWORD_MIN_LENGTH,
} from '../../contract/console_limits.ts'
import { Checked, ChoiceMember, TextMember } from '../../contract/members.ts'
import { ROLES } from '../../contract/role.ts'
import { Choice, Flag, Id, Many, Nested, Nullable, Resource, Text, Time, Unknown } from '../../contract/schema.ts'
import { isEmail } from '../../values/email.ts'

// What the operations for signing in receive and return.

export const EmailMember = Checked(
  TextMember('อีเมล', 'Email address', EMAIL_MAX_LENGTH, 'owner@example.com'),
  (text) => (isEmail(text) ? null : 'must be an email address'),
)

const secret = <M extends { schema: object }>(of: M): M => ({ ...of, schema: { ...of.schema, format: 'password' } })

/** A password as the member types it. */
export const PasswordMember = secret(TextMember('รหัสผ่าน', 'Password', PASSWORD_MAX_LENGTH, '…'))

/** A password that the member chooses. */
export const NewPasswordMember = secret(
  Checked(
    TextMember(
      `รหัสผ่านใหม่ อย่างน้อย ${PASSWORD_MIN_LENGTH} ตัวอักษร`,
      `New password, at least ${PASSWORD_MIN_LENGTH} characters`,
      PASSWORD_MAX_LENGTH,
      '…',
    ),
    (text) => (text.length >= PASSWORD_MIN_LENGTH ? null : `must be at least ${PASSWORD_MIN_LENGTH} characters`),
  ),
)

export const CodeMember = secret(
  Checked(
    TextMember(
      'รหัส 6 หลักจากแอปยืนยันตัวตน หรือรหัสสำรอง',
      'Code of the authenticator app (6 digits), or a backup code',
      32,
      '123456',
    ),
    (text) => (/^[\w-]+$/.test(text) ? null : 'must be a code'),
  ),
)

export const TokenMember = secret(TextMember('Token ในลิงก์', 'The token in the link', 200, '…'))

export const NameMember = TextMember('ชื่อที่แสดง', 'Name that others see', MEMBER_NAME_MAX_LENGTH, 'สมหญิง ใจดี')

export const RoleMember = ChoiceMember(
  ROLES,
  'สิทธิ์: viewer ไม่เห็นข้อมูลส่วนบุคคล admin ทำได้ทุกอย่างยกเว้นเรื่องสมาชิก การลบลูกค้า และการให้สิทธิ์ข้อมูลติดต่อ owner ทำได้ทุกอย่าง',
  'Role: a viewer sees no personal data; an admin does everything but members, erasure and granting contact data; an owner does everything',
)

const role = Choice(ROLES, 'สิทธิ์', 'Role', 'owner')

export const SignInState = Resource(
  'SignInState',
  { th: 'สถานะก่อนเข้าสู่ระบบ', en: 'What a sign-in page needs to know.' },
  {
    has_members: Flag('มีสมาชิกแล้วหรือไม่', 'Whether anybody can sign in'),
    first_member_command: Text(
      'คำสั่งสำหรับสร้างสมาชิกคนแรก',
      'The command that makes the first member',
      'npx talad member add owner@example.com --role owner',
    ),
  },
)

export const SignIn = Resource(
  'SignIn',
  { th: 'ผลของการเข้าสู่ระบบ', en: 'The result of a sign-in.' },
  {
    needs_code: Flag(
      'ต้องส่งรหัสจากแอปยืนยันตัวตนต่อหรือไม่ (POST /sign-in/code)',
      'Whether a code must follow (POST /sign-in/code)',
      false,
    ),
  },
)

export const Account = Resource(
  'Account',
  { th: 'สมาชิกที่เข้าสู่ระบบอยู่', en: 'The member who is signed in.' },
  {
    id: Id('ID ของสมาชิก', 'Member ID'),
    name: Text('ชื่อ', 'Name', 'สมหญิง ใจดี'),
    email: Text('อีเมล', 'Email address', 'owner@example.com'),
    language: Choice(['th', 'en'], 'ภาษาของคอนโซล', 'Language of the console', 'th'),
    role,
    business: Nested(
      {
        id: Id('ID ของธุรกิจ', 'Business ID'),
        name: Text('ชื่อธุรกิจ', 'Business name', 'ครัวใจดี'),
        time_zone: Text('เขตเวลา', 'Time zone', 'Asia/Bangkok'),
        day_starts_at: Text('เวลาเริ่มวันทำการ', 'Start of the business day', '00:00'),
        currency: Text('สกุลเงิน', 'Currency', 'THB'),
      },
      'ธุรกิจที่แสดงอยู่',
      'The business of this request',
    ),
    businesses: Many(
      { id: Id('ID ของธุรกิจ', 'Business ID'), name: Text('ชื่อธุรกิจ', 'Business name', 'ครัวใจดี'), role },
      'ธุรกิจทั้งหมดที่เป็นสมาชิก',
      'All businesses of the member',
    ),
    has_second_factor: Flag('เปิดใช้แอปยืนยันตัวตนหรือไม่', 'Whether an authenticator app is required', false),
    proof_valid_until: Time(
      'การกระทำที่ต้องยืนยันตัวตนอีกครั้งทำได้ถึงเวลานี้',
      'Until when operations that need a proof of identity work without POST /proof',
    ),
  },
)

export const PasskeyOptions = Resource(
  'PasskeyOptions',
  { th: 'สิ่งที่เบราว์เซอร์ต้องใช้', en: 'What a browser needs to make or to use a passkey.' },
  { options: Unknown('ตัวเลือกตาม WebAuthn', 'Options of WebAuthn') },
)

export const PasskeyResource = Resource(
  'Passkey',
  { th: 'Passkey ของสมาชิก', en: 'A passkey of the member.' },
  {
    id: Id('ID ของ Passkey', 'Passkey ID'),
    name: Text('ชื่อ', 'Name', 'โทรศัพท์ของสมหญิง'),
    created_at: Time('สร้างเมื่อ', 'When it was made'),
    last_used_at: Nullable(Time('ใช้ล่าสุดเมื่อ', 'When it was last used')),
  },
)

export const SecondFactor = Resource(
  'SecondFactor',
  { th: 'แอปยืนยันตัวตนที่กำลังตั้งค่า', en: 'An authenticator app that is being set up.' },
  {
    uri: Text(
      'URI สำหรับสร้าง QR code',
      'URI to show as a QR code',
      'otpauth://totp/Talad:owner%40example.com?secret=…&issuer=Talad',
    ),
    backup_codes: Many(
      Text('รหัสสำรอง', 'Backup code', 'aBcDe-FgHiJ'),
      'รหัสสำรอง แต่ละรหัสใช้ได้ครั้งเดียว และแสดงครั้งนี้ครั้งเดียว',
      'Backup codes. Each works once, and they are shown only now',
    ),
  },
)

export const Invitation = Resource(
  'Invitation',
  { th: 'คำเชิญ', en: 'An invitation.' },
  {
    business_name: Text('ชื่อธุรกิจ', 'Business name', 'ครัวใจดี'),
    email: Text('อีเมลที่ได้รับเชิญ', 'Invited email address', 'accountant@example.com'),
    role,
    invited_by: Text('ผู้เชิญ', 'Who invites', 'สมหญิง ใจดี'),
    expires_at: Time('หมดอายุเมื่อ', 'Valid until'),
    has_account: Flag(
      'อีเมลนี้มีบัญชีแล้วหรือไม่ หากมีให้ใช้รหัสผ่านเดิม',
      'Whether this address has an account, whose password accepts the invitation',
      false,
    ),
    accepted_at: Nullable(Time('ตอบรับเมื่อ', 'When it was accepted')),
  },
)
