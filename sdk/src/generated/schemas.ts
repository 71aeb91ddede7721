// Generated from openapi.json by npm run sdk:generate. Do not edit; a test checks it.

/** An exact decimal as a string, such as "7.85": never converted to a number. */
export type Decimal = string
/** A UUID in lower case. */
export type Uuid = string
/** An instant in UTC with milliseconds: "2026-05-11T15:12:59.723Z". Dates without a time are midnight. */
export type Timestamp = string
/** A calendar day of the business: "2026-05-11". */
export type Day = string
/** One of these words, or one that a later version of the API adds. */
export type Open<Known extends string> = Known | (string & Record<never, never>)

/** A permission of an application. */
export type Scope =
  /** Read sales and their items */
  | 'read:sales'
  /** Read products, SKUs and categories */
  | 'read:products'
  /** Read stock levels, stock movements and warehouses */
  | 'read:inventory'
  /** Read purchase orders and suppliers */
  | 'read:purchasing'
  /** Read customers, including names, and membership tiers, without contact data (PII) */
  | 'read:customers'
  /** Read customers' contact data (PII): phone, email, date of birth, address, tax ID (requires read:customers) */
  | 'read:customers:pii'
  /** Read the sales and inventory summary reports */
  | 'read:reports'
  /** Manage the webhooks of this application */
  | 'read:webhooks'
  /** Write data through the Ingest API (only for applications of kind pos, which have no other scope) */
  | 'write:ingest'

/** The requested scopes of the token; `unknown` if none were requested, so that it has all granted scopes. */
export type Granted = Scope | 'unknown'

/** Fields that require an additional scope: present, optional or absent. */
export type WithScope<G extends Granted, Needed extends Scope, Fields> = [Needed] extends [G]
  ? Fields
  : ['unknown'] extends [G]
    ? Partial<Fields>
    : unknown

/** The error code of an error response. */
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

/** The application, business and permissions of an access token. */
export type Me = {
  /** Application that owns the token */
  application: {
    /** Application ID */
    id: Uuid
    /** Name */
    name: string
    /** Application kind */
    kind: Open<'partner' | 'pos'>
  }
  /** Business that the token can access */
  business: {
    /** Business ID */
    id: Uuid
    /** Name */
    name: string
    /** Time zone (IANA name) */
    time_zone: string
    /** Time at which the business day starts (HH:MM) */
    business_day_starts_at: string
    /** Currency (ISO 4217) */
    currency: string
  }
  /** Scopes currently in effect */
  scopes: Scope[]
  /** Branches that the token can access */
  branches: {
    /** Branch ID */
    id: Uuid
    /** Branch code */
    code: string
    /** Name */
    name: string
  }[]
  /** Number of days for which past sales can be read */
  history_days: number
  /** Time when the token expires */
  expires_at: Timestamp
  /** Rate limit of the application */
  rate_limit: {
    /** Burst size: requests that can be sent back to back */
    requests: number
    /** Seconds until an empty quota is full again */
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
  /** Whether the branch is active */
  is_active: boolean
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A customer of the business. Customers belong to the business, not to a branch. */
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
  /** Total points earned */
  total_points: number
  /** Points available to spend */
  available_points: number
  /** Total amount spent */
  total_spent: Decimal
  /** Number of visits */
  total_visits: number
  /** Date of the last visit */
  last_visit_date: Timestamp | null
  /** Whether the customer is active */
  is_active: boolean
  /** Whether the customer's identity is verified */
  is_verified: boolean
  /** Date when the customer joined the membership programme */
  joined_date: Timestamp | null
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
} & WithScope<G, 'read:customers:pii', {
  /** Phone number */
  phone: string | null
  /** Email address */
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

/** One statement of a customer: consent given or withdrawn. All statements are kept. The current state of a purpose and a channel is the statement with the latest `occurred_at` that names this channel or no channel. */
export type Consent = {
  /** Consent ID */
  id: Uuid
  /** Customer ID */
  customer_id: Uuid
  /** Purpose: a word of the shop, such as marketing; always the same word for the same purpose */
  purpose: string
  /** Channel, such as SMS, EMAIL or LINE; null means every channel. Never the customer's number or address */
  channel: string | null
  /** Given or withdrawn */
  status: Open<'GIVEN' | 'WITHDRAWN'>
  /** Time when the customer gave or withdrew the consent */
  occurred_at: Timestamp
  /** Where the statement was made, such as a sign-up form */
  source: string | null
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A tier of the membership programme. */
export type MembershipTier = {
  /** Tier ID */
  id: Uuid
  /** Name */
  name: string
  /** Rank of the tier, from lowest to highest */
  rank: number
  /** Whether the tier is active */
  is_active: boolean
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A product and its SKUs. Products belong to the business, not to a branch. */
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
  /** Current category name */
  category_name: string | null
  /** Whether the product is still sold */
  is_active: boolean
  /** SKUs of the product, sorted by sku_code, then id */
  skus: {
    /** SKU ID */
    id: Uuid
    /** SKU code; can be empty */
    sku_code: string
    /** SKU name */
    sku_name: string
    /** Main barcode; also in barcodes */
    barcode: string | null
    /** Sales unit */
    unit: string | null
    /** Price per unit */
    price: Decimal
    /** Whether the price includes tax */
    is_tax_included: boolean
    /** Whether stock is tracked for the SKU */
    track_stock: boolean
    /** Whether the SKU is still sold */
    is_active: boolean
    /** All barcodes of the SKU, in the order in which the source system sent them */
    barcodes: string[]
    /** Number of single units in a pack */
    pack_quantity: Decimal | null
    /** Tax category: STANDARD (the usual rate), ZERO (zero-rated) or EXEMPT */
    tax_category: Open<'STANDARD' | 'ZERO' | 'EXEMPT'> | null
  }[]
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A product category. */
export type Category = {
  /** Category ID */
  id: Uuid
  /** Name */
  name: string
  /** Parent category ID */
  parent_id: Uuid | null
  /** Whether the category is active */
  is_active: boolean
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** The price of a SKU at one branch, instead of the SKU's `price`. A branch without a price of its own sells at the SKU's `price`. */
export type BranchPrice = {
  /** Branch price ID */
  id: Uuid
  /** Branch ID */
  branch_id: Uuid
  /** SKU ID */
  product_sku_id: Uuid
  /** Price per unit at this branch; it includes tax if is_tax_included of the SKU is true */
  price: Decimal
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A sale of a branch. For every sale, total_amount = subtotal + service_charge_amount + charges + tax_added_amount + rounding_amount. */
export type Sale = {
  /** Sale ID */
  id: Uuid
  /** Order number */
  order_number: string
  /** Branch that made the sale */
  branch_id: Uuid
  /** Customer ID; the customer may not exist in this system */
  customer_id: Uuid | null
  /** Sale status. The sales summary counts only COMPLETED, PARTIALLY_REFUNDED, REFUNDED */
  status: Open<'OPEN' | 'COMPLETED' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'VOIDED'>
  /** Time of the sale */
  order_date: Timestamp
  /** Business day of the sale, according to the business's time zone and the time at which its day starts */
  business_date: Day
  /** Sum of line_total over all items */
  subtotal: Decimal
  /** Sum of discount_amount over all items */
  discount_amount: Decimal
  /** Total tax */
  tax_amount: Decimal
  /** Tax that the prices do not include */
  tax_added_amount: Decimal
  /** Service charge */
  service_charge_amount: Decimal
  /** Rounding adjustment, from −1 to 1 */
  rounding_amount: Decimal
  /** Sale total; negative for a return or an exchange that gives money back */
  total_amount: Decimal
  /** Total amount refunded */
  refunded_amount: Decimal
  /** Number of items */
  item_count: number
  /** Payments. Their sum is total_amount + tip_amount, unless the sale is OPEN or VOIDED. Refunds do not change payments */
  payments: {
    /** Payment method */
    method: Open<'CASH' | 'CARD' | 'QR' | 'TRANSFER' | 'WALLET' | 'POINTS' | 'CREDIT' | 'OTHER' | 'GIFT_CARD' | 'VOUCHER' | 'CHEQUE' | 'STORE_CREDIT'>
    /** Amount received, less change */
    amount: Decimal
    /** Time of the payment; null for CREDIT */
    paid_at: Timestamp | null
    /** Amount that the customer handed over */
    tendered_amount: Decimal | null
    /** Change */
    change_amount: Decimal | null
    /** Card brand */
    card_brand: string | null
    /** Last four digits of the card */
    card_last4: string | null
    /** Reference of the source system, such as an approval code */
    reference: string | null
    /** Time at which a CREDIT payment was settled */
    settled_at: Timestamp | null
  }[]
  /** Refunds. Their sum is refunded_amount */
  refunds: {
    /** Refund ID */
    id: Uuid
    /** Refund method */
    method: Open<'CASH' | 'CARD' | 'QR' | 'TRANSFER' | 'WALLET' | 'POINTS' | 'CREDIT' | 'OTHER' | 'GIFT_CARD' | 'VOUCHER' | 'CHEQUE' | 'STORE_CREDIT'>
    /** Amount refunded */
    amount: Decimal
    /** Time of the refund */
    refunded_at: Timestamp
    /** Reason for the refund */
    reason: string | null
    /** IDs of the refunded items; can be empty */
    item_ids: Uuid[]
    /** Branch that gave the money back; null if not known, or if the token cannot access the branch */
    branch_id: Uuid | null
    /** Reference of the source system */
    reference: string | null
  }[]
  /** Tax by rate and category. The amounts add up to tax_amount, unless the list is empty */
  tax_lines: {
    /** Tax rate in percent */
    rate: Decimal
    /** Tax category */
    category: Open<'STANDARD' | 'ZERO' | 'EXEMPT'>
    /** Amount that is taxed */
    base: Decimal
    /** Tax */
    amount: Decimal
  }[]
  /** Number of the tax invoice */
  tax_invoice_number: string | null
  /** Tip; not a part of total_amount or revenue */
  tip_amount: Decimal
  /** Charges on the whole sale, such as delivery. They are a part of total_amount */
  charges: {
    /** Name of the charge */
    name: string
    /** Amount */
    amount: Decimal
    /** Tax of the charge */
    tax_amount: Decimal
  }[]
  /** Sales channel: one of these words, or a word of the source system */
  channel: Open<'COUNTER' | 'DINE_IN' | 'TAKEAWAY' | 'DELIVERY' | 'ONLINE'> | null
  /** Source of the sale, such as Grab or LINE MAN */
  source: string | null
  /** Reference to the member of staff, never a name */
  staff_ref: string | null
  /** Reference to the till */
  register_ref: string | null
  /** Reference to the shift */
  shift_ref: string | null
  /** Number of guests */
  guest_count: number | null
  /** Note. It must not contain personal data of customers */
  note: string | null
  /** Reason for voiding the sale */
  void_reason: string | null
  /** ID of the sale that is returned; the sale may not exist in this system */
  return_of: Uuid | null
  /** What of the total is gift cards, deposits and fees: the sum of line_total over the items of kind GIFT_CARD, DEPOSIT and FEE */
  other_amount: Decimal
  /** The source system's own data: an object of at most 20 short texts */
  external: Record<string, string> | null
  /** ID of the record in the sender's own system */
  external_id: string | null
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** All items of the sale; present only with `include=items` */
  items?: SaleItem[]
}

/** An item of a sale. Product and SKU names are those at the time of the sale. */
export type SaleItem = {
  /** Item ID */
  id: Uuid
  /** SKU ID; null for an open item without a SKU */
  product_sku_id: Uuid | null
  /** SKU code; can be empty */
  sku_code: string
  /** SKU name at the time of the sale */
  sku_name: string
  /** Product name at the time of the sale */
  product_name: string
  /** Quantity */
  quantity: Decimal
  /** Price per unit */
  unit_price: Decimal
  /** Discount on the item, including its share of a discount on the whole sale */
  discount_amount: Decimal
  /** Tax of the item */
  tax_amount: Decimal
  /** quantity × unit_price − discount_amount, rounded to 2 decimal places, unless is_amount_fixed is true */
  line_total: Decimal
  /** Quantity refunded */
  refunded_quantity: Decimal
  /** Amount refunded for the item */
  refunded_amount: Decimal
  /** Whether the whole quantity was refunded; always false for quantities that are not above 0 */
  is_fully_refunded: boolean
  /** ID of the parent item in the same sale, for modifiers and parts of a bundle. Amounts of a child count once */
  parent_item_id: Uuid | null
  /** Kind of item. GIFT_CARD, DEPOSIT and FEE are no revenue of goods and add up to other_amount */
  kind: Open<'GOODS' | 'SERVICE' | 'GIFT_CARD' | 'DEPOSIT' | 'FEE'>
  /** Tax category */
  tax_category: Open<'STANDARD' | 'ZERO' | 'EXEMPT'> | null
  /** Note. It must not contain personal data of customers */
  note: string | null
  /** Whether line_total is the amount that the till states, not computed from quantity and price */
  is_amount_fixed: boolean
  /** Time when the record was created */
  created_at: Timestamp
}

/** The current stock of one SKU in one warehouse. */
export type StockLevel = {
  /** Stock level ID */
  id: Uuid
  /** Branch of the warehouse */
  branch_id: Uuid
  /** Warehouse ID */
  warehouse_id: Uuid
  /** Current warehouse name */
  warehouse_name: string
  /** SKU ID */
  product_sku_id: Uuid
  /** Current SKU code; can be empty */
  sku_code: string
  /** Current SKU name */
  sku_name: string
  /** Product ID */
  product_id: Uuid
  /** Current product name */
  product_name: string
  /** Quantity on hand; can be negative */
  quantity_on_hand: Decimal
  /** Quantity reserved */
  quantity_reserved: Decimal
  /** Quantity available: quantity_on_hand − quantity_reserved */
  quantity_available: Decimal
  /** Reorder point: the quantity at which to reorder */
  reorder_point: Decimal | null
  /** Cost per unit */
  unit_cost: Decimal | null
  /** quantity_on_hand × unit_cost, rounded half away from zero to 2 decimal places */
  stock_value: Decimal | null
  /** Whether the SKU is out of stock (quantity_available ≤ 0) */
  is_out_of_stock: boolean
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A stock movement. The movements of a SKU in a warehouse form a chain in the order in which we received them, starting at 0: quantity_after = quantity_before + quantity. */
export type StockMovement = {
  /** Movement ID */
  id: Uuid
  /** Branch of the warehouse */
  branch_id: Uuid
  /** Warehouse ID */
  warehouse_id: Uuid
  /** SKU ID */
  product_sku_id: Uuid
  /** Current SKU code; can be empty */
  sku_code: string
  /** Current SKU name */
  sku_name: string
  /** Movement type */
  movement_type: Open<'SALE' | 'REFUND' | 'PURCHASE_RECEIPT' | 'TRANSFER_IN' | 'TRANSFER_OUT' | 'ADJUSTMENT' | 'STOCK_COUNT' | 'WASTE'>
  /** Change in quantity; negative when stock leaves the warehouse */
  quantity: Decimal
  /** Quantity before the movement */
  quantity_before: Decimal
  /** Quantity after the movement */
  quantity_after: Decimal
  /** Cost per unit */
  unit_cost: Decimal | null
  /** Type of the related document */
  reference_type: string | null
  /** ID of the related document, which may not exist in this system */
  reference_id: Uuid | null
  /** Note */
  note: string | null
  /** Time of the movement at the shop */
  occurred_at: Timestamp
  /** Time when we received the movement; ingest ignores a value that is sent */
  created_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A warehouse of a branch. */
export type Warehouse = {
  /** Warehouse ID */
  id: Uuid
  /** Branch of the warehouse */
  branch_id: Uuid
  /** Warehouse code */
  code: string
  /** Name */
  name: string
  /** Whether the warehouse is active */
  is_active: boolean
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** A purchase order of a branch. For every order, total_amount = subtotal + tax_added_amount. */
export type PurchaseOrder = {
  /** Purchase order ID */
  id: Uuid
  /** Purchase order number */
  po_number: string
  /** Branch that placed the order */
  branch_id: Uuid
  /** Warehouse that receives the goods */
  warehouse_id: Uuid
  /** Supplier ID */
  supplier_id: Uuid
  /** Current supplier name */
  supplier_name: string
  /** Order status */
  status: Open<'DRAFT' | 'PENDING_APPROVAL' | 'APPROVED' | 'PARTIALLY_RECEIVED' | 'FULLY_RECEIVED' | 'REJECTED' | 'CANCELLED'>
  /** Order date */
  order_date: Timestamp
  /** Expected delivery date */
  expected_date: Timestamp | null
  /** Sum of line_total over all items */
  subtotal: Decimal
  /** Sum of discount_amount over all items */
  discount_amount: Decimal
  /** Total tax */
  tax_amount: Decimal
  /** Tax that the prices do not include */
  tax_added_amount: Decimal
  /** Order total */
  total_amount: Decimal
  /** Number of items */
  item_count: number
  /** Note */
  note: string | null
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
  /** All items of the order; present only with `include=items` */
  items?: PurchaseOrderItem[]
}

/** An item of a purchase order. Product and SKU names are those at the time of the order. */
export type PurchaseOrderItem = {
  /** Item ID */
  id: Uuid
  /** SKU ID */
  product_sku_id: Uuid
  /** SKU code; can be empty */
  sku_code: string
  /** SKU name at the time of the order */
  sku_name: string
  /** Product name at the time of the order */
  product_name: string
  /** Quantity ordered */
  quantity_ordered: Decimal
  /** Quantity received so far; can exceed quantity_ordered */
  quantity_received: Decimal
  /** Cost per unit */
  unit_cost: Decimal
  /** Discount on the item */
  discount_amount: Decimal
  /** Tax of the item */
  tax_amount: Decimal
  /** quantity_ordered × unit_cost − discount_amount, rounded to 2 decimal places */
  line_total: Decimal
  /** Time when the record was created */
  created_at: Timestamp
}

/** A supplier of the business. Suppliers belong to the business, not to a branch. */
export type Supplier = {
  /** Supplier ID */
  id: Uuid
  /** Supplier code */
  supplier_code: string
  /** Company name */
  company_name: string
  /** Contact name */
  contact_name: string | null
  /** Phone number */
  phone_number: string | null
  /** Email address */
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
  /** Payment terms */
  payment_terms: string | null
  /** Supplier status */
  status: Open<'ACTIVE' | 'INACTIVE'>
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** ID of the record in the sender's own system */
  external_id: string | null
}

/** Sales totals of a branch. Only sales with the status COMPLETED, PARTIALLY_REFUNDED, REFUNDED count. The totals always equal the sums over these sales in GET /sales. */
export type SalesSummary = {
  /** Branch ID */
  branch_id: Uuid
  /** First business day; null if not specified */
  from: Day | null
  /** Last business day; null if not specified */
  to: Day | null
  /** Number of counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_orders: number
  /** Sum of total_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_revenue: Decimal
  /** Sum of subtotal over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_subtotal: Decimal
  /** Sum of discount_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_discount: Decimal
  /** Sum of tax_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_tax: Decimal
  /** Sum of service_charge_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_service_charge: Decimal
  /** Sum of refunded_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED), on the day of the sale, not of the refund */
  total_refunded: Decimal
  /** total_revenue ÷ total_orders of the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED), rounded half up to 16 decimal places; 0 if there are none */
  average_order_value: Decimal
  /** Sum of tip_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_tips: Decimal
  /** Sum of the amounts of charges over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_charges: Decimal
  /** Sum of the negative total_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED); already a part of total_revenue */
  total_returns: Decimal
  /** Sum of other_amount over the counted sales (COMPLETED, PARTIALLY_REFUNDED, REFUNDED) */
  total_other: Decimal
  /** Number of sales of each status */
  by_status: {
    /** Sales that are not paid */
    OPEN: number
    /** Paid sales */
    COMPLETED: number
    /** Partly refunded sales */
    PARTIALLY_REFUNDED: number
    /** Fully refunded sales */
    REFUNDED: number
    /** Voided sales */
    VOIDED: number
  }
}

/** Inventory totals of a warehouse, over all rows that GET /inventory returns for it. */
export type InventorySummary = {
  /** Warehouse ID */
  warehouse_id: Uuid
  /** Warehouse name */
  warehouse_name: string
  /** Branch of the warehouse */
  branch_id: Uuid
  /** Number of SKUs (rows) */
  total_skus: number
  /** Sum of quantity_on_hand */
  total_quantity_on_hand: Decimal
  /** Sum of quantity_available */
  total_quantity_available: Decimal
  /** Sum of stock_value; null counts as 0 */
  total_stock_value: Decimal
  /** Number of SKUs that are out of stock */
  out_of_stock_count: number
}

/** A change of a record. `data` is the record at the time of reading, so it can be newer than the event. */
export type Event<G extends Granted = 'unknown'> = SaleCreatedEvent | SaleUpdatedEvent | SaleRefundedEvent | SaleVoidedEvent | SaleDeletedEvent | CustomerCreatedEvent<G> | CustomerUpdatedEvent<G> | CustomerDeletedEvent<G> | ConsentChangedEvent | ProductCreatedEvent | ProductUpdatedEvent | ProductDeletedEvent | BranchPriceChangedEvent | InventoryChangedEvent | InventoryOutOfStockEvent | StockMovementCreatedEvent | PurchaseOrderCreatedEvent | PurchaseOrderUpdatedEvent | PurchaseOrderReceivedEvent | PurchaseOrderDeletedEvent | SupplierCreatedEvent | SupplierUpdatedEvent | SupplierDeletedEvent

/** The shop sent a new sale, open or paid */
export type SaleCreatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'sale.created'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'sale'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SaleEventData
}

/** A sale of a branch. For every sale, total_amount = subtotal + service_charge_amount + charges + tax_added_amount + rounding_amount. If the record was deleted, only `id` is present. */
export type SaleEventData = Pick<Sale, 'id'> & Partial<Sale>

/** A sale was changed, such as its items, payments or status */
export type SaleUpdatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'sale.updated'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'sale'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SaleEventData
}

/** The shop refunded a sale (`refunded_amount` increased) */
export type SaleRefundedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'sale.refunded'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'sale'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SaleEventData
}

/** The shop voided a sale (`status` is `VOIDED`) */
export type SaleVoidedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'sale.voided'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'sale'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SaleEventData
}

/** The shop deleted a sale; `data` contains only its `id` */
export type SaleDeletedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'sale.deleted'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'sale'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SaleEventData
}

/** The shop added a customer */
export type CustomerCreatedEvent<G extends Granted = 'unknown'> = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'customer.created'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'customer'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: CustomerEventData<G>
}

/** A customer of the business. Customers belong to the business, not to a branch. If the record was deleted, only `id` is present. */
export type CustomerEventData<G extends Granted = 'unknown'> = Pick<Customer<G>, 'id'> & Partial<Customer<G>>

/** A customer was changed, such as the name, points or membership tier */
export type CustomerUpdatedEvent<G extends Granted = 'unknown'> = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'customer.updated'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'customer'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: CustomerEventData<G>
}

/** The shop deleted a customer, also at the request of the customer; `data` contains only the `id` */
export type CustomerDeletedEvent<G extends Granted = 'unknown'> = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'customer.deleted'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'customer'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: CustomerEventData<G>
}

/** A consent was given, withdrawn, corrected or deleted; it is deleted with its customer */
export type ConsentChangedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'consent.changed'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'consent'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: ConsentEventData
}

/** One statement of a customer: consent given or withdrawn. All statements are kept. The current state of a purpose and a channel is the statement with the latest `occurred_at` that names this channel or no channel. If the record was deleted, only `id` is present. */
export type ConsentEventData = Pick<Consent, 'id'> & Partial<Consent>

/** The shop added a product */
export type ProductCreatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'product.created'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'product'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: ProductEventData
}

/** A product and its SKUs. Products belong to the business, not to a branch. If the record was deleted, only `id` is present. */
export type ProductEventData = Pick<Product, 'id'> & Partial<Product>

/** A product or one of its SKUs was changed, such as the name, price or barcode */
export type ProductUpdatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'product.updated'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'product'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: ProductEventData
}

/** The shop deleted a product with its SKUs; `data` contains only its `id` */
export type ProductDeletedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'product.deleted'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'product'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: ProductEventData
}

/** A branch set, changed or deleted a price of its own */
export type BranchPriceChangedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'branch_price.changed'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'branch_price'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: BranchPriceEventData
}

/** The price of a SKU at one branch, instead of the SKU's `price`. A branch without a price of its own sells at the SKU's `price`. If the record was deleted, only `id` is present. */
export type BranchPriceEventData = Pick<BranchPrice, 'id'> & Partial<BranchPrice>

/** The stock of a SKU in a warehouse changed, such as the quantity on hand or reserved */
export type InventoryChangedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'inventory.changed'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'inventory'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: InventoryEventData
}

/** The current stock of one SKU in one warehouse. If the record was deleted, only `id` is present. */
export type InventoryEventData = Pick<StockLevel, 'id'> & Partial<StockLevel>

/** The available quantity of a SKU in a warehouse fell from above 0 to 0 or below; sent after `inventory.changed` */
export type InventoryOutOfStockEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'inventory.out_of_stock'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'inventory'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: InventoryEventData
}

/** We received a stock movement. The order of the events is the order of receipt, even if a movement occurred at the shop long before */
export type StockMovementCreatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'stock_movement.created'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'stock_movement'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: StockMovementEventData
}

/** A stock movement. The movements of a SKU in a warehouse form a chain in the order in which we received them, starting at 0: quantity_after = quantity_before + quantity. If the record was deleted, only `id` is present. */
export type StockMovementEventData = Pick<StockMovement, 'id'> & Partial<StockMovement>

/** The shop created a purchase order */
export type PurchaseOrderCreatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'purchase_order.created'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'purchase_order'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: PurchaseOrderEventData
}

/** A purchase order of a branch. For every order, total_amount = subtotal + tax_added_amount. If the record was deleted, only `id` is present. */
export type PurchaseOrderEventData = Pick<PurchaseOrder, 'id'> & Partial<PurchaseOrder>

/** A purchase order was changed, such as its items, expected date or status */
export type PurchaseOrderUpdatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'purchase_order.updated'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'purchase_order'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: PurchaseOrderEventData
}

/** The shop received goods of a purchase order (the `quantity_received` of an item increased) */
export type PurchaseOrderReceivedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'purchase_order.received'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'purchase_order'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: PurchaseOrderEventData
}

/** The shop deleted a purchase order; `data` contains only its `id` */
export type PurchaseOrderDeletedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'purchase_order.deleted'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'purchase_order'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: PurchaseOrderEventData
}

/** The shop added a supplier */
export type SupplierCreatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'supplier.created'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'supplier'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SupplierEventData
}

/** A supplier of the business. Suppliers belong to the business, not to a branch. If the record was deleted, only `id` is present. */
export type SupplierEventData = Pick<Supplier, 'id'> & Partial<Supplier>

/** A supplier was changed, such as the name, contact or payment terms */
export type SupplierUpdatedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'supplier.updated'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'supplier'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SupplierEventData
}

/** The shop deleted a supplier; `data` contains only its `id` */
export type SupplierDeletedEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: 'supplier.deleted'
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: 'supplier'
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: SupplierEventData
}

/** An event of a type that was added later. */
export type OtherEvent = {
  /** Event ID */
  id: Uuid
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Event type */
  type: string
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Type of the changed record */
  resource_type: string
  /** ID of the changed record */
  resource_id: Uuid
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** The current record as the Partner API shows it to the application, without the nine PII fields (contact data). If the record was deleted, only `id` */
  data: Record<string, unknown>
}

/** An endpoint that receives events of the application. */
export type WebhookWithSecret = {
  /** Webhook ID */
  id: Uuid
  /** URL that receives the events */
  endpoint_url: string
  /** Event types to send. `*` means all types that existed when this was last set and that the application's scopes allow at the time of the event */
  event_types: Open<'*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted'>[]
  /** Description */
  description: string | null
  /** Whether customer events contain contact data (the nine PII fields). The application also needs `read:customers:pii` at the time of sending. Names are always included, although they are personal data too */
  include_pii: boolean
  /** What events contain in addition: `items` are the items of sales and purchase orders */
  include: Open<'items'>[]
  /** FAILING: all deliveries have failed for 12 hours; we retry every 30 minutes. DISABLED: nothing is sent until you set ACTIVE */
  status: Open<'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'>
  /** Time of the first failure since the last success */
  failing_since: Timestamp | null
  /** Time of the last success */
  last_delivered_at: Timestamp | null
  /** Events before this time may be lost: the log deleted them before we could send them, or the server was restored from a backup. Read all lists again */
  lost_before: Timestamp | null
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
  /** Secret for verifying signatures (Standard Webhooks), shown only once. After a rotation, we also sign with the old secret for 24 hours */
  secret: string
}

/** An endpoint that receives events of the application. */
export type Webhook = {
  /** Webhook ID */
  id: Uuid
  /** URL that receives the events */
  endpoint_url: string
  /** Event types to send. `*` means all types that existed when this was last set and that the application's scopes allow at the time of the event */
  event_types: Open<'*' | 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted'>[]
  /** Description */
  description: string | null
  /** Whether customer events contain contact data (the nine PII fields). The application also needs `read:customers:pii` at the time of sending. Names are always included, although they are personal data too */
  include_pii: boolean
  /** What events contain in addition: `items` are the items of sales and purchase orders */
  include: Open<'items'>[]
  /** FAILING: all deliveries have failed for 12 hours; we retry every 30 minutes. DISABLED: nothing is sent until you set ACTIVE */
  status: Open<'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'>
  /** Time of the first failure since the last success */
  failing_since: Timestamp | null
  /** Time of the last success */
  last_delivered_at: Timestamp | null
  /** Events before this time may be lost: the log deleted them before we could send them, or the server was restored from a backup. Read all lists again */
  lost_before: Timestamp | null
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
}

/** The result of a ping. */
export type WebhookPing = {
  /** Webhook ID */
  webhook_id: Uuid
  /** Whether the endpoint answered 2xx */
  delivered: boolean
  /** HTTP status; null if there was no response */
  response_status: number | null
  /** Body of the response, up to 1024 characters */
  response_body: string | null
}

/** The delivery of one event to one webhook, and its result. */
export type WebhookDelivery = {
  /** Delivery ID */
  id: Uuid
  /** Webhook ID */
  webhook_id: Uuid
  /** Event ID (header `webhook-id`) */
  event_id: Uuid
  /** Event type */
  event_type: Open<'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted'>
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** PENDING: not attempted yet. DELIVERED: the endpoint answered 2xx. RETRYING: will be retried. DEAD: failed after 5 retries, or the application lost the permission (`error` not_allowed) */
  status: Open<'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD'>
  /** Number of delivery attempts. Failed attempts outside the retry schedule, which test whether the endpoint is back, are not counted */
  attempt_count: number
  /** HTTP status of the last attempt */
  response_status: number | null
  /** Body of the last response, up to 1024 characters, kept for 30 days. Always null for `customer.*` events, because the response may contain personal data */
  response_body: string | null
  /** Why the last attempt failed. not_allowed: the application no longer has permission, so nothing was sent */
  error: Open<'dns' | 'connect' | 'tls' | 'timeout' | 'redirect' | 'address_blocked' | 'response_too_large' | 'status' | 'gone' | 'not_allowed'> | null
  /** Time of the next retry */
  next_retry_at: Timestamp | null
  /** Time of the successful delivery */
  delivered_at: Timestamp | null
  /** Time when the record was created */
  created_at: Timestamp
  /** Time when the record was last updated */
  updated_at: Timestamp
}

/** The range of the event log that is replayed. */
export type WebhookReplay = {
  /** First position of the replay */
  from_position: number
  /** Last position of the replay */
  to_position: number
}

/** The body of a request that a webhook sends. `data` is the record at the time of sending. */
export type WebhookEvent<G extends Granted = 'unknown'> = SaleCreatedWebhookEvent | SaleUpdatedWebhookEvent | SaleRefundedWebhookEvent | SaleVoidedWebhookEvent | SaleDeletedWebhookEvent | CustomerCreatedWebhookEvent<G> | CustomerUpdatedWebhookEvent<G> | CustomerDeletedWebhookEvent<G> | ConsentChangedWebhookEvent | ProductCreatedWebhookEvent | ProductUpdatedWebhookEvent | ProductDeletedWebhookEvent | BranchPriceChangedWebhookEvent | InventoryChangedWebhookEvent | InventoryOutOfStockWebhookEvent | StockMovementCreatedWebhookEvent | PurchaseOrderCreatedWebhookEvent | PurchaseOrderUpdatedWebhookEvent | PurchaseOrderReceivedWebhookEvent | PurchaseOrderDeletedWebhookEvent | SupplierCreatedWebhookEvent | SupplierUpdatedWebhookEvent | SupplierDeletedWebhookEvent | PingWebhookEvent

/** The shop sent a new sale, open or paid */
export type SaleCreatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'sale.created'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SaleWebhookData
}

/** A sale of a branch. For every sale, total_amount = subtotal + service_charge_amount + charges + tax_added_amount + rounding_amount. If the record was deleted, only `id` is present. */
export type SaleWebhookData = Pick<Sale, 'id'> & Partial<Omit<Sale, 'items'>> & {
  /** All items; present only if `include` of the webhook contains `items`. Null if `items_omitted` is true */
  items?: SaleItem[] | null
  /** True if the items are omitted because the body would exceed 256 KiB: read the record with `include=items`. Absent otherwise */
  items_omitted?: boolean
}

/** A sale was changed, such as its items, payments or status */
export type SaleUpdatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'sale.updated'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SaleWebhookData
}

/** The shop refunded a sale (`refunded_amount` increased) */
export type SaleRefundedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'sale.refunded'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SaleWebhookData
}

/** The shop voided a sale (`status` is `VOIDED`) */
export type SaleVoidedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'sale.voided'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SaleWebhookData
}

/** The shop deleted a sale; `data` contains only its `id` */
export type SaleDeletedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'sale.deleted'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SaleWebhookData
}

/** The shop added a customer */
export type CustomerCreatedWebhookEvent<G extends Granted = 'unknown'> = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'customer.created'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: CustomerEventData<G>
}

/** A customer was changed, such as the name, points or membership tier */
export type CustomerUpdatedWebhookEvent<G extends Granted = 'unknown'> = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'customer.updated'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: CustomerEventData<G>
}

/** The shop deleted a customer, also at the request of the customer; `data` contains only the `id` */
export type CustomerDeletedWebhookEvent<G extends Granted = 'unknown'> = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'customer.deleted'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: CustomerEventData<G>
}

/** A consent was given, withdrawn, corrected or deleted; it is deleted with its customer */
export type ConsentChangedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'consent.changed'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: ConsentEventData
}

/** The shop added a product */
export type ProductCreatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'product.created'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: ProductEventData
}

/** A product or one of its SKUs was changed, such as the name, price or barcode */
export type ProductUpdatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'product.updated'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: ProductEventData
}

/** The shop deleted a product with its SKUs; `data` contains only its `id` */
export type ProductDeletedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'product.deleted'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: ProductEventData
}

/** A branch set, changed or deleted a price of its own */
export type BranchPriceChangedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'branch_price.changed'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: BranchPriceEventData
}

/** The stock of a SKU in a warehouse changed, such as the quantity on hand or reserved */
export type InventoryChangedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'inventory.changed'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: InventoryEventData
}

/** The available quantity of a SKU in a warehouse fell from above 0 to 0 or below; sent after `inventory.changed` */
export type InventoryOutOfStockWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'inventory.out_of_stock'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: InventoryEventData
}

/** We received a stock movement. The order of the events is the order of receipt, even if a movement occurred at the shop long before */
export type StockMovementCreatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'stock_movement.created'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: StockMovementEventData
}

/** The shop created a purchase order */
export type PurchaseOrderCreatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'purchase_order.created'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: PurchaseOrderWebhookData
}

/** A purchase order of a branch. For every order, total_amount = subtotal + tax_added_amount. If the record was deleted, only `id` is present. */
export type PurchaseOrderWebhookData = Pick<PurchaseOrder, 'id'> & Partial<Omit<PurchaseOrder, 'items'>> & {
  /** All items; present only if `include` of the webhook contains `items`. Null if `items_omitted` is true */
  items?: PurchaseOrderItem[] | null
  /** True if the items are omitted because the body would exceed 256 KiB: read the record with `include=items`. Absent otherwise */
  items_omitted?: boolean
}

/** A purchase order was changed, such as its items, expected date or status */
export type PurchaseOrderUpdatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'purchase_order.updated'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: PurchaseOrderWebhookData
}

/** The shop received goods of a purchase order (the `quantity_received` of an item increased) */
export type PurchaseOrderReceivedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'purchase_order.received'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: PurchaseOrderWebhookData
}

/** The shop deleted a purchase order; `data` contains only its `id` */
export type PurchaseOrderDeletedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'purchase_order.deleted'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: PurchaseOrderWebhookData
}

/** The shop added a supplier */
export type SupplierCreatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'supplier.created'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SupplierEventData
}

/** A supplier was changed, such as the name, contact or payment terms */
export type SupplierUpdatedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'supplier.updated'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SupplierEventData
}

/** The shop deleted a supplier; `data` contains only its `id` */
export type SupplierDeletedWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'supplier.deleted'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: SupplierEventData
}

/** Sent only on request, to test that your endpoint receives and verifies events. It is not in the event log, so its `sequence` and `position` are null. */
export type PingWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: 'ping'
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number | null
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number | null
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** Has no fields */
  data: Record<string, never>
}

/** An event of a type that was added later. */
export type OtherWebhookEvent = {
  /** Event ID */
  id: Uuid
  /** Event type */
  type: string
  /** Webhook ID */
  webhook_id: Uuid
  /** Sequence number of the event within this webhook: 1, 2, 3 …. It never changes */
  sequence: number | null
  /** Position in the event log of the business; increases with each event, usually by one, and after a restore from a backup by much more */
  position: number | null
  /** Time of the change at the shop */
  occurred_at: Timestamp
  /** Time when we received the change */
  created_at: Timestamp
  /** Business ID */
  business_id: Uuid
  /** Branch ID; null for records that belong to the business, not to a branch */
  branch_id: Uuid | null
  /** The current record as the Partner API shows it to the application. The nine PII fields (contact data) are present if `include_pii` is true. If the record was deleted, only `id` */
  data: Record<string, unknown>
}

/** Position in a paginated list. */
export type Pagination = {
  /** Send it as `cursor` to get the next page; null on the last page */
  next_cursor: string | null
  /** Whether a next page exists */
  has_more: boolean
  /** Maximum number of rows per page */
  limit: number
}

/** Position in the event log. */
export type FeedPagination = {
  /** Send it as `after` to get the next events: the last position that this page covers */
  next_after: number
  /** Whether more events follow now, even if this page is short or empty */
  has_more: boolean
  /** Maximum number of events per page */
  limit: number
}

/** One error in a request. */
export type Detail = {
  /** Parameter or field with the error */
  field: string
  /** The problem, or the allowed values */
  message: string
}
