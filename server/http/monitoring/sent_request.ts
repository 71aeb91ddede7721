import type { Operation } from '../../contract/operation.ts'
import { splitPairs } from '../../contract/parameters.ts'
import type { Detail, LineDetail, Problem } from '../../contract/problem.ts'
import { InvalidValue } from '../../values/invalid_value.ts'
import { type LoggedRequest, queryOf, type RequestLog } from './request_log.ts'

/** A finished request of an application, as its business may see it. It holds no search text, no body and no secret. */
export type SentRequest = {
  businessId: string
  applicationId: string
  requestId: string
  /** Whether the client chose the request ID; otherwise it is unique, and begins with the time (values/timed_id.ts). */
  isOwnId: boolean
  /** Null for a path that no operation has. */
  operation: string | null
  method: string
  path: string
  /** The known parameters. Values of parameters that take free text are left out. */
  query: string | null
  /** Null if the connection was lost before the response began. */
  status: number | null
  error: string | null
  /** The first mistake, or the missing scope. With a status below 400, the batch was accepted in part. */
  reason: string | null
  durationMs: number
  address: string
}

/** Returns what the log of its business keeps of a finished request; null if no application is known. @param line of this request */
export function sentRequest(request: LoggedRequest, line: RequestLog): SentRequest | null {
  const { operation, caller, application, problem, rejected } = request.progress
  const sender =
    caller?.kind === 'application'
      ? { id: caller.id, businessId: caller.business.id }
      : (application ?? problem?.extra.sender)
  if (!sender) return null
  return {
    ...{ businessId: sender.businessId, applicationId: sender.id },
    ...{ requestId: request.id, isOwnId: request.headers['x-request-id'] === request.id },
    ...{ operation: line.operation, method: line.method, path: line.path },
    ...{ query: operation ? shownQuery(operation, queryOf(request)) : null },
    ...{ status: line.status, error: line.error, reason: problem ? reasonOf(problem) : rejected },
    ...{ durationMs: line.duration_ms, address: line.address },
  }
}

/** Returns the known parameters of a query. The value is shown only if it is valid, and of a kind that holds no free text. */
function shownQuery({ query: { parameters } }: Operation, text: string): string | null {
  if (text === '') return null
  const shown = splitPairs(text).pairs.flatMap(([name, value]) => {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    // An unknown name may be a mistyped value.
    if (!parameter) return []
    const { type, format, enum: choices } = parameter.schema
    const isText = type === 'string' && format === undefined && choices === undefined
    return isText || parameter.read(value) instanceof InvalidValue ? [name] : [`${name}=${value}`]
  })
  return shown.length === 0 ? null : shown.join('&').slice(0, QUERY_MAX_LENGTH)
}

const QUERY_MAX_LENGTH = 1000

/** Returns why a request was rejected. */
function reasonOf({ extra }: Problem): string | null {
  const [mistake] = extra.details ?? []
  return mistake ? mistakeReason(mistake) : (extra.required_scope ?? null)
}

/** Returns a mistake as a reason. Messages of mistakes state what is allowed and never repeat a value. */
export function mistakeReason(mistake: Detail | LineDetail): string {
  const { field, message } = mistake
  // An unknown name comes from the client.
  const place = field === null ? '' : message.startsWith('is unknown') ? 'a name ' : `${field}: `
  const line = 'line' in mistake && mistake.line !== null ? `line ${mistake.line}: ` : ''
  return `${line}${place}${message}`.slice(0, REASON_MAX_LENGTH)
}

const REASON_MAX_LENGTH = 300
