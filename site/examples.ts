import { PAGE_SALE } from '../server/demo/demo.ts'
import { SHOWN_ENDPOINT } from './endpoint.ts'
import type { RecordedAnswer } from './generate/reference.ts'
import type { SampleRequest } from './generate/samples.ts'

// The example requests to the demo. IDs that only the demo knows come from earlier responses.

/** The parameters of an example request, and the demo application that sends it (default `docs`). */
export type Example = Partial<SampleRequest> & { as?: 'all' | 'docs' }

/** Responses so far, by operation ID. */
export type RecordedAnswers = Record<string, RecordedAnswer>

type ExampleRow = { id: string } & Record<string, string>

function rowOf(answers: RecordedAnswers, operation: string, place: number): ExampleRow {
  const row = (answers[operation]?.body as { data: ExampleRow[] } | undefined)?.data[place]
  if (!row) throw new Error(`The demo returned no row ${place} for ${operation}`)
  return row
}

const firstOf = (answers: RecordedAnswers, operation: string): ExampleRow => rowOf(answers, operation, 0)

/** Returns the webhook that the examples created. */
const webhook = (answers: RecordedAnswers): { id: string } => {
  const made = (answers['webhooks.create']?.body as { data: { id: string } } | undefined)?.data
  if (!made) throw new Error('webhooks.create must come first')
  return { id: made.id }
}

const ofWebhook = (answers: RecordedAnswers) => ({ as: 'all' as const, path: webhook(answers) })

const byId = (list: string) => (answers: RecordedAnswers) => ({ path: { id: firstOf(answers, list).id } })

const withItemsOf = (list: string) => (answers: RecordedAnswers) => ({
  ...byId(list)(answers),
  query: { include: 'items' },
})

/** The example requests, in the order in which they are sent. */
export const EXAMPLES: Record<string, (answers: RecordedAnswers) => Example> = {
  'oauth.token': () => ({ body: { grant_type: 'client_credentials' } }),
  'oauth.introspect': () => ({ body: { token: '' } }),
  'oauth.revoke': () => ({ body: { token: '' } }),
  'oauth.jwks': () => ({}),
  'oauth.metadata': () => ({}),
  'me.get': () => ({}),
  'branches.list': () => ({}),
  // The customer of the original page. The response includes the nine PII keys because `all` has the scope.
  'customers.list': () => ({ as: 'all', query: { q: 'CUS-000380', is_active: 'true', limit: '50' } }),
  'customers.get': (answers) => ({ as: 'all', ...byId('customers.list')(answers) }),
  'customer_consents.list': byId('customers.list'),
  'consents.list': () => ({ query: { limit: '2' } }),
  'membership_tiers.list': () => ({}),
  'products.list': () => ({ query: { q: 'กาแฟ', limit: '2' } }),
  'products.get': byId('products.list'),
  'categories.list': () => ({}),
  'branch_prices.list': () => ({ query: { limit: '2' } }),
  'sales.list': () => ({ query: { status: 'COMPLETED', include: 'items', limit: '2' } }),
  'sales.get': () => ({ path: { id: PAGE_SALE }, query: { include: 'items' } }),
  'sale_items.list': () => ({ path: { id: PAGE_SALE } }),
  'warehouses.list': () => ({}),
  'inventory.list': (answers) => ({ query: { warehouse_id: firstOf(answers, 'warehouses.list').id, limit: '2' } }),
  'stock_movements.list': () => ({ query: { movement_type: 'PURCHASE_RECEIPT', limit: '2' } }),
  'purchase_orders.list': () => ({ query: { status: 'FULLY_RECEIVED', include: 'items', limit: '2' } }),
  'purchase_orders.get': withItemsOf('purchase_orders.list'),
  'purchase_order_items.list': byId('purchase_orders.list'),
  'suppliers.list': () => ({ query: { status: 'ACTIVE', limit: '2' } }),
  // The first one was created for the recording; the second one is in every demo.
  'suppliers.get': (answers) => ({ path: { id: rowOf(answers, 'suppliers.list', 1).id } }),
  'reports.sales_summary': (answers) => ({ query: { branch_id: firstOf(answers, 'branches.list').id } }),
  'reports.inventory_summary': (answers) => ({ query: { warehouse_id: firstOf(answers, 'warehouses.list').id } }),
  'events.list': () => ({ query: { after: '0', limit: '2' } }),
  // The life cycle of a webhook, from creation to deletion. `docs` does not have the scope for webhooks.
  'webhooks.create': () => ({
    as: 'all',
    body: {
      endpoint_url: SHOWN_ENDPOINT,
      event_types: ['supplier.created', 'supplier.updated'],
      description: 'ส่งข้อมูลผู้จำหน่ายเข้าระบบบัญชี',
    },
  }),
  'webhooks.list': () => ({ as: 'all' }),
  'webhooks.ping': ofWebhook,
  // askAll waits for a delivery before it sends this request.
  'webhook_deliveries.list': (answers) => ({
    ...ofWebhook(answers),
    query: { status: 'DELIVERED', event_type: 'supplier.created' },
  }),
  'webhook_deliveries.redeliver': (answers) => ({
    as: 'all',
    path: { ...webhook(answers), delivery_id: firstOf(answers, 'webhook_deliveries.list').id },
  }),
  'webhooks.get': ofWebhook,
  'webhooks.replay': (answers) => ({ ...ofWebhook(answers), body: { from_position: 1 } }),
  'webhooks.update': (answers) => ({ ...ofWebhook(answers), body: { status: 'PAUSED' } }),
  'webhooks.rotate_secret': ofWebhook,
  'webhooks.delete': ofWebhook,
}
