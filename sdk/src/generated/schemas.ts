// Made from openapi.json by npm run sdk:generate; a test compares. Not to be edited.

/** An exact decimal as a string, such as "7.85": it never becomes a number on the way. */
export type Decimal = string
/** A UUID in lower case. */
export type Uuid = string
/** An instant in UTC with milliseconds: "2026-05-11T15:12:59.723Z". Date-only facts stand at midnight. */
export type Timestamp = string
/** A day of the business's calendar: "2026-05-11". */
export type Day = string

/** What an application may be allowed to read. */
export type Scope =
  /** Read sales and their items */
  | 'read:sales'
  /** Read products, SKUs and categories */
  | 'read:products'
  /** Read stock levels, stock movements and warehouses */
  | 'read:inventory'
  /** Read purchase orders and suppliers */
  | 'read:purchasing'
  /** Read customers, names included, and membership tiers, without contact data (PII) */
  | 'read:customers'
  /** Also read customers' contact data (PII): phone, email, date of birth, address, tax id (only with read:customers) */
  | 'read:customers:pii'
  /** Read the sales and inventory summaries */
  | 'read:reports'
  /** Manage the webhooks of this application */
  | 'read:webhooks'
  /** Write through the ingest plane (only applications of kind pos, which have no other scope) */
  | 'write:ingest'

/** The scopes that a token was asked for; `unknown` if none were named, so that it has whatever the owner granted. */
export type Granted = Scope | 'unknown'

/** Fields that need a scope of their own: there, perhaps there, or absent. */
export type WithScope<G extends Granted, Needed extends Scope, Fields> = [Needed] extends [G]
  ? Fields
  : ['unknown'] extends [G]
    ? Partial<Fields>
    : unknown

/** The word for what is wrong, in a refusal of the server. */
export type ErrorCode =
  | 'invalid_request'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_client'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'rate_limit_exceeded'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'not_found'
  | 'branch_not_allowed'
  | 'conflict'

/** What this access token is, and what it sees. */
export type Me = {
  /** The application that the token belongs to */
  application: {
    /** Application ID */
    id: Uuid
    /** Name */
    name: string
    /** Kind of application */
    kind: 'partner' | 'pos'
  }
  /** The business that the token reads */
  business: {
    /** Business ID */
    id: Uuid
    /** Name */
    name: string
    /** Time zone (IANA name) */
    time_zone: string
    /** When the business day starts (HH:MM) */
    business_day_starts_at: string
    /** Currency (ISO 4217) */
    currency: string
  }
  /** Scopes in force now */
  scopes: Scope[]
  /** Branches that the token sees */
  branches: {
    /** Branch ID */
    id: Uuid
    /** Branch code */
    code: string
    /** Name */
    name: string
  }[]
  /** How many days back sales can be read */
  history_days: number
  /** When the token expires */
  expires_at: Timestamp
  /** The rate limit of the application */
  rate_limit: {
    /** Requests that can be sent at once */
    requests: number
    /** Seconds in which they all come back */
    per_seconds: number
  }
}

/** A branch (shop) of the business. */
export type Branch = {
  /** Branch ID */
  id: Uuid
  /** Branch code */
  code: string
  /** Name */
  name: string
  /** Whether the branch is in use */
  is_active: boolean
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** A customer of the business. Customers belong to the business as a whole, not to a branch. */
export type Customer<G extends Granted = 'unknown'> = {
  /** Customer ID */
  id: Uuid
  /** Customer code */
  customer_code: string
  /** Full name */
  full_name: string
  /** First name */
  first_name: string
  /** Last name */
  last_name: string | null
  /** Tier in the membership programme */
  membership_tier_id: Uuid | null
  /** Membership number */
  membership_number: string | null
  /** Points collected in all */
  total_points: number
  /** Points that can be spent */
  available_points: number
  /** Amount spent in all */
  total_spent: Decimal
  /** Number of visits */
  total_visits: number
  /** Day of the last visit */
  last_visit_date: Timestamp | null
  /** Whether the customer is active */
  is_active: boolean
  /** Whether the identity was verified */
  is_verified: boolean
  /** Day of joining the membership */
  joined_date: Timestamp | null
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
} & WithScope<G, 'read:customers:pii', {
  /** Phone number */
  phone: string | null
  /** E-mail address */
  email: string | null
  /** Date of birth */
  date_of_birth: Timestamp | null
  /** Street address */
  address: string | null
  /** City or district */
  city: string | null
  /** State or province */
  state: string | null
  /** Postal code */
  postal_code: string | null
  /** Country */
  country: string | null
  /** Tax identification number */
  tax_id: string | null
}>

/** A tier of the membership programme. */
export type MembershipTier = {
  /** Tier ID */
  id: Uuid
  /** Name */
  name: string
  /** Position among the tiers, the lowest first */
  rank: number
  /** Whether the tier is in use */
  is_active: boolean
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** A product with its SKUs. Products belong to the business as a whole, not to a branch. */
export type Product = {
  /** Product ID */
  id: Uuid
  /** Product code */
  product_code: string
  /** Name */
  product_name: string
  /** Name in English */
  product_name_en: string | null
  /** Description */
  description: string | null
  /** Category ID */
  category_id: Uuid | null
  /** Name of the category as it is now */
  category_name: string | null
  /** Whether the product is still sold */
  is_active: boolean
  /** Its SKUs, by sku_code, then id */
  skus: {
    /** SKU ID */
    id: Uuid
    /** SKU code; may be empty */
    sku_code: string
    /** SKU name */
    sku_name: string
    /** Barcode */
    barcode: string | null
    /** Unit in which it is sold */
    unit: string | null
    /** Price of one unit */
    price: Decimal
    /** Whether the price includes tax */
    is_tax_included: boolean
    /** Whether stock is kept of it */
    track_stock: boolean
    /** Whether it is still sold */
    is_active: boolean
  }[]
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** A category of products. */
export type Category = {
  /** Category ID */
  id: Uuid
  /** Name */
  name: string
  /** Category that it is part of */
  parent_id: Uuid | null
  /** Whether the category is in use */
  is_active: boolean
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** A sale of a branch. For each one total_amount = subtotal + service_charge_amount + tax_added_amount + rounding_amount. */
export type Sale = {
  /** Sale ID */
  id: Uuid
  /** Number of the sale */
  order_number: string
  /** Branch that sold */
  branch_id: Uuid
  /** Customer ID; the customer may not be known here */
  customer_id: Uuid | null
  /** Status of the sale */
  status: 'OPEN' | 'COMPLETED' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'VOIDED'
  /** When it was sold */
  order_date: Timestamp
  /** The business day it belongs to, by the business's time zone and the hour at which its day starts */
  business_date: Day
  /** Sum of the items' line_total */
  subtotal: Decimal
  /** Sum of the items' discount_amount */
  discount_amount: Decimal
  /** Tax in all */
  tax_amount: Decimal
  /** The part of the tax that is not inside the prices */
  tax_added_amount: Decimal
  /** Service charge */
  service_charge_amount: Decimal
  /** Rounding, less than 1 either way */
  rounding_amount: Decimal
  /** Total of the sale */
  total_amount: Decimal
  /** Sum of the refunds */
  refunded_amount: Decimal
  /** Number of items */
  item_count: number
  /** What was paid: total_amount in all, unless the sale is OPEN or VOIDED. Refunds do not change it */
  payments: {
    /** How it was paid */
    method: 'CASH' | 'CARD' | 'QR' | 'TRANSFER' | 'WALLET' | 'POINTS' | 'CREDIT' | 'OTHER'
    /** What was kept, after change */
    amount: Decimal
    /** When it was paid; null for CREDIT */
    paid_at: Timestamp | null
  }[]
  /** What was given back: refunded_amount in all */
  refunds: {
    /** Refund ID */
    id: Uuid
    /** How it was given back */
    method: 'CASH' | 'CARD' | 'QR' | 'TRANSFER' | 'WALLET' | 'POINTS' | 'CREDIT' | 'OTHER'
    /** What was given back */
    amount: Decimal
    /** When it was given back */
    refunded_at: Timestamp
  }[]
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** An item of a sale. Its names are as they were when it was sold. */
export type SaleItem = {
  /** Item ID */
  id: Uuid
  /** SKU ID */
  product_sku_id: Uuid
  /** SKU code; may be empty */
  sku_code: string
  /** SKU name when it was sold */
  sku_name: string
  /** Product name when it was sold */
  product_name: string
  /** Quantity */
  quantity: Decimal
  /** Price of one unit */
  unit_price: Decimal
  /** Discount on the item, its share of a discount on the whole sale included */
  discount_amount: Decimal
  /** Tax of the item */
  tax_amount: Decimal
  /** quantity × unit_price − discount_amount, in two decimals */
  line_total: Decimal
  /** Quantity given back */
  refunded_quantity: Decimal
  /** What was given back for the item */
  refunded_amount: Decimal
  /** Whether the whole quantity was given back */
  is_fully_refunded: boolean
  /** When the record was created */
  created_at: Timestamp
}

/** How much of one SKU lies in one warehouse now. */
export type StockLevel = {
  /** Stock level ID */
  id: Uuid
  /** Branch of the warehouse */
  branch_id: Uuid
  /** Warehouse ID */
  warehouse_id: Uuid
  /** Name of the warehouse as it is now */
  warehouse_name: string
  /** SKU ID */
  product_sku_id: Uuid
  /** SKU code as it is now; may be empty */
  sku_code: string
  /** SKU name as it is now */
  sku_name: string
  /** Product ID */
  product_id: Uuid
  /** Name of the product as it is now */
  product_name: string
  /** Quantity that lies there; may be negative */
  quantity_on_hand: Decimal
  /** Quantity that is reserved */
  quantity_reserved: Decimal
  /** On hand less reserved */
  quantity_available: Decimal
  /** Level at which to order again */
  reorder_point: Decimal | null
  /** Cost of one unit */
  unit_cost: Decimal | null
  /** On hand × cost of one unit, in two decimals (halves away from zero) */
  stock_value: Decimal | null
  /** Whether none is available */
  is_out_of_stock: boolean
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** A movement of stock. Those of a SKU in a warehouse are a chain in the order of receipt that starts at 0: quantity_after = quantity_before + quantity. */
export type StockMovement = {
  /** Movement ID */
  id: Uuid
  /** Branch of the warehouse */
  branch_id: Uuid
  /** Warehouse ID */
  warehouse_id: Uuid
  /** SKU ID */
  product_sku_id: Uuid
  /** SKU code as it is now; may be empty */
  sku_code: string
  /** SKU name as it is now */
  sku_name: string
  /** Type of the movement */
  movement_type: 'SALE' | 'REFUND' | 'PURCHASE_RECEIPT' | 'TRANSFER_IN' | 'TRANSFER_OUT' | 'ADJUSTMENT' | 'STOCK_COUNT' | 'WASTE'
  /** Change of the quantity; negative when it leaves */
  quantity: Decimal
  /** Quantity before */
  quantity_before: Decimal
  /** Quantity after */
  quantity_after: Decimal
  /** Cost of one unit */
  unit_cost: Decimal | null
  /** What it belongs to */
  reference_type: string | null
  /** ID of what it belongs to; may not be known here */
  reference_id: Uuid | null
  /** Note */
  note: string | null
  /** When it happened at the shop */
  occurred_at: Timestamp
  /** When the record was created */
  created_at: Timestamp
}

/** A warehouse of a branch. */
export type Warehouse = {
  /** Warehouse ID */
  id: Uuid
  /** Branch it belongs to */
  branch_id: Uuid
  /** Warehouse code */
  code: string
  /** Name */
  name: string
  /** Whether the warehouse is in use */
  is_active: boolean
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** A purchase order of a branch. For each one total_amount = subtotal + tax_added_amount. */
export type PurchaseOrder = {
  /** Purchase order ID */
  id: Uuid
  /** Purchase order number */
  po_number: string
  /** Branch that orders */
  branch_id: Uuid
  /** Warehouse that receives */
  warehouse_id: Uuid
  /** Supplier ID */
  supplier_id: Uuid
  /** Name of the supplier as it is now */
  supplier_name: string
  /** Status of the order */
  status: 'DRAFT' | 'PENDING_APPROVAL' | 'APPROVED' | 'PARTIALLY_RECEIVED' | 'FULLY_RECEIVED' | 'REJECTED' | 'CANCELLED'
  /** Day of the order */
  order_date: Timestamp
  /** Day on which it is expected */
  expected_date: Timestamp | null
  /** Sum of the items' line_total */
  subtotal: Decimal
  /** Sum of the items' discount_amount */
  discount_amount: Decimal
  /** Tax in all */
  tax_amount: Decimal
  /** The part of the tax that is not inside the prices */
  tax_added_amount: Decimal
  /** Total of the order */
  total_amount: Decimal
  /** Number of items */
  item_count: number
  /** Note */
  note: string | null
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** An item of a purchase order. Its names are as they were when it was ordered. */
export type PurchaseOrderItem = {
  /** Item ID */
  id: Uuid
  /** SKU ID */
  product_sku_id: Uuid
  /** SKU code; may be empty */
  sku_code: string
  /** SKU name when it was ordered */
  sku_name: string
  /** Product name when it was ordered */
  product_name: string
  /** Quantity ordered */
  quantity_ordered: Decimal
  /** Quantity received so far; may be more than was ordered */
  quantity_received: Decimal
  /** Cost of one unit */
  unit_cost: Decimal
  /** Discount on the item */
  discount_amount: Decimal
  /** Tax of the item */
  tax_amount: Decimal
  /** quantity_ordered × unit_cost − discount_amount, in two decimals */
  line_total: Decimal
  /** When the record was created */
  created_at: Timestamp
}

/** A supplier. Suppliers belong to the business as a whole, not to a branch. */
export type Supplier = {
  /** Supplier ID */
  id: Uuid
  /** Supplier code */
  supplier_code: string
  /** Company name */
  company_name: string
  /** Name of the contact */
  contact_name: string | null
  /** Phone number */
  phone_number: string | null
  /** E-mail address */
  email: string | null
  /** Tax identification number */
  tax_id: string | null
  /** Street address */
  address: string | null
  /** City or district */
  city: string | null
  /** Province */
  province: string | null
  /** Postal code */
  postal_code: string | null
  /** Country */
  country: string | null
  /** Terms of payment */
  payment_terms: string | null
  /** Whether the supplier is in use */
  status: 'ACTIVE' | 'INACTIVE'
  /** When the record was created */
  created_at: Timestamp
  /** When the record was last changed */
  updated_at: Timestamp
}

/** What a branch sold. Counted are sales COMPLETED, PARTIALLY_REFUNDED or REFUNDED; the figures always equal the sums over those that GET /sales lists. */
export type SalesSummary = {
  /** Branch */
  branch_id: Uuid
  /** First business day; null if none was given */
  from: Day | null
  /** Last business day; null if none was given */
  to: Day | null
  /** Number of sales */
  total_orders: number
  /** Sum of total_amount */
  total_revenue: Decimal
  /** Sum of subtotal */
  total_subtotal: Decimal
  /** Sum of discount_amount */
  total_discount: Decimal
  /** Sum of tax_amount */
  total_tax: Decimal
  /** Sum of service_charge_amount */
  total_service_charge: Decimal
  /** Sum of refunded_amount, counted on the day of the sale */
  total_refunded: Decimal
  /** total_revenue ÷ total_orders, rounded half up to 16 decimals; 0 for no sales */
  average_order_value: Decimal
}

/** What lies in a warehouse: all rows that GET /inventory lists for it. */
export type InventorySummary = {
  /** Warehouse */
  warehouse_id: Uuid
  /** Name of the warehouse */
  warehouse_name: string
  /** Branch of the warehouse */
  branch_id: Uuid
  /** Number of rows, one a SKU */
  total_skus: number
  /** Sum of quantity_on_hand */
  total_quantity_on_hand: Decimal
  /** Sum of quantity_available */
  total_quantity_available: Decimal
  /** Sum of stock_value, null counted as 0 */
  total_stock_value: Decimal
  /** Number of rows that are out of stock */
  out_of_stock_count: number
}

/** One change. Its `data` is read when the event is, so it may be newer than the event. */
export type Event<G extends Granted = 'unknown'> = {
  /** Event ID */
  id: Uuid
  /** Place in the business's log; they rise by one */
  position: number
  /** What happened */
  type: 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted'
  /** Business ID */
  business_id: Uuid
  /** Branch; null for what belongs to the business as a whole */
  branch_id: Uuid | null
  /** What it is about */
  resource_type: 'sale' | 'customer' | 'product' | 'inventory' | 'purchase_order' | 'supplier'
  /** ID of what it is about */
  resource_id: Uuid
  /** When it happened at the shop */
  occurred_at: Timestamp
  /** When it was received */
  created_at: Timestamp
  /** The record as it is now, as the Partner API shows it to the application, always without the nine PII fields (contact data); only `id` if it was deleted */
  data: Sale | Customer<G> | Product | StockLevel | PurchaseOrder | Supplier | {
    /** ID of what is gone */
    id: Uuid
  }
}

/** One place that the application wants events sent to. */
export type WebhookWithSecret = {
  /** Webhook ID */
  id: Uuid
  /** Where events are sent */
  endpoint_url: string
  /** Types that are sent; `*` is all that the application's scopes allow when an event comes */
  event_types: ('*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[]
  /** What it is for */
  description: string | null
  /** Whether events of customers contain their contact data (the nine PII fields). The application also needs `read:customers:pii` at the time of sending. Names, which are personal data too, are always included */
  include_pii: boolean
  /** FAILING: nothing has got through for 12 hours, and it is tried every 30 minutes; DISABLED: off until it is set ACTIVE */
  status: 'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'
  /** The first failure since the last success */
  failing_since: Timestamp | null
  /** The last success */
  last_delivered_at: Timestamp | null
  /** Events from before this were gone from the log before they could be sent: walk the lists again */
  lost_before: Timestamp | null
  /** When it was made */
  created_at: Timestamp
  /** When it was last changed */
  updated_at: Timestamp
  /** Verifies signatures (Standard Webhooks); shown once. Every replaced secret also signs for 24 hours after its replacement */
  secret: string
}

/** One place that the application wants events sent to. */
export type Webhook = {
  /** Webhook ID */
  id: Uuid
  /** Where events are sent */
  endpoint_url: string
  /** Types that are sent; `*` is all that the application's scopes allow when an event comes */
  event_types: ('*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted')[]
  /** What it is for */
  description: string | null
  /** Whether events of customers contain their contact data (the nine PII fields). The application also needs `read:customers:pii` at the time of sending. Names, which are personal data too, are always included */
  include_pii: boolean
  /** FAILING: nothing has got through for 12 hours, and it is tried every 30 minutes; DISABLED: off until it is set ACTIVE */
  status: 'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'
  /** The first failure since the last success */
  failing_since: Timestamp | null
  /** The last success */
  last_delivered_at: Timestamp | null
  /** Events from before this were gone from the log before they could be sent: walk the lists again */
  lost_before: Timestamp | null
  /** When it was made */
  created_at: Timestamp
  /** When it was last changed */
  updated_at: Timestamp
}

/** What became of a ping. */
export type WebhookPing = {
  /** Webhook ID */
  webhook_id: Uuid
  /** Whether the endpoint answered by 2xx */
  delivered: boolean
  /** HTTP status; null if nothing answered */
  response_status: number | null
  /** What the endpoint said, its first 1024 characters */
  response_body: string | null
}

/** One event to one webhook, and what became of it. */
export type WebhookDelivery = {
  /** Delivery ID */
  id: Uuid
  /** Webhook ID */
  webhook_id: Uuid
  /** Event ID (header webhook-id) */
  event_id: Uuid
  /** Type of event */
  event_type: 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'product.created' | 'product.updated' | 'product.deleted' | 'inventory.changed' | 'inventory.out_of_stock' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted'
  /** Number of the event within this webhook: 1, 2, 3 …, its own for ever */
  sequence: number
  /** PENDING: not tried yet; DELIVERED: answered by 2xx; RETRYING: will be tried again; DEAD: retried 5 times in vain */
  status: 'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD'
  /** How often it was tried */
  attempt_count: number
  /** HTTP status of the last attempt */
  response_status: number | null
  /** Body of the last response, up to 1024 characters; kept for 30 days. Always null for `customer.*` events, because the response may repeat personal data */
  response_body: string | null
  /** Why the last attempt failed; not_allowed: the right to it was withdrawn, and nothing was sent */
  error: 'dns' | 'connect' | 'tls' | 'timeout' | 'redirect' | 'address_blocked' | 'response_too_large' | 'status' | 'gone' | 'not_allowed' | null
  /** When it is tried again */
  next_retry_at: Timestamp | null
  /** When it was delivered */
  delivered_at: Timestamp | null
  /** When it was made */
  created_at: Timestamp
  /** When it last changed */
  updated_at: Timestamp
}

/** The part of the log that is sent again. */
export type WebhookReplay = {
  /** From this position */
  from_position: number
  /** Up to this position */
  to_position: number
}

/** Where a list goes on. */
export type Pagination = {
  /** Send it as `cursor` for the next page; null on the last one */
  next_cursor: string | null
  /** Whether there is a next page */
  has_more: boolean
  /** Rows that a page may have */
  limit: number
}

/** Where a feed goes on. */
export type FeedPagination = {
  /** Send it as `after` for what follows: the last position that was looked at */
  next_after: number
  /** Whether there is more to look at now; also after a page that is short or empty */
  has_more: boolean
  /** Events that a page may have */
  limit: number
}

/** One thing that is wrong with a request. */
export type Detail = {
  /** The parameter */
  field: string
  /** What is allowed */
  message: string
}
