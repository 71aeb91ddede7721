import type { MemberCaller } from '../../contract/caller.ts'
import { MEMBER_PER_SECOND, MEMBER_REQUESTS } from '../../contract/console_limits.ts'
import { UNRECORDED } from '../../contract/disclosure.ts'
import { BUSINESS_HEADER, type RequestHead, SESSION_COOKIE } from '../../contract/plane.ts'
import { invalidQuery, Problem } from '../../contract/problem.ts'
import type { Role } from '../../contract/role.ts'
import type { Database } from '../../db/database.ts'
import { KINDS, SCOPES_WITHOUT_CUSTOMERS, type Scope } from '../../scopes.ts'
import type { Library } from './library.ts'
import { headerOf } from './origin.ts'

// Authenticates members. Every request reads the session and the roles, so whatever is taken away has no effect any more from
// the next request on.

/** Returns how the plane of the console authenticates. */
export function sessionReader(library: () => Promise<Library>, db: Database) {
  return async (head: RequestHead): Promise<MemberCaller> => {
    const { method, rawHeaders } = head
    const session = await sessionOf(library, headerOf(rawHeaders, 'cookie'))
    const member = session && (await memberOf(db, session))
    if (!member) throw new Problem('invalid_session')
    return callerOf(member, businessOf(member, headerOf(rawHeaders, BUSINESS_HEADER), method))
  }
}

/** Returns the id of the session of a cookie, or null. */
export async function sessionOf(library: () => Promise<Library>, cookie: string | undefined): Promise<string | null> {
  // A request without the cookie does not load the library.
  if (!cookie?.includes(SESSION_COOKIE)) return null
  const { api } = await library()
  const found = await api.getSession({ headers: new Headers({ cookie }) })
  return found?.session.id ?? null
}

type MembershipRow = MemberCaller['business'] & { role: Role }

type MemberRow = {
  user_id: string
  session_id: string
  name: string
  email: string
  language: 'th' | 'en'
  has_second_factor: boolean
  last_business_id: string | null
  proved_at: Date
  memberships: MembershipRow[]
}

async function memberOf(db: Database, sessionId: string): Promise<MemberRow | undefined> {
  const [row] = await db<MemberRow[]>`
    select u.id as user_id, s.id as session_id, u.name, u.email, u.language, u.last_business_id, s.proved_at,
           coalesce(u.two_factor_enabled, false) as has_second_factor,
           coalesce((select json_agg(json_build_object(
                'id', b.id, 'name', b.name, 'timeZone', b.time_zone, 'currency', b.currency,
                'dayStartsAt', to_char(b.business_day_starts_at, 'HH24:MI'), 'role', m.role) order by b.name, b.id)
              from members m join businesses b on b.id = m.business_id where m.user_id = u.id), '[]') as memberships
    from auth_sessions s join auth_users u on u.id = s.user_id where s.id = ${sessionId}`
  return row
}

/** Returns the business that a request is about. @throws Problem */
function businessOf({ memberships, last_business_id }: MemberRow, named: string | undefined, method = 'GET') {
  const [first] = memberships
  if (!first) throw notMember('You are not a member of any business')
  if (named !== undefined) {
    const found = memberships.find(({ id }) => id === named.toLowerCase())
    if (!found) throw notMember('You are not a member of this business')
    return found
  }
  // A second tab may show another business, so a change must say which one it means.
  if (memberships.length > 1 && method !== 'GET' && method !== 'HEAD')
    throw invalidQuery([
      { field: 'Talad-Business', message: 'is required (a header), because you belong to several businesses' },
    ])
  return memberships.find(({ id }) => id === last_business_id) ?? first
}

const notMember = (message: string) => new Problem('insufficient_role', message, { required_role: 'viewer' })

/** A viewer sees no personal data. */
const SCOPES_OF: Record<Role, ReadonlySet<Scope>> = {
  viewer: new Set(SCOPES_WITHOUT_CUSTOMERS),
  admin: new Set(KINDS.partner),
  owner: new Set(KINDS.partner),
}

/** A member reads everything, however old it is. */
const ALL_DAYS = 36_500

function callerOf(member: MemberRow, { role, ...business }: MembershipRow): MemberCaller {
  return {
    kind: 'member',
    id: member.user_id,
    business,
    scopes: SCOPES_OF[role],
    branches: 'all',
    wayOut: 'response',
    operation: null,
    purpose: null,
    disclosures: UNRECORDED,
    historyDays: ALL_DAYS,
    rate: { requests: MEMBER_REQUESTS, perSecond: MEMBER_PER_SECOND },
    member: {
      sessionId: member.session_id,
      name: member.name,
      email: member.email,
      language: member.language,
      role,
      hasSecondFactor: member.has_second_factor,
      provedAt: member.proved_at,
      businesses: member.memberships.map(({ id, name, role }) => ({ id, name, role })),
    },
  }
}
