// Made from openapi.json by npm run sdk:generate; a test compares. Not to be edited.

import type { Call, Feed, Follow, Pages } from '../answers.ts'
import type { Operation } from '../operation.ts'
import type { Branch, Category, Customer, Day, Event, Granted, InventorySummary, Me, MembershipTier, Product, PurchaseOrder, PurchaseOrderItem, Sale, SaleItem, SalesSummary, StockLevel, StockMovement, Supplier, Timestamp, Uuid, Warehouse, Webhook, WebhookDelivery, WebhookPing, WebhookReplay, WebhookWithSecret } from './schemas.ts'

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
  { id: 'membership_tiers.list', method: 'GET', path: '/api/partner/v1/membership-tiers', auth: 'token', scope: 'read:customers', shape: 'list', sends: null, asks: false, most: null },
  { id: 'products.list', method: 'GET', path: '/api/partner/v1/products', auth: 'token', scope: 'read:products', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'products.get', method: 'GET', path: '/api/partner/v1/products/{id}', auth: 'token', scope: 'read:products', shape: 'one', sends: null, asks: false, most: null },
  { id: 'categories.list', method: 'GET', path: '/api/partner/v1/categories', auth: 'token', scope: 'read:products', shape: 'list', sends: null, asks: false, most: null },
  { id: 'sales.list', method: 'GET', path: '/api/partner/v1/sales', auth: 'token', scope: 'read:sales', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'sales.get', method: 'GET', path: '/api/partner/v1/sales/{id}', auth: 'token', scope: 'read:sales', shape: 'one', sends: null, asks: false, most: null },
  { id: 'sale_items.list', method: 'GET', path: '/api/partner/v1/sales/{id}/items', auth: 'token', scope: 'read:sales', shape: 'list', sends: null, asks: false, most: null },
  { id: 'inventory.list', method: 'GET', path: '/api/partner/v1/inventory', auth: 'token', scope: 'read:inventory', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'stock_movements.list', method: 'GET', path: '/api/partner/v1/inventory/movements', auth: 'token', scope: 'read:inventory', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'warehouses.list', method: 'GET', path: '/api/partner/v1/warehouses', auth: 'token', scope: 'read:inventory', shape: 'list', sends: null, asks: false, most: null },
  { id: 'purchase_orders.list', method: 'GET', path: '/api/partner/v1/purchase-orders', auth: 'token', scope: 'read:purchasing', shape: 'page', sends: null, asks: true, most: 200 },
  { id: 'purchase_orders.get', method: 'GET', path: '/api/partner/v1/purchase-orders/{id}', auth: 'token', scope: 'read:purchasing', shape: 'one', sends: null, asks: false, most: null },
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
  readonly membershipTiers: MembershipTiersMethods<G>
  readonly products: ProductsMethods<G>
  readonly categories: CategoriesMethods<G>
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
  /** Always client_credentials */
  grant_type: string
  /** Scopes to ask for, separated by spaces */
  scope?: string | undefined
}

export type OauthRevokeBody = {
  /** An access token of this application */
  token: string
  /** The kind of token; not needed */
  token_type_hint?: string | undefined
}

export type OauthIntrospectBody = {
  /** An access token of this application */
  token: string
  /** The kind of token; not needed */
  token_type_hint?: string | undefined
}

export type CustomersListQuery = {
  /** Only customers that are active, or that are not */
  is_active?: boolean | undefined
  /** Only customers of this membership tier */
  membership_tier_id?: Uuid | undefined
  /** Only customers whose full_name or customer_code contains this (1–255 characters) */
  q?: string | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type ProductsListQuery = {
  /** Only products that are sold, or that are not */
  is_active?: boolean | undefined
  /** Only products of this category itself, not of those inside it */
  category_id?: Uuid | undefined
  /** Only products whose product_name or product_code contains this (1–255 characters) */
  q?: string | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type SalesListQuery = {
  /** business_date on this day or later (YYYY-MM-DD); by default 30 days before `to`, or the first day that the token may read */
  from?: Day | undefined
  /** business_date on this day or earlier (YYYY-MM-DD); by default the current business day */
  to?: Day | undefined
  /** Only these branches; may be repeated, at most 50 times. Branches that the token does not see are passed over */
  branch_id?: Uuid[] | undefined
  /** Only sales of this status */
  status?: 'OPEN' | 'COMPLETED' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'VOIDED' | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type InventoryListQuery = {
  /** Only these branches; may be repeated, at most 50 times. Branches that the token does not see are passed over */
  branch_id?: Uuid[] | undefined
  /** Only this warehouse; one that the token does not see gives an empty list */
  warehouse_id?: Uuid | undefined
  /** Only this SKU */
  product_sku_id?: Uuid | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type StockMovementsListQuery = {
  /** occurred_at on this day or later (YYYY-MM-DD) */
  from?: Day | undefined
  /** occurred_at on this day or earlier (YYYY-MM-DD) */
  to?: Day | undefined
  /** Only these branches; may be repeated, at most 50 times. Branches that the token does not see are passed over */
  branch_id?: Uuid[] | undefined
  /** Only this warehouse; one that the token does not see gives an empty list */
  warehouse_id?: Uuid | undefined
  /** Only this SKU */
  product_sku_id?: Uuid | undefined
  /** Only movements of this type */
  movement_type?: 'SALE' | 'REFUND' | 'PURCHASE_RECEIPT' | 'TRANSFER_IN' | 'TRANSFER_OUT' | 'ADJUSTMENT' | 'STOCK_COUNT' | 'WASTE' | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type PurchaseOrdersListQuery = {
  /** order_date on this day or later (YYYY-MM-DD) */
  from?: Day | undefined
  /** order_date on this day or earlier (YYYY-MM-DD) */
  to?: Day | undefined
  /** Only these branches; may be repeated, at most 50 times. Branches that the token does not see are passed over */
  branch_id?: Uuid[] | undefined
  /** Only orders of this status */
  status?: 'DRAFT' | 'PENDING_APPROVAL' | 'APPROVED' | 'PARTIALLY_RECEIVED' | 'FULLY_RECEIVED' | 'REJECTED' | 'CANCELLED' | undefined
  /** Only orders from this supplier */
  supplier_id?: Uuid | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type SuppliersListQuery = {
  /** Only suppliers of this status */
  status?: 'ACTIVE' | 'INACTIVE' | undefined
  /** Only suppliers whose company_name or supplier_code contains this (1–255 characters) */
  q?: string | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type ReportsSalesSummaryQuery = {
  /** The branch */
  branch_id: Uuid
  /** First business day (YYYY-MM-DD) */
  from?: Day | undefined
  /** Last business day (YYYY-MM-DD) */
  to?: Day | undefined
}

export type ReportsInventorySummaryQuery = {
  /** The warehouse */
  warehouse_id: Uuid
}

export type EventsListQuery = {
  /** After this position (the next_after of the page before), or `latest` for the newest one there is; without it from the oldest event that is kept */
  after?: number | string | undefined
  /** Only events of this type; may be repeated */
  event_type?: ('sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[] | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
}

export type WebhooksCreateBody = {
  /** Where to send events: https, and only public addresses */
  endpoint_url: string
  /** Types of events (1–50), or `["*"]` for all that the application's scopes allow when an event comes */
  event_types: ('*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[]
  /** What it is for */
  description?: string | null | undefined
  /** Whether events of customers contain their contact data (the nine PII fields). Default: false; true needs the scope `read:customers:pii`. Names, which are personal data too, are always included */
  include_pii?: boolean | undefined
}

export type WebhooksListQuery = {
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type WebhooksUpdateBody = {
  /** Where to send events: https, and only public addresses */
  endpoint_url?: string | undefined
  /** Types of events (1–50), or `["*"]` for all that the application's scopes allow when an event comes */
  event_types?: ('*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[] | undefined
  /** What it is for */
  description?: string | null | undefined
  /** Whether events of customers contain their contact data (the nine PII fields). Default: false; true needs the scope `read:customers:pii`. Names, which are personal data too, are always included */
  include_pii?: boolean | undefined
  /** ACTIVE or PAUSED */
  status?: 'ACTIVE' | 'PAUSED' | undefined
}

export type WebhookDeliveriesListQuery = {
  /** Only those in this status */
  status?: 'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD' | undefined
  /** Only those of this type */
  event_type?: 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted' | undefined
  /** Rows in a page (1–200), 50 by default */
  limit?: number | undefined
  /** Continues a list: the next_cursor of the page before. Sent alone, it keeps the filters and the limit */
  cursor?: string | undefined
}

export type WebhooksReplayBody = {
  /** From this position */
  from_position?: number | undefined
  /** From what was received at this time */
  from_time?: Timestamp | undefined
  /** Only events of these types */
  event_types?: ('sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[] | undefined
}

export type OauthMethods<_G extends Granted = 'unknown'> = {
  /** Get an access token. OAuth 2.0 client credentials, in the form or by HTTP Basic. Reuse the token until it expires. `scope` asks for less than the application has. `POST /api/partner/v1/oauth/token` */
  token(body: OauthTokenBody, call?: Call): Promise<{
    /** What to send in the Authorization header */
    access_token: string
    /** How to send it */
    token_type: 'Bearer'
    /** Seconds until it expires */
    expires_in: number
    /** The scopes it has, separated by spaces */
    scope: string
  }>
  /** Revoke an access token. Revokes a token of the application itself (RFC 7009), everywhere within 2 seconds. An unknown token is answered with 200 as well. `POST /api/partner/v1/oauth/revoke` */
  revoke(body: OauthRevokeBody, call?: Call): Promise<void>
  /** Introspect an access token. Says whether a token of the application itself is valid, and which scopes it has now (RFC 7662). `POST /api/partner/v1/oauth/introspect` */
  introspect(body: OauthIntrospectBody, call?: Call): Promise<{
    /** Whether the token is valid now */
    active: boolean
    /** The scopes in force now */
    scope?: string
    /** Client ID */
    client_id?: string
    /** How to send it */
    token_type?: 'Bearer'
    /** When it expires (Unix seconds) */
    exp?: number
    /** When it was issued (Unix seconds) */
    iat?: number
    /** Whom it stands for: the client */
    sub?: string
    /** Whom it is for */
    aud?: string
    /** Who issued it */
    iss?: string
    /** Its id */
    jti?: string
  }>
  /** The public keys (JWKS). `GET /.well-known/jwks.json` */
  jwks(call?: Call): Promise<{
    /** The keys */
    keys: {
      /** Key type */
      kty: 'EC'
      /** Curve */
      crv: 'P-256'
      /** The x coordinate */
      x: string
      /** The y coordinate */
      y: string
      /** Key ID */
      kid: string
      /** Algorithm */
      alg: 'ES256'
      /** Use */
      use: 'sig'
    }[]
  }>
  /** Metadata of the authorization server. `GET /.well-known/oauth-authorization-server` */
  metadata(call?: Call): Promise<{
    /** Who issues the tokens */
    issuer: string
    /** Where tokens are got */
    token_endpoint: string
    /** Where the public keys are */
    jwks_uri: string
    /** Where tokens are revoked */
    revocation_endpoint: string
    /** Where tokens are introspected */
    introspection_endpoint: string
    /** The scopes there are */
    scopes_supported: string[]
    /** None: there is no authorization endpoint */
    response_types_supported: string[]
    /** The supported grants */
    grant_types_supported: string[]
    /** How applications authenticate */
    token_endpoint_auth_methods_supported: string[]
    /** How applications authenticate */
    revocation_endpoint_auth_methods_supported: string[]
    /** How applications authenticate */
    introspection_endpoint_auth_methods_supported: string[]
  }>
}

export type MeMethods<_G extends Granted = 'unknown'> = {
  /** What this token is. The application, business, scopes, branches and rate limit of the token that was sent: what to look at first when something is not allowed. `GET /api/partner/v1/me` */
  get(call?: Call): Promise<Me>
}

export type BranchesMethods<_G extends Granted = 'unknown'> = {
  /** List the branches that the token sees. All of them in one answer, by name, then id. `GET /api/partner/v1/branches` */
  list(call?: Call): Promise<Branch[]>
}

export type CustomersMethods<G extends Granted = 'unknown'> = {
  /** List all customers of the business. Customers belong to the business, not to a branch: every token with `read:customers` sees all of them. The PII fields (contact data) are present only if the token also has `read:customers:pii`; names, which are personal data too, are always present. Newest first. Needs `read:customers`. `GET /api/partner/v1/customers` */
  list(query?: CustomersListQuery, call?: Call): Pages<Customer<G>>
  /** Get one customer. Needs `read:customers`. `GET /api/partner/v1/customers/{id}` */
  get(id: string, call?: Call): Promise<Customer<G>>
}

export type MembershipTiersMethods<_G extends Granted = 'unknown'> = {
  /** List all membership tiers. All tiers in one answer, by rank, then id. Needs `read:customers`. `GET /api/partner/v1/membership-tiers` */
  list(call?: Call): Promise<MembershipTier[]>
}

export type ProductsMethods<_G extends Granted = 'unknown'> = {
  /** List all products of the business. Products belong to the business, not to a branch. The SKUs of a product are inside it, as `skus`. Newest first. Needs `read:products`. `GET /api/partner/v1/products` */
  list(query?: ProductsListQuery, call?: Call): Pages<Product>
  /** Get one product. Needs `read:products`. `GET /api/partner/v1/products/{id}` */
  get(id: string, call?: Call): Promise<Product>
}

export type CategoriesMethods<_G extends Granted = 'unknown'> = {
  /** List all categories. All categories in one answer, by name, then id. Needs `read:products`. `GET /api/partner/v1/categories` */
  list(call?: Call): Promise<Category[]>
}

export type SalesMethods<_G extends Granted = 'unknown'> = {
  /** List sales. The sales of the branches that the token sees, of the business days `from` to `to`: at most 30 days apart, and no further back than the application's `history_days` (see `GET /me`). Newest first by created_at. Needs `read:sales`. `GET /api/partner/v1/sales` */
  list(query?: SalesListQuery, call?: Call): Pages<Sale>
  /** Get one sale. Needs `read:sales`. `GET /api/partner/v1/sales/{id}` */
  get(id: string, call?: Call): Promise<Sale>
}

export type SaleItemsMethods<_G extends Granted = 'unknown'> = {
  /** List the items of a sale. All items in one answer, in the order of the system that sent them. Names are as they were when it was sold. Needs `read:sales`. `GET /api/partner/v1/sales/{id}/items` */
  list(id: string, call?: Call): Promise<SaleItem[]>
}

export type InventoryMethods<_G extends Granted = 'unknown'> = {
  /** List stock levels. Stock as it is now, one row for each SKU and warehouse, of the branches that the token sees. Newest first by created_at. Needs `read:inventory`. `GET /api/partner/v1/inventory` */
  list(query?: InventoryListQuery, call?: Call): Pages<StockLevel>
}

export type StockMovementsMethods<_G extends Granted = 'unknown'> = {
  /** List stock movements. Movements in the branches that the token sees, newest first by created_at. `from` and `to` are calendar days in the business's time zone, compared with occurred_at, and may be as far apart as you like. Needs `read:inventory`. `GET /api/partner/v1/inventory/movements` */
  list(query?: StockMovementsListQuery, call?: Call): Pages<StockMovement>
}

export type WarehousesMethods<_G extends Granted = 'unknown'> = {
  /** List all warehouses. All warehouses of the branches that the token sees in one answer, by name, then id. Needs `read:inventory`. `GET /api/partner/v1/warehouses` */
  list(call?: Call): Promise<Warehouse[]>
}

export type PurchaseOrdersMethods<_G extends Granted = 'unknown'> = {
  /** List purchase orders. The purchase orders of the branches that the token sees, newest first by created_at. `from` and `to` are compared with order_date, and may be as far apart as you like. Needs `read:purchasing`. `GET /api/partner/v1/purchase-orders` */
  list(query?: PurchaseOrdersListQuery, call?: Call): Pages<PurchaseOrder>
  /** Get one purchase order. Needs `read:purchasing`. `GET /api/partner/v1/purchase-orders/{id}` */
  get(id: string, call?: Call): Promise<PurchaseOrder>
}

export type PurchaseOrderItemsMethods<_G extends Granted = 'unknown'> = {
  /** List the items of a purchase order. All items in one answer, in the order of the system that sent them. Names are as they were when it was ordered. Needs `read:purchasing`. `GET /api/partner/v1/purchase-orders/{id}/items` */
  list(id: string, call?: Call): Promise<PurchaseOrderItem[]>
}

export type SuppliersMethods<_G extends Granted = 'unknown'> = {
  /** List all suppliers of the business. Suppliers belong to the business, not to a branch. Newest first. Needs `read:purchasing`. `GET /api/partner/v1/suppliers` */
  list(query?: SuppliersListQuery, call?: Call): Pages<Supplier>
  /** Get one supplier. Needs `read:purchasing`. `GET /api/partner/v1/suppliers/{id}` */
  get(id: string, call?: Call): Promise<Supplier>
}

export type ReportsMethods<_G extends Granted = 'unknown'> = {
  /** Sum up the sales of a branch. The business days `from` to `to`. Without either: all time; with one, the other side is open. Neither the range nor `history_days` limits it. Refunds count on the day of the sale. Needs `read:reports`. `GET /api/partner/v1/reports/sales-summary` */
  salesSummary(query: ReportsSalesSummaryQuery, call?: Call): Promise<SalesSummary>
  /** Sum up the stock of a warehouse. The sums of all rows that `GET /inventory` lists for the warehouse, as they are now. Needs `read:reports`. `GET /api/partner/v1/reports/inventory-summary` */
  inventorySummary(query: ReportsInventorySummaryQuery, call?: Call): Promise<InventorySummary>
}

export type EventsMethods<_G extends Granted = 'unknown'> = {
  /** Read what changed, oldest first. Every change in its order, kept for 90 days; types are limited by the token's scopes, rows by its branches. For an exact copy ask for `after=latest` first, walk the lists, then follow `next_after`. A page that is short or empty is not the last one while `has_more` is true. The nine PII fields (contact data) never appear here, whatever the scopes: read the customer. Events of customers do contain names. `GET /api/partner/v1/events` */
  list(query?: EventsListQuery, call?: Call): Feed<Event<never>>
  /** Read what changed, oldest first, and wait for what comes: the same stream, without an end. Resumable by position */
  follow(query?: Omit<EventsListQuery, 'limit'>, call?: Follow): Feed<Event<never>>
}

export type WebhooksMethods<_G extends Granted = 'unknown'> = {
  /** Create a webhook. Events that happen from now on are sent there, signed by Standard Webhooks with the `secret` that is shown here and never again. At most 20 for an application. Needs `read:webhooks`. `POST /api/partner/v1/webhooks` */
  create(body: WebhooksCreateBody, call?: Call): Promise<WebhookWithSecret>
  /** List the application's webhooks. Needs `read:webhooks`. `GET /api/partner/v1/webhooks` */
  list(query?: WebhooksListQuery, call?: Call): Pages<Webhook>
  /** Get a webhook. Needs `read:webhooks`. `GET /api/partner/v1/webhooks/{id}` */
  get(id: string, call?: Call): Promise<Webhook>
  /** Change a webhook. Changes what is sent and nothing else. `status` ACTIVE goes on where it stopped, PAUSED stops without losing anything. Needs `read:webhooks`. `PATCH /api/partner/v1/webhooks/{id}` */
  update(id: string, body: WebhooksUpdateBody, call?: Call): Promise<Webhook>
  /** Delete a webhook and its deliveries. Needs `read:webhooks`. `DELETE /api/partner/v1/webhooks/{id}` */
  delete(id: string, call?: Call): Promise<void>
  /** Change the secret. Creates a new secret, which is shown only in this response. Every replaced secret also signs for 24 hours after its replacement, even after several replacements in a row. At most 10 secrets can be live; beyond that the answer is 409, which says when the next replacement is possible. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/secret` */
  rotateSecret(id: string, call?: Call): Promise<WebhookWithSecret>
  /** Send a ping now. Sends a real, signed `ping` and waits for the answer; 200 also when the endpoint failed. One at a time for an application. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/ping` */
  ping(id: string, call?: Call): Promise<WebhookPing>
  /** Send a part of the log again. Sends events from a position or a time up to now once more, behind everything live, with the header `webhook-replay: 1`. Exactly one of from_position and from_time; one replay at a time. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/replay` */
  replay(id: string, body: WebhooksReplayBody, call?: Call): Promise<WebhookReplay>
}

export type WebhookDeliveriesMethods<_G extends Granted = 'unknown'> = {
  /** List what was sent to a webhook. Needs `read:webhooks`. `GET /api/partner/v1/webhooks/{id}/deliveries` */
  list(id: string, query?: WebhookDeliveriesListQuery, call?: Call): Pages<WebhookDelivery>
  /** Send a delivery again, at once. Sends the same event with the same sequence at once, in any state, beside its schedule: if it fails, the delivery stands where it stood. Needs `read:webhooks`. `POST /api/partner/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver` */
  redeliver(id: string, deliveryId: string, call?: Call): Promise<WebhookDelivery>
}
