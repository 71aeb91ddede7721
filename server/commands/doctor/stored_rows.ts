import { existingKey } from '../../backup/sealed_keys.ts'
import type { Config } from '../../config.ts'
import { longPauses } from '../../console/applications/pauses.ts'
import type { Database } from '../../db/database.ts'
import { trustedBy } from '../../http/connections/client_address.ts'
import { partitionOf } from '../../ledger/partitions.ts'
import { applicationsWithoutPurpose } from '../../oauth/applications.ts'
import { checkSecretKey, hasSigningKeys } from '../../oauth/keys.ts'
import type { Journal } from '../../privacy/journal.ts'
import { isLoopback } from '../../values/loopback.ts'
import { specialPurpose } from '../../webhooks/sending/address.ts'
import { durationText, type Finding, ok, weak, wrong } from './finding.ts'
import { holdersOfLedger, type OpenTransaction, SECOND_LOOK_MS } from './open_transactions.ts'
import { transactionEnding, transactionName } from './server_state.ts'

// What the tables of Talad say: secrets, webhooks, the ledger and erasures.

/** Whether the secret key is that of the database. */
export async function keyOpensFinding(db: Database, config: Config): Promise<Finding> {
  const check = 'key_of_data'
  const secretKey = await existingKey(config)
  if (!secretKey || !(await hasSigningKeys(db))) return ok(check, 'There is nothing to decrypt yet.')
  try {
    await checkSecretKey(db, secretKey)
    return ok(check, 'The secret key decrypts the keys in the database.')
  } catch (error) {
    return wrong(check, (error as Error).message, 'Restore the original key from your copy.')
  }
}

const DAY_MS = 86_400_000
const SECRET_OLD_MS = 365 * DAY_MS

export async function secretsFinding(db: Database, now: Date): Promise<Finding> {
  const check = 'secrets'
  const old = await db<{ name: string }[]>`
    select distinct application.name from application_secrets as secret join applications as application
      on application.id = secret.application_id
    where secret.revoked_at is null and application.revoked_at is null
      and secret.created_at < ${new Date(now.getTime() - SECRET_OLD_MS)} order by name limit 5`
  if (old.length > 0)
    return weak(
      check,
      `The secrets of ${old.map(({ name }) => name).join(', ')} are more than a year old.`,
      'talad app rotate NAME, then give the partner the new secret. The old one works meanwhile.',
    )
  const [key] = await db<{ created_at: Date }[]>`select created_at from signing_keys where retired_at is null`
  if (key && key.created_at.getTime() < now.getTime() - SECRET_OLD_MS)
    return weak(check, 'The key that signs access tokens is more than a year old.', 'talad keys rotate')
  return ok(check, 'No secret is older than a year.')
}

export async function purposesFinding(db: Database): Promise<Finding> {
  const check = 'purposes'
  const names = await applicationsWithoutPurpose(db, null)
  if (names.length === 0) return ok(check, 'Every application that reads customers has a purpose and a legal basis.')
  return weak(
    check,
    `${names.join(', ')} may read customers, without a purpose and a legal basis.`,
    "talad app edit NAME --purpose '…' --legal-basis contract",
  )
}

/** Applications whose pause somebody may have forgotten: their webhooks lose events after 90 days. */
export async function pausesFinding(db: Database, now: Date): Promise<Finding> {
  const check = 'pauses'
  const [longest, ...others] = await longPauses(db, null, now)
  if (!longest) return ok(check, 'No application is paused for long.')
  const { name, paused_at, lost_from } = longest
  const more = others.length > 0 ? `, and ${others.length} more for at least 30 days` : ''
  const losing = lost_from && `; its webhooks lose events from ${lost_from.toISOString().slice(0, 10)} on`
  return weak(
    check,
    `${name} has been paused for ${durationText(now.getTime() - paused_at.getTime())}${losing ?? ''}${more}.`,
    'talad app resume NAME, or talad app revoke NAME if nobody needs it.',
  )
}

/** How many of the newest requests of a business tell where they come from, and how many are needed. */
const REQUESTS_LOOKED_AT = 100
const REQUESTS_NEEDED = 20
const BUSINESSES_LOOKED_AT = 20

/** Whether requests have the address of a proxy that is not trusted. Null if there is nothing to say. */
export async function clientsFinding(
  db: Database,
  { publicUrl, trustedProxies }: Pick<Config, 'publicUrl' | 'trustedProxies'>,
  now: Date,
): Promise<Finding | null> {
  if (!publicUrl?.startsWith('https:') || isLoopback(new URL(publicUrl))) return null
  const businesses = await db<{ id: string }[]>`select id from businesses order by id limit ${BUSINESSES_LOOKED_AT}`
  const addresses: string[] = []
  for (const { id } of businesses) {
    const newest = await db<{ address: string }[]>`
      select address from request_log where business_id = ${id} and created_at > ${new Date(now.getTime() - DAY_MS)}
      order by created_at desc limit ${REQUESTS_LOOKED_AT}`
    addresses.push(...newest.map(({ address }) => address))
  }
  const [first = ''] = addresses
  const isProxy = specialPurpose(first) !== null && !trustedBy(trustedProxies)(first)
  if (addresses.length < REQUESTS_NEEDED || !isProxy || addresses.some((address) => address !== first)) return null
  return weak(
    'clients',
    `The newest ${addresses.length} requests all come from ${first}. If this is your proxy, all clients share one address and its limits.`,
    `Add ${first} to TALAD_TRUSTED_PROXIES.`,
  )
}

/** Webhooks that wait too long, or that nobody sends. */
export async function webhooksFinding(db: Database, now: Date): Promise<Finding> {
  const check = 'webhooks'
  const [row] = await db<{ waiting: number; oldest: Date | null; ill: number; workers: number }[]>`
    select (select count(*)::int from deliveries where due_at is not null) as waiting,
           (select min(event_created_at) from deliveries as one
            where due_at is not null and exists (
              select from subscriptions as it where it.business_id = one.business_id and it.id = one.subscription_id
                and it.status = 'ACTIVE' and it.deleted_at is null and not it.is_suspended)) as oldest,
           (select count(*)::int from subscriptions
            where deleted_at is null and not is_suspended and status in ('FAILING', 'DISABLED')) as ill,
           (select count(*)::int from workers where expires_at > ${now}) as workers`
  const { waiting = 0, oldest = null, ill = 0, workers = 0 } = row ?? {}
  const age = oldest ? now.getTime() - oldest.getTime() : 0
  if (waiting > 0 && workers === 0)
    return wrong(check, `${waiting} deliveries wait, and no process sends them.`, 'Start talad serve or talad work.')
  if (age > 30 * 60_000)
    return weak(
      check,
      `${waiting} deliveries wait, the oldest for ${durationText(age)}.`,
      'Look in the console which endpoint is slow or fails.',
    )
  if (ill > 0)
    return weak(
      check,
      `${ill} ${ill === 1 ? 'webhook fails' : 'webhooks fail'} or ${ill === 1 ? 'is' : 'are'} disabled after failures.`,
      'Look in the console, and tell the partners.',
    )
  return ok(check, waiting > 0 ? `${waiting} deliveries are on their way.` : 'No delivery waits.')
}

/** A transaction of the ledger takes milliseconds. */
const LEDGER_HELD_MS = 10_000

/** Whether the ledger can be written now and next month, and checkpoints are made. */
export async function ledgerFinding(db: Database, now: Date): Promise<Finding> {
  const check = 'ledger'
  const { transactions, silent } = await holdersOfLedger(db)
  const held = ({ began }: OpenTransaction) => (began ? now.getTime() - began.getTime() : SECOND_LOOK_MS)
  const holder = transactions.find((one) => one.began === null || held(one) > LEDGER_HELD_MS)
  if (holder)
    return wrong(
      check,
      `${transactionName(holder)} has held the ledger for ${durationText(held(holder))}${holder.began ? '' : ' or longer'}: responses with customers can get 503.`,
      transactionEnding(holder),
    )
  if (silent.length > 0)
    return weak(
      check,
      `Who holds the ledger is not known on these workers, which did not answer: ${silent.join(', ')}.`,
      'talad cluster status',
    )
  const [row] = await db<{ there: boolean; behind: number }[]>`
    select to_regclass(${partitionOf(now)}) is not null as there, (
      select count(*)::int from ledger_heads as head left join lateral (
        select sequence, created_at from ledger_checkpoints
        where business_id = head.business_id order by sequence desc limit 1) as newest on true
      where head.sequence > coalesce(newest.sequence, 0)
        and coalesce(newest.created_at, head.at) < ${new Date(now.getTime() - 2 * DAY_MS)}) as behind`
  if (row && row.behind > 0)
    return weak(
      check,
      `${row.behind} ledgers have had no checkpoint for two days.`,
      'Start talad serve: it makes one a day. Then keep one elsewhere: talad ledger checkpoint.',
    )
  if (row && !row.there)
    return weak(check, 'The month of the ledger is not prepared.', 'Start talad serve: it prepares it.')
  return ok(check, 'Checkpoints are made every day. talad ledger verify reads the whole chain.')
}

/** Whether erasures survive the restore of a backup. */
export async function erasuresFinding(db: Database, journal: Journal, file: string): Promise<Finding> {
  const check = 'erasures'
  const known = await db<{ business_id: string; customer_id: string }[]>`select business_id, customer_id from erasures`
  if (!(await journal.exists()))
    return known.length === 0
      ? ok(check, 'Nobody was erased yet, and there is no file of erasures.')
      : wrong(
          check,
          `${file} is missing, and ${known.length} customers were erased: a restored backup could bring them back.`,
          'Put your copy there, or start the server: it writes the file again from the database.',
        )
  const read = await journal.read().catch((error) => error as Error)
  if (read instanceof Error) return wrong(check, read.message, 'Restore the file from your copy.')
  const journaled = new Set(read.map(({ businessId, customerId }) => `${businessId} ${customerId}`))
  const missing = known.filter((one) => !journaled.has(`${one.business_id} ${one.customer_id}`)).length
  if (missing > 0)
    return weak(check, `${file} lacks ${missing} erasures of the database.`, 'Start the server: it adds them.')
  const all = new Set(known.map((one) => `${one.business_id} ${one.customer_id}`))
  const undone = [...journaled].filter((one) => !all.has(one)).length
  if (undone > 0)
    return wrong(
      check,
      `${undone} customers of ${file} are not erased in the database: it may be an old backup.`,
      'talad restore --check, or start the server: it erases them again.',
    )
  if (known.length === 0) return ok(check, 'Nobody was erased yet.')
  return ok(check, `${file} has all ${known.length} erasures. Keep a copy elsewhere.`)
}
