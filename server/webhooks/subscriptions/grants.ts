import type { Caller } from '../../contract/caller.ts'
import { Problem } from '../../contract/problem.ts'
import { scopesOfWayOut, webhookWayOut } from '../../contract/visibility.ts'
import { EVENT_TYPES, type EventType, scopeOf } from '../../events/event_types.ts'
import type { Scope } from '../../scopes.ts'

/** The content of a subscription: event types, and whether contact data (PII) is included. */
export type Content = { eventTypes: EventType[] | ['*']; includePii: boolean }

/**
 * Rejects a subscription to data that the token may not see. The token needs the scopes of:
 *
 * - content that this request asks for by name, even if the application does not have these scopes;
 * - other content, including `*`, for which the application has the scopes now.
 *
 * @param asked the parts of the content that this request asks for
 * @param application the current permissions of the application
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
    ...scopesOfWayOut(webhookWayOut(content.includePii)).filter((scope) => asked.includePii || isPossible(scope)),
  ]
  const missing = needed.find((scope) => !caller.scopes.has(scope))
  if (missing) throw new Problem('insufficient_scope', undefined, { required_scope: missing })
}
