import { randomUUID } from 'node:crypto'
import { AUDIT_KEPT_MONTHS, AUDIT_SWEEP_MS } from '../../contract/console_limits.ts'
import type { Database, Runner } from '../../db/database.ts'
import { periodically } from '../../periodic.ts'
import type { MemberContext } from '../frame.ts'

// The audit log: who did what, when, from where, with the values before and after. Entries hold no secret and no data of
// customers: who writes one passes names and settings only.

/** What an act changed. `before` and `after` are settings, or the names of what was added or removed. */
export type Act = {
  subject?: { type: string; id: string }
  before?: object | null
  after?: object | null
}

/** Writes the act of a member, in the transaction of the operation. */
export async function audit(
  { db, caller, request, clock }: Pick<MemberContext, 'db' | 'caller' | 'request' | 'clock'>,
  act: Act,
): Promise<void> {
  await writeAct(db, {
    businessId: caller.business.id,
    memberId: caller.id,
    actor: caller.member.name,
    address: request.address,
    requestId: request.id,
    action: caller.operation as string,
    at: clock(),
    ...act,
  })
}

export type WrittenAct = Act & {
  businessId: string
  memberId: string | null
  actor: string
  address: string | null
  requestId: string | null
  action: string
  at: Date
}

export async function writeAct(db: Runner, act: WrittenAct): Promise<void> {
  const { subject, before = null, after = null } = act
  await db`
    insert into audit_log (business_id, id, created_at, member_id, actor, address, request_id, action, subject_type, subject_id,
                           before, after)
    values (${act.businessId}, ${randomUUID()}, ${act.at}, ${act.memberId}, ${act.actor}, ${act.address}, ${act.requestId},
            ${act.action}, ${subject?.type ?? null}, ${subject?.id ?? null},
            ${before === null ? null : JSON.stringify(before)}::text::jsonb,
            ${after === null ? null : JSON.stringify(after)}::text::jsonb)`
}

/** An act of whoever can run commands on the server. @param actor names the user of the computer */
export const actByCommand = (businessId: string, actor: string, action: string, at: Date, act: Act): WrittenAct => ({
  ...act,
  ...{ businessId, action, at, memberId: null, actor, address: null, requestId: null },
})

/** Deletes entries that are older than two years. @returns a function that stops it */
export const watchAuditLog = (db: Database, clock: () => Date, onError: (error: unknown) => void) =>
  periodically(AUDIT_SWEEP_MS, () => deleteOldActs(db, clock()), onError)

export async function deleteOldActs(db: Runner, now: Date): Promise<void> {
  await db`delete from audit_log where created_at < ${now}::timestamptz - make_interval(months => ${AUDIT_KEPT_MONTHS})`
  await db`
    delete from imports
    where started_at < ${now}::timestamptz - case when is_check then interval '1 day' else make_interval(months => ${AUDIT_KEPT_MONTHS}) end`
  await db`delete from passkey_challenges where expires_at < ${now}`
  await db`delete from auth_sessions where expires_at < ${now}`
  await db`delete from auth_verifications where expires_at < ${now}`
}
