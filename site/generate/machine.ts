import { SITE_ORIGIN } from '../../server/http/site_origin.ts'
import type { Contract, Lang, Operation } from './contract.ts'
import { recordedOf, type SitePage, urlOf } from './pages.ts'
import { suggested } from './samples.ts'
import { SHELVES, shelfOf, titleOf } from './shelves.ts'
import { TEXTS } from './words.ts'

// What machines read: llms.txt, and a collection for Postman and whatever imports its format.

/** https://llmstxt.org: what there is, with links to the Markdown of every page. */
export function llmsText(pages: SitePage[], contract: Contract): string {
  const list = (lang: Lang) =>
    pages
      .filter((page) => page.lang === lang)
      .map((page) => `- [${page.title}](${markdownUrl(page)}): ${page.description}`)
      .join('\n')
  return `# Talad Partner API

> Read a business's customers, sales, products, stock and purchasing, from the branches and with the scopes that its owner has granted. OAuth 2.0 client credentials; JSON; lists paged by cursor; events by position; webhooks signed by Standard Webhooks.

- Contract: [openapi.json](/developer/openapi.json), version ${contract.version}
- [Postman collection](/developer/postman.json)
- Amounts and quantities are decimal strings, times are UTC with milliseconds, an absent key is not the token's to see

## English

${list('en')}

## ภาษาไทย

${list('th')}
`
}

/** Where the Markdown of a page is. */
export const markdownUrl = ({ lang, address }: Pick<SitePage, 'lang' | 'address'>): string =>
  `${urlOf(lang, 'index')}${address}.md`

/** A Postman collection, format 2.1: a folder for each chapter, a token that is fetched by the first request. */
export function postmanCollection({ operations, version }: Contract): object {
  const folders = SHELVES.filter(({ tags }) => tags.length > 0).map((shelf) => ({
    name: shelf.label.en,
    item: operations.filter((operation) => shelfOf(operation) === shelf).map(requestOf),
  }))
  return {
    info: {
      name: 'Talad Partner API',
      version,
      description: `${TEXTS.en.anyToken}: send "Get Access Token" first; it keeps the token in the variable access_token.`,
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

function requestOf(operation: Operation): object {
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

/** Fields of a form that are variables of the collection. */
const VARIABLES: Record<string, string> = {
  client_id: '{{client_id}}',
  client_secret: '{{client_secret}}',
  token: '{{access_token}}',
}

function bodyOf({ body, auth }: Operation, values: Record<string, unknown>): object {
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
