import type { Caller } from '../../contract/caller.ts'
import { fullPath, type Operation } from '../../contract/operation.ts'
import { namesIn } from '../../contract/parameters.ts'
import type { Problem } from '../../contract/problem.ts'
import { loggedPathFor, PERSON_PATH } from './logged_path.ts'

/** One line of the request log. It never contains a parameter value. */
export type RequestLog = {
  request_id: string
  operation: string | null
  method: string
  path: string
  parameters: string[]
  /** Null if the connection was lost before the response began. */
  status: number | null
  /** The code of the error response. */
  error: string | null
  duration_ms: number
  application_id: string | null
  member_id: string | null
  address: string
}

/** The state of a request in progress. */
export type RequestProgress = {
  operation: Operation | null
  caller: Caller | undefined
  /** The application whose credentials a request without a token had. */
  application: SendingApplication | null
  /** Why the request was rejected. */
  problem: Problem | null
  /** Why records of an accepted batch were rejected: the first mistake. */
  rejected: string | null
  /** Address of the client, as `canonicalAddress` spells it. */
  address: string
  startedAt: number
  /** Bytes of the body that are in memory. */
  bytesHeld: number
}

/** An application that sends requests. */
export type SendingApplication = { id: string; businessId: string }

export type LoggedRequest = {
  id: string
  method: string
  url: string
  headers: { [name: string]: unknown }
  progress: RequestProgress
}

/**
 * Returns a function that builds the log line of a request. `status` is null if the connection was lost before the response.
 */
export function requestLogFor(operations: readonly Operation[]) {
  const loggedPath = loggedPathFor([
    PERSON_PATH,
    ...operations.flatMap((operation) => [fullPath(operation), operation.alias ?? '']),
  ])
  return (request: LoggedRequest, status: number | null): RequestLog => {
    const { operation, caller, address, startedAt, problem } = request.progress
    return {
      request_id: request.id,
      operation: operation?.id ?? null,
      method: request.method,
      path: loggedPath(pathOf(request)),
      parameters: operation ? knownNames(operation, queryOf(request)) : [],
      status,
      error: problem?.code ?? null,
      duration_ms: Math.round((performance.now() - startedAt) * 100) / 100,
      application_id: caller?.kind === 'application' ? caller.id : null,
      member_id: caller?.kind === 'member' ? caller.id : null,
      address,
    }
  }
}

/** Returns the path of a request as sent. */
export const pathOf = ({ url }: { url: string }): string => url.split('?', 1)[0] ?? ''
/** Returns the query of a request as sent, without the question mark. */
export const queryOf = ({ url }: { url: string }): string => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')

/** Returns the names of the given parameters. Unknown names are omitted, because they may be mistyped values. */
function knownNames({ query }: Operation, text: string): string[] {
  if (text === '') return []
  const given = namesIn(text)
  return Object.keys(query.parameters).filter((name) => given.has(name))
}
