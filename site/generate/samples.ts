import { camel } from '../../sdk/generate/document.ts'
import { SITE_ORIGIN } from '../../server/http/site/site_origin.ts'
import type { AnnotatedSchema, SiteOperation, SiteParameter } from './contract.ts'

// Code samples of one call in four languages, generated from the OpenAPI document. The tests run every sample as shown.

/** The parameters of an example request. Values are written as in a URL or a form. */
export type SampleRequest = {
  path: Record<string, string>
  query: Record<string, string | string[]>
  /** Form fields or JSON members; null if the request has no body. */
  body: Record<string, unknown> | null
}

export type Sample = { name: string; language: 'bash' | 'ts' | 'python' | 'php'; code: string }

/** Returns the samples in the order of the tabs. */
export const samplesOf = (operation: SiteOperation, asked: SampleRequest): Sample[] => [
  { name: 'curl', language: 'bash', code: curlOf(operation, asked) },
  { name: 'TypeScript', language: 'ts', code: typescriptOf(operation, asked) },
  { name: 'Python', language: 'python', code: pythonOf(operation, asked) },
  { name: 'PHP', language: 'php', code: phpOf(operation, asked) },
]

/** Returns an example request with the required parameters only, with values from the OpenAPI document. */
export function suggested({ path_parameters, query, body }: SiteOperation): SampleRequest {
  const needed = (parameters: SiteParameter[]) =>
    Object.fromEntries(
      parameters
        .filter(({ required }) => required)
        .map(({ name, schema, example }) => [name, String(example ?? exampleValue(schema))]),
    )
  return { path: needed(path_parameters), query: needed(query), body: body && suggestedBody(body.schema) }
}

/** Returns the required members, or the first member if none is required. */
function suggestedBody({ properties = {}, required = [] }: AnnotatedSchema): Record<string, unknown> {
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1)
  return Object.fromEntries(names.map((name) => [name, exampleValue(properties[name] ?? {})]))
}

const exampleValue = ({ examples, enum: choices, const: only, type }: AnnotatedSchema): unknown =>
  examples?.[0] ?? only ?? choices?.[0] ?? (type === 'integer' ? 1 : '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb')

// --- shared by all languages

/** Form fields that samples read from environment variables, so that no secret is in the code. */
const FROM_ENVIRONMENT: Record<string, string> = {
  client_id: 'TALAD_CLIENT_ID',
  client_secret: 'TALAD_CLIENT_SECRET',
  token: 'TALAD_TOKEN',
}

/** Returns the form fields in order. If the client authenticates in the form, its credentials come last. */
function formOf(
  { auth }: SiteOperation,
  { body }: SampleRequest,
): [name: string, value: string, variable: string | null][] {
  const names = Object.keys(body ?? {})
  const all = auth === 'client' ? [...names, 'client_id', 'client_secret'] : names
  return all.map((name) => [name, String(body?.[name] ?? ''), FROM_ENVIRONMENT[name] ?? null])
}

/** IDs that no two shops share, so samples read them from environment variables. Those of other records are in every demo. */
const ID_VARIABLES: Record<string, string> = { id: 'WEBHOOK_ID', delivery_id: 'DELIVERY_ID' }

/** Returns the environment variables of the IDs in the path of an operation. */
export const idVariables = ({ path, path_parameters }: SiteOperation): string[] =>
  path_parameters.flatMap(({ name }) => variableOf(path, name) ?? [])

const variableOf = (path: string, name: string): string | undefined =>
  path.includes('/webhooks/{id}') ? ID_VARIABLES[name] : undefined

/** Returns the URL of an operation on the server that shows the page. @param read how a language reads a variable within the URL */
const urlOf = ({ path }: SiteOperation, asked: SampleRequest, read: (variable: string) => string): string =>
  SITE_ORIGIN +
  path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const variable = variableOf(path, name)
    return variable ? read(variable) : encodeURIComponent(asked.path[name] ?? '')
  })

const pairsOf = ({ query }: SampleRequest): [string, string][] =>
  Object.entries(query).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]))

const isForm = ({ body }: SiteOperation): boolean => body?.sends === 'form'

// --- curl

function curlOf(operation: SiteOperation, asked: SampleRequest): string {
  const query = pairsOf(asked).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const path = urlOf(operation, asked, (variable) => `$${variable}`)
  const url = `"${path}${query.length > 0 ? `?${query.join('&')}` : ''}"`
  const parts = [`curl ${operation.method === 'GET' || isForm(operation) ? '' : `-X ${operation.method} `}${url}`]
  if (operation.auth === 'token') parts.push('-H "Authorization: Bearer $TALAD_TOKEN"')
  if (isForm(operation))
    for (const [name, value, variable] of formOf(operation, asked))
      parts.push(`-d ${name}=${variable ? `"$${variable}"` : value}`)
  else if (asked.body) parts.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(asked.body)}'`)
  return parts.join(' \\\n  ')
}

// --- TypeScript, with the SDK

function typescriptOf(operation: SiteOperation, asked: SampleRequest): string {
  const given = [
    ...operation.path_parameters.map(({ name }) => {
      const variable = variableOf(operation.path, name)
      return variable ? `process.env.${variable}!` : `'${asked.path[name]}'`
    }),
    ...(asked.body ? [literal(asked.body, isForm(operation))] : []),
    ...(Object.keys(asked.query).length > 0 ? [literal(typed(operation, asked.query))] : []),
  ]
  const call = `await talad.${camel(operation.group)}.${camel(operation.name)}(${given.join(', ')})`
  const what: Partial<Record<SiteOperation['shape'], string[]>> = {
    page: [`const page = ${call}.page()`, 'console.log(page.data, page.pagination)'],
    feed: [`const page = ${call}.page()`, 'console.log(page.data, page.pagination)'],
    empty: [call],
  }
  const lines = what[operation.shape] ?? [`console.log(${call})`]
  return [
    "import { Talad } from '@talad/sdk'",
    '',
    'const talad = new Talad({',
    `  baseUrl: '${SITE_ORIGIN}',`,
    '  clientId: process.env.TALAD_CLIENT_ID!,',
    '  clientSecret: process.env.TALAD_CLIENT_SECRET!,',
    '})',
    '',
    ...lines,
  ].join('\n')
}

/** Converts query values to the types of the SDK. */
const typed = ({ query }: SiteOperation, values: SampleRequest['query']): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const schema = query.find((parameter) => parameter.name === name)?.schema
      if (schema?.type === 'array') return [name, [value].flat()]
      if (schema?.type === 'integer') return [name, Number(value)]
      return [name, schema?.type === 'boolean' ? value === 'true' : value]
    }),
  )

/** Returns a TypeScript literal on one line. */
function literal(value: unknown, fromEnvironment = false): string {
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, '\\$&')}'`
  if (Array.isArray(value)) return `[${value.map((one) => literal(one)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).map(([name, member]) => {
    const variable = fromEnvironment ? FROM_ENVIRONMENT[name] : undefined
    return `${name}: ${variable ? `process.env.${variable}!` : literal(member)}`
  })
  return `{ ${members.join(', ')} }`
}

// --- Python, with the standard library only

function pythonOf(operation: SiteOperation, asked: SampleRequest): string {
  const pairs = pairsOf(asked)
  const lines = [
    'import json',
    'import os',
    ...(pairs.length > 0 || isForm(operation) ? ['import urllib.parse'] : []),
    'import urllib.request',
    '',
  ]
  if (pairs.length > 0) {
    const isRepeated = new Set(pairs.map(([name]) => name)).size < pairs.length
    const items = pairs
      .map(([name, value]) => (isRepeated ? `("${name}", "${value}")` : `"${name}": "${value}"`))
      .join(', ')
    lines.push(`query = urllib.parse.urlencode(${isRepeated ? `[${items}]` : `{${items}}`})`)
  }
  if (isForm(operation)) {
    lines.push('form = urllib.parse.urlencode({')
    for (const [name, value, variable] of formOf(operation, asked))
      lines.push(`    "${name}": ${variable ? `os.environ["${variable}"]` : `"${value}"`},`)
    lines.push('})')
  }
  lines.push(
    'request = urllib.request.Request(',
    `    "${urlOf(operation, asked, (variable) => `" + os.environ["${variable}"] + "`)}${pairs.length > 0 ? '?" + query' : '"'},`.replace(
      / \+ "",$/,
      ',',
    ),
  )
  const headers = []
  if (operation.auth === 'token') headers.push(`"Authorization": "Bearer " + os.environ["TALAD_TOKEN"]`)
  if (isForm(operation)) lines.push('    data=form.encode(),')
  else if (asked.body) {
    lines.push(`    data=json.dumps(${pythonLiteral(asked.body)}).encode(),`)
    headers.push('"Content-Type": "application/json"')
  }
  if (headers.length > 0) lines.push(`    headers={${headers.join(', ')}},`)
  if (operation.method !== 'GET' && !isForm(operation)) lines.push(`    method="${operation.method}",`)
  lines.push(')', 'with urllib.request.urlopen(request) as response:')
  lines.push(
    operation.answer
      ? '    print(json.dumps(json.load(response), indent=2, ensure_ascii=False))'
      : '    print(response.status)',
  )
  return lines.join('\n')
}

function pythonLiteral(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, member]) => `"${name}": ${pythonLiteral(member)}`)
    .join(', ')}}`
}

// --- PHP, with the standard library only

function phpOf(operation: SiteOperation, asked: SampleRequest): string {
  const pairs = pairsOf(asked)
  const lines = ['<?php']
  if (pairs.length > 0) {
    // http_build_query writes repeated parameters with brackets, which the API rejects.
    const isRepeated = new Set(pairs.map(([name]) => name)).size < pairs.length
    if (isRepeated)
      lines.push(`$query = '${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}';`)
    else
      lines.push(`$query = http_build_query([${pairs.map(([name, value]) => `'${name}' => '${value}'`).join(', ')}]);`)
  }
  const headers = []
  if (operation.auth === 'token') headers.push(`'Authorization: Bearer ' . getenv('TALAD_TOKEN')`)
  const options = [`'method' => '${operation.method}'`]
  if (isForm(operation)) {
    headers.push(`'Content-Type: application/x-www-form-urlencoded'`)
    lines.push('$form = http_build_query([')
    for (const [name, value, variable] of formOf(operation, asked))
      lines.push(`    '${name}' => ${variable ? `getenv('${variable}')` : `'${value}'`},`)
    lines.push(']);')
    options.push(`'content' => $form`)
  } else if (asked.body) {
    headers.push(`'Content-Type: application/json'`)
    options.push(`'content' => json_encode(${phpLiteral(asked.body)})`)
  }
  // Without it, PHP drops the body of an error, which says what is wrong.
  options.push("'ignore_errors' => true")
  if (headers.length > 0) options.push(`'header' => [${headers.join(', ')}]`)
  lines.push("$context = stream_context_create(['http' => [", ...options.map((option) => `    ${option},`), ']]);')
  const url = `'${urlOf(operation, asked, (variable) => `' . getenv('${variable}') . '`)}${pairs.length > 0 ? "?' . $query" : "'"}`
  lines.push(`$url = ${url.replace(/ \. ''$/, '')};`)
  lines.push('echo file_get_contents($url, false, $context);')
  return lines.join('\n')
}

function phpLiteral(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, '\\$&')}'`
  if (Array.isArray(value)) return `[${value.map(phpLiteral).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `[${Object.entries(value)
    .map(([name, member]) => `'${name}' => ${phpLiteral(member)}`)
    .join(', ')}]`
}
