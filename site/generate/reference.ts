import type { BothLanguages, Lang, SiteOperation } from './contract.ts'
import { bodyTable, errorTable, objectTable, parameterTable } from './fields.ts'
import { idVariables, type SampleRequest, samplesOf, suggested } from './samples.ts'
import { titleOf } from './shelves.ts'
import { TEXTS } from './words.ts'

// The reference page of one operation. It has the sections of the original "List Customers" page: purpose, use cases,
// scope, endpoint, headers, parameters, rules, example, object, errors.

/** A request to the demo and its response, recorded by site/record.ts. */
export type RecordedAnswer = { asked: SampleRequest; status: number; body: unknown }

/** Returns the URL of another page in the language of this page. */
export type PageLink = (page: string) => string

export type ReferencePage = { title: string; description: string; body: string }

/** Objects in lists of other objects, and where their fields are. */
const ITEMS: Record<string, [name: string, page: string]> = {
  SaleItem: ['Sale Item Object', 'sales/list-sale-items#sale-item-object'],
  PurchaseOrderItem: ['Purchase Order Item Object', 'purchasing/list-purchase-order-items#purchase-order-item-object'],
}

/** @param recorded null if no response was recorded; the example then comes from the OpenAPI document */
export function referencePage(
  operation: SiteOperation,
  recorded: RecordedAnswer | null,
  lang: Lang,
  link: PageLink,
): ReferencePage {
  const asked = recorded?.asked ?? suggested(operation)
  const linkTo = (schema: string) => {
    const [name, page] = ITEMS[schema] ?? []
    return name && page ? `[${name}](${link(page)})` : null
  }
  const body = [
    '<div class="reference">',
    '<div class="said">',
    ...(operation.sunset ? [TEXTS[lang].deprecated(operation.sunset.slice(0, 10), link('versioning'))] : []),
    ...purpose(operation, lang),
    ...scope(operation, lang),
    '## Endpoint',
    `<div class="endpoint">\n\n\`\`\`http\n${operation.method} ${operation.path}\n\`\`\`\n\n</div>`,
    ...headers(operation, lang, link),
    ...section(
      'Path Parameters',
      operation.path_parameters.length > 0 && parameterTable(operation.path_parameters, lang),
    ),
    ...section('Query Parameters', operation.query.length > 0 && parameterTable(operation.query, lang)),
    ...section('Request Body', operation.body && bodyTable(operation.body.schema, lang)),
    ...rules(operation, lang),
    '</div>',
    '<div class="beside">',
    '## Example Request',
    samples(operation, asked),
    `<div class="small">\n\n${variables(operation, lang, link)}\n\n</div>`,
    `<talad-try data-operation="${operation.id}" data-list="${operation.path.split('/{')[0]}" data-asked="${attribute(JSON.stringify(asked))}"></talad-try>`,
    '## Example Response',
    ...answer(operation, recorded, lang),
    '</div>',
    '<div class="said">',
    ...section(`${objectName(operation)} Object`, operation.answer && objectTable(operation, lang, linkTo)),
    '## Errors',
    errorTable(operation, lang, (code) => link(`errors#${code}`)),
    `${TEXTS[lang].see} [Errors](${link('errors')})`,
    '</div>',
    '</div>',
  ].join('\n\n')
  return { title: titleOf(operation), description: operation.summary[lang], body }
}

/** Says where the environment variables of the samples come from. */
function variables(operation: SiteOperation, lang: Lang, link: PageLink): string {
  const texts = TEXTS[lang]
  const ids = idVariables(operation)
  return [
    ...(operation.auth === 'none' ? [] : [texts.variables(link('quick-start'))]),
    ...(ids.includes('WEBHOOK_ID') ? [texts.webhookId(link('webhooks/list-webhooks'))] : []),
    ...(ids.includes('DELIVERY_ID') ? [texts.deliveryId(link('webhooks/list-webhook-deliveries'))] : []),
  ].join(' ')
}

const section = (heading: string, body: string | false | null): string[] => (body ? [`## ${heading}`, body] : [])

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

function purpose({ summary, about, uses }: SiteOperation, lang: Lang): string[] {
  const said: BothLanguages = { th: summary.th, en: `${summary.en}.` }
  return [
    said[lang],
    ...(about[lang] === summary[lang] ? [] : [about[lang]]),
    ...(uses[lang].length > 0 ? [TEXTS[lang].uses, uses[lang].map((use) => `- ${use}`).join('\n')] : []),
  ]
}

function scope(operation: SiteOperation, lang: Lang): string[] {
  const texts = TEXTS[lang]
  if (operation.auth === 'none') return ['## Required Scope', texts.publicly]
  if (operation.auth === 'client') return ['## Required Scope', texts.clientAuth]
  const more = [...scopedFields(operation)].flatMap(([name, fields]) => [
    texts.extraScope(
      fields.length > 4 ? `${fields.slice(0, 4).join(', ')} ${lang === 'th' ? 'ฯลฯ' : '…'}` : fields.join(', '),
    ),
    `\`\`\`text\n${name}\n\`\`\``,
  ])
  const own = operation.scope ? `\`\`\`text\n${operation.scope}\n\`\`\`` : texts.noScope
  return ['## Required Scope', own, ...more]
}

/** Groups the fields that need an additional scope by that scope. */
function scopedFields({ answer }: SiteOperation): Map<string, string[]> {
  const scopes = new Map<string, string[]>()
  for (const [name, field] of Object.entries(answer?.schema.properties ?? {})) {
    const own = field['x-required-scope']
    if (own) scopes.set(own, [...(scopes.get(own) ?? []), name])
  }
  return scopes
}

function headers(operation: SiteOperation, lang: Lang, link: PageLink): string[] {
  const lines = []
  if (operation.auth === 'token') lines.push('Authorization: Bearer <access_token>')
  if (operation.body)
    lines.push(
      `Content-Type: ${operation.body.sends === 'form' ? 'application/x-www-form-urlencoded' : 'application/json'}`,
    )
  if (operation.hasTag) lines.push('If-None-Match: <etag>')
  if (lines.length === 0) return []
  const how = operation.auth === 'token' ? [TEXTS[lang].token(link('auth/get-access-token'))] : []
  const tag = operation.hasTag ? [TEXTS[lang].tag(link('common-types#caching'))] : []
  return ['## Request Headers', `\`\`\`http\n${lines.join('\n')}\n\`\`\``, ...how, ...tag]
}

/** Returns the sections that several operations share: PII, pagination, branches, dates. */
function rules(operation: SiteOperation, lang: Lang): string[] {
  const texts = TEXTS[lang]
  const has = (name: string) => operation.query.find((parameter) => parameter.name === name)
  const pii = [...scopedFields(operation)].flatMap(([name, fields]) => [
    '## PII Fields',
    texts.pii(name),
    texts.piiFields(name),
    fields.map((field) => `- \`${field}\``).join('\n'),
    texts.piiHeader,
  ])
  const pages = has('cursor')
    ? [
        '## Pagination',
        texts.pagination,
        `\`\`\`http\n${operation.method} ${operation.path}?cursor=<next_cursor>\n\`\`\``,
      ]
    : operation.shape === 'feed'
      ? ['## Pagination', texts.feed, `\`\`\`http\n${operation.method} ${operation.path}?after=<next_after>\n\`\`\``]
      : []
  const refusesBranches = operation.refusals.some(({ codes }) => codes.includes('branch_not_allowed'))
  const branches = refusesBranches ? texts.branchNeeded : has('branch_id') && texts.branchFilter
  return [
    ...pii,
    ...pages,
    ...section('Branches', branches || null),
    ...section('Dates', has('from') && has('to') ? texts.days : null),
  ]
}

const samples = (operation: SiteOperation, asked: SampleRequest): string =>
  [
    '<div class="samples">',
    ...samplesOf(operation, asked).map(
      ({ name, language, code }) =>
        `<div class="sample" data-name="${name}">\n\n\`\`\`${language}\n${code}\n\`\`\`\n\n</div>`,
    ),
    '</div>',
  ].join('\n\n')

function answer(operation: SiteOperation, recorded: RecordedAnswer | null, lang: Lang): string[] {
  const texts = TEXTS[lang]
  if (!operation.answer) return [`\`${operation.status}\` ${texts.recordedEmpty}`]
  const shown = recorded?.body ?? exampleOf(operation)
  const said = recorded ? texts.recorded : texts.fromSchema
  return [
    `<div class="small">\n\n\`${operation.status}\` ${said}\n\n</div>`,
    `\`\`\`json\n${JSON.stringify(shown, null, 2)}\n\`\`\``,
  ]
}

/** Builds an example response from the examples of the fields. */
function exampleOf({ answer, shape }: SiteOperation): unknown {
  const properties = Object.entries(answer?.schema.properties ?? {})
  const object = Object.fromEntries(properties.map(([name, field]) => [name, field.examples?.[0] ?? null]))
  if (shape === 'page') return { data: [object], pagination: { next_cursor: null, has_more: false, limit: 50 } }
  return shape === 'plain' ? object : { data: shape === 'list' ? [object] : object }
}

/** Names of objects that have no schema of their own. */
const OBJECTS: Record<string, string> = {
  'oauth.token': 'Access Token',
  'oauth.introspect': 'Token Introspection',
  'oauth.jwks': 'Public Keys',
  'oauth.metadata': 'Server Metadata',
}

/** Returns the name for the heading `Customer Object`: the schema name, or else the operation name. */
function objectName({ id, answer, group, name }: SiteOperation): string {
  const words = answer?.name ?? OBJECTS[id] ?? `${group} ${name}`
  return words
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/(^|[ _])[a-z]/g, (letter) => letter.toUpperCase().replace('_', ' '))
}
