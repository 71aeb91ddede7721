import type { Rate } from '../contract/charge.ts'
import { arrayText } from '../db/arrays.ts'
import type { Runner } from '../db/database.ts'
import { CLIENTS_LOOKED_UP_MAX } from '../limits.ts'
import { matchSecret } from './secrets.ts'

// Checks the credentials of applications.
//
// Every request with credentials is checked, however many wrong ones came before. Guessing a secret of 256 random bits is
// hopeless, and a limit before the check would lock out the partner whose client id is attacked. Instead, the cost of
// guesses is bounded: requests that arrive during a lookup share the next lookup. So guesses occupy at most one database
// connection per process, and a lookup of many clients costs little more than a lookup of one.
//
// Nothing is cached between requests, so a revoked secret is rejected at once.

/** An authenticated application. */
export type Client = {
  id: string
  clientId: string
  secretId: string
  revision: number
  scopes: string[]
  rate: Rate
  /** Whether the owner has paused it, so that it must be refused. */
  isPaused: boolean
}

/**
 * Returns the client with this secret. `client` is null for an unknown client, a wrong secret and a revoked secret, and each of
 * them takes the same time. `named` is the application of the client id, whatever the secret.
 */
export type FindClient = (
  db: Runner,
  clientId: string,
  secret: string,
) => Promise<{ client: Client | null; named: { id: string; businessId: string } | null }>

type ClientRow = {
  asked: string
  client_id: string
  id: string
  business_id: string
  revision: number
  is_paused: boolean
  scopes: string[]
  rate_requests: number
  rate_per_second: string
  secret_id: string
  hash: Buffer
}

type ClientQuestion = { clientId: string; answer(rows: ClientRow[]): void; fail(error: unknown): void }

/** Returns a `FindClient` whose concurrent calls share lookups. */
export function clientFinder(): FindClient {
  let waiting: ClientQuestion[] = []
  let isRunning = false

  /** Answers all waiting calls, one lookup after another. */
  async function run(db: Runner): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const asked = waiting.slice(0, CLIENTS_LOOKED_UP_MAX)
      waiting = waiting.slice(CLIENTS_LOOKED_UP_MAX)
      try {
        const rows = Map.groupBy(
          await lookUp(db, [...new Set(asked.map(({ clientId }) => clientId))]),
          (row) => row.asked,
        )
        for (const { clientId, answer } of asked) answer(rows.get(clientId) ?? [])
      } catch (error) {
        for (const { fail } of asked) fail(error)
      }
    }
    isRunning = false
  }

  return async (db, clientId, secret) => {
    const { promise, resolve, reject } = Promise.withResolvers<ClientRow[]>()
    waiting.push({ clientId, answer: resolve, fail: reject })
    if (!isRunning) void run(db)
    const rows = await promise
    const secretId = matchSecret(
      secret,
      rows.map(({ secret_id, hash }) => ({ id: secret_id, hash })),
    )
    const [row] = rows
    if (row?.client_id !== clientId) return { client: null, named: null }
    const { id, business_id: businessId, revision, is_paused, scopes, rate_requests, rate_per_second } = row
    const rate = { requests: rate_requests, perSecond: Number(rate_per_second) }
    const client = secretId ? { id, clientId, secretId, revision, scopes, rate, isPaused: is_paused } : null
    return { client, named: { id, businessId } }
  }
}

/**
 * Reads clients with their live secrets. For an unknown client id, the database reads the next client instead, so that the
 * lookup takes the same time. The caller must compare `client_id` with `asked`.
 */
const lookUp = (db: Runner, clientIds: string[]): Promise<ClientRow[]> =>
  db<ClientRow[]>`
    select asked.client_id as asked, a.client_id, a.id, a.business_id, a.revision, a.rate_requests, a.rate_per_second,
           a.paused_at is not null as is_paused, s.id as secret_id, s.hash,
           array(select scope from application_scopes where application_id = a.id order by scope) as scopes
    from unnest(${arrayText(clientIds)}::text::text[]) as asked (client_id)
    cross join lateral (
      (select *, 0 as again from applications
       where client_id >= asked.client_id and revoked_at is null order by client_id limit 1)
      union all
      (select *, 1 from applications where revoked_at is null order by client_id limit 1)
      order by again limit 1
    ) as a
    join application_secrets as s on s.application_id = a.id and s.revoked_at is null`
