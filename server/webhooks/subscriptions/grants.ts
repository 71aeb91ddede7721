import type { Caller } from '../../contract/operation.ts'
import { Problem } from '../../contract/problem.ts'
import { EVENT_TYPES, type EventType, scopeOf } from '../../events/event_types.ts'
import type { Scope } from '../../scopes.ts'

/** What a subscription would be sent: types, and whether with contact data (PII). */
export type Content = { eventTypes: EventType[] | ['*']; includePii: boolean }

const PII: Scope = 'read:customers:pii'

/**
 * Refuses a subscription to what the token may not see: by a webhook it would see it all the same.
 *
 * @param asked what of the content was asked for now. All of that must be the token's; of the rest, as of `*`, what the
 *   application could be sent as things are
 * @param application the application as it is now
 * @throws Problem `insufficient_scope`
 */
export function assertMaySee(
  caller: Caller,
  application: Caller | null,
  content: Content,
  asked: { eventTypes: boolean; includePii: boolean },
): void {
  const isAll = content.eventTypes[0] === '*'
  const types = (isAll ? EVENT_TYPES : content.eventTypes) as EventType[]
  const isPossible = (scope: Scope) => application?.scopes.has(scope) ?? false
  const needed = [
    ...types.map(scopeOf).filter((scope) => (asked.eventTypes && !isAll) || isPossible(scope)),
    ...(content.includePii && (asked.includePii || isPossible(PII)) ? [PII] : []),
  ]
  const missing = needed.find((scope) => !caller.scopes.has(scope))
  if (missing) throw new Problem('insufficient_scope', undefined, { required_scope: missing })
}
