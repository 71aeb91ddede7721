import type { Context } from '../../contract/operation.ts'
import type { Runner } from '../../db/database.ts'
import { writeAct } from '../audit/audit.ts'

/**
 * Writes an attempt to prove an identity to the audit log of every business of the person. An unknown address is in no log.
 *
 * @param ok whether it succeeded
 */
export async function auditSignIn(
  db: Runner,
  who: { email: string } | { id: string },
  { request, clock }: Pick<Context, 'request' | 'clock'>,
  action: string,
  ok: boolean,
): Promise<void> {
  const rows = await db<{ business_id: string; user_id: string; name: string }[]>`
    select m.business_id, m.user_id, u.name from auth_users u join members m on m.user_id = u.id
    where ${'email' in who ? db`u.email = ${who.email.toLowerCase()}` : db`u.id = ${who.id}`}`
  for (const { business_id, user_id, name } of rows)
    await writeAct(db, {
      ...{ businessId: business_id, memberId: user_id, actor: name, action, at: clock() },
      ...{ address: request.address, requestId: request.id, after: { succeeded: ok } },
    })
}
