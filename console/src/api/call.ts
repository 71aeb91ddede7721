import { CALLS, type Calls } from './generated/operations.ts'

// Calls operations of the console's plane. The session is a cookie that scripts cannot read.

export type CallId = keyof Calls

type Pagination = { next_cursor: string | null; has_more: boolean; limit: number }

export type RowsPage<Row> = { data: Row[]; pagination: Pagination }

/** What a call returns: one object, all rows, or a page of rows. */
export type Answer<Id extends CallId> = Calls[Id] extends { shape: 'page'; answer: infer Row }
  ? RowsPage<Row>
  : Calls[Id] extends { shape: 'list'; answer: infer Row }
    ? Row[]
    : Calls[Id]['answer']

export type Detail = { field: string; message: string }

/** An error response, or no response at all (`offline`). */
export class CallError extends Error {
  readonly code: string
  readonly status: number
  readonly details: Detail[]
  readonly retryAfterSeconds: number | null
  readonly requestId: string | null

  constructor(status: number, body: Record<string, unknown>, requestId: string | null) {
    super(String(body.message ?? ''))
    this.status = status
    this.code = String(body.error ?? 'server_error')
    this.details = (body.details as Detail[] | undefined) ?? []
    this.retryAfterSeconds = (body.retry_after as number | undefined) ?? null
    this.requestId = requestId
  }
}

const OFFLINE = { error: 'offline', message: '' }

/** The business of this tab. Another tab can show another one. */
const KEPT = 'talad.business'
let business = sessionStorage.getItem(KEPT)

export const businessOfTab = (): string | null => business

export function chooseBusiness(id: string | null): void {
  business = id
  if (id === null) sessionStorage.removeItem(KEPT)
  else sessionStorage.setItem(KEPT, id)
}

/** Asks for a proof of identity. @returns whether the member gave one */
let prove: () => Promise<boolean> = async () => false

/** Sets who asks for a proof of identity when an operation needs one. */
export function proveWith(ask: () => Promise<boolean>): void {
  prove = ask
}

/**
 * Calls an operation. If it needs a proof of identity, asks for one and calls it again.
 *
 * @throws CallError
 */
export async function call<Id extends CallId>(
  id: Id,
  input: Calls[Id]['input'],
  signal?: AbortSignal,
): Promise<Answer<Id>> {
  const send = () => sendOnce(id, input, signal)
  let { response, body } = await send()
  if (body.error === 'proof_required' && (await prove())) ({ response, body } = await send())
  if (!response.ok) throw new CallError(response.status, body, response.headers.get('X-Request-Id'))
  if (response.status === 204) return null as Answer<Id>
  return ('pagination' in body ? body : (body.data ?? body)) as Answer<Id>
}

async function sendOnce(id: CallId, input: object, signal?: AbortSignal) {
  const [method, pattern, kind] = CALLS[id]
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined && value !== ''))
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest.get(name))
    rest.delete(name)
    return encodeURIComponent(value)
  })
  const file = kind === 'file' ? (rest.get('file') as Blob) : null
  rest.delete('file')
  const hasQuery = method === 'GET' || file !== null
  const query = hasQuery ? new URLSearchParams([...rest].map(([name, value]) => [name, String(value)])).toString() : ''
  const hasBody = method !== 'GET' && method !== 'DELETE'
  const response = await fetch(query ? `${path}?${query}` : path, {
    method,
    credentials: 'same-origin',
    headers: {
      ...(business !== null && { 'Talad-Business': business }),
      ...(hasBody && { 'Content-Type': file ? 'text/csv' : 'application/json' }),
    },
    ...(hasBody && { body: file ?? JSON.stringify(bodyOf(input, pattern)) }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new CallError(0, OFFLINE, null)
  })
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  return { response, body }
}

/** Returns the input without the parameters of the path. An empty text is a value here. */
const bodyOf = (input: object, pattern: string) =>
  Object.fromEntries(Object.entries(input).filter(([name]) => !pattern.includes(`{${name}}`)))
