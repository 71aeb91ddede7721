// Parses openapi.json for "Try it".

export type Auth = 'token' | 'client' | 'none'
export type InputPlace = 'path' | 'query' | 'body'
export type InputSchema = {
  $ref?: string
  type?: string | string[]
  format?: string
  'x-format'?: string
  enum?: unknown[]
  'x-extensible-enum'?: unknown[]
  minimum?: number
  maximum?: number
  items?: InputSchema
  properties?: Record<string, InputSchema & WithDescription>
  required?: string[]
}
type WithDescription = { description?: string; 'x-description-th'?: string }
export type ShownOperation = {
  operationId: string
  security?: Record<string, string[]>[]
  parameters?: ({ name: string; in: string; required?: boolean; schema: InputSchema } & WithDescription)[]
  requestBody?: { content: Record<string, { schema: InputSchema }> }
}
export type OpenApi = { paths: Record<string, Record<string, ShownOperation>> }
export type FoundOperation = {
  operation: ShownOperation
  method: string
  path: string
  auth: Auth
  body: 'json' | 'form' | null
}

const FORM = 'application/x-www-form-urlencoded'

export function readOperation({ paths }: OpenApi, id: string): FoundOperation {
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.operationId !== id) continue
      const schemes = (operation.security ?? []).flatMap((one) => Object.keys(one))
      const auth: Auth = schemes.includes('partner') ? 'token' : schemes.includes('basic') ? 'client' : 'none'
      const content = Object.entries(operation.requestBody?.content ?? {})[0]
      const isEmpty = Object.keys(content?.[1].schema.properties ?? {}).length === 0
      const body: 'json' | 'form' | null = !content || isEmpty ? null : content[0] === FORM ? 'form' : 'json'
      return { operation, method: method.toUpperCase(), path, auth, body }
    }
  throw new Error(`openapi.json has no operation ${id}`)
}

export type FormInput = { name: string; place: InputPlace; about: string; schema: InputSchema; required: boolean }

/** Returns the inputs of an operation: its parameters and the members of its body. */
export function inputsOf({ parameters = [], requestBody }: ShownOperation, lang: 'th' | 'en'): FormInput[] {
  const say = (one: WithDescription) => (lang === 'th' ? one['x-description-th'] : undefined) ?? one.description ?? ''
  const body = Object.values(requestBody?.content ?? {})[0]?.schema
  return [
    ...parameters
      .filter((one) => one.in === 'path' || one.in === 'query')
      .map((one) => ({
        name: one.name,
        place: one.in as InputPlace,
        about: say(one),
        schema: one.schema,
        required: one.required === true,
      })),
    ...Object.entries(body?.properties ?? {})
      .filter(([name]) => name !== 'client_id' && name !== 'client_secret')
      .map(([name, schema]) => ({
        name,
        place: 'body' as const,
        about: say(schema),
        schema,
        required: body?.required?.includes(name) === true,
      })),
  ]
}

export type InputKind = 'choice' | 'choices' | 'list' | 'date' | 'time' | 'number' | 'json' | 'text'

/** Returns how an input is shown, and its words if it has some. */
export function kindOf(schema: InputSchema): { kind: InputKind; words: string[] } {
  const types = [schema.type ?? 'string'].flat()
  const words = wordsOf(schema)
  if (types.includes('boolean')) return { kind: 'choice', words: ['true', 'false'] }
  if (types.includes('array')) {
    const own = wordsOf(schema.items ?? {})
    return own.length > 0 ? { kind: 'choices', words: own } : { kind: 'list', words: [] }
  }
  if (words.length > 0) return { kind: 'choice', words }
  if (types.includes('integer')) return { kind: 'number', words: [] }
  if (types.includes('object')) return { kind: 'json', words: [] }
  const format = schema.format ?? schema['x-format']
  return { kind: format === 'date' ? 'date' : format === 'date-time' ? 'time' : 'text', words: [] }
}

const wordsOf = ({ enum: closed, 'x-extensible-enum': open }: InputSchema): string[] =>
  (closed ?? open ?? []).filter((word) => word !== null).map(String)

/** Returns the value of a member of a JSON body from the texts of its input. */
export function jsonValue(schema: InputSchema, texts: string[]): unknown {
  const types = [schema.type ?? 'string'].flat()
  const [text = ''] = texts
  if (types.includes('array')) return texts
  if (types.includes('boolean')) return text === 'true'
  if (types.includes('integer')) return Number(text)
  return types.includes('object') ? JSON.parse(text) : text
}
