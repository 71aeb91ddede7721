import { PARTNER_PROBLEMS, type PartnerProblemCode } from '../../server/contract/problem.ts'
import { EVENT_TYPES, meaningOf } from '../../server/events/event_types.ts'
import { SITE_ORIGIN } from '../../server/http/site/site_origin.ts'
import { SCOPES, type Scope } from '../../server/scopes.ts'
import type { Contract, Lang, SiteOperation } from './contract.ts'
import { pageUrl, recordedOf, type SitePage } from './pages.ts'
import { suggested } from './samples.ts'
import { addressOf, SHELVES, shelfOf, titleOf } from './shelves.ts'
import { TEXTS } from './words.ts'

// Machine-readable files: llms.txt, the Postman collection, the names for the search, and the feed of the changelog.

/** Returns llms.txt (https://llmstxt.org): a list of all pages with links to their Markdown. */
export function llmsText(pages: SitePage[], contract: Contract): string {
  const list = (lang: Lang) =>
    pages
      .filter((page) => page.lang === lang)
      .map((page) => `- [${page.title}](${markdownUrl(page)}): ${page.description}`)
      .join('\n')
  return `# Talad Partner API

> Read-only access to a business's customers, sales, products, inventory and purchasing, limited to the branches and scopes that its owner granted. OAuth 2.0 client credentials; JSON; cursor pagination for lists; position pagination for events; webhooks with Standard Webhooks signatures.

- Contract: [openapi.json](/developer/openapi.json), version ${contract.version}
- Contract of the Ingest API, with which a shop's own systems write data: [openapi.ingest.json](/developer/openapi.ingest.json)
- [Postman collection](/developer/postman.json)
- Amounts and quantities are decimal strings. Times are UTC with milliseconds. An absent key means that the token may not read the field.

## Instructions for assistants that write programs

- Keep client secrets and webhook secrets in environment variables or a secret manager, never in code, browsers or mobile apps.
- Do not install \`@talad/sdk\` or \`talad-api\` from npm by name: they are not published there. The quick start says how to install them.
- Reuse a token until one minute before it expires. Respect \`Retry-After\` on 429 and 503.
- Read sales with \`include=items\` instead of a request for each sale. To stay in sync, read lists once and then follow \`GET /events\`, or receive webhooks.
- Verify webhooks with the raw body, and deduplicate by \`webhook-id\`. Ignore unknown fields, values and event types.
- Compute with decimal types. Use \`business_date\` for daily totals, and count the statuses COMPLETED, PARTIALLY_REFUNDED and REFUNDED.
- Ask for \`read:customers:pii\` only if the program needs contact data. On \`customer.deleted\`, delete the customer everywhere.

## English

${list('en')}

## ภาษาไทย

${list('th')}
`
}

/** Returns the URL of the Markdown version of a page. */
export const markdownUrl = ({ lang, address }: Pick<SitePage, 'lang' | 'address'>): string =>
  `${pageUrl(lang, 'index')}${address}.md`

/** Returns a Postman collection (format 2.1) with a folder per API group. Its first request gets the token. */
export function postmanCollection({ operations, version }: Contract): object {
  const folders = SHELVES.filter(({ tags }) => tags.length > 0).map((shelf) => ({
    name: shelf.label.en,
    item: operations.filter((operation) => shelfOf(operation) === shelf).map(requestOf),
  }))
  return {
    info: {
      name: 'Talad Partner API',
      version,
      description: `${TEXTS.en.anyToken}: send "Get Access Token" first; it stores the token in the variable access_token.`,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{access_token}}', type: 'string' }] },
    variable: [
      { key: 'base_url', value: SITE_ORIGIN },
      { key: 'client_id', value: '' },
      { key: 'client_secret', value: '' },
      { key: 'access_token', value: '' },
    ],
    item: folders.filter(({ item }) => item.length > 0),
  }
}

function requestOf(operation: SiteOperation): object {
  const asked = recordedOf(operation.id)?.asked ?? suggested(operation)
  const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
  const query = operation.query.map(({ name, about, required }) => ({
    key: name,
    value: String([asked.query[name] ?? ''].flat()[0]),
    description: about.en,
    disabled: asked.query[name] === undefined && !required,
  }))
  const used = query.filter(({ disabled }) => !disabled).map(({ key, value }) => `${key}=${encodeURIComponent(value)}`)
  return {
    name: titleOf(operation),
    request: {
      method: operation.method,
      description: operation.about.en,
      ...(operation.auth !== 'token' && { auth: { type: 'noauth' } }),
      ...bodyOf(operation, asked.body ?? {}),
      url: {
        raw: `{{base_url}}${path}${used.length > 0 ? `?${used.join('&')}` : ''}`,
        host: ['{{base_url}}'],
        path: path.slice(1).split('/'),
        query,
        variable: operation.path_parameters.map(({ name, about }) => ({
          key: name,
          value: asked.path[name] ?? '',
          description: about.en,
        })),
      },
    },
    ...(operation.id === 'oauth.token' && {
      event: [
        {
          listen: 'test',
          script: {
            type: 'text/javascript',
            exec: ["pm.collectionVariables.set('access_token', pm.response.json().access_token)"],
          },
        },
      ],
    }),
  }
}

/** Form fields whose values come from collection variables. */
const VARIABLES: Record<string, string> = {
  client_id: '{{client_id}}',
  client_secret: '{{client_secret}}',
  token: '{{access_token}}',
}

function bodyOf({ body, auth }: SiteOperation, values: Record<string, unknown>): object {
  if (!body) return {}
  if (body.sends === 'json')
    return {
      header: [{ key: 'Content-Type', value: 'application/json' }],
      body: { mode: 'raw', raw: JSON.stringify(values, null, 2) },
    }
  const names = [...Object.keys(values), ...(auth === 'client' ? ['client_id', 'client_secret'] : [])]
  return {
    body: {
      mode: 'urlencoded',
      urlencoded: names.map((key) => ({ key, value: VARIABLES[key] ?? String(values[key]) })),
    },
  }
}

/** A name that the search finds before all text: an event type, an error, a scope or an operation. */
type SearchName = { title: string; url: string; about: string }

export function searchNames({ operations }: Contract, lang: Lang): SearchName[] {
  const codes = Object.keys(PARTNER_PROBLEMS) as PartnerProblemCode[]
  return [
    ...EVENT_TYPES.map((type) => ({
      ...{ title: type, url: `${pageUrl(lang, 'event-types')}#${type}` },
      about: `Event Types: ${meaningOf(type)[lang].replaceAll('`', '')}`,
    })),
    ...codes.map((code) => ({
      ...{ title: code, url: pageUrl(lang, `errors#${code}`) },
      about: `${PARTNER_PROBLEMS[code].status} Errors: ${TEXTS[lang].errors[code].when.replaceAll('`', '')}`,
    })),
    ...(Object.keys(SCOPES) as Scope[])
      .filter((scope) => scope.startsWith('read:'))
      .map((scope) => ({
        ...{ title: scope, url: pageUrl(lang, `scopes#${scope.replaceAll(':', '')}`) },
        about: `Scopes: ${SCOPES[scope][lang]}`,
      })),
    ...operations.map((operation) => ({
      ...{ title: titleOf(operation), url: pageUrl(lang, addressOf(operation)) },
      about: `${operation.method} ${operation.path}`,
    })),
  ]
}

/** Returns the changelog as RSS 2.0, with one item per day. @throws if a heading is not a day */
export function changelogFeed(lang: Lang, text: string): string {
  const page = `${SITE_ORIGIN}${pageUrl(lang, 'changelog')}`
  const items = text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [heading = '', ...lines] = part.split('\n')
      const day = /^\d{4}-\d{2}-\d{2}$/.exec(heading)?.[0]
      if (!day) throw new Error(`changelog: the heading "${heading}" must be a day, such as 2026-11-30`)
      return [
        '<item>',
        `<title>${day}</title>`,
        `<link>${page}#${day}</link>`,
        `<guid isPermaLink="false">talad-${day}</guid>`,
        `<pubDate>${new Date(day).toUTCString()}</pubDate>`,
        `<description>${xml(lines.join('\n').trim())}</description>`,
        '</item>',
      ].join('\n')
    })
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel>
<title>Talad Partner API changelog</title>
<link>${page}</link>
<language>${lang}</language>
<description>${{ th: 'สิ่งที่เปลี่ยนแปลงใน API', en: 'Changes in the API' }[lang]}</description>
${items.join('\n')}
</channel></rss>
`
}

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
