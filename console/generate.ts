import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Document, type DocumentOperation, operationsOf } from '../sdk/generate/document.ts'
import { typeWriter } from '../sdk/generate/schemas.ts'

// Writes the types and the table of operations of the console's plane: node console/generate.ts. With --check it
// only compares. The SDK's generator reads
// the document; only the form of the result is different.

const GENERATED = join(import.meta.dirname, 'src', 'api', 'generated')

const committed = (name = 'openapi.console.json'): Document =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', name), 'utf8'))

const HEAD = '// Generated from openapi.console.json by npm run openapi. Do not edit; a test checks it.\n'

const ALIASES = `/** An exact decimal as text, such as "7.85". */
export type Decimal = string
export type Uuid = string
/** An instant in UTC: "2026-05-11T15:12:59.723Z". */
export type Timestamp = string
/** A calendar day of the business: "2026-05-11". */
export type Day = string
/** One of these words, or one that a later version adds. */
export type Open<Known extends string> = Known | (string & Record<never, never>)
/** The scopes of a token. A member has none. */
export type Granted = string
export type WithScope<G extends Granted, Needed extends string, Fields> = [Needed] extends [G] ? Fields : Partial<Fields>`

/** Returns the generated files by name. */
export const generatedForConsole = (document: Document = committed()): Record<string, string> => ({
  'operations.ts': operationsOfConsole(document),
  'titles.ts': titlesText('TITLES', document),
  'request_titles.ts': titlesText('REQUEST_TITLES', committed('openapi.json'), committed('openapi.ingest.json')),
})

/** What each operation is called: the audit log shows those of the console, the log of requests those of applications. */
function titlesText(constant: string, ...documents: Document[]): string {
  const titles = documents
    .flatMap(({ paths }) => Object.values(paths).flatMap((methods) => Object.values(methods)))
    .map(({ operationId, summary = '', 'x-summary-th': thai = '' }) => [operationId, { th: thai, en: summary }])
  return `${HEAD}
export const ${constant}: Record<string, { th: string; en: string }> = ${JSON.stringify(Object.fromEntries(titles), null, 2)}
`
}

function operationsOfConsole(document: Document): string {
  const writer = typeWriter(document)
  const operations = operationsOf(document)
  const schemas = Object.entries(document.components.schemas)
    .filter(([name]) => !name.endsWith('Error'))
    .map(([name, schema]) => writer.declare(name, schema).replace("Granted = 'unknown'", 'Granted = never'))
  const types = operations.map((operation) => `  '${operation.id}': ${typesOf(operation, writer)}`)
  const rows = operations.map(
    (operation) =>
      `  '${operation.id}': ['${operation.method}', '${operation.path}'${isFile(operation) ? ", 'file'" : ''}],`,
  )
  return `${HEAD}
${ALIASES}

${schemas.join('\n\n')}

/** What each operation takes and returns. */
export type Calls = {
${types.join('\n')}
}

/** Method and path of each operation, and whether its body is a file. */
export const CALLS: Record<keyof Calls, readonly [method: string, path: string, body?: 'file']> = {
${rows.join('\n')}
}
`
}

/** Whether the body of an operation is a file instead of an object. */
const isFile = ({ body }: DocumentOperation): boolean => body?.schema.type === 'string'

function typesOf(operation: DocumentOperation, { type }: ReturnType<typeof typeWriter>): string {
  const inputs = [...operation.params, ...operation.query, ...(operation.body?.inputs ?? [])].map(
    ({ name, schema, required }) =>
      `'${name}'${required ? '' : '?'}: ${type(schema, '      ')}${required ? '' : ' | undefined'}`,
  )
  if (isFile(operation)) inputs.push("'file': Blob")
  const answer = operation.answer ? type(operation.answer, '    ') : 'null'
  const input = inputs.length > 0 ? `{ ${inputs.join('; ')} }` : 'Record<never, never>'
  // A member has no scopes, so fields that need one are optional.
  return `{ input: ${input}; shape: '${operation.shape}'; answer: ${answer.replaceAll('<G>', '')} }`
}

if (import.meta.main)
  for (const [name, text] of Object.entries(generatedForConsole())) {
    const file = join(GENERATED, name)
    if (!process.argv.includes('--check')) writeFileSync(file, text)
    else if (readFileSync(file, 'utf8') !== text) throw new Error(`${file} is old: npm run openapi`)
  }
