import { PII_SCOPE, type Scope } from '../scopes.ts'
import type { Caller } from './caller.ts'
import { fieldNames, fieldScopes, type Resource } from './schema.ts'

// Decides which fields of a resource a caller sees. Every query that renders rows asks here (rows/row_text.ts). All ways out of
// the server therefore use the same rules. Rows come from the database without the fields that the caller may not see.

/** How rows leave the server. Only some of these ways include contact data (PII). */
export type WayOut = 'response' | 'feed' | 'webhook' | 'webhook_with_pii'

/** Reads rows that stay inside: ingest compares sent records with stored ones, as their sender may see them. */
export type Comparison = Pick<Caller, 'scopes' | 'branches'> & { wayOut: 'comparison'; business: { id: string } }

/** For whom rows are read. */
export type Reader = Caller | Comparison

const HAS_PII: Record<Reader['wayOut'], boolean> = {
  response: true,
  // The nine PII keys never appear in GET /events, whatever the scopes.
  feed: false,
  // A subscription chooses with include_pii.
  webhook: false,
  webhook_with_pii: true,
  comparison: true,
}

/** Returns the scopes whose fields the reader sees, in addition to the fields without a scope. In the order of the fields. */
export const visibleScopes = (resource: Resource, { scopes, wayOut }: Pick<Reader, 'scopes' | 'wayOut'>): Scope[] =>
  fieldScopes(resource).filter((scope) => scopes.has(scope) && (scope !== PII_SCOPE || HAS_PII[wayOut]))

/** Returns whether the reader sees contact data (PII) in rows of this resource. */
export const seesContactData = (resource: Resource, reader: Pick<Reader, 'scopes' | 'wayOut'>): boolean =>
  visibleScopes(resource, reader).includes(PII_SCOPE)

/** Returns the scopes that a caller needs for this way out, in addition to the scopes of the rows. */
export const scopesOfWayOut = (wayOut: WayOut): Scope[] => (wayOut === 'webhook_with_pii' ? [PII_SCOPE] : [])

/** Returns how a subscription sends rows. */
export const webhookWayOut = (includePii: boolean): WayOut => (includePii ? 'webhook_with_pii' : 'webhook')

/** Returns the header that names the fields hidden from the caller, so that partners do not take their absence for a bug. */
export function omittedFields(resource: Resource | null, reader: Caller | undefined): Record<string, string> {
  if (!resource || !reader) return {}
  const scopes = fieldScopes(resource)
  if (scopes.length === 0) return {}
  const visible = visibleScopes(resource, reader)
  const omitted = scopes
    .filter((scope) => !visible.includes(scope))
    .map((scope) => `(${fieldNames(resource, scope).join(' ')});scope="${scope}"`)
  return omitted.length > 0 ? { 'Omitted-Fields': omitted.join(', ') } : {}
}
