import {
  type Document,
  type DocumentOperation,
  type Input,
  type JsonSchema,
  operationsOf,
  propertiesOf,
  resolve,
} from './document.ts'
import { HEAD } from './schemas.ts'

// Generates the data of the command line: arguments, help and columns of each operation's command.

/** Returns the text of generated/commands.ts. */
export function commandsText(document: Document): string {
  const commands = operationsOf(document).map((operation) => `  ${JSON.stringify(commandOf(document, operation))},`)
  return `${HEAD}
import type { Command } from '../command.ts'

/** One command per operation, in the order of the document. */
export const COMMANDS: Command[] = [
${commands.join('\n')}
]
`
}

function commandOf(document: Document, operation: DocumentOperation) {
  const { id, group, name, summary, about, scopes, shape, params, query, body, answer } = operation
  return {
    operation: id,
    words: [kebab(group), kebab(name)],
    summary,
    about: about === summary ? '' : about,
    scope: scopes[0] ?? null,
    shape,
    params: params.map(({ name, about }) => ({ name, about })),
    options: [
      ...query.map((input) => optionOf(document, input, 'query')),
      ...(body?.inputs ?? []).map((input) => optionOf(document, input, 'body')),
    ],
    columns: Object.keys(propertiesOf(document, answer ?? {})),
  }
}

function optionOf(document: Document, { name, schema, required, about }: Input, place: 'query' | 'body') {
  const whole = resolve(document, schema)
  const isList = [whole.type].flat().includes('array')
  const one = isList ? resolve(document, whole.items ?? {}) : whole
  return {
    name,
    flag: kebab(name),
    place,
    kind: kindOf(one),
    isList,
    isRequired: required,
    choices: (one.enum ?? []).filter((choice) => typeof choice === 'string'),
    about,
  }
}

/** How an argument of the command line is parsed. */
function kindOf({ type, properties, anyOf, oneOf }: JsonSchema): 'text' | 'number' | 'flag' | 'json' {
  const kinds = [type].flat()
  if (anyOf || oneOf) return 'text'
  if (kinds.includes('boolean')) return 'flag'
  if (kinds.includes('integer') || kinds.includes('number')) return 'number'
  return kinds.includes('object') || properties ? 'json' : 'text'
}

const kebab = (name: string): string => name.replaceAll('_', '-')
