import { camel, type Document, type DocumentOperation, operationsOf, pascal } from './document.ts'
import { comment, HEAD, inputName, inputsText, listOf, typeWriter } from './schemas.ts'

// Generates an interface per group of operations, and the table from which src/methods.ts builds the methods.

/** Returns the text of generated/operations.ts. */
export function operationsText(document: Document): string {
  const operations = operationsOf(document)
  const groups = [...Map.groupBy(operations, ({ group }) => group)]
  const inputs = inputsText(document)
  const interfaces = groups.map(([group, members]) => groupText(document, group, members)).join('\n\n')
  const table = operations.map((operation) => `  ${entry(operation)},`)
  const members = groups.map(([group]) => `  readonly ${camel(group)}: ${pascal(group)}Methods<G>`)
  const types = [inputs, interfaces].join('\n\n')
  return `${HEAD}
import type { ${named(['Call', 'Feed', 'Follow', 'Pages'], types)} } from '../answers.ts'
import type { Operation } from '../operation.ts'
import type { ${named([...Object.keys(document.components.schemas), ...WORDS], `${types} Granted`)} } from './schemas.ts'

/** Every operation of the API, version ${document.info.version}. */
export const OPERATIONS: Operation[] = [
${table.join('\n')}
]

/** Every method, by group. */
export type Methods<G extends Granted = 'unknown'> = {
${members.join('\n')}
}

${types}
`
}

/** Names that schemas.ts declares in addition to the schemas. */
const WORDS = ['Granted', 'Open', 'WithScope', 'Scope', 'Decimal', 'Uuid', 'Timestamp', 'Day']

/** Returns the names that occur in the text. */
const named = (names: string[], text: string): string =>
  names
    .filter((name) => new RegExp(`[^\\w']${name}\\b`).test(text))
    .toSorted()
    .join(', ')

function entry({ id, method, path, auth, scopes, shape, body, query, most }: DocumentOperation): string {
  const fields = [
    `id: '${id}'`,
    `method: '${method}'`,
    `path: '${path}'`,
    `auth: '${auth}'`,
    `scope: ${scopes[0] ? `'${scopes[0]}'` : 'null'}`,
    `shape: '${shape}'`,
    `sends: ${body ? `'${body.sends}'` : 'null'}`,
    `asks: ${query.length > 0}`,
    `most: ${most}`,
  ]
  return `{ ${fields.join(', ')} }`
}

function groupText(document: Document, group: string, operations: DocumentOperation[]): string {
  const methods = operations.flatMap((operation) => methodTexts(document, operation))
  return `export type ${pascal(group)}Methods<${usesScope(document, operations) ? 'G' : '_G'} extends Granted = 'unknown'> = {
${methods.join('\n')}
}`
}

const usesScope = (document: Document, operations: DocumentOperation[]): boolean =>
  operations.some(({ shape, answer }) => shape !== 'feed' && /\bG\b/.test(typeWriter(document).type(answer ?? {})))

/** Generates a method; a feed gets a second one, `follow`. */
function methodTexts(document: Document, operation: DocumentOperation): string[] {
  const { name, shape, answer } = operation
  const type = typeWriter(document).type(answer ?? {}, '  ')
  // Fields that require an additional scope never appear in a feed.
  const row = shape === 'feed' ? type.replaceAll('<G>', '<never>') : type
  const returns = {
    page: `Pages<${row}>`,
    feed: `Feed<${row}>`,
    list: `Promise<${listOf(row)}>`,
    one: `Promise<${row}>`,
    plain: `Promise<${row}>`,
    empty: 'Promise<void>',
  }[shape]
  const method = `${about(operation)}  ${camel(name)}(${argumentsOf(operation).join(', ')}): ${returns}`
  if (shape !== 'feed') return [method]
  const query = `query?: Omit<${inputName(operation, 'Query')}, 'limit'>`
  const follow = `${comment(`${operation.summary}, and wait for what comes: the same stream, without an end. Resumable by position`, '  ')}  follow(${query}, call?: Follow): Feed<${row}>`
  return [method, follow]
}

/** Arguments in order: path parameters, body, query, options. */
function argumentsOf(operation: DocumentOperation): string[] {
  const { params, body, query } = operation
  const queryNeeded = query.some(({ required }) => required)
  return [
    ...params.map(({ name }) => `${camel(name)}: string`),
    ...(body ? [`body${body.required || queryNeeded ? '' : '?'}: ${inputName(operation, 'Body')}`] : []),
    ...(query.length > 0 ? [`query${queryNeeded ? '' : '?'}: ${inputName(operation, 'Query')}`] : []),
    'call?: Call',
  ]
}

function about({ summary, about, scopes, method, path }: DocumentOperation): string {
  const needs = scopes.length > 0 ? ` Needs ${scopes.map((scope) => `\`${scope}\``).join(', ')}.` : ''
  const more = about && about !== summary ? ` ${about}` : ''
  return comment(`${summary}.${more}${needs} \`${method} ${path}\``, '  ')
}
