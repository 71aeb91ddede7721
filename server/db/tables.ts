// Made from the migrations by tools/tables.ts; test/tables.test.ts compares.

/** Every table, with the columns that there are. */
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
    created_at: Date
    history_days: number
    id: string
    kind: string
    name: string
    rate_per_second: string
    rate_requests: number
    revision: number
    revoked_at: Date | null
    updated_at: Date
  }
  authority_changes: {
    changed_at: Date
    changed_in: string
    subject: string
  }
  branches: {
    business_id: string
    code: string
    created_at: Date
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
    name: string
    time_zone: string
    updated_at: Date
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
  membership_tiers: {
    business_id: string
    created_at: Date
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
  }
  revoked_tokens: {
    application_id: string
    expires_at: Date
    id: string
  }
  signing_keys: {
    created_at: Date
    id: string
    private_sealed: Buffer
    public_jwk: unknown
    retired_at: Date | null
  }
}
