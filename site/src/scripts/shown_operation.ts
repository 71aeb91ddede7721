// Parses openapi.json for "Try it".

export type Auth = 'token' | 'client' | 'none'
export type InputPlace = 'path' | 'query' | 'body'
type FormSchema = {
  type?: string | string[]
  enum?: unknown[]
  items?: { enum?: unknown[] }
  properties?: Record<string, FormSchema & WithDescription>
  required?: string[]
}
type WithDescription = { description?: string; 'x-description-th'?: string }
export type ShownOperation = {
  operationId: string
  security?: Record<string, string[]>[]
  parameters?: ({ name: string; in: string; required?: boolean; schema: FormSchema } & WithDescription)[]
  requestBody?: { content: Record<string, { schema: FormSchema }> }
}
export type OpenApi = { paths: Record<string, Record<string, ShownOperation>> }

const FORM = 'application/x-www-form-urlencoded'

export function readOperation({ paths }: OpenApi, id: string) {
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

export type FormInput = { name: string; place: InputPlace; about: string; schema: FormSchema; required: boolean }

/** Returns the inputs with their own form field. A JSON body has one text area instead. */
export function inputsOf({ parameters = [], requestBody }: ShownOperation, lang: 'th' | 'en'): FormInput[] {
  const say = (one: WithDescription) => (lang === 'th' ? one['x-description-th'] : undefined) ?? one.description ?? ''
  const form = requestBody?.content[FORM]?.schema
  return [
    ...parameters.map((one) => ({
      name: one.name,
      place: one.in as InputPlace,
      about: say(one),
      schema: one.schema,
      required: one.required === true,
    })),
    ...Object.entries(form?.properties ?? {})
      .filter(([name]) => name !== 'client_id' && name !== 'client_secret')
      .map(([name, schema]) => ({
        name,
        place: 'body' as const,
        about: say(schema),
        schema,
        required: form?.required?.includes(name) === true,
      })),
  ]
}
