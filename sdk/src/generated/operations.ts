// Generated from openapi.json by npm run sdk:generate. Do not edit; a test checks it.

import type { Call, Feed, Follow, Pages } from '../answers.ts'
import type { Operation } from '../operation.ts'
import type { Branch, BranchPrice, Category, Consent, Customer, Day, Event, Granted, InventorySummary, Me, MembershipTier, Open, Product, PurchaseOrder, PurchaseOrderItem, Sale, SaleItem, SalesSummary, StockLevel, StockMovement, Supplier, Timestamp, Uuid, Warehouse, Webhook, WebhookDelivery, WebhookPing, WebhookReplay, WebhookWithSecret } from './schemas.ts'

/** Every operation of the API, version 1.0.0. */
export const OPERATIONS: Operation[] = [
  { id: 'oauth.token', method: 'POST', path: '/api/partner/v1/oauth/token', auth: 'client', scope: null, shape: 'plain', sends: 'form', asks: false, most: null },
  { id: 'oauth.revoke', method: 'POST', path: '/api/partner/v1/oauth/revoke', auth: 'client', scope: null, shape: 'empty', sends: 'form', asks: false, most: null },
  { id: 'oauth.introspect', method: 'POST', path: '/api/partner/v1/oauth/introspect', auth: 'client', scope: null, shape: 'plain', sends: 'form', asks: false, most: null },
  { id: 'oauth.jwks', method: 'GET', path: '/.well-known/jwks.json', auth: 'none', scope: null, shape: 'plain', sends: null, asks: false, most: null },
  { id: 'oauth.metadata', method: 'GET', path: '/.well-known/oauth-authorization-server', auth: 'none', scope: null, shape: 'plain', sends: null, asks: false, most: null },
  { id: 'me.get', method: 'GET', path: '/api/partner/v1/me', auth: 'token', scope: null, shape: 'one', sends: null, asks: false, most: null },
  { id: 'branches.list', method: 'GET', path: '/api/partner/v1/branches', auth: 'token', scope: null, shape: 'list', sends: null, asks: false, most: null },
  { id: 'customers.list', method: 'GET', path: '/api/partner/v1/customers', auth: 'token', scope: 'read:customers', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'customers.get', method: 'GET', path: '/api/partner/v1/customers/{id}', auth: 'token', scope: 'read:customers', shape: 'one', sends: null, asks: false, most: null },
  { id: 'customer_consents.list', method: 'GET', path: '/api/partner/v1/customers/{id}/consents', auth: 'token', scope: 'read:customers', shape: 'list', sends: null, asks: false, most: null },
  { id: 'consents.list', method: 'GET', path: '/api/partner/v1/consents', auth: 'token', scope: 'read:customers', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'membership_tiers.list', method: 'GET', path: '/api/partner/v1/membership-tiers', auth: 'token', scope: 'read:customers', shape: 'list', sends: null, asks: false, most: null },
  { id: 'products.list', method: 'GET', path: '/api/partner/v1/products', auth: 'token', scope: 'read:products', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'products.get', method: 'GET', path: '/api/partner/v1/products/{id}', auth: 'token', scope: 'read:products', shape: 'one', sends: null, asks: false, most: null },
  { id: 'categories.list', method: 'GET', path: '/api/partner/v1/categories', auth: 'token', scope: 'read:products', shape: 'list', sends: null, asks: false, most: null },
  { id: 'branch_prices.list', method: 'GET', path: '/api/partner/v1/branch-prices', auth: 'token', scope: 'read:products', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'sales.list', method: 'GET', path: '/api/partner/v1/sales', auth: 'token', scope: 'read:sales', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'sales.get', method: 'GET', path: '/api/partner/v1/sales/{id}', auth: 'token', scope: 'read:sales', shape: 'one', sends: null, asks: true, most: null },
  { id: 'sale_items.list', method: 'GET', path: '/api/partner/v1/sales/{id}/items', auth: 'token', scope: 'read:sales', shape: 'list', sends: null, asks: false, most: null },
  { id: 'inventory.list', method: 'GET', path: '/api/partner/v1/inventory', auth: 'token', scope: 'read:inventory', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'stock_movements.list', method: 'GET', path: '/api/partner/v1/inventory/movements', auth: 'token', scope: 'read:inventory', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'warehouses.list', method: 'GET', path: '/api/partner/v1/warehouses', auth: 'token', scope: 'read:inventory', shape: 'list', sends: null, asks: false, most: null },
  { id: 'purchase_orders.list', method: 'GET', path: '/api/partner/v1/purchase-orders', auth: 'token', scope: 'read:purchasing', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'purchase_orders.get', method: 'GET', path: '/api/partner/v1/purchase-orders/{id}', auth: 'token', scope: 'read:purchasing', shape: 'one', sends: null, asks: true, most: null },
  { id: 'purchase_order_items.list', method: 'GET', path: '/api/partner/v1/purchase-orders/{id}/items', auth: 'token', scope: 'read:purchasing', shape: 'list', sends: null, asks: false, most: null },
  { id: 'suppliers.list', method: 'GET', path: '/api/partner/v1/suppliers', auth: 'token', scope: 'read:purchasing', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'suppliers.get', method: 'GET', path: '/api/partner/v1/suppliers/{id}', auth: 'token', scope: 'read:purchasing', shape: 'one', sends: null, asks: false, most: null },
  { id: 'reports.sales_summary', method: 'GET', path: '/api/partner/v1/reports/sales-summary', auth: 'token', scope: 'read:reports', shape: 'one', sends: null, asks: true, most: null },
  { id: 'reports.inventory_summary', method: 'GET', path: '/api/partner/v1/reports/inventory-summary', auth: 'token', scope: 'read:reports', shape: 'one', sends: null, asks: true, most: null },
  { id: 'events.list', method: 'GET', path: '/api/partner/v1/events', auth: 'token', scope: null, shape: 'feed', sends: null, asks: true, most: 200 },
  { id: 'webhooks.create', method: 'POST', path: '/api/partner/v1/webhooks', auth: 'token', scope: 'read:webhooks', shape: 'one', sends: 'json', asks: false, most: null },
  { id: 'webhooks.list', method: 'GET', path: '/api/partner/v1/webhooks', auth: 'token', scope: 'read:webhooks', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'webhooks.get', method: 'GET', path: '/api/partner/v1/webhooks/{id}', auth: 'token', scope: 'read:webhooks', shape: 'one', sends: null, asks: false, most: null },
  { id: 'webhooks.update', method: 'PATCH', path: '/api/partner/v1/webhooks/{id}', auth: 'token', scope: 'read:webhooks', shape: 'one', sends: 'json', asks: false, most: null },
  { id: 'webhooks.delete', method: 'DELETE', path: '/api/partner/v1/webhooks/{id}', auth: 'token', scope: 'read:webhooks', shape: 'empty', sends: null, asks: false, most: null },
  { id: 'webhooks.rotate_secret', method: 'POST', path: '/api/partner/v1/webhooks/{id}/secret', auth: 'token', scope: 'read:webhooks', shape: 'one', sends: null, asks: false, most: null },
  { id: 'webhooks.ping', method: 'POST', path: '/api/partner/v1/webhooks/{id}/ping', auth: 'token', scope: 'read:webhooks', shape: 'one', sends: null, asks: false, most: null },
  { id: 'webhook_deliveries.list', method: 'GET', path: '/api/partner/v1/webhooks/{id}/deliveries', auth: 'token', scope: 'read:webhooks', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'webhook_deliveries.redeliver', method: 'POST', path: '/api/partner/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver', auth: 'token', scope: 'read:webhooks', shape: 'one', sends: null, asks: false, most: null },
  { id: 'webhooks.replay', method: 'POST', path: '/api/partner/v1/webhooks/{id}/replay', auth: 'token', scope: 'read:webhooks', shape: 'one', sends: 'json', asks: false, most: null },
]

/** Every method, by group. */
export type Methods<G extends Granted = 'unknown'> = {
  readonly oauth: OauthMethods<G>
  readonly me: MeMethods<G>
  readonly branches: BranchesMethods<G>
  readonly customers: CustomersMethods<G>
  readonly customerConsents: CustomerConsentsMethods<G>
  readonly consents: ConsentsMethods<G>
  readonly membershipTiers: MembershipTiersMethods<G>
  readonly products: ProductsMethods<G>
  readonly categories: CategoriesMethods<G>
  readonly branchPrices: BranchPricesMethods<G>
  readonly sales: SalesMethods<G>
  readonly saleItems: SaleItemsMethods<G>
  readonly inventory: InventoryMethods<G>
  readonly stockMovements: StockMovementsMethods<G>
  readonly warehouses: WarehousesMethods<G>
  readonly purchaseOrders: PurchaseOrdersMethods<G>
  readonly purchaseOrderItems: PurchaseOrderItemsMethods<G>
  readonly suppliers: SuppliersMethods<G>
  readonly reports: ReportsMethods<G>
  readonly events: EventsMethods<G>
  readonly webhooks: WebhooksMethods<G>
  readonly webhookDeliveries: WebhookDeliveriesMethods<G>
}

export type OauthTokenBody = {
  /** Must be client_credentials */
  grant_type: string
  /** Requested scopes, separated by spaces. Default: all scopes of the application */
  scope?: string | undefined
}

export type OauthRevokeBody = {
  /** An access token of this application */
  token: string
  /** Token type (optional) */
  token_type_hint?: string | undefined
}

export type OauthIntrospectBody = {
  /** An access token of this application */
  token: string
  /** Token type (optional) */
  token_type_hint?: string | undefined
}

export type CustomersListQuery = {
  /** Filter by customer status: true or false */
  is_active?: boolean | undefined
  /** Filter by membership tier */
  membership_tier_id?: Uuid | undefined
  /** Search in full_name and customer_code (1–255 characters) */
  q?: string | undefined
  /** Filter by id; can be repeated up to 200 times. The response is one page without a cursor. IDs that do not exist or that the token cannot access are ignored */
  id?: Uuid[] | undefined
  /** Filter by customer code (exact match, case-sensitive) */
  customer_code?: string | undefined
  /** Filter by membership number (exact match, case-sensitive) */
  membership_number?: string | undefined
  /** Filter by phone number. Only digits are compared, and +66 equals a leading 0 (write + as `%2B` in a URL). Requires the scope `read:customers:pii` */
  phone?: string | undefined
  /** Filter by email address, case-insensitive. Requires the scope `read:customers:pii` */
  email?: string | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type ConsentsListQuery = {
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type ProductsListQuery = {
  /** Filter by product status: true or false */
  is_active?: boolean | undefined
  /** Filter by category (subcategories are not included) */
  category_id?: Uuid | undefined
  /** Search in product_name and product_code (1–255 characters) */
  q?: string | undefined
  /** Filter by id; can be repeated up to 200 times. The response is one page without a cursor. IDs that do not exist or that the token cannot access are ignored */
  id?: Uuid[] | undefined
  /** Filter by the code of a SKU (exact match, case-sensitive) */
  sku_code?: string | undefined
  /** Filter by the barcode of a SKU (exact match, case-sensitive) */
  barcode?: string | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type BranchPricesListQuery = {
  /** Filter by branch; can be repeated up to 50 times. Branches that the token cannot access are ignored */
  branch_id?: Uuid[] | undefined
  /** Filter by SKU */
  product_sku_id?: Uuid | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type SalesListQuery = {
  /** business_date on or after this day (YYYY-MM-DD). Default: 30 days before `to`, but not before the first day that the token can read. With `id` or `order_number`: that first day */
  from?: Day | undefined
  /** business_date on or before this day (YYYY-MM-DD). Default: the current business day. With `id` or `order_number`: no limit */
  to?: Day | undefined
  /** Filter by branch; can be repeated up to 50 times. Branches that the token cannot access are ignored */
  branch_id?: Uuid[] | undefined
  /** Filter by status; can be repeated */
  status?: ('OPEN' | 'COMPLETED' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'VOIDED')[] | undefined
  /** Filter by customer */
  customer_id?: Uuid | undefined
  /** Filter by order number (exact match, case-sensitive) */
  order_number?: string | undefined
  /** Filter by id; can be repeated up to 200 times. The response is one page without a cursor. IDs that do not exist or that the token cannot access are ignored */
  id?: Uuid[] | undefined
  /** Data to include: `items` are the items of the sale or purchase order, as the items endpoint shows them. A page with `items` ends before 8 MiB, so it can have fewer rows than `limit` although `has_more` is true */
  include?: 'items' | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type SalesGetQuery = {
  /** Data to include: `items` are the items of the sale or purchase order, as the items endpoint shows them */
  include?: 'items' | undefined
}

export type InventoryListQuery = {
  /** Filter by branch; can be repeated up to 50 times. Branches that the token cannot access are ignored */
  branch_id?: Uuid[] | undefined
  /** Filter by warehouse. The list is empty if the token cannot access the warehouse */
  warehouse_id?: Uuid | undefined
  /** Filter by SKU */
  product_sku_id?: Uuid | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type StockMovementsListQuery = {
  /** occurred_at on or after this day (YYYY-MM-DD) */
  from?: Day | undefined
  /** occurred_at on or before this day (YYYY-MM-DD) */
  to?: Day | undefined
  /** Filter by branch; can be repeated up to 50 times. Branches that the token cannot access are ignored */
  branch_id?: Uuid[] | undefined
  /** Filter by warehouse. The list is empty if the token cannot access the warehouse */
  warehouse_id?: Uuid | undefined
  /** Filter by SKU */
  product_sku_id?: Uuid | undefined
  /** Filter by movement type */
  movement_type?: 'SALE' | 'REFUND' | 'PURCHASE_RECEIPT' | 'TRANSFER_IN' | 'TRANSFER_OUT' | 'ADJUSTMENT' | 'STOCK_COUNT' | 'WASTE' | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type PurchaseOrdersListQuery = {
  /** order_date on or after this day (YYYY-MM-DD) */
  from?: Day | undefined
  /** order_date on or before this day (YYYY-MM-DD) */
  to?: Day | undefined
  /** Filter by branch; can be repeated up to 50 times. Branches that the token cannot access are ignored */
  branch_id?: Uuid[] | undefined
  /** Filter by status */
  status?: 'DRAFT' | 'PENDING_APPROVAL' | 'APPROVED' | 'PARTIALLY_RECEIVED' | 'FULLY_RECEIVED' | 'REJECTED' | 'CANCELLED' | undefined
  /** Filter by supplier */
  supplier_id?: Uuid | undefined
  /** Filter by id; can be repeated up to 200 times. The response is one page without a cursor. IDs that do not exist or that the token cannot access are ignored */
  id?: Uuid[] | undefined
  /** Filter by purchase order number (exact match, case-sensitive) */
  po_number?: string | undefined
  /** Data to include: `items` are the items of the sale or purchase order, as the items endpoint shows them. A page with `items` ends before 8 MiB, so it can have fewer rows than `limit` although `has_more` is true */
  include?: 'items' | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type PurchaseOrdersGetQuery = {
  /** Data to include: `items` are the items of the sale or purchase order, as the items endpoint shows them */
  include?: 'items' | undefined
}

export type SuppliersListQuery = {
  /** Filter by supplier status */
  status?: 'ACTIVE' | 'INACTIVE' | undefined
  /** Search in company_name and supplier_code (1–255 characters) */
  q?: string | undefined
  /** Filter by id; can be repeated up to 200 times. The response is one page without a cursor. IDs that do not exist or that the token cannot access are ignored */
  id?: Uuid[] | undefined
  /** Filter by supplier code (exact match, case-sensitive) */
  supplier_code?: string | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type ReportsSalesSummaryQuery = {
  /** Branch ID */
  branch_id: Uuid
  /** First business day (YYYY-MM-DD) */
  from?: Day | undefined
  /** Last business day (YYYY-MM-DD) */
  to?: Day | undefined
}

export type ReportsInventorySummaryQuery = {
  /** Warehouse ID */
  warehouse_id: Uuid
}

export type EventsListQuery = {
  /** Return events after this position (next_after of the previous page), or `latest` for the newest position. Default: the oldest event we keep */
  after?: number | string | undefined
  /** Filter by event type; can be repeated */
  event_type?: ('sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[] | undefined
  /** Data to include: `items` are the items of the sale or purchase order, as the items endpoint shows them. A page with `items` ends before 8 MiB, so it can have fewer rows than `limit` although `has_more` is true */
  include?: 'items' | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
}

export type WebhooksCreateBody = {
  /** URL that receives the events. It must use https and resolve to public addresses only */
  endpoint_url: string
  /** Event types (1–50), or `["*"]` for all types that the application's scopes allow at the time of the event. Types that we add later are sent only after you set `event_types` again */
  event_types: ('*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[]
  /** Description */
  description?: string | null | undefined
  /** Whether customer events contain contact data (the nine PII fields). Default: false. true requires the scope `read:customers:pii`. Names are always included, although they are personal data too */
  include_pii?: boolean | undefined
  /** What events contain in addition: `items` are the items of sales and purchase orders, as the items endpoint shows them. Default: nothing. If the body would exceed 256 KiB, the event has `"items": null, "items_omitted": true` instead */
  include?: 'items'[] | undefined
}

export type WebhooksListQuery = {
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type WebhooksUpdateBody = {
  /** URL that receives the events. It must use https and resolve to public addresses only */
  endpoint_url?: string | undefined
  /** Event types (1–50), or `["*"]` for all types that the application's scopes allow at the time of the event. Types that we add later are sent only after you set `event_types` again */
  event_types?: ('*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[] | undefined
  /** Description */
  description?: string | null | undefined
  /** Whether customer events contain contact data (the nine PII fields). Default: false. true requires the scope `read:customers:pii`. Names are always included, although they are personal data too */
  include_pii?: boolean | undefined
  /** What events contain in addition: `items` are the items of sales and purchase orders, as the items endpoint shows them. Default: nothing. If the body would exceed 256 KiB, the event has `"items": null, "items_omitted": true` instead */
  include?: 'items'[] | undefined
  /** ACTIVE or PAUSED */
  status?: 'ACTIVE' | 'PAUSED' | undefined
}

export type WebhookDeliveriesListQuery = {
  /** Filter by status */
  status?: 'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD' | undefined
  /** Filter by event type */
  event_type?: 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted' | undefined
  /** Number of rows per page (1–200). Default: 50 */
  limit?: number | undefined
  /** Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone */
  cursor?: string | undefined
}

export type WebhooksReplayBody = {
  /** Position of the first event to replay */
  from_position?: number | undefined
  /** Start time, compared with created_at of the events */
  from_time?: Timestamp | undefined
  /** Replay only these event types */
  event_types?: ('sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[] | undefined
}

export type OauthMethods<_G extends Granted = 'unknown'> = {
  /** Get an access token. OAuth 2.0 client credentials grant. Send client_id and client_secret in the form or by HTTP Basic. Reuse the token until it expires. Use `scope` to request only some of the scopes of the application. `POST /api/partner/v1/oauth/token` */
  token(body: OauthTokenBody, call?: Call): Promise<{
    /** The token to send in the Authorization header */
    access_token: string
    /** Token type */
    token_type: Open<'Bearer'>
    /** Lifetime of the token in seconds */
    expires_in: number
    /** Scopes of the token, separated by spaces */
    scope: string
  }>
  /** Revoke an access token. Revokes a token of the same application (RFC 7009). The revocation takes effect on all servers within 2 seconds. The response is 200 even if the token is unknown. `POST /api/partner/v1/oauth/revoke` */
  revoke(body: OauthRevokeBody, call?: Call): Promise<void>
  /** Introspect an access token. Returns whether a token of the same application is valid, and which scopes it currently has (RFC 7662). `POST /api/partner/v1/oauth/introspect` */
  introspect(body: OauthIntrospectBody, call?: Call): Promise<{
    /** Whether the token is valid */
    active: boolean
    /** Scopes currently in effect, separated by spaces */
    scope?: string
    /** Client ID */
    client_id?: string
    /** Token type */
    token_type?: Open<'Bearer'>
    /** Expiry time (Unix seconds) */
    exp?: number
    /** Time of issue (Unix seconds) */
    iat?: number
    /** Subject of the token: the client ID */
    sub?: string
    /** Audience of the token */
    aud?: string
    /** Issuer of the token */
    iss?: string
    /** Token ID */
    jti?: string
  }>
  /** Get the public keys (JWKS). `GET /.well-known/jwks.json` */
  jwks(call?: Call): Promise<{
    /** The keys */
    keys: {
      /** Key type */
      kty: Open<'EC'>
      /** Curve */
      crv: Open<'P-256'>
      /** The x coordinate */
      x: string
      /** The y coordinate */
      y: string
      /** Key ID */
      kid: string
      /** Algorithm */
      alg: Open<'ES256'>
      /** Use */
      use: Open<'sig'>
    }[]
  }>
  /** Get the metadata of the authorization server. `GET /.well-known/oauth-authorization-server` */
  metadata(call?: Call): Promise<{
    /** Issuer of the tokens */
    issuer: string
    /** Token endpoint */
    token_endpoint: string
    /** URL of the public keys (JWKS) */
    jwks_uri: string
    /** Revocation endpoint */
    revocation_endpoint: string
    /** Introspection endpoint */
    introspection_endpoint: string
    /** Supported scopes */
    scopes_supported: string[]
    /** Empty, because no authorization endpoint exists */
    response_types_supported: string[]
    /** Supported grant types */
    grant_types_supported: string[]
    /** Supported client authentication methods */
    token_endpoint_auth_methods_supported: string[]
    /** Supported client authentication methods */
    revocation_endpoint_auth_methods_supported: string[]
    /** Supported client authentication methods */
    introspection_endpoint_auth_methods_supported: string[]
  }>
}

export type MeMethods<_G extends Granted = 'unknown'> = {
  /** Get details of the access token. Returns the application, business, scopes, branches and rate limit of the token in the request. Call this endpoint first when another request is not allowed. `GET /api/partner/v1/me` */
  get(call?: Call): Promise<Me>
}

export type BranchesMethods<_G extends Granted = 'unknown'> = {
  /** List branches. Returns all branches that the token can access in one response, sorted by name, then id. `GET /api/partner/v1/branches` */
  list(call?: Call): Promise<Branch[]>
}

export type CustomersMethods<G extends Granted = 'unknown'> = {
  /** List all customers of the business. Customers belong to the business, not to a branch: every token with the scope `read:customers` can read all of them. The PII fields (contact data) are present only if the token also has `read:customers:pii`. Names are always present, although they are personal data too. Sorted by created_at, newest first. Needs `read:customers`. `GET /api/partner/v1/customers` */
  list(query?: CustomersListQuery, call?: Call): Pages<Customer<G>>
  /** Get one customer. Needs `read:customers`. `GET /api/partner/v1/customers/{id}` */
  get(id: string, call?: Call): Promise<Customer<G>>
}

export type CustomerConsentsMethods<_G extends Granted = 'unknown'> = {
  /** List the consents of a customer. Returns all statements of the customer in one response, sorted by occurred_at, newest first, then id. The first one of a purpose with this channel, or without a channel, is the current state. A CRM may not write to a customer who has not given consent for that purpose and channel, or who has withdrawn it. Needs `read:customers`. `GET /api/partner/v1/customers/{id}/consents` */
  list(id: string, call?: Call): Promise<Consent[]>
}

export type ConsentsMethods<_G extends Granted = 'unknown'> = {
  /** List the consents of all customers. Returns the statements of all customers, for a complete copy. Keep it up to date with the event `consent.changed`. Sorted by created_at, newest first. A CRM may not write to a customer who has not given consent for that purpose and channel, or who has withdrawn it. Needs `read:customers`. `GET /api/partner/v1/consents` */
  list(query?: ConsentsListQuery, call?: Call): Pages<Consent>
}

export type MembershipTiersMethods<_G extends Granted = 'unknown'> = {
  /** List all membership tiers. Returns all tiers in one response, sorted by rank, then id. Needs `read:customers`. `GET /api/partner/v1/membership-tiers` */
  list(call?: Call): Promise<MembershipTier[]>
}

export type ProductsMethods<_G extends Granted = 'unknown'> = {
  /** List all products of the business. Products belong to the business, not to a branch. The field `skus` contains the SKUs of a product. Sorted by created_at, newest first. Needs `read:products`. `GET /api/partner/v1/products` */
  list(query?: ProductsListQuery, call?: Call): Pages<Product>
  /** Get one product. Needs `read:products`. `GET /api/partner/v1/products/{id}` */
  get(id: string, call?: Call): Promise<Product>
}

export type CategoriesMethods<_G extends Granted = 'unknown'> = {
  /** List all product categories. Returns all categories in one response, sorted by name, then id. Needs `read:products`. `GET /api/partner/v1/categories` */
  list(call?: Call): Promise<Category[]>
}

export type BranchPricesMethods<_G extends Granted = 'unknown'> = {
  /** List the prices of branches. Returns the prices that branches set themselves, for the branches that the token can access. A SKU without a price of the branch is sold at the `price` of the SKU. The event `branch_price.changed` reports every change. Sorted by created_at, newest first. Needs `read:products`. `GET /api/partner/v1/branch-prices` */
  list(query?: BranchPricesListQuery, call?: Call): Pages<BranchPrice>
}

export type SalesMethods<_G extends Granted = 'unknown'> = {
  /** List sales. Returns the sales of the branches that the token can access, for the business days from `from` to `to`. They can be at most 30 days apart and no further back than the application's `history_days` (see `GET /me`). With `id` or `order_number`, sales can be of any day that is not older. Sorted by created_at, newest first. Needs `read:sales`. `GET /api/partner/v1/sales` */
  list(query?: SalesListQuery, call?: Call): Pages<Sale>
  /** Get one sale. Needs `read:sales`. `GET /api/partner/v1/sales/{id}` */
  get(id: string, query?: SalesGetQuery, call?: Call): Promise<Sale>
}

export type SaleItemsMethods<_G extends Granted = 'unknown'> = {
  /** List the items of a sale. Returns all items in one response, in the order in which the source system sent them. Product and SKU names are those at the time of the sale. Needs `read:sales`. `GET /api/partner/v1/sales/{id}/items` */
  list(id: string, call?: Call): Promise<SaleItem[]>
}

export type InventoryMethods<_G extends Granted = 'unknown'> = {
  /** List stock levels. Returns the current stock of the branches that the token can access, one row for each SKU in each warehouse. Sorted by created_at, newest first. Needs `read:inventory`. `GET /api/partner/v1/inventory` */
  list(query?: InventoryListQuery, call?: Call): Pages<StockLevel>
}

export type StockMovementsMethods<_G extends Granted = 'unknown'> = {
  /** List stock movements. Returns the stock movements of the branches that the token can access. Sorted by created_at, newest first. `from` and `to` filter by occurred_at and are calendar days in the business's time zone. The range can have any length. To follow all movements in the order of receipt, read the events `stock_movement.created`. Needs `read:inventory`. `GET /api/partner/v1/inventory/movements` */
  list(query?: StockMovementsListQuery, call?: Call): Pages<StockMovement>
}

export type WarehousesMethods<_G extends Granted = 'unknown'> = {
  /** List all warehouses. Returns all warehouses of the branches that the token can access in one response, sorted by name, then id. Needs `read:inventory`. `GET /api/partner/v1/warehouses` */
  list(call?: Call): Promise<Warehouse[]>
}

export type PurchaseOrdersMethods<_G extends Granted = 'unknown'> = {
  /** List purchase orders. Returns the purchase orders of the branches that the token can access. Sorted by created_at, newest first. `from` and `to` filter by order_date. The range can have any length. Needs `read:purchasing`. `GET /api/partner/v1/purchase-orders` */
  list(query?: PurchaseOrdersListQuery, call?: Call): Pages<PurchaseOrder>
  /** Get one purchase order. Needs `read:purchasing`. `GET /api/partner/v1/purchase-orders/{id}` */
  get(id: string, query?: PurchaseOrdersGetQuery, call?: Call): Promise<PurchaseOrder>
}

export type PurchaseOrderItemsMethods<_G extends Granted = 'unknown'> = {
  /** List the items of a purchase order. Returns all items in one response, in the order in which the source system sent them. Product and SKU names are those at the time of the order. Needs `read:purchasing`. `GET /api/partner/v1/purchase-orders/{id}/items` */
  list(id: string, call?: Call): Promise<PurchaseOrderItem[]>
}

export type SuppliersMethods<_G extends Granted = 'unknown'> = {
  /** List all suppliers of the business. Suppliers belong to the business, not to a branch. Sorted by created_at, newest first. Needs `read:purchasing`. `GET /api/partner/v1/suppliers` */
  list(query?: SuppliersListQuery, call?: Call): Pages<Supplier>
  /** Get one supplier. Needs `read:purchasing`. `GET /api/partner/v1/suppliers/{id}` */
  get(id: string, call?: Call): Promise<Supplier>
}

export type ReportsMethods<_G extends Granted = 'unknown'> = {
  /** Get the sales summary of a branch. Returns totals for the business days from `from` to `to`. Only sales with the status COMPLETED, PARTIALLY_REFUNDED, REFUNDED count. If you omit one of them, the range is open on that side. The range can have any length and is not limited by `history_days`. Refunds count on the day of the sale. Needs `read:reports`. `GET /api/partner/v1/reports/sales-summary` */
  salesSummary(query: ReportsSalesSummaryQuery, call?: Call): Promise<SalesSummary>
  /** Get the inventory summary of a warehouse. Returns the current sums over all rows that `GET /inventory` returns for the warehouse. Needs `read:reports`. `GET /api/partner/v1/reports/inventory-summary` */
  inventorySummary(query: ReportsInventorySummaryQuery, call?: Call): Promise<InventorySummary>
}

export type EventsMethods<_G extends Granted = 'unknown'> = {
  /** List events, oldest first. Returns all changes in order, kept for 90 days, limited to the token's scopes and branches. For an exact copy, request `after=latest` first, then read all lists, then follow `next_after`. While `has_more` is true, a short or empty page is not the last one. The nine PII fields (contact data) never appear here, whatever the scopes: read the customer instead. Customer events do contain names. `GET /api/partner/v1/events` */
  list(query?: EventsListQuery, call?: Call): Feed<Event<never>>
  /** List events, oldest first, and wait for what comes: the same stream, without an end. Resumable by position */
  follow(query?: Omit<EventsListQuery, 'limit'>, call?: Follow): Feed<Event<never>>
}

export type WebhooksMethods<_G extends Granted = 'unknown'> = {
  /** Create a webhook. Sends future events to `endpoint_url`, signed according to Standard Webhooks with `secret`. The secret is shown only in this response. An application can have up to 20 webhooks. Needs `read:webhooks`. `POST /api/partner/v1/webhooks` */
  create(body: WebhooksCreateBody, call?: Call): Promise<WebhookWithSecret>
  /** List the application's webhooks. Needs `read:webhooks`. `GET /api/partner/v1/webhooks` */
  list(query?: WebhooksListQuery, call?: Call): Pages<Webhook>
  /** Get a webhook. Needs `read:webhooks`. `GET /api/partner/v1/webhooks/{id}` */
  get(id: string, call?: Call): Promise<Webhook>
  /** Update a webhook. Updates only the fields in the request. `status` PAUSED stops sending without losing events. ACTIVE resumes where sending stopped. Needs `read:webhooks`. `PATCH /api/partner/v1/webhooks/{id}` */
  update(id: string, body: WebhooksUpdateBody, call?: Call): Promise<Webhook>
  /** Delete a webhook and its deliveries. Needs `read:webhooks`. `DELETE /api/partner/v1/webhooks/{id}` */
  delete(id: string, call?: Call): Promise<void>
  /** Rotate the secret of a webhook. Creates a new secret, which is shown only in this response. We also sign with every old secret for 24 hours after its rotation, even after several rotations in a row. At most 10 secrets can be active. Beyond that, the response is 409 and says when the next rotation is possible. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/secret` */
  rotateSecret(id: string, call?: Call): Promise<WebhookWithSecret>
  /** Send a ping to a webhook. Sends a signed `ping` event at once and waits for the response. The status is 200 even if the endpoint failed. An application can send one ping at a time. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/ping` */
  ping(id: string, call?: Call): Promise<WebhookPing>
  /** Replay events. Sends the events from a position or time up to now again, with the header `webhook-replay: 1`. Live events are sent first. Specify either from_position or from_time. A webhook can have one replay at a time. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/replay` */
  replay(id: string, body: WebhooksReplayBody, call?: Call): Promise<WebhookReplay>
}

export type WebhookDeliveriesMethods<_G extends Granted = 'unknown'> = {
  /** List the deliveries of a webhook. Needs `read:webhooks`. `GET /api/partner/v1/webhooks/{id}/deliveries` */
  list(id: string, query?: WebhookDeliveriesListQuery, call?: Call): Pages<WebhookDelivery>
  /** Redeliver an event. Sends the event again at once, with the same sequence number, whatever the status of the delivery. A failed redelivery changes neither the status nor the retry schedule. For a PENDING delivery, it counts as the first attempt. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver` */
  redeliver(id: string, deliveryId: string, call?: Call): Promise<WebhookDelivery>
}
