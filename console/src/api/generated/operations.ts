// Generated from openapi.console.json by npm run openapi. Do not edit; a test checks it.

/** An exact decimal as text, such as "7.85". */
export type Decimal = string
export type Uuid = string
/** An instant in UTC: "2026-05-11T15:12:59.723Z". */
export type Timestamp = string
/** A calendar day of the business: "2026-05-11". */
export type Day = string
/** One of these words, or one that a later version adds. */
export type Open<Known extends string> = Known | (string & Record<never, never>)
/** The scopes of a token. A member has none. */
export type Granted = string
export type WithScope<G extends Granted, Needed extends string, Fields> = [Needed] extends [G] ? Fields : Partial<Fields>

/** What a sign-in page needs to know. */
export type SignInState = {
  /** Whether anybody can sign in */
  has_members: boolean
  /** The command that makes the first member */
  first_member_command: string
}

/** The result of a sign-in. */
export type SignIn = {
  /** Whether a code must follow (POST /sign-in/code) */
  needs_code: boolean
}

/** An authenticator app that is being set up. */
export type SecondFactor = {
  /** URI to show as a QR code */
  uri: string
  /** Backup codes. Each works once, and they are shown only now */
  backup_codes: string[]
}

/** The member who is signed in. */
export type Account = {
  /** Member ID */
  id: Uuid
  /** Name */
  name: string
  /** Email address */
  email: string
  /** Language of the console */
  language: Open<'th' | 'en'>
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** The business of this request */
  business: {
    /** Business ID */
    id: Uuid
    /** Business name */
    name: string
    /** Time zone */
    time_zone: string
    /** Start of the business day */
    day_starts_at: string
    /** Currency */
    currency: string
  }
  /** All businesses of the member */
  businesses: {
    /** Business ID */
    id: Uuid
    /** Business name */
    name: string
    /** Role */
    role: Open<'viewer' | 'admin' | 'owner'>
  }[]
  /** Whether an authenticator app is required */
  has_second_factor: boolean
  /** Until when operations that need a proof of identity work without POST /proof */
  proof_valid_until: Timestamp
}

/** A member of the business. */
export type Member = {
  /** Member ID */
  id: Uuid
  /** Name */
  name: string
  /** Email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Whether an authenticator app is required */
  has_second_factor: boolean
  /** When the person became a member */
  created_at: Timestamp
  /** When the member last signed in */
  last_seen_at: Timestamp | null
}

/** An invitation that nobody has accepted yet. */
export type OpenInvitation = {
  /** Invitation ID */
  id: Uuid
  /** Email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Who invites */
  invited_by: string
  /** When it was made */
  created_at: Timestamp
  /** Valid until */
  expires_at: Timestamp
}

/** An invitation with its link. */
export type InvitationWithLink = {
  /** Invitation ID */
  id: Uuid
  /** Email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Who invites */
  invited_by: string
  /** When it was made */
  created_at: Timestamp
  /** Valid until */
  expires_at: Timestamp
  /** The token of the link, shown only now */
  token: string
}

/** An invitation. */
export type Invitation = {
  /** Business name */
  business_name: string
  /** Invited email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Who invites */
  invited_by: string
  /** Valid until */
  expires_at: Timestamp
  /** Whether this address has an account, whose password accepts the invitation */
  has_account: boolean
  /** When it was accepted */
  accepted_at: Timestamp | null
}

/** One act in the audit log. */
export type AuditEntry = {
  /** ID */
  id: Uuid
  /** When */
  created_at: Timestamp
  /** Member ID (null: a command on the server) */
  member_id: Uuid | null
  /** Who */
  actor: string
  /** Address */
  address: string | null
  /** What: the id of the operation, or the command */
  action: string
  /** Type of what was acted on */
  subject_type: string | null
  /** ID of what was acted on */
  subject_id: string | null
  /** Values before */
  before: Record<string, unknown> | null
  /** Values after */
  after: Record<string, unknown> | null
}

/** Position in a paginated list. */
export type Pagination = {
  /** Send it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
  /** Whether a next page exists */
  has_more: boolean
  /** Maximum number of rows per page */
  limit: number
}

/** One error in a request. */
export type Detail = {
  /** Parameter or field with the error */
  field: string
  /** The problem, or the allowed values */
  message: string
}

/** What each operation takes and returns. */
export type Calls = {
  'console.sign_in.state': { input: Record<never, never>; shape: 'one'; answer: SignInState }
  'console.sign_in': { input: { 'email': string; 'password': string }; shape: 'one'; answer: SignIn }
  'console.sign_in.code': { input: { 'code': string }; shape: 'one'; answer: SignIn }
  'console.sign_out': { input: Record<never, never>; shape: 'empty'; answer: null }
  'console.password.choose': { input: { 'token': string; 'password': string }; shape: 'empty'; answer: null }
  'console.password.change': { input: { 'current_password': string; 'new_password': string }; shape: 'empty'; answer: null }
  'console.proof': { input: { 'password': string }; shape: 'empty'; answer: null }
  'console.second_factor.set_up': { input: { 'password': string }; shape: 'one'; answer: SecondFactor }
  'console.second_factor.confirm': { input: { 'code': string }; shape: 'empty'; answer: null }
  'console.second_factor.remove': { input: { 'password': string }; shape: 'empty'; answer: null }
  'console.me.get': { input: Record<never, never>; shape: 'one'; answer: Account }
  'console.me.update': { input: { 'name'?: string | undefined; 'language'?: 'th' | 'en' | undefined; 'business_id'?: string | undefined }; shape: 'empty'; answer: null }
  'console.members.list': { input: Record<never, never>; shape: 'list'; answer: Member }
  'console.members.update': { input: { 'id': Uuid; 'role': 'viewer' | 'admin' | 'owner' }; shape: 'empty'; answer: null }
  'console.members.remove': { input: { 'id': Uuid }; shape: 'empty'; answer: null }
  'console.invitations.list': { input: Record<never, never>; shape: 'list'; answer: OpenInvitation }
  'console.invitations.create': { input: { 'email': string; 'role': 'viewer' | 'admin' | 'owner' }; shape: 'one'; answer: InvitationWithLink }
  'console.invitations.withdraw': { input: { 'id': Uuid }; shape: 'empty'; answer: null }
  'console.invitations.get': { input: { 'token': string }; shape: 'one'; answer: Invitation }
  'console.invitations.accept': { input: { 'token': string; 'name': string; 'password': string }; shape: 'empty'; answer: null }
  'console.audit_log.list': { input: { 'member_id'?: Uuid | undefined; 'action'?: string | undefined; 'subject_id'?: string | undefined; 'limit'?: number | undefined; 'cursor'?: string | undefined }; shape: 'page'; answer: AuditEntry }
}

/** Method and path of each operation. */
export const CALLS: Record<keyof Calls, readonly [method: string, path: string]> = {
  'console.sign_in.state': ['GET', '/api/console/v1/sign-in'],
  'console.sign_in': ['POST', '/api/console/v1/sign-in'],
  'console.sign_in.code': ['POST', '/api/console/v1/sign-in/code'],
  'console.sign_out': ['POST', '/api/console/v1/sign-out'],
  'console.password.choose': ['POST', '/api/console/v1/password'],
  'console.password.change': ['PATCH', '/api/console/v1/password'],
  'console.proof': ['POST', '/api/console/v1/proof'],
  'console.second_factor.set_up': ['POST', '/api/console/v1/second-factor'],
  'console.second_factor.confirm': ['POST', '/api/console/v1/second-factor/confirm'],
  'console.second_factor.remove': ['POST', '/api/console/v1/second-factor/remove'],
  'console.me.get': ['GET', '/api/console/v1/me'],
  'console.me.update': ['PATCH', '/api/console/v1/me'],
  'console.members.list': ['GET', '/api/console/v1/members'],
  'console.members.update': ['PATCH', '/api/console/v1/members/{id}'],
  'console.members.remove': ['DELETE', '/api/console/v1/members/{id}'],
  'console.invitations.list': ['GET', '/api/console/v1/invitations'],
  'console.invitations.create': ['POST', '/api/console/v1/invitations'],
  'console.invitations.withdraw': ['DELETE', '/api/console/v1/invitations/{id}'],
  'console.invitations.get': ['POST', '/api/console/v1/invitation'],
  'console.invitations.accept': ['POST', '/api/console/v1/invitation/accept'],
  'console.audit_log.list': ['GET', '/api/console/v1/audit-log'],
}
