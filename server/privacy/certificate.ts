import type { Database } from '../db/database.ts'
import type { Reach } from '../db/reach.ts'
import type { ShownErasure } from '../events/operations.ts'
import { type UnknownSpan, unknownSpans } from '../ledger/restored/restores.ts'
import { LEDGER_WATCHED_MS } from '../ledger/retention.ts'
import type { StatementSigner } from '../ledger/statements.ts'
import { distinctNames } from '../oauth/application_names.ts'
import { periodically } from '../periodic.ts'
import { addRecipients } from './erasure.ts'
import { completeJournal, type Journal } from './journal.ts'

// The certificate of an erasure: who had received data of the person, and when each was told. It fills itself as deliveries
// succeed.

/**
 * How an application was told. `answered`: its endpoint answered 2xx. `read`: it got the event from GET /events and asked for
 * what follows. `sent`: it was sent the event, and has confirmed it in neither way.
 */
export type RecipientState = 'answered' | 'read' | 'sent' | 'not_reached'

export type CertificateRecipient = {
  application_id: string
  /** Its name, distinct from those of other applications of the business. */
  application: string | null
  client_id: string | null
  revoked_at: Date | null
  /** Whom the owner reaches at the partner; null if not stated. */
  contact: string | null
  /** The most that it had received. */
  class: 'profile' | 'contact'
  times: number
  first_at: Date
  last_at: Date
  state: RecipientState
  sent_at: Date | null
  answered_at: Date | null
  read_at: Date | null
}

export type ErasureCertificate = {
  business_id: string
  business: string
  customer_id: string
  reason: string
  erased_by: string
  erased_at: Date
  /** Whether every recipient has answered or read the event. */
  is_complete: boolean
  /** Times of which it is unknown who received the data, because a restore from a backup lost the entries of the ledger. */
  unknown_spans: UnknownSpan[]
  recipients: CertificateRecipient[]
}

type RecipientRow = Omit<CertificateRecipient, 'application' | 'client_id' | 'revoked_at' | 'contact' | 'state'>

/** Returns the certificate of an erasure as of now, or null if the customer was not erased. */
export async function certificateOf(
  db: Database,
  businessId: string,
  customerId: string,
): Promise<ErasureCertificate | null> {
  const [erasure] = await db<Omit<ErasureCertificate, 'is_complete' | 'unknown_spans' | 'recipients'>[]>`
    select erasure.business_id, business.name as business, customer_id, reason, erased_by, erased_at
    from erasures as erasure join businesses as business on business.id = erasure.business_id
    where erasure.business_id = ${businessId} and customer_id = ${customerId}`
  if (!erasure) return null
  await addRecipients(db, businessId, customerId)
  await noteDeliveries(db, businessId)
  const rows = await db<RecipientRow[]>`
    select application_id, class, times, first_at, last_at, sent_at, answered_at, read_at
    from erasure_recipients where business_id = ${businessId} and customer_id = ${customerId} order by application_id`
  const nameOf = await distinctNames(
    db,
    rows.map((row) => row.application_id),
  )
  const recipients = rows.map((row) => {
    const {
      distinctName = null,
      client_id = null,
      revoked_at = null,
      contact = null,
    } = nameOf.get(row.application_id) ?? {}
    return { ...row, application: distinctName, client_id, revoked_at, contact, state: stateOf(row) }
  })
  const is_complete = recipients.every(({ state }) => state === 'answered' || state === 'read')
  const unknown_spans = await unknownSpans(db, businessId, erasure.erased_at)
  return { ...erasure, is_complete, unknown_spans, recipients }
}

const stateOf = ({ answered_at, read_at, sent_at }: RecipientRow): RecipientState =>
  answered_at ? 'answered' : read_at ? 'read' : sent_at ? 'sent' : 'not_reached'

/** Copies the times of deliveries to the recipients of erasures, because deliveries are deleted after a while. */
export async function noteDeliveries(db: Database, businessId: string): Promise<void> {
  await db`
    update erasure_recipients as recipient
    set sent_at = coalesce(recipient.sent_at, delivery.sent_at),
        answered_at = coalesce(recipient.answered_at, delivery.answered_at)
    from (
      select subscription.application_id, sent.resource_id,
             min(sent.updated_at) filter (where sent.attempt_count > 0) as sent_at, min(sent.delivered_at) as answered_at
      from deliveries as sent join subscriptions as subscription
        on subscription.business_id = ${businessId} and subscription.id = sent.subscription_id
      where sent.business_id = ${businessId} and sent.event_type = 'customer.deleted'
      group by subscription.application_id, sent.resource_id) as delivery
    where recipient.business_id = ${businessId} and recipient.answered_at is null
      and recipient.application_id = delivery.application_id and recipient.customer_id = delivery.resource_id`
}

/** Notes that a response of GET /events shows an application the events of erasures. */
export async function noteShown(
  db: Database,
  businessId: string,
  applicationId: string,
  events: readonly ShownErasure[],
  now: Date,
): Promise<void> {
  await db`
    update erasure_recipients as recipient
    set sent_at = coalesce(recipient.sent_at, ${now}), shown_position = event.position
    from json_to_recordset(${JSON.stringify(events)}::text::json) as event ("customerId" uuid, position bigint)
    where recipient.business_id = ${businessId} and recipient.application_id = ${applicationId}
      and recipient.customer_id = event."customerId" and recipient.read_at is null and recipient.shown_position is null`
}

/** Notes that an application has the events of erasures up to a position: it was shown them, and asks for what follows. */
export async function noteConfirmed(
  db: Database,
  businessId: string,
  applicationId: string,
  position: number,
  now: Date,
): Promise<void> {
  await db`
    update erasure_recipients set read_at = ${now}
    where business_id = ${businessId} and application_id = ${applicationId} and read_at is null
      and shown_position <= ${position}`
}

/** Signs a certificate as it is now. @returns a compact JSON Web Signature */
export const signCertificate = (signer: StatementSigner, certificate: ErasureCertificate): Promise<string> =>
  signer.sign(CERTIFICATE_TYPE, certificate)

export const CERTIFICATE_TYPE = 'talad-erasure'

/** Completes the certificates and the journal now and then periodically. @returns a function that stops it */
export const watchErasures = (
  db: Database,
  journal: Journal,
  reach: Reach,
  onError: (error: unknown) => void,
): (() => Promise<void>) =>
  periodically(
    LEDGER_WATCHED_MS,
    async () => {
      const open = await db<{ business_id: string }[]>`
        select distinct business_id from erasure_recipients as recipient
        where answered_at is null and ${reach.areReachable(db, 'recipient.business_id')}`
      for (const { business_id } of open) await noteDeliveries(db, business_id)
      await completeJournal(db, journal, reach)
    },
    onError,
  )
