import type { Auth } from './shown_operation.ts'

// Sends a "Try it" request: gets a token, sends the call, and builds the equivalent curl command.

export type ClientCredentials = { client_id: string; client_secret: string }

/** What the user entered and got. It stays in memory: while the user moves between pages, and never longer. */
export const session = {
  credentials: { client_id: '', client_secret: '' } as ClientCredentials,
  token: null as { value: string; until: number; of: string } | null,
  /** The IDs that the user chose last, by the name of their environment variable. */
  ids: new Map<string, string>(),
}

let demo: Promise<ClientCredentials | null> | undefined

/** Returns the credentials of the demo's application `docs`; null if this server is not a demo. */
export function demoCredentials(): Promise<ClientCredentials | null> {
  demo ??= fetch('/developer/demo.json').then(
    async (response) => (response.ok ? ((await response.json()) as ClientCredentials) : null),
    () => {
      demo = undefined
      return null
    },
  )
  return demo
}

export type TryRequest = {
  method: string
  path: string
  auth: Auth
  parameters: Record<string, string>
  query: [name: string, value: string][]
  form: Record<string, string> | null
  json: string | null
}

export type TryResult = TryRequest & {
  url: string
  token: string | null
  status: number
  headers: [string, string][]
  body: unknown
  milliseconds: number
}

/** An error response of the API, or of the token endpoint before it. */
export class ProblemResponse extends Error {
  readonly body: unknown
  readonly requestId: string | null

  constructor(body: unknown, requestId: string | null) {
    super('error response')
    this.body = body
    this.requestId = requestId
  }
}

/** Sends the request. @throws a ProblemResponse if the token endpoint returns no token */
export async function sendRequest(request: TryRequest): Promise<TryResult> {
  const { method, auth, parameters, query, json } = request
  const path = request.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters[name] ?? ''))
  const search = new URLSearchParams(query).toString().replaceAll('+', '%20')
  const url = location.origin + path + (search === '' ? '' : `?${search}`)
  const token = auth === 'token' ? await tokenOf() : null
  const form = request.form && new URLSearchParams({ ...request.form, ...(auth === 'client' && session.credentials) })
  const startedAt = performance.now()
  const response = await fetch(url, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(json !== null && { 'Content-Type': 'application/json' }),
    },
    ...(form ? { body: form } : json !== null && { body: json }),
  })
  const text = await response.text()
  return {
    ...request,
    url,
    token,
    status: response.status,
    headers: [...response.headers],
    body: parsed(text),
    milliseconds: performance.now() - startedAt,
  }
}

/** Returns the token of the session, or a new one. @throws a ProblemResponse */
export async function tokenOf(): Promise<string> {
  const { credentials } = session
  const of = `${credentials.client_id} ${credentials.client_secret}`
  if (session.token?.of === of && session.token.until > Date.now()) return session.token.value
  session.token = { ...(await newToken(credentials)), of }
  return session.token.value
}

/** Gets a token. @throws a ProblemResponse */
export async function newToken(credentials: ClientCredentials): Promise<{ value: string; until: number }> {
  const response = await fetch('/api/partner/v1/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...credentials }),
  })
  const answer = await response.json()
  if (!response.ok) throw new ProblemResponse(answer, response.headers.get('x-request-id'))
  return { value: answer.access_token, until: Date.now() + (answer.expires_in - 60) * 1000 }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return text
  }
}

/** Returns a curl command. Secrets are variables; the token is one unless `withToken`, as in the copied text. */
export function curlOf({ method, url, token, auth, form, json }: TryResult, withToken: boolean): string {
  const parts = [`curl ${method === 'GET' || form ? '' : `-X ${method} `}"${url}"`]
  if (token) parts.push(`-H "Authorization: Bearer ${withToken ? token : '$TALAD_TOKEN'}"`)
  for (const [name, value] of Object.entries(form ?? {})) parts.push(`-d ${name}=${quoted(value)}`)
  if (auth === 'client') parts.push('-d client_id="$TALAD_CLIENT_ID"', '-d client_secret="$TALAD_CLIENT_SECRET"')
  if (json !== null) parts.push('-H "Content-Type: application/json"', `-d ${quoted(json)}`)
  return parts.join(' \\\n  ')
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
