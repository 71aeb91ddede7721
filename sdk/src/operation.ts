import type { Scope } from './generated/schemas.ts'

/** One operation of the API, as the document describes it: all that sending it needs. */
export type Operation = {
  id: string
  method: string
  /** Below the server's address, with `{name}` for path parameters. */
  path: string
  /** The caller's access token; the application's own id and secret; or nothing. */
  auth: 'token' | 'client' | 'none'
  scope: Scope | null
  /** A page that goes on by cursor or by position; a whole list; one object in `data`; the body; nothing. */
  shape: 'page' | 'feed' | 'list' | 'one' | 'plain' | 'empty'
  sends: 'json' | 'form' | null
  /** Whether it has query parameters. */
  asks: boolean
  /** The most rows that one page can have. */
  most: number | null
}

/** What is asked of an operation. */
export type Asked = {
  path: readonly string[]
  query: Readonly<Record<string, unknown>>
  body?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The address of an operation, with what is asked.
 *
 * @throws TypeError if that would be another address than the one that is meant
 */
export function urlOf(baseUrl: string, { id, path }: Operation, asked: Asked): string {
  const values = [...asked.path]
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.shift()
    // An empty one would be the list, and dots would be the folder above.
    if (typeof value !== 'string' || value === '' || /^\.\.?$/.test(value))
      throw new TypeError(`${id}: ${JSON.stringify(value)} cannot be the ${name} of anything`)
    return encodeURIComponent(value)
  })
  const query = formOf(id, asked.query).toString()
  return `${baseUrl}${filled}${query === '' ? '' : `?${query}`}`
}

/**
 * Names and values as forms and queries have them. What is undefined is left out.
 *
 * @throws TypeError for an empty list, which would be left out as well and so ask for everything
 */
export function formOf(id: string, values: Readonly<Record<string, unknown>>): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (Array.isArray(value) && value.length === 0)
      throw new TypeError(`${id}: ${name} is an empty list; leave it out to ask for all`)
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, String(one))
  }
  return form
}
