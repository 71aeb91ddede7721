import type { Runner } from '../../db/database.ts'
import { TOKEN_LIFETIME_S } from '../../limits.ts'
import type { Application } from '../../oauth/applications.ts'

/** Returns an application as the console shows it. */
export function described(application: Application, now: Date) {
  const { business_id: _, secrets, rate_per_second, ...rest } = application
  return {
    ...{ id: rest.id, name: rest.name, contact: rest.contact, kind: rest.kind, client_id: rest.client_id },
    ...{ scopes: rest.scopes, branch_ids: rest.branch_ids, purpose: rest.purpose, legal_basis: rest.legal_basis },
    ...{ rate_requests: rest.rate_requests, rate_per_second: String(rate_per_second) },
    ...{ history_days: rest.history_days, created_at: rest.created_at, revoked_at: rest.revoked_at },
    paused_at: rest.paused_at,
    last_used_at: rest.last_used_at,
    secrets: secrets.map((secret) => ({
      ...secret,
      is_safe_to_revoke: secrets.length > 1 && isUnused(secret.last_used_at, now),
    })),
  }
}

/** Returns whether no token of a secret can be valid any more. */
const isUnused = (lastUse: Date | null, now: Date): boolean =>
  lastUse === null || now.getTime() - lastUse.getTime() > TOKEN_LIFETIME_S * 1000

/** Returns the webhooks of an application that events are sent to. */
export const webhooksThatStop = (db: Runner, businessId: string, applicationId: string) =>
  db<{ id: string; endpoint_url: string }[]>`
    select id, endpoint_url from subscriptions
    where business_id = ${businessId} and application_id = ${applicationId} and deleted_at is null and status <> 'DISABLED'
    order by created_at, id`
