import type { Scope } from './generated/schemas.ts'

/** An operation of the OpenAPI document, with the data to send it. */
export type Operation = {
  id: string
  method: string
  /** Path relative to the base URL, with `{name}` for path parameters. */
  path: string
  /** Authentication: access token, client id and secret, or none. */
  auth: 'token' | 'client' | 'none'
  scope: Scope | null
  /** Shape of the response: page by cursor, feed by position, complete list, one object in `data`, plain body, or empty. */
  shape: 'page' | 'feed' | 'list' | 'one' | 'plain' | 'empty'
  sends: 'json' | 'form' | null
  /** Whether the operation has query parameters. */
  asks: boolean
  /** Maximum page size. */
  most: number | null
}

/** Arguments of a call. */
export type Asked = {
  path: readonly string[]
  query: Readonly<Record<string, unknown>>
  body?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Builds the URL of a call.
 *
 * @throws TypeError if a path parameter would lead to a different path
 */
export function urlOf(baseUrl: string, { id, path }: Operation, asked: Asked): string {
  const values = [...asked.path]
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.shift()
    // An empty id would address the list, and dots the parent path.
    if (typeof value !== 'string' || value === '' || /^\.\.?$/.test(value))
      throw new TypeError(`${id}: ${name} must not be ${JSON.stringify(value)}`)
    return encodeURIComponent(value)
  })
  const query = formOf(id, asked.query).toString()
  return `${baseUrl}${filled}${query === '' ? '' : `?${query}`}`
}

/**
 * Encodes names and values for a form or a query. Omits undefined values.
 *
 * @throws TypeError for an empty list, which would disappear and so select everything
 */
export function formOf(id: string, values: Readonly<Record<string, unknown>>): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (Array.isArray(value) && value.length === 0)
      throw new TypeError(`${id}: ${name} is an empty list; omit it to select all`)
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, String(one))
  }
  return form
}
