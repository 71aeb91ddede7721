import type { Caller, MemberCaller } from './caller.ts'
import { PROOF_VALID_MS } from './console_limits.ts'
import type { Operation } from './operation.ts'
import { Problem } from './problem.ts'
import { isAtLeast } from './role.ts'

/**
 * Rejects a caller that may not call an operation. An application needs the scope of the operation. A member needs its role,
 * and for some operations a recent proof of identity.
 *
 * @throws Problem `insufficient_scope`, `insufficient_role`, `proof_required`
 */
export function assertMayCall(operation: Operation, caller: Caller, now: Date): void {
  const { scope, role, needsProof } = operation
  if (role !== null) {
    if (!isMember(caller) || !isAtLeast(caller.member.role, role))
      throw new Problem('insufficient_role', undefined, { required_role: role })
    if (needsProof) assertProved(caller, now)
    return
  }
  if (scope !== 'token' && scope !== 'public' && !caller.scopes.has(scope))
    throw new Problem('insufficient_scope', undefined, { required_scope: scope })
}

/** Rejects a member whose last proof of identity is too old. @throws Problem `proof_required` */
export function assertProved({ member: { provedAt } }: MemberCaller, now: Date): void {
  if (now.getTime() - provedAt.getTime() > PROOF_VALID_MS) throw new Problem('proof_required')
}

export const isMember = (caller: Caller): caller is MemberCaller => caller.kind === 'member'
