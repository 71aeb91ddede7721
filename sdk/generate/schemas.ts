import {
  type Document,
  errorCodesOf,
  errorsOf,
  formsOf,
  type JsonSchema,
  operationsOf,
  pascal,
  refName,
  scopesOf,
} from './document.ts'

// Generates TypeScript from JSON Schema. An object with fields that require an additional scope (`x-required-scope`)
// becomes a generic type; its parameter is the scopes of the token.

/** Types of strings by format. */
const FORMATS: Record<string, string> = {
  decimal: 'Decimal',
  uuid: 'Uuid',
  'date-time': 'Timestamp',
  date: 'Day',
}

/** Header of every generated file. */
export const HEAD = '// Generated from openapi.json by npm run sdk:generate. Do not edit; a test checks it.\n'

const ALIASES = `/** An exact decimal as a string, such as "7.85": never converted to a number. */
export type Decimal = string
/** A UUID in lower case. */
export type Uuid = string
/** An instant in UTC with milliseconds: "2026-05-11T15:12:59.723Z". Dates without a time are midnight. */
export type Timestamp = string
/** A calendar day of the business: "2026-05-11". */
export type Day = string
/** One of these words, or one that a later version of the API adds. */
export type Open<Known extends string> = Known | (string & Record<never, never>)`

/** Returns the text of generated/schemas.ts. */
export function schemasText(document: Document): string {
  const writer = typeWriter(document)
  const scopes = scopesOf(document).map(([scope, about]) => `${comment(about, '  ')}  | '${scope}'`)
  // Error responses are exceptions (src/errors.ts).
  const errors = new Set(errorsOf(document).map(([name]) => name))
  const schemas = Object.entries(document.components.schemas)
    .filter(([name]) => !errors.has(name))
    .map(([name, schema]) => writer.declare(name, schema))
  return `${HEAD}
${ALIASES}

/** A permission of an application. */
export type Scope =
${scopes.join('\n')}

/** The requested scopes of the token; \`unknown\` if none were requested, so that it has all granted scopes. */
export type Granted = Scope | 'unknown'

/** Fields that require an additional scope: present, optional or absent. */
export type WithScope<G extends Granted, Needed extends Scope, Fields> = [Needed] extends [G]
  ? Fields
  : ['unknown'] extends [G]
    ? Partial<Fields>
    : unknown

/** The error code of an error response. */
export type ErrorCode =
${errorCodesOf(document)
  .map((code) => `  | '${code}'`)
  .join('\n')}

${schemas.join('\n\n')}
`
}

export type TypeWriter = {
  /** Returns a type expression; lines after the first are indented. */
  type(schema: JsonSchema, indent?: string): string
  declare(name: string, schema: JsonSchema): string
}

/** Creates a writer of types for the schemas of this document. */
export function typeWriter(document: Document): TypeWriter {
  const scoped = scopedNames(document)
  const scopes = scopesOf(document).map(([scope]) => scope)

  const type = (schema: JsonSchema, indent = ''): string => {
    if (schema.$ref) {
      const name = refName(schema.$ref)
      return scoped.has(name) ? `${name}<G>` : name
    }
    if (schema.const !== undefined) return literal(schema.const)
    if (schema.enum) return schema.enum.map(literal).join(' | ')
    if (schema['x-extensible-enum']) return openType(schema['x-extensible-enum'], schema, scopes)
    if (schema['x-part-of']) return partOf(document, schema, schema['x-part-of'], { type, block })
    const choices = choicesOf(document, schema)
    if (choices) return [...new Set(choices.map((choice) => type(choice, indent)))].join(' | ')
    if (schema.allOf) return schema.allOf.map((part) => type(part, indent)).join(' & ')
    const kinds = schema.type === undefined ? [schema.properties ? 'object' : ''] : [schema.type].flat()
    return kinds.map((kind) => kindOf(kind, schema, indent)).join(' | ')
  }

  const kindOf = (kind: string, schema: JsonSchema, indent: string): string => {
    switch (kind) {
      case 'string':
        return FORMATS[schema['x-format'] ?? schema.format ?? ''] ?? 'string'
      case 'integer':
      case 'number':
        return 'number'
      case 'boolean':
      case 'null':
        return kind
      case 'array':
        return listOf(type(schema.items ?? {}, indent))
      case 'object':
        return objectType(schema, indent)
      default:
        return 'unknown'
    }
  }

  const objectType = (schema: JsonSchema, indent: string): string => {
    const { properties, additionalProperties } = schema
    if (!properties) {
      const value = typeof additionalProperties === 'object' ? type(additionalProperties, indent) : 'unknown'
      return `Record<string, ${value}>`
    }
    const open = additionalProperties !== false && additionalProperties !== undefined
    const parts = [
      block(
        schema,
        Object.keys(properties).filter((name) => !scopeOf(schema, name)),
        indent,
        open,
      ),
    ]
    const scopes = new Set(Object.keys(properties).flatMap((name) => scopeOf(schema, name) ?? []))
    for (const scope of scopes) {
      const names = Object.keys(properties).filter((name) => scopeOf(schema, name) === scope)
      parts.push(`WithScope<G, '${scope}', ${block(schema, names, indent, false)}>`)
    }
    return parts.join(' & ')
  }

  const block = (schema: JsonSchema, names: string[], indent: string, open: boolean): string => {
    const inner = `${indent}  `
    const lines = names.map((name) => {
      const property = schema.properties?.[name] ?? {}
      // The surrounding type handles fields with a scope; they appear together.
      const certain = schema.required?.includes(name) || scopeOf(schema, name)
      return `${comment(property.description, inner)}${inner}${name}${certain ? '' : '?'}: ${type(property, inner)}`
    })
    if (open) lines.push(`${inner}[more: string]: unknown`)
    return lines.length === 0 ? 'Record<string, never>' : `{\n${lines.join('\n')}\n${indent}}`
  }

  const declare = (name: string, schema: JsonSchema): string => {
    const parameter = scoped.has(name) ? "<G extends Granted = 'unknown'>" : ''
    return `${comment(schema.description)}export type ${name}${parameter} = ${type(schema)}`
  }

  return { type, declare }
}

/** Returns the forms of a union, without that of types added later: its `type` is any text, so no comparison excludes it. */
function choicesOf(document: Document, schema: JsonSchema): JsonSchema[] | undefined {
  const forms = formsOf(document, schema)
  return forms.length > 0 ? forms : (schema.anyOf ?? schema.oneOf)
}

type Writing = {
  type: TypeWriter['type']
  block(schema: JsonSchema, names: string[], indent: string, open: boolean): string
}

/** Returns the type of an object of which only the id is certain. Properties that differ from those of the whole are its own. */
function partOf({ components }: Document, schema: JsonSchema, of: string, { type, block }: Writing): string {
  const whole = type({ $ref: `#/components/schemas/${of}` })
  const known = components.schemas[of]?.properties ?? {}
  const isKnown = (name: string, property: JsonSchema) => known[name] && type(known[name]) === type(property)
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => (isKnown(name, one) ? [] : [name]))
  const changed = own.filter((name) => name in known)
  const rest = changed.length > 0 ? `Omit<${whole}, ${changed.map(literal).join(' | ')}>` : whole
  const part = `Pick<${whole}, 'id'> & Partial<${rest}>`
  return own.length > 0 ? `${part} & ${block(schema, own, '', false)}` : part
}

function openType(words: readonly unknown[], { type }: JsonSchema, scopes: readonly string[]): string {
  const known = isEqual(words, scopes) ? 'Scope' : `Open<${words.map(literal).join(' | ')}>`
  return [type].flat().includes('null') ? `${known} | null` : known
}

const scopeOf = (schema: JsonSchema, name: string): string | undefined =>
  schema.properties?.[name]?.['x-required-scope']

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value)

const isEqual = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((value) => other.includes(value))

/** Returns the array type of this type. */
export function listOf(item: string): string {
  const outside = item.replaceAll(/<[^<>]*>/g, '').replaceAll(/\{[\s\S]*\}/g, '')
  return /[|&]/.test(outside) ? `(${item})[]` : `${item}[]`
}

/** Returns the schemas whose fields depend on scopes, directly or through other schemas. */
export function scopedNames({ components }: Document): Set<string> {
  const found = new Set<string>()
  const depends = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return false
    if ('x-required-scope' in value) return true
    if ('x-part-of' in value) return found.has(String(value['x-part-of']))
    if ('$ref' in value && typeof value.$ref === 'string') return found.has(refName(value.$ref))
    return Object.values(value).some(depends)
  }
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const [name, schema] of Object.entries(components.schemas)) if (depends(schema)) found.add(name)
  }
  return found
}

/** Returns a docstring on its own lines, or nothing. */
export const comment = (text: string | undefined, indent = ''): string =>
  text ? `${indent}/** ${text.replaceAll('*/', '*\u200b/').replaceAll('\n', ' ')} */\n` : ''

/** Returns the type name of an operation's input: `SalesListQuery`. */
export const inputName = ({ group, name }: { group: string; name: string }, what: 'Query' | 'Body'): string =>
  `${pascal(group)}${pascal(name)}${what}`

/** Generates the query and body types of all operations. */
export function inputsText(document: Document): string {
  const writer = typeWriter(document)
  const declarations = operationsOf(document).flatMap((operation) => {
    const parts = [
      { what: 'Query' as const, inputs: operation.query },
      { what: 'Body' as const, inputs: operation.body?.inputs ?? [] },
    ]
    return parts
      .filter(({ inputs }) => inputs.length > 0)
      .map(({ what, inputs }) => {
        const lines = inputs.map(({ name, schema, required, about }) => {
          // A position is a number in responses; in a query it may also be a word such as `latest`.
          const isPosition = operation.shape === 'feed' && name === 'after'
          const given = isPosition ? 'number | string' : writer.type(schema, '  ')
          return `${comment(about, '  ')}  ${name}${required ? `: ${given}` : `?: ${given} | undefined`}`
        })
        return `export type ${inputName(operation, what)} = {\n${lines.join('\n')}\n}`
      })
  })
  return declarations.join('\n\n')
}
