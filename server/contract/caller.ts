import type { Scope } from '../scopes.ts'
import type { Disclosures } from './disclosure.ts'
import type { Role } from './role.ts'
import type { WayOut } from './visibility.ts'

/**
 * Who sent a request, as far as every plane knows it: whose data the caller reads, and what of it. Queries and the HTTP server
 * use nothing else. A new object is made whenever the caller's rights change.
 */
export type Caller = {
  kind: 'application' | 'member'
  /** ID of the application or of the member. */
  id: string
  business: { id: string; name: string; timeZone: string; dayStartsAt: string; currency: string }
  /** The scopes of the request that the caller still has. */
  scopes: ReadonlySet<Scope>
  /** All branches, including future ones, or the listed ones. */
  branches: 'all' | readonly string[]
  /** How the rows that are read for this caller leave the server. */
  wayOut: WayOut
  /** The id of the operation that reads for this caller; null outside of a request, as for a webhook. */
  operation: string | null
  /** Why the application reads personal data, as its owner stated; null if nothing is stated. */
  purpose: string | null
  /** Notes the customers in the rows that are read for this caller. */
  disclosures: Disclosures
  historyDays: number
  rate: { requests: number; perSecond: number }
}

/** All branches of the business, including future ones, or a chosen set. */
export type Branches = Caller['branches']

/** An application with its current rights, independent of any token. */
export type ApplicationRights = Caller & {
  kind: 'application'
  application: { clientId: string; name: string; kind: string }
}

/** A member of a business who is signed in to the console. */
export type MemberCaller = Caller & {
  kind: 'member'
  member: {
    sessionId: string
    name: string
    email: string
    language: 'th' | 'en'
    role: Role
    hasSecondFactor: boolean
    /** When the member last proved who they are. */
    provedAt: Date
    /** All businesses of the member, by name. */
    businesses: readonly { id: string; name: string; role: Role }[]
  }
}

/** An application that sent a valid access token. Its scopes and branches are those of the token. */
export type ApplicationCaller = ApplicationRights & { token: { id: string; expiresAt: Date } }
