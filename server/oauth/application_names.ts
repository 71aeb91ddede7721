import { arrayText } from '../db/arrays.ts'
import type { Runner } from '../db/database.ts'

// The names of applications for lists and documents. Applications are on the coordinator of a cluster, so nothing joins them.

export type ApplicationName = {
  name: string
  /** Whom the owner reaches at the partner; null if not stated. */
  contact: string | null
  client_id: string
  revoked_at: Date | null
  /** The name, with the first characters of the client ID if another application of the business has the same one. */
  distinctName: string
}

/** Returns the names of applications by their ids. */
export async function applicationNames(db: Runner, ids: readonly string[]): Promise<Map<string, string>> {
  const wanted = arrayText([...new Set(ids)])
  const rows = await db<{ id: string; name: string }[]>`
    select id, name from applications where id = any(${wanted}::text::uuid[])`
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Returns the names of applications by their ids, with what tells those of one name apart. */
export async function distinctNames(db: Runner, ids: readonly string[]): Promise<Map<string, ApplicationName>> {
  const wanted = arrayText([...new Set(ids)])
  const rows = await db<(Omit<ApplicationName, 'distinctName'> & { id: string; is_shared: boolean })[]>`
    select id, name, contact, client_id, revoked_at, (business_id, name) in (
             select business_id, name from applications
             where business_id in (select business_id from applications where id = any(${wanted}::text::uuid[]))
             group by business_id, name having count(*) > 1) as is_shared
    from applications where id = any(${wanted}::text::uuid[])`
  return new Map(
    rows.map(({ id, is_shared, ...one }) => [
      id,
      { ...one, distinctName: is_shared ? `${one.name} (${shortClientId(one.client_id)})` : one.name },
    ]),
  )
}

/** The prefix and eight digits. */
const SHORT_LENGTH = 14

/** Returns the first characters of a client ID, which tell the applications of a business apart. */
export const shortClientId = (clientId: string): string => `${clientId.slice(0, SHORT_LENGTH)}…`
