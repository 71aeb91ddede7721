import type { Auth } from './shown_operation.ts'

// Sends a "Try it" request: gets a token, sends the call, and builds the equivalent curl command.

export type ClientCredentials = { client_id: string; client_secret: string }

/** The credentials that the user entered. They stay in memory and are never stored. */
export const credentials: ClientCredentials = { client_id: '', client_secret: '' }

const tokens = new Map<string, { token: string; until: number }>()

export type TryRequest = {
  method: string
  path: string
  auth: Auth
  parameters: Record<string, string>
  query: Record<string, string>
  form: Record<string, string> | null
  json: string | null
}

export type TryResult = TryRequest & {
  url: string
  token: string | null
  status: number
  headers: [string, string][]
  body: string
  milliseconds: number
}

/** Sends the request. @throws an Error with the token endpoint's message if it returns no token */
export async function sendRequest(request: TryRequest): Promise<TryResult> {
  const { method, auth, parameters, query, json } = request
  const path = request.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters[name] ?? ''))
  const search = new URLSearchParams(query).toString().replaceAll('+', '%20')
  const url = location.origin + path + (search === '' ? '' : `?${search}`)
  const token = auth === 'token' ? await tokenOf() : null
  const form = request.form && new URLSearchParams({ ...request.form, ...(auth === 'client' && credentials) })
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
  const milliseconds = performance.now() - startedAt
  return {
    ...request,
    url,
    token,
    status: response.status,
    headers: [...response.headers],
    body: pretty(text),
    milliseconds,
  }
}

async function tokenOf(): Promise<string> {
  const key = `${credentials.client_id} ${credentials.client_secret}`
  const kept = tokens.get(key)
  if (kept && kept.until > Date.now()) return kept.token
  const response = await fetch('/api/partner/v1/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...credentials }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${response.status} ${answer.error}: ${answer.message}`)
  tokens.set(key, { token: answer.access_token, until: Date.now() + (answer.expires_in - 60) * 1000 })
  return answer.access_token
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
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
