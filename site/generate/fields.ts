import type { AnnotatedSchema, Lang, SiteOperation, SiteParameter } from './contract.ts'
import { TEXTS, type Texts } from './words.ts'

// Tables of fields and parameters, with type names such as `string (UUID) | null`, as on the original page.

const FORMATS: Record<string, string> = {
  uuid: 'UUID',
  'date-time': 'ISO 8601',
  decimal: 'decimal',
  date: 'YYYY-MM-DD',
  uri: 'URL',
}

/** Returns the type name of a value. Object fields show integers as `number`; parameters show them as `integer`. */
export function typeOf(schema: AnnotatedSchema, { whole = 'number' }: { whole?: 'number' | 'integer' } = {}): string {
  if (schema.anyOf || schema.$ref) return 'object'
  const types = [schema.type ?? (schema.enum ? 'string' : 'object')].flat()
  const names = types.map((type) => {
    if (type === 'integer') return whole
    if (type === 'array') return `${typeOf(schema.items ?? {}, { whole }).split(' ')[0]}[]`
    const format = type === 'string' ? FORMATS[schema['x-format'] ?? schema.format ?? ''] : undefined
    return format ? `${type} (${format})` : type
  })
  return names.sort((a, b) => Number(a === 'null') - Number(b === 'null')).join(' | ')
}

export type FieldRow = { path: string; schema: AnnotatedSchema }

/** Returns the fields of an object; nested fields are named like `skus[].id`. */
export function rowsOf(schema: AnnotatedSchema, within = ''): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = within + name
    const inner = field.items?.properties ? rowsOf(field.items, `${path}[].`) : rowsOf(field, `${path}.`)
    return [{ path, schema: field }, ...inner]
  })
}

export const aboutOf = (schema: AnnotatedSchema, lang: Lang): string =>
  (lang === 'th' ? schema['x-description-th'] : undefined) ?? schema.description ?? ''

const wordsOf = ({ enum: closed, 'x-extensible-enum': open, items }: AnnotatedSchema): unknown[] =>
  closed ?? open ?? (items ? wordsOf(items) : [])

/** Returns the enum values as Markdown. */
function choicesOf(schema: AnnotatedSchema): string {
  const values = wordsOf(schema).filter((value) => value !== null)
  return values.length > 1 ? ` <span class="choices">${values.map((value) => `\`${value}\``).join(' ')}</span>` : ''
}

/** Escapes the text for a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('|', '\\|')

/** Returns a name with an anchor such as `#field-customer_code`. */
const anchored = (kind: string, path: string): string => {
  const id = `${kind}-${path.replaceAll(/[[\]]/g, '')}`
  return `<a class="anchored" id="${id}" href="#${id}"><code>${path}</code></a>`
}

const table = (kind: string, heads: string[], rows: string[][]): string =>
  [
    `<div class="table ${kind}">`,
    '',
    `| ${heads.join(' | ')} |`,
    `|${heads.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
    '',
    '</div>',
  ].join('\n')

/**
 * Returns a table such as "Customer Object": Field, Type, Scope Required, Description.
 *
 * @param linkTo returns the link to the table of another object, such as SaleItem
 */
export function objectTable(
  { answer, scope, auth }: SiteOperation,
  lang: Lang,
  linkTo: (schema: string) => string | null,
): string {
  const own = scope ?? (auth === 'token' ? TEXTS[lang].anyToken : '—')
  return fieldTable(rowsOf(answer?.schema ?? {}), own, lang, linkTo)
}

export const fieldTable = (
  rows: FieldRow[],
  own: string,
  lang: Lang,
  linkTo: (schema: string) => string | null = () => null,
): string =>
  table(
    'fields',
    ['Field', 'Type', 'Scope Required', 'Description'],
    rows.map(({ path, schema }) => [
      anchored('field', path),
      typeOf(schema),
      /^(read|write):/.test(schema['x-required-scope'] ?? own) ? `\`${schema['x-required-scope'] ?? own}\`` : own,
      aboutOf(schema, lang) + choicesOf(schema) + (linkOf(schema, linkTo) ?? ''),
    ]),
  )

/** Returns the link to the fields of the objects in a list. */
function linkOf({ items }: AnnotatedSchema, linkTo: (schema: string) => string | null): string | null {
  const link = items?.$ref ? linkTo(items.$ref.split('/').at(-1) ?? '') : null
  return link && ` (${link})`
}

/** Returns the table of parameters: Parameter, Type, Required, Description. */
export const parameterTable = (parameters: SiteParameter[], lang: Lang): string =>
  table(
    'parameters',
    ['Parameter', 'Type', 'Required', 'Description'],
    parameters.map(({ name, schema, required, about }) => [
      anchored('parameter', name),
      typeOf(schema, { whole: 'integer' }),
      yesNo(required),
      about[lang] + choicesOf(schema),
    ]),
  )

export function bodyTable(schema: AnnotatedSchema, lang: Lang): string {
  const needed = new Set(schema.required ?? [])
  return table(
    'parameters',
    ['Field', 'Type', 'Required', 'Description'],
    rowsOf(schema).map(({ path, schema: field }) => [
      anchored('body', path),
      typeOf(field, { whole: 'integer' }),
      yesNo(needed.has(path)),
      aboutOf(field, lang) + choicesOf(field),
    ]),
  )
}

const yesNo = (required: boolean): string => (required ? 'Yes' : 'No')

/** Returns the table of errors: HTTP status, error code, cause. */
export function errorTable({ refusals }: SiteOperation, lang: Lang, link: (code: string) => string): string {
  const texts: Texts = TEXTS[lang]
  const rows = refusals.flatMap(({ status, codes }) =>
    codes.map((code) => [String(status), `[\`${code}\`](${link(code)})`, texts.errors[code].when]),
  )
  return table('errors', ['HTTP', 'error', lang === 'th' ? 'เมื่อใด' : 'When'], rows)
}
