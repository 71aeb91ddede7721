import type { BothLanguages, SiteOperation } from './contract.ts'

// The groups of the sidebar in their order, and the titles and addresses of pages.

/** A group of the sidebar: first the guides in this order, then the operations of these tags. */
export type Shelf = { label: BothLanguages; folder: string; guides: string[]; tags: string[] }

export const SHELVES: Shelf[] = [
  {
    label: { th: 'เริ่มต้น', en: 'Getting started' },
    folder: 'start',
    guides: [
      'index',
      'quick-start',
      'daily-sales',
      'crm-customers',
      'applications',
      'pagination',
      'staying-in-sync',
      'personal-data',
      'branches',
      'money-and-time',
      'rate-limits',
      'ingest',
      'going-live',
    ],
    tags: [],
  },
  api('Auth', ['authentication'], ['Auth', 'Business']),
  api('Sales'),
  api('Products'),
  api('Inventory'),
  api('Purchasing'),
  api('Customers'),
  api('Reports'),
  api('Webhooks', ['verifying-webhooks'], ['Webhooks', 'Events']),
  {
    label: { th: 'อ้างอิง', en: 'Reference' },
    folder: 'reference',
    guides: [
      'api-reference',
      'common-types',
      'scopes',
      'errors',
      'event-types',
      'sdks',
      'command-line',
      'versioning',
      'ip-addresses',
      'status',
      'support',
      'glossary',
      'changelog',
    ],
    tags: [],
  },
]

function api(name: string, guides: string[] = [], tags = [name]): Shelf {
  const label = `Partner API — ${name}`
  return { label: { th: label, en: label }, folder: name.toLowerCase(), guides, tags }
}

/** Returns the sidebar group of an operation. @throws if no group has its tag */
export function shelfOf({ id, tag }: SiteOperation): Shelf {
  const shelf = SHELVES.find(({ tags }) => tags.includes(tag))
  if (!shelf) throw new Error(`${id}: add the tag ${tag} to a shelf in site/generate/shelves.ts`)
  return shelf
}

/** Returns the page path of an operation below /developer/, without language: `customers/list-customers`. */
export const addressOf = (operation: SiteOperation): string =>
  `${shelfOf(operation).folder}/${titleOf(operation).toLowerCase().replaceAll(/\W+/g, '-')}`

/** Titles that do not follow the rule of `titleOf`. */
const TITLES: Record<string, string> = {
  'oauth.token': 'Get Access Token',
  'oauth.revoke': 'Revoke Token',
  'oauth.introspect': 'Introspect Token',
  'oauth.jwks': 'Public Keys (JWKS)',
  'oauth.metadata': 'Server Metadata',
  'me.get': 'Get Me',
  'inventory.list': 'List Inventory',
  'reports.sales_summary': 'Sales Summary',
  'reports.inventory_summary': 'Inventory Summary',
  'webhooks.rotate_secret': 'Rotate Webhook Secret',
  'webhooks.replay': 'Replay Events',
}

/** Returns the page title, the same in both languages: List Customers, Get Customer, Create Webhook. */
export function titleOf({ id, group, name }: Pick<SiteOperation, 'id' | 'group' | 'name'>): string {
  const words = name === 'list' ? group : singular(group)
  return TITLES[id] ?? `${name} ${words}`.replaceAll('_', ' ').replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

const singular = (group: string): string =>
  group
    .replace(/ies$/, 'y')
    .replace(/(ch|sh|x)es$/, '$1')
    .replace(/s$/, '')
