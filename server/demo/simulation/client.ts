import type { DemoApplication, DemoFile } from '../demo.ts'

// A client of the demo business over HTTP, with the applications of demo.json.

/** The server is unavailable; the request may be retried. */
export class ServerAway extends Error {
  /** The HTTP status, such as 429; undefined if there was no response. */
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}
/** The server refused the request; a retry would be refused as well. */
export class ServerRefused extends Error {}

export type DemoClient = {
  /** Reads a path below the base URL of the server, as one of the applications. */
  read(application: string, path: string): Promise<ListedRow>
  /** Reads all rows of a list of the Partner API, or the first N. */
  list(path: string, atMost?: number): Promise<ListedRow[]>
  /** Writes records. Reports and skips invalid ones. */
  write(
    path: string,
    records: readonly object[],
  ): Promise<{ rejected: { line: number; field: string; message: string }[] }>
}

// biome-ignore lint/suspicious/noExplicitAny: what the contract says of it, openapi.json says
export type ListedRow = any

/** Timeout for an answer; a batch takes a second or two. */
const ANSWER_MS = 30_000

/** Every function throws ServerAway or ServerRefused. */
export function demoClient({ base_url, applications }: DemoFile): DemoClient {
  const tokens = new Map<string, string>()
  const applicationOf = (name: string): DemoApplication => {
    const found = applications.find((application) => application.name === name)
    if (!found) throw new ServerRefused(`demo.json has no application ${name}`)
    return found
  }

  async function ask(path: string, init: RequestInit): Promise<{ status: number; body: ListedRow }> {
    let response: Response
    let text: string
    try {
      response = await fetch(base_url + path, { ...init, signal: AbortSignal.timeout(ANSWER_MS) })
      text = await response.text()
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error }
      throw new ServerAway(cause?.message || message)
    }
    const { status } = response
    if (status === 429 || status >= 500) throw new ServerAway(`it answers ${status}`, status)
    try {
      return { status, body: JSON.parse(text) }
    } catch {
      throw new ServerRefused(`${base_url} is not Talad`)
    }
  }

  async function tokenOf(name: string): Promise<string> {
    const known = tokens.get(name)
    if (known !== undefined) return known
    const { client_id, client_secret } = applicationOf(name)
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
    const { status, body } = await ask('/api/partner/v1/oauth/token', { method: 'POST', body: form })
    if (status !== 200) throw new ServerRefused(`the application ${name} gets no token: ${body.message}`)
    tokens.set(name, body.access_token)
    return body.access_token
  }

  async function as(name: string, path: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
    for (let isRenewed = false; ; isRenewed = true) {
      const headers = { ...init.headers, authorization: `Bearer ${await tokenOf(name)}` }
      const { status, body } = await ask(path, { ...init, headers })
      if (status === 200) return body
      // Tokens live for an hour.
      if (status !== 401 || isRenewed) throw new ServerRefused(`${path}: ${body.message}`)
      tokens.delete(name)
    }
  }

  return {
    read: (application, path) => as(application, path),
    async list(path, atMost = Number.POSITIVE_INFINITY) {
      const rows: ListedRow[] = []
      const isPaged = !UNPAGED.includes(path)
      for (let query = isPaged ? '?limit=200' : ''; ; ) {
        const { data, pagination } = await as('all', `/api/partner/v1${path}${query}`)
        rows.push(...data)
        const next = pagination?.next_cursor ?? null
        if (next === null || rows.length >= atMost) return rows.slice(0, atMost)
        query = `?limit=200&cursor=${encodeURIComponent(next)}`
      }
    },
    async write(path, records) {
      const headers = { 'content-type': 'application/x-ndjson' }
      const body = records.map((record) => `${JSON.stringify(record)}\n`).join('')
      return as('pos', `/api/ingest/v1/${path}?partial=true`, { method: 'POST', headers, body })
    },
  }
}

const UNPAGED = ['/branches', '/warehouses']
