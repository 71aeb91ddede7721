import type { Runner } from '../db/database.ts'

/**
 * SQL for whether an event of the log must be told to an application although it may not see its type, because it had received
 * data of the person who was erased.
 */
export const isErasureNotice = (db: Runner, businessId: string, applicationId: string | null) => db`
  (events.type = 'customer.deleted' and (
    select true from erasure_recipients as owed
    where owed.business_id = ${businessId} and owed.application_id = ${applicationId}::text::uuid
      and owed.customer_id = events.resource_id limit 1) is not null)`

/**
 * SQL for whether an application that asks for the events after a position confirms the event of an erasure, because a response
 * has shown it the event. Uses the index erasure_recipients_unconfirmed.
 */
export const confirmsErasure = (
  db: Runner,
  businessId: string,
  applicationId: string | null,
  after: number | null,
) => db`
  ((select true from erasure_recipients as shown
    where shown.business_id = ${businessId} and shown.application_id = ${applicationId}::text::uuid
      and shown.read_at is null and shown.shown_position <= ${after}::text::bigint limit 1) is not null)`
