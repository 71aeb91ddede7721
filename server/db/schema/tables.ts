// Generated from the migrations by tools/tables.ts; test/tables.test.ts compares.

/** All tables with their columns. */
export type Tables = {
  application_branches: {
    application_id: string
    branch_id: string
    business_id: string
    since_revision: number
  }
  application_scopes: {
    application_id: string
    scope: string
    since_revision: number
  }
  application_secrets: {
    application_id: string
    created_at: Date
    hash: Buffer
    hint: string
    id: string
    last_used_address: string | null
    last_used_at: Date | null
    revoked_at: Date | null
  }
  applications: {
    all_branches_since: number | null
    business_id: string
    client_id: string
    contact: string | null
    created_at: Date
    history_days: number
    id: string
    kind: string
    legal_basis: string | null
    name: string
    paused_at: Date | null
    purpose: string | null
    rate_per_second: string
    rate_requests: number
    revision: number
    revoked_at: Date | null
    updated_at: Date
  }
  audit_log: {
    action: string
    actor: string
    address: string | null
    after: unknown | null
    before: unknown | null
    business_id: string
    created_at: Date
    id: string
    member_id: string | null
    request_id: string | null
    subject_id: string | null
    subject_type: string | null
  }
  auth_accounts: {
    access_token: string | null
    access_token_expires_at: Date | null
    account_id: string
    created_at: Date
    id: string
    id_token: string | null
    password: string | null
    provider_id: string
    refresh_token: string | null
    refresh_token_expires_at: Date | null
    scope: string | null
    updated_at: Date
    user_id: string
  }
  auth_rate_limits: {
    count: number
    id: string
    key: string
    last_request: string
  }
  auth_sessions: {
    created_at: Date
    expires_at: Date
    id: string
    ip_address: string | null
    proved_at: Date
    token: string
    updated_at: Date
    user_agent: string | null
    user_id: string
  }
  auth_two_factors: {
    backup_codes: string
    failed_verification_count: number | null
    id: string
    locked_until: Date | null
    secret: string
    user_id: string
    verified: boolean | null
  }
  auth_users: {
    created_at: Date
    email: string
    email_verified: boolean
    id: string
    image: string | null
    language: string
    last_business_id: string | null
    name: string
    two_factor_enabled: boolean | null
    updated_at: Date
  }
  auth_verifications: {
    created_at: Date
    expires_at: Date
    id: string
    identifier: string
    updated_at: Date
    value: string
  }
  authority_changes: {
    changed_at: Date
    changed_in: string
    subject: string
  }
  branch_prices: {
    branch_id: string
    business_id: string
    created_at: Date
    external_id: string | null
    id: string
    price: string
    product_sku_id: string
    updated_at: Date
    wire: string
  }
  branches: {
    business_id: string
    code: string
    created_at: Date
    external_id: string | null
    id: string
    is_active: boolean
    name: string
    updated_at: Date
    wire: string
  }
  businesses: {
    business_day_starts_at: string
    created_at: Date
    currency: string
    id: string
    language: string
    name: string
    requests_kept_days: number
    time_zone: string
    updated_at: Date
  }
  categories: {
    business_id: string
    created_at: Date
    external_id: string | null
    id: string
    is_active: boolean
    name: string
    parent_id: string | null
    updated_at: Date
    wire: string
    wire_of_products: string
  }
  consents: {
    business_id: string
    channel: string | null
    created_at: Date
    customer_id: string
    external_id: string | null
    id: string
    occurred_at: Date
    purpose: string
    source: string | null
    status: string
    updated_at: Date
    wire: string
  }
  customers: {
    address: string | null
    available_points: string
    business_id: string
    city: string | null
    country: string | null
    created_at: Date
    customer_code: string
    date_of_birth: string | null
    email: string | null
    external_id: string | null
    first_name: string
    full_name: string
    id: string
    is_active: boolean
    is_verified: boolean
    joined_date: string | null
    last_name: string | null
    last_visit_date: string | null
    membership_number: string | null
    membership_tier_id: string | null
    phone: string | null
    postal_code: string | null
    search_text: string
    state: string | null
    tax_id: string | null
    total_points: string
    total_spent: string
    total_visits: string
    updated_at: Date
    wire: string
    wire_pii: string
  }
  deliveries: {
    asked_at: Date | null
    attempt_count: number
    branch_id: string | null
    business_id: string
    created_at: Date
    delivered_at: Date | null
    due_at: Date | null
    error: string | null
    event_created_at: Date
    event_id: string
    event_type: string
    failure_count: number
    id: string
    is_erasure_notice: boolean
    is_replay: boolean
    is_waiting: boolean
    not_before: Date | null
    occurred_at: Date
    position: string
    resource_id: string
    resource_type: string
    response_body: string | null
    response_status: number | null
    retry_at: Date | null
    sequence: string
    status: string
    subscription_id: string
    updated_at: Date
  }
  erasure_recipients: {
    answered_at: Date | null
    application_id: string
    business_id: string
    class: string
    customer_id: string
    first_at: Date
    last_at: Date
    read_at: Date | null
    sent_at: Date | null
    shown_position: string | null
    times: number
  }
  erasures: {
    business_id: string
    customer_id: string
    erased_at: Date
    erased_by: string
    reason: string
  }
  event_heads: {
    business_id: string
    position: string
    readable_after: string
    told_at: Date
  }
  events: {
    branch_id: string | null
    business_id: string
    created_at: Date
    id: string
    occurred_at: Date
    position: string
    resource_id: string
    resource_type: string
    type: string
  }
  imports: {
    actor: string
    business_id: string
    bytes: string
    created: number
    ended_at: Date | null
    id: string
    is_check: boolean
    is_complete: boolean
    member_id: string
    read_bytes: string
    rejected: number
    resource: string
    rows: number
    stale: number
    started_at: Date
    unchanged: number
    updated: number
    updated_at: Date
  }
  invitations: {
    business_id: string
    created_at: Date
    email: string
    expires_at: Date
    id: string
    invited_by: string
    role: string
    token_hash: Buffer
    used_at: Date | null
  }
  ledger: {
    address: string | null
    application_id: string | null
    at: Date
    business_id: string
    channel: string
    class: string
    customer_ids: string[]
    hash: Buffer
    member_id: string | null
    operation: string | null
    previous_hash: Buffer
    purpose: string | null
    request_id: string
    sequence: string
    token_id: string | null
  }
  ledger_checkpoints: {
    business_id: string
    created_at: Date
    sequence: string
    statement: string
  }
  ledger_heads: {
    at: Date
    business_id: string
    hash: Buffer
    sequence: string
  }
  ledger_mail: {
    business_id: string
    email: string
    mailed_at: Date | null
    mailed_sequence: string
  }
  members: {
    business_id: string
    created_at: Date
    role: string
    user_id: string
  }
  membership_tiers: {
    business_id: string
    created_at: Date
    external_id: string | null
    id: string
    is_active: boolean
    name: string
    rank: number
    updated_at: Date
    wire: string
  }
  migrations: {
    applied_at: Date
    checksum: string
    name: string
    older_may_start: boolean
  }
  passkey_challenges: {
    expires_at: Date
    hash: Buffer
    purpose: string
    session_id: string | null
  }
  passkeys: {
    counter: string
    created_at: Date
    credential_id: string
    host: string
    id: string
    last_used_at: Date | null
    name: string
    public_key: Buffer
    transports: string[]
    user_id: string
  }
  person_links: {
    business_id: string
    created_at: Date
    created_by: string
    customer_id: string
    expires_at: Date
    id: string
    revoked_at: Date | null
    token_hash: Buffer
  }
  product_skus: {
    barcode: string | null
    business_id: string
    id: string
    is_active: boolean
    product_created_at: Date
    product_id: string
    product_name: string
    sku_code: string
    sku_name: string
    track_stock: boolean
    wire_of_stock_levels: string
    wire_of_stock_movements: string
  }
  products: {
    business_id: string
    category_id: string | null
    created_at: Date
    description: string | null
    external_id: string | null
    id: string
    is_active: boolean
    product_code: string
    product_name: string
    product_name_en: string | null
    search_text: string
    skus: unknown
    updated_at: Date
    wire: string
    wire_2: string
  }
  purchase_order_items: {
    business_id: string
    created_at: Date
    discount_amount: string
    id: string
    line_total: string
    position: number
    product_name: string
    product_sku_id: string
    purchase_order_id: string
    quantity_ordered: string
    quantity_received: string
    sku_code: string
    sku_name: string
    tax_amount: string
    unit_cost: string
    wire: string
  }
  purchase_orders: {
    branch_id: string
    business_id: string
    created_at: Date
    discount_amount: string
    expected_date: string | null
    external_id: string | null
    id: string
    item_count: number
    note: string | null
    order_date: string
    po_number: string
    status: string
    subtotal: string
    supplier_id: string
    tax_added_amount: string
    tax_amount: string
    total_amount: string
    updated_at: Date
    warehouse_id: string
    wire: string
    wire_2: string
  }
  rate_buckets: {
    allowed: boolean
    at: Date
    key: string
    tokens: number
  }
  replays: {
    after_position: string
    business_id: string
    created_at: Date
    event_types: unknown | null
    subscription_id: string
    to_position: string
  }
  request_figures: {
    application_id: string
    business_id: string
    durations: number[]
    errors: number
    hour: Date
    operation: string
    partly: number
    rate_limited: number
    requests: number
    unlogged: number
  }
  request_log: {
    address: string
    application_id: string
    business_id: string
    created_at: Date
    duration_ms: number
    error: string | null
    id: string
    method: string
    operation: string | null
    path: string
    query: string | null
    reason: string | null
    request_id: string | null
    status: number | null
  }
  restores: {
    backup_at: Date
    business_id: string
    epoch: string
    hash: Buffer
    last_position: string
    last_sequence: string
    previous_hash: Buffer
    restored_at: Date
    statement: string
  }
  revoked_tokens: {
    application_id: string
    expires_at: Date
    id: string
  }
  rights_requests: {
    business_id: string
    closed_at: Date | null
    created_at: Date
    customer_id: string
    due_at: Date
    handled_by: string | null
    id: string
    kind: string
    reason: string | null
    received_at: Date
    received_by: string
    state: string
  }
  sale_items: {
    business_id: string
    created_at: Date
    discount_amount: string
    id: string
    is_amount_fixed: boolean
    kind: string
    line_total: string
    note: string | null
    parent_item_id: string | null
    position: number
    product_name: string
    product_sku_id: string | null
    quantity: string
    refunded_amount: string
    refunded_quantity: string
    sale_id: string
    sku_code: string
    sku_name: string
    tax_amount: string
    tax_category: string | null
    unit_price: string
    wire: string
  }
  sales: {
    branch_id: string
    business_date: string
    business_id: string
    channel: string | null
    charges: unknown
    created_at: Date
    customer_id: string | null
    discount_amount: string
    external: string | null
    external_id: string | null
    guest_count: string | null
    id: string
    item_count: number
    note: string | null
    order_date: Date
    order_number: string
    other_amount: string
    payments: unknown
    refunded_amount: string
    refunds: unknown
    register_ref: string | null
    return_of: string | null
    rounding_amount: string
    service_charge_amount: string
    shift_ref: string | null
    source: string | null
    staff_ref: string | null
    status: string
    subtotal: string
    tax_added_amount: string
    tax_amount: string
    tax_invoice_number: string | null
    tax_lines: unknown
    tip_amount: string
    total_amount: string
    updated_at: Date
    void_reason: string | null
    wire: string
  }
  sales_totals: {
    branch_id: string
    business_id: string
    completed_orders: string
    open_orders: string
    partially_refunded_orders: string
    period: string
    refunded_orders: string
    starts_on: string
    total_charges: string
    total_discount: string
    total_orders: string
    total_other: string
    total_refunded: string
    total_returns: string
    total_revenue: string
    total_service_charge: string
    total_subtotal: string
    total_tax: string
    total_tips: string
    voided_orders: string
  }
  signing_keys: {
    created_at: Date
    id: string
    private_sealed: Buffer
    public_jwk: unknown
    retired_at: Date | null
  }
  sku_barcodes: {
    barcode: string
    business_id: string
    product_created_at: Date
    product_id: string
    product_sku_id: string
  }
  stock_levels: {
    branch_id: string
    business_id: string
    created_at: Date
    external_id: string | null
    id: string
    is_out_of_stock: boolean | null
    movements: string
    product_sku_id: string
    quantity_available: string | null
    quantity_on_hand: string
    quantity_reserved: string
    reorder_point: string | null
    set_at: Date | null
    stock_value: string | null
    unit_cost: string | null
    updated_at: Date
    warehouse_id: string
    wire: string
    wire_2: string
    wire_3: string
  }
  stock_movements: {
    branch_id: string
    business_id: string
    created_at: Date
    external_id: string | null
    id: string
    movement_type: string
    note: string | null
    occurred_at: Date
    product_sku_id: string
    quantity: string
    quantity_after: string
    quantity_before: string
    reference_id: string | null
    reference_type: string | null
    sequence: string
    unit_cost: string | null
    warehouse_id: string
    wire: string
    wire_2: string
  }
  subscriptions: {
    application_id: string
    business_id: string
    catalogue_version: number
    created_at: Date
    deleted_at: Date | null
    description: string | null
    endpoint_url: string
    event_types: unknown
    failing_since: Date | null
    fanned_out_at: Date
    id: string
    include: unknown
    include_pii: boolean
    is_resuming: boolean
    is_suspended: boolean
    last_delivered_at: Date | null
    lost_before: Date | null
    next_at: Date | null
    old_secret_sealed: Buffer | null
    old_secret_until: Date | null
    older_secrets: unknown
    position: string
    probe_at: Date | null
    recovered_at: Date | null
    secret_sealed: Buffer
    sequence: string
    status: string
    updated_at: Date
    worker_id: string | null
  }
  suppliers: {
    address: string | null
    business_id: string
    city: string | null
    company_name: string
    contact_name: string | null
    country: string | null
    created_at: Date
    email: string | null
    external_id: string | null
    id: string
    payment_terms: string | null
    phone_number: string | null
    postal_code: string | null
    province: string | null
    search_text: string
    status: string
    supplier_code: string
    tax_id: string | null
    updated_at: Date
    wire: string
    wire_of_purchase_orders: string
  }
  tombstones: {
    branch_id: string | null
    business_id: string
    id: string
    is_erased: boolean
    record_created_at: Date | null
    resource: string
    updated_at: Date
  }
  warehouses: {
    branch_id: string
    business_id: string
    code: string
    created_at: Date
    external_id: string | null
    id: string
    is_active: boolean
    name: string
    updated_at: Date
    wire: string
    wire_of_stock_levels: string
  }
  workers: {
    expires_at: Date
    id: string
  }
}
