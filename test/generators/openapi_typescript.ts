// Uses the types of openapi-typescript with openapi-fetch. Prints what it read, as JSON.

import createClient from 'openapi-fetch'
import type { components, paths } from './talad.ts'

const env = process.env as Record<string, string>

/** Returns the data of a response, or throws its error. */
function dataOf<Data>({ data, error }: { data?: Data; error?: { error: string } }): Data {
  if (data === undefined) throw new Error(error?.error)
  return data
}

const client = createClient<paths>({ baseUrl: env.TALAD_BASE_URL })
const { access_token } = dataOf(
  await client.POST('/api/partner/v1/oauth/token', {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: {
      grant_type: 'client_credentials',
      client_id: env.TALAD_CLIENT_ID,
      client_secret: env.TALAD_CLIENT_SECRET,
    },
  }),
)
client.use({
  onRequest({ request }) {
    request.headers.set('Authorization', `Bearer ${access_token}`)
  },
})

const customers = (query: paths['/api/partner/v1/customers']['get']['parameters']['query']) =>
  client.GET('/api/partner/v1/customers', { params: { query } }).then(dataOf)
let page = await customers({ limit: 200 })
const pages = [page.data.length]
while (page.pagination.next_cursor !== null) {
  page = await customers({ cursor: page.pagination.next_cursor })
  pages.push(page.data.length)
}

const sales = dataOf(await client.GET('/api/partner/v1/sales', { params: { query: { include: 'items' } } }))
const events = dataOf(await client.GET('/api/partner/v1/events', { params: { query: { include: 'items' } } }))

/** The type of an event tells its form, also one that was added after the client was made. */
function skuOf(event: components['schemas']['Event']): string | null | undefined {
  switch (event.type) {
    case 'sale.updated':
      return event.data.items?.[0]?.sku_code
    default:
      return null
  }
}

const [event] = events.data
const later = JSON.parse(env.LATER_EVENT as string) as components['schemas']['Event']

const webhook = dataOf(
  await client.POST('/api/partner/v1/webhooks', {
    body: { endpoint_url: env.ENDPOINT_URL as string, event_types: ['*'] },
  }),
)
await client.DELETE('/api/partner/v1/webhooks/{id}', { params: { path: { id: webhook.data.id } } })

const summary = dataOf(
  await client.GET('/api/partner/v1/reports/sales-summary', {
    params: { query: { branch_id: env.BRANCH_ID as string } },
  }),
)
const stock = dataOf(
  await client.GET('/api/partner/v1/reports/inventory-summary', {
    params: { query: { warehouse_id: env.WAREHOUSE_ID as string } },
  }),
)
const missing = await client.GET('/api/partner/v1/customers/{id}', {
  params: { path: { id: env.BRANCH_ID as string } },
})

process.stdout.write(
  JSON.stringify({
    pages,
    unit_price: sales.data[0]?.items?.[0]?.unit_price,
    event: [event?.type, event && skuOf(event)],
    later: skuOf(later) === null ? later.type : 'wrong',
    secret: webhook.data.secret.slice(0, 6),
    revenue: summary.data.total_revenue,
    skus: stock.data.total_skus,
    error: missing.error?.error,
  }),
)
