// Generated from openapi.console.json by npm run openapi. Do not edit; a test checks it.

/** An exact decimal as text, such as "7.85". */
export type Decimal = string
export type Uuid = string
/** An instant in UTC: "2026-05-11T15:12:59.723Z". */
export type Timestamp = string
/** A calendar day of the business: "2026-05-11". */
export type Day = string
/** One of these words, or one that a later version adds. */
export type Open<Known extends string> = Known | (string & Record<never, never>)
/** The scopes of a token. A member has none. */
export type Granted = string
export type WithScope<G extends Granted, Needed extends string, Fields> = [Needed] extends [G] ? Fields : Partial<Fields>

/** What a sign-in page needs to know. */
export type SignInState = {
  /** Whether anybody can sign in */
  has_members: boolean
  /** The command that makes the first member */
  first_member_command: string
}

/** The result of a sign-in. */
export type SignIn = {
  /** Whether a code must follow (POST /sign-in/code) */
  needs_code: boolean
}

/** An authenticator app that is being set up. */
export type SecondFactor = {
  /** URI to show as a QR code */
  uri: string
  /** Backup codes. Each works once, and they are shown only now */
  backup_codes: string[]
}

/** A passkey of the member. */
export type Passkey = {
  /** Passkey ID */
  id: Uuid
  /** Name */
  name: string
  /** When it was made */
  created_at: Timestamp
  /** When it was last used */
  last_used_at: Timestamp | null
}

/** What a browser needs to make or to use a passkey. */
export type PasskeyOptions = {
  /** Options of WebAuthn */
  options: Record<string, unknown>
}

/** The member who is signed in. */
export type Account = {
  /** Member ID */
  id: Uuid
  /** Name */
  name: string
  /** Email address */
  email: string
  /** Language of the console */
  language: Open<'th' | 'en'>
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** The business of this request */
  business: {
    /** Business ID */
    id: Uuid
    /** Business name */
    name: string
    /** Time zone */
    time_zone: string
    /** Start of the business day */
    day_starts_at: string
    /** Currency */
    currency: string
  }
  /** All businesses of the member */
  businesses: {
    /** Business ID */
    id: Uuid
    /** Business name */
    name: string
    /** Role */
    role: Open<'viewer' | 'admin' | 'owner'>
  }[]
  /** Whether an authenticator app is required */
  has_second_factor: boolean
  /** Until when operations that need a proof of identity work without POST /proof */
  proof_valid_until: Timestamp
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

/** The settings of the business. */
export type BusinessSettings = {
  /** Business name */
  name: string
  /** Time zone */
  time_zone: string
  /** Start of the business day */
  day_starts_at: string
  /** Currency */
  currency: string
  /** Language of new members, and of the pages that customers open by their link */
  language: Open<'th' | 'en'>
  /** Days that the log of requests is kept */
  requests_kept_days: number
  /** How long each kind of data is kept */
  retention: {
    /** Kind of data: records of customers, the event log, deliveries of webhooks, the disclosure ledger, the log of requests, the audit log */
    what: Open<'customers' | 'events' | 'deliveries' | 'ledger' | 'requests' | 'audit'>
    /** Days that it is kept; null: until it is erased */
    days: number | null
  }[]
}

/** A member of the business. */
export type Member = {
  /** Member ID */
  id: Uuid
  /** Name */
  name: string
  /** Email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Whether an authenticator app is required */
  has_second_factor: boolean
  /** When the person became a member */
  created_at: Timestamp
  /** When the member last signed in */
  last_seen_at: Timestamp | null
}

/** An invitation that nobody has accepted yet. */
export type OpenInvitation = {
  /** Invitation ID */
  id: Uuid
  /** Email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Who invites */
  invited_by: string
  /** When it was made */
  created_at: Timestamp
  /** Valid until */
  expires_at: Timestamp
}

/** An invitation with its link. */
export type InvitationWithLink = {
  /** Invitation ID */
  id: Uuid
  /** Email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Who invites */
  invited_by: string
  /** When it was made */
  created_at: Timestamp
  /** Valid until */
  expires_at: Timestamp
  /** The token of the link, shown only now */
  token: string
}

/** An invitation. */
export type Invitation = {
  /** Business name */
  business_name: string
  /** Invited email address */
  email: string
  /** Role */
  role: Open<'viewer' | 'admin' | 'owner'>
  /** Who invites */
  invited_by: string
  /** Valid until */
  expires_at: Timestamp
  /** Whether this address has an account, whose password accepts the invitation */
  has_account: boolean
  /** When it was accepted */
  accepted_at: Timestamp | null
}

/** One act in the audit log. */
export type AuditEntry = {
  /** ID */
  id: Uuid
  /** When */
  created_at: Timestamp
  /** Member ID (null: a command on the server) */
  member_id: Uuid | null
  /** Who */
  actor: string
  /** Address */
  address: string | null
  /** What: the id of the operation, or the command */
  action: string
  /** Type of what was acted on */
  subject_type: string | null
  /** ID of what was acted on */
  subject_id: string | null
  /** Values before */
  before: Record<string, unknown> | null
  /** Values after */
  after: Record<string, unknown> | null
}

/** A scope that can be granted. */
export type GrantableScope = {
  /** Scope */
  scope: string
  /** What it allows, in Thai */
  th: string
  /** What it allows, in English */
  en: string
  /** Kind of application that can have it */
  kind: Open<'partner' | 'pos'>
  /** Whether it shows customers' contact data */
  is_contact_data: boolean
  /** Least role of who grants it */
  least_role: Open<'admin' | 'owner'>
}

/** An application in the list. */
export type ListedApplication = {
  /** Application ID */
  id: Uuid
  /** Name */
  name: string
  /** Whom to ask about it */
  contact: string | null
  /** Kind: partner reads data, pos writes data */
  kind: Open<'partner' | 'pos'>
  /** Client ID */
  client_id: string
  /** Granted scopes */
  scopes: Open<'read:sales' | 'read:products' | 'read:inventory' | 'read:purchasing' | 'read:customers' | 'read:customers:pii' | 'read:reports' | 'read:webhooks' | 'write:ingest'>[]
  /** Branches (null: all, including future ones) */
  branch_ids: Uuid[] | null
  /** Why it reads personal data */
  purpose: string | null
  /** Legal basis */
  legal_basis: string | null
  /** Burst size, in requests */
  rate_requests: number
  /** Requests per second after the burst */
  rate_per_second: Decimal
  /** Days of sales that it can read */
  history_days: number
  /** When it was made */
  created_at: Timestamp
  /** When it was revoked */
  revoked_at: Timestamp | null
  /** Since when it is paused; null if it is not */
  paused_at: Timestamp | null
  /** When it last got a token */
  last_used_at: Timestamp | null
  /** Active secrets */
  secrets: {
    /** Secret ID */
    id: Uuid
    /** First characters of the secret */
    hint: string
    /** When it was made */
    created_at: Timestamp
    /** When it was last used to get a token */
    last_used_at: Timestamp | null
    /** Address that used it last */
    last_used_address: string | null
    /** Whether nothing stops without it: another secret exists, and this one was not used for as long as tokens live */
    is_safe_to_revoke: boolean
  }[]
  /** Requests within a day */
  requests_last_day: number
  /** Failed requests within a day */
  errors_last_day: number
}

/** An application. */
export type Application = {
  /** Application ID */
  id: Uuid
  /** Name */
  name: string
  /** Whom to ask about it */
  contact: string | null
  /** Kind: partner reads data, pos writes data */
  kind: Open<'partner' | 'pos'>
  /** Client ID */
  client_id: string
  /** Granted scopes */
  scopes: Open<'read:sales' | 'read:products' | 'read:inventory' | 'read:purchasing' | 'read:customers' | 'read:customers:pii' | 'read:reports' | 'read:webhooks' | 'write:ingest'>[]
  /** Branches (null: all, including future ones) */
  branch_ids: Uuid[] | null
  /** Why it reads personal data */
  purpose: string | null
  /** Legal basis */
  legal_basis: string | null
  /** Burst size, in requests */
  rate_requests: number
  /** Requests per second after the burst */
  rate_per_second: Decimal
  /** Days of sales that it can read */
  history_days: number
  /** When it was made */
  created_at: Timestamp
  /** When it was revoked */
  revoked_at: Timestamp | null
  /** Since when it is paused; null if it is not */
  paused_at: Timestamp | null
  /** When it last got a token */
  last_used_at: Timestamp | null
  /** Active secrets */
  secrets: {
    /** Secret ID */
    id: Uuid
    /** First characters of the secret */
    hint: string
    /** When it was made */
    created_at: Timestamp
    /** When it was last used to get a token */
    last_used_at: Timestamp | null
    /** Address that used it last */
    last_used_address: string | null
    /** Whether nothing stops without it: another secret exists, and this one was not used for as long as tokens live */
    is_safe_to_revoke: boolean
  }[]
}

/** An application with a new secret. */
export type ApplicationWithSecret = {
  /** Application ID */
  id: Uuid
  /** Name */
  name: string
  /** Whom to ask about it */
  contact: string | null
  /** Kind: partner reads data, pos writes data */
  kind: Open<'partner' | 'pos'>
  /** Client ID */
  client_id: string
  /** Granted scopes */
  scopes: Open<'read:sales' | 'read:products' | 'read:inventory' | 'read:purchasing' | 'read:customers' | 'read:customers:pii' | 'read:reports' | 'read:webhooks' | 'write:ingest'>[]
  /** Branches (null: all, including future ones) */
  branch_ids: Uuid[] | null
  /** Why it reads personal data */
  purpose: string | null
  /** Legal basis */
  legal_basis: string | null
  /** Burst size, in requests */
  rate_requests: number
  /** Requests per second after the burst */
  rate_per_second: Decimal
  /** Days of sales that it can read */
  history_days: number
  /** When it was made */
  created_at: Timestamp
  /** When it was revoked */
  revoked_at: Timestamp | null
  /** Since when it is paused; null if it is not */
  paused_at: Timestamp | null
  /** When it last got a token */
  last_used_at: Timestamp | null
  /** Active secrets */
  secrets: {
    /** Secret ID */
    id: Uuid
    /** First characters of the secret */
    hint: string
    /** When it was made */
    created_at: Timestamp
    /** When it was last used to get a token */
    last_used_at: Timestamp | null
    /** Address that used it last */
    last_used_address: string | null
    /** Whether nothing stops without it: another secret exists, and this one was not used for as long as tokens live */
    is_safe_to_revoke: boolean
  }[]
  /** The secret, shown only now */
  client_secret: string
  /** A command that gets a token */
  curl: string
}

/** What an application with these rights would see. */
export type ApplicationPreview<G extends Granted = never> = {
  /** The three newest customers as the application would see them; empty without the scope */
  customers: Customer<G>[]
  /** What the application could call */
  operations: {
    /** Operation ID */
    id: string
    /** What it does, in Thai */
    th: string
    /** What it does, in English */
    en: string
  }[]
}

/** A customer of the business. Customers belong to the business, not to a branch. */
export type Customer<G extends Granted = never> = {
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

/** What stops when an application is revoked. */
export type Stops = {
  /** When it last got a token */
  last_used_at: Timestamp | null
  /** Webhooks that receive nothing any more */
  webhooks: {
    /** Webhook ID */
    id: Uuid
    /** URL */
    endpoint_url: string
  }[]
}

/** Figures of requests. */
export type Figures = {
  /** Today (one element) */
  today: {
    /** Requests */
    requests: number
    /** Requests that failed */
    errors: number
    /** Requests beyond the rate limit */
    rate_limited: number
    /** Requests that the log does not have */
    unlogged: number
    /** Median duration in milliseconds */
    p50_ms: Decimal | null
    /** 95th percentile of the duration in milliseconds */
    p95_ms: Decimal | null
  }[]
  /** All requested days (one element) */
  total: {
    /** Requests */
    requests: number
    /** Requests that failed */
    errors: number
    /** Requests beyond the rate limit */
    rate_limited: number
    /** Requests that the log does not have */
    unlogged: number
    /** Median duration in milliseconds */
    p50_ms: Decimal | null
    /** 95th percentile of the duration in milliseconds */
    p95_ms: Decimal | null
  }[]
  /** By day */
  days: {
    /** Day in the time zone of the business */
    day: Day
    /** Requests */
    requests: number
    /** Requests that failed */
    errors: number
    /** Requests beyond the rate limit */
    rate_limited: number
    /** Requests that the log does not have */
    unlogged: number
    /** Median duration in milliseconds */
    p50_ms: Decimal | null
    /** 95th percentile of the duration in milliseconds */
    p95_ms: Decimal | null
  }[]
  /** By application, most requests first */
  applications: {
    /** Application ID */
    application_id: Uuid
    /** Name of the application */
    application: string | null
    /** Requests */
    requests: number
    /** Requests that failed */
    errors: number
    /** Requests beyond the rate limit */
    rate_limited: number
    /** Requests that the log does not have */
    unlogged: number
    /** Median duration in milliseconds */
    p50_ms: Decimal | null
    /** 95th percentile of the duration in milliseconds */
    p95_ms: Decimal | null
  }[]
  /** By operation, most requests first */
  operations: {
    /** Operation; empty for unknown paths */
    operation: string
    /** Requests */
    requests: number
    /** Requests that failed */
    errors: number
    /** Requests beyond the rate limit */
    rate_limited: number
    /** Requests that the log does not have */
    unlogged: number
    /** Median duration in milliseconds */
    p50_ms: Decimal | null
    /** 95th percentile of the duration in milliseconds */
    p95_ms: Decimal | null
  }[]
  /** By day and operation; only for a single application */
  operations_by_day: {
    /** Day in the time zone of the business */
    day: Day
    /** Operation; empty for unknown paths */
    operation: string
    /** Requests */
    requests: number
    /** Requests that failed */
    errors: number
  }[]
}

/** Numbers of events and deliveries. */
export type Activity = {
  /** Day in the time zone of the business */
  day: Day
  /** Events */
  events: number
  /** Deliveries of webhooks */
  deliveries: number
  /** Deliveries that have not succeeded */
  undelivered: number
}

/** Something that needs attention. */
export type Attention = {
  /** What it is about */
  kind: Open<'webhook_failing' | 'webhook_stopped' | 'rate_limited' | 'contact_data_unused' | 'secret_unused' | 'secret_old' | 'request_due' | 'log_incomplete' | 'paused_long'>
  /** ID of the application, webhook or request */
  subject_id: Uuid | null
  /** Name of the application, or URL */
  name: string | null
  /** Since when, or when it is due */
  since: Timestamp | null
  /** How often */
  count: number | null
  /** When the first event that waits for a paused application is deleted */
  lost_from: Timestamp | null
}

/** A request of an application. */
export type LoggedRequest = {
  /** ID of the row */
  id: Uuid
  /** When the request arrived */
  created_at: Timestamp
  /** Application ID */
  application_id: Uuid
  /** Name of the application */
  application: string | null
  /** Request ID (X-Request-Id) */
  request_id: string
  /** Operation; null for an unknown path */
  operation: string | null
  /** Method */
  method: string
  /** Path; values that may be personal are * */
  path: string
  /** Parameters, without search texts */
  query: string | null
  /** HTTP status; null if the connection was lost */
  status: number | null
  /** Error code */
  error: string | null
  /** The first mistake, or the missing scope */
  reason: string | null
  /** Duration in milliseconds */
  duration_ms: Decimal
  /** Client address; null for a viewer */
  address: string | null
}

/** What the business has stored. */
export type StoredData = {
  /** By kind of record */
  resources: {
    /** Name in the Ingest API */
    resource: string
    /** Name in Thai */
    th: string
    /** Name in English */
    en: string
    /** Number of records */
    records: number
    /** Whether there are more records than were counted */
    is_more: boolean
    /** By branch; empty if records belong to no branch, or not all were counted */
    branches: {
      /** Branch ID */
      branch_id: Uuid | null
      /** Name of the branch */
      branch: string | null
      /** Number of records */
      records: number
    }[]
  }[]
  /** The newest event */
  last_event_at: Timestamp | null
  /** Type of the newest event */
  last_event_type: string | null
  /** The last batch that was accepted */
  last_ingest_at: Timestamp | null
  /** Application that sent it */
  last_ingest_by: string | null
  /** The last batches that were rejected, newest first */
  refused: {
    /** ID of the row */
    id: Uuid
    /** When the request arrived */
    created_at: Timestamp
    /** Name of the application */
    application: string | null
    /** Operation; null for an unknown path */
    operation: string | null
    /** HTTP status; null if the connection was lost */
    status: number | null
    /** Error code */
    error: string | null
    /** The first mistake, or the missing scope */
    reason: string | null
  }[]
}

/** One disclosure of personal data. */
export type Disclosure = {
  /** Number in the ledger */
  id: string
  /** When */
  created_at: Timestamp
  /** Channel */
  channel: Open<'api' | 'webhook' | 'access' | 'console'>
  /** Class of data: profile or contact */
  class: Open<'profile' | 'contact'>
  /** Application ID */
  application_id: Uuid | null
  /** Name of the application */
  application: string | null
  /** Member ID */
  member_id: Uuid | null
  /** Name of the member */
  member: string | null
  /** Operation; null for webhooks */
  operation: string | null
  /** ID of the request or of the delivery */
  request_id: string
  /** Address of the client, or host of the endpoint */
  address: string | null
  /** Stated purpose */
  purpose: string | null
  /** Number of customers */
  customers: number
  /** Hash of the entry */
  hash: string
}

/** Disclosures as a CSV file. */
export type DisclosureFile = {
  /** Content of the file (UTF-8) */
  csv: string
  /** Number of rows */
  rows: number
  /** Whether it has every entry that matches */
  is_complete: boolean
}

/** A signed statement of where the ledger ends. */
export type LedgerCheckpoint = {
  /** Number of the last entry */
  sequence: number
  /** Its hash */
  hash: string
  /** Its time */
  at: Timestamp
  /** The statement; keep it away from the server */
  statement: string
  /** The public key that verifies it */
  public_key: Record<string, unknown>
}

/** The result of a verification. */
export type LedgerVerification = {
  /** Number of entries that were read */
  entries: number
  /** First number */
  first: number | null
  /** Last number */
  last: number | null
  /** The first thing that does not fit */
  fault: string | null
  /** What could not be compared */
  unknown: string[]
}

/** Who a customer is. */
export type CustomerName = {
  /** Customer ID */
  id: Uuid
  /** Customer code */
  customer_code: string
  /** Full name */
  full_name: string
}

/** A request of a person about their data. */
export type RightsRequest = {
  /** Request ID */
  id: Uuid
  /** Kind */
  kind: Open<'access' | 'erasure' | 'rectification' | 'objection'>
  /** Customer ID */
  customer_id: Uuid
  /** When it was received */
  received_at: Timestamp
  /** How it arrived */
  received_by: string
  /** Deadline */
  due_at: Timestamp
  /** State */
  state: Open<'OPEN' | 'DONE' | 'REFUSED'>
  /** Who handled it */
  handled_by: string | null
  /** Why it was refused */
  reason: string | null
  /** When it was closed */
  closed_at: Timestamp | null
}

/** The access document of a person. */
export type AccessPaper = {
  /** Its content as JSON */
  document: Record<string, unknown>
  /** A page for printing */
  html: string
}

/** The certificate of an erasure. */
export type ErasureCertificate = {
  /** Customer ID */
  customer_id: Uuid
  /** Reason */
  reason: string
  /** Who erased */
  erased_by: string
  /** When */
  erased_at: Timestamp
  /** Whether every recipient knows */
  is_complete: boolean
  /** Applications that had received the data */
  recipients: {
    /** Application ID */
    application_id: Uuid
    /** Name of the application */
    application: string | null
    /** Client ID */
    client_id: string | null
    /** Whom to ask about it */
    contact: string | null
    /** When the application was revoked */
    revoked_at: Timestamp | null
    /** Class of data: profile or contact */
    class: Open<'profile' | 'contact'>
    /** How often it had received the data */
    times: number
    /** Whether it was told */
    state: Open<'answered' | 'read' | 'sent' | 'not_reached'>
  }[]
  /** The signed certificate */
  statement: string
  /** Times of which it is unknown who received the data, because a restore from a backup lost the record */
  unknown_spans: {
    /** From */
    from: Timestamp
    /** Until */
    to: Timestamp
  }[]
}

/** A link with which a person sees who received their data. */
export type PersonLink = {
  /** Link ID */
  id: Uuid
  /** Customer ID */
  customer_id: Uuid
  /** Who made it */
  created_by: string
  /** When it was made */
  created_at: Timestamp
  /** Valid until */
  expires_at: Timestamp
  /** When it was revoked */
  revoked_at: Timestamp | null
}

/** A link with its URL. */
export type PersonLinkWithUrl = {
  /** Link ID */
  id: Uuid
  /** Customer ID */
  customer_id: Uuid
  /** Who made it */
  created_by: string
  /** When it was made */
  created_at: Timestamp
  /** Valid until */
  expires_at: Timestamp
  /** When it was revoked */
  revoked_at: Timestamp | null
  /** The URL, shown only now */
  url: string
}

/** The record of processing activities. */
export type ProcessingPaper = {
  /** Its content as JSON */
  record: Record<string, unknown>
  /** A page for printing */
  html: string
}

/** A webhook of an application. */
export type ConsoleWebhook = {
  /** Webhook ID */
  id: Uuid
  /** Application ID */
  application_id: Uuid
  /** Name of the application */
  application: string | null
  /** The status in words, in Thai */
  status_th: string
  /** The status in words, in English */
  status_en: string
  /** Whether nothing is sent because the application is paused */
  is_suspended: boolean
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

/** What a delivery would contain now. */
export type DeliveryContent = {
  /** The body as it would be sent now */
  body: Record<string, unknown>
}

/** The range of the event log that is replayed. */
export type WebhookReplay = {
  /** First position of the replay */
  from_position: number
  /** Last position of the replay */
  to_position: number
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

/** The result of a check or of an import. */
export type ImportOutcome = {
  /** Import ID */
  id: Uuid
  /** Resource */
  resource: Open<'customers' | 'products'>
  /** Rows that were read */
  rows: number
  /** New records */
  created: number
  /** Changed records */
  updated: number
  /** Records that stay as they are */
  unchanged: number
  /** Records of which a newer version is stored */
  stale: number
  /** Rows that are not imported */
  rejected: number
  /** Encoding of the file */
  encoding: Open<'utf-8' | 'windows-874' | 'utf-16le' | 'utf-16be'> | null
  /** Separator of the columns */
  separator: string | null
  /** The header row */
  header: string | null
  /** The first rows as they were understood */
  sample: {
    /** Line */
    line: number
    /** Values of the row */
    values: {
      /** Field */
      field: string
      /** Value */
      value: string
    }[]
  }[]
  /** The first rows that are not imported */
  mistakes: {
    /** Line */
    line: number
    /** Reasons */
    reasons: string[]
    /** The row as it is in the file */
    row: string
  }[]
  /** Why the file cannot be read any further */
  file_mistake: string | null
  /** What the member must say about the file */
  asks: Open<'encoding' | 'taxes' | 'dates'> | null
}

/** One import. */
export type Import = {
  /** Import ID */
  id: Uuid
  /** Resource */
  resource: Open<'customers' | 'products'>
  /** Whether it only checked the file */
  is_check: boolean
  /** Who imported */
  actor: string
  /** When it began */
  started_at: Timestamp
  /** Size of the file */
  bytes: number
  /** Bytes that were read */
  read_bytes: number
  /** Rows that were read */
  rows: number
  /** New records */
  created: number
  /** Changed records */
  updated: number
  /** Records that stay as they are */
  unchanged: number
  /** Records of which a newer version is stored */
  stale: number
  /** Rows that are not imported */
  rejected: number
  /** State */
  state: Open<'RUNNING' | 'DONE' | 'STOPPED'>
}

/** A file to fill in. */
export type ImportTemplate = {
  /** Content of the file (UTF-8) */
  csv: string
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

/** One error in a request. */
export type Detail = {
  /** Parameter or field with the error */
  field: string
  /** The problem, or the allowed values */
  message: string
}

/** What each operation takes and returns. */
export type Calls = {
  'console.sign_in.state': { input: Record<never, never>; shape: 'one'; answer: SignInState }
  'console.sign_in': { input: { 'email': string; 'password': string }; shape: 'one'; answer: SignIn }
  'console.sign_in.code': { input: { 'code': string }; shape: 'one'; answer: SignIn }
  'console.sign_out': { input: Record<never, never>; shape: 'empty'; answer: null }
  'console.password.choose': { input: { 'token': string; 'password': string }; shape: 'empty'; answer: null }
  'console.password.change': { input: { 'current_password': string; 'new_password': string }; shape: 'empty'; answer: null }
  'console.proof': { input: { 'password': string }; shape: 'empty'; answer: null }
  'console.second_factor.set_up': { input: { 'password': string }; shape: 'one'; answer: SecondFactor }
  'console.second_factor.confirm': { input: { 'code': string }; shape: 'empty'; answer: null }
  'console.second_factor.remove': { input: { 'password': string }; shape: 'empty'; answer: null }
  'console.passkeys.list': { input: Record<never, never>; shape: 'list'; answer: Passkey }
  'console.passkeys.create': { input: { 'name': string; 'answer': string }; shape: 'one'; answer: Passkey }
  'console.passkeys.options': { input: Record<never, never>; shape: 'one'; answer: PasskeyOptions }
  'console.passkeys.delete': { input: { 'id': Uuid }; shape: 'empty'; answer: null }
  'console.sign_in.passkey_options': { input: Record<never, never>; shape: 'one'; answer: PasskeyOptions }
  'console.sign_in.passkey': { input: { 'answer': string }; shape: 'empty'; answer: null }
  'console.proof.passkey_options': { input: Record<never, never>; shape: 'one'; answer: PasskeyOptions }
  'console.proof.passkey': { input: { 'answer': string }; shape: 'empty'; answer: null }
  'console.me.get': { input: Record<never, never>; shape: 'one'; answer: Account }
  'console.me.update': { input: { 'name'?: string | undefined; 'language'?: 'th' | 'en' | undefined; 'business_id'?: string | undefined }; shape: 'empty'; answer: null }
  'console.branches.list': { input: Record<never, never>; shape: 'list'; answer: Branch }
  'console.business.get': { input: Record<never, never>; shape: 'one'; answer: BusinessSettings }
  'console.business.update': { input: { 'name'?: string | undefined; 'language'?: 'th' | 'en' | undefined; 'requests_kept_days'?: number | undefined }; shape: 'empty'; answer: null }
  'console.members.list': { input: Record<never, never>; shape: 'list'; answer: Member }
  'console.members.update': { input: { 'id': Uuid; 'role': 'viewer' | 'admin' | 'owner' }; shape: 'empty'; answer: null }
  'console.members.remove': { input: { 'id': Uuid }; shape: 'empty'; answer: null }
  'console.invitations.list': { input: Record<never, never>; shape: 'list'; answer: OpenInvitation }
  'console.invitations.create': { input: { 'email': string; 'role': 'viewer' | 'admin' | 'owner' }; shape: 'one'; answer: InvitationWithLink }
  'console.invitations.withdraw': { input: { 'id': Uuid }; shape: 'empty'; answer: null }
  'console.invitations.get': { input: { 'token': string }; shape: 'one'; answer: Invitation }
  'console.invitations.accept': { input: { 'token': string; 'name': string; 'password': string }; shape: 'empty'; answer: null }
  'console.audit_log.list': { input: { 'member_id'?: Uuid | undefined; 'action'?: string | undefined; 'subject_id'?: string | undefined; 'limit'?: number | undefined; 'cursor'?: string | undefined }; shape: 'page'; answer: AuditEntry }
  'console.scopes.list': { input: Record<never, never>; shape: 'list'; answer: GrantableScope }
  'console.applications.list': { input: Record<never, never>; shape: 'list'; answer: ListedApplication }
  'console.applications.create': { input: { 'name': string; 'kind'?: 'partner' | 'pos' | undefined; 'contact'?: string | undefined; 'purpose'?: string | undefined; 'legal_basis'?: string | undefined; 'scopes': ('read:sales' | 'read:products' | 'read:inventory' | 'read:purchasing' | 'read:customers' | 'read:customers:pii' | 'read:reports' | 'read:webhooks' | 'write:ingest')[]; 'branch_ids': Uuid[] | null; 'history_days'?: number | undefined; 'rate_requests'?: number | undefined; 'rate_per_second'?: number | undefined }; shape: 'one'; answer: ApplicationWithSecret }
  'console.applications.get': { input: { 'id': Uuid }; shape: 'one'; answer: Application }
  'console.applications.update': { input: { 'id': Uuid; 'name'?: string | undefined; 'contact'?: string | null | undefined; 'purpose'?: string | null | undefined; 'legal_basis'?: string | null | undefined; 'scopes'?: ('read:sales' | 'read:products' | 'read:inventory' | 'read:purchasing' | 'read:customers' | 'read:customers:pii' | 'read:reports' | 'read:webhooks' | 'write:ingest')[] | undefined; 'branch_ids'?: Uuid[] | null | undefined; 'history_days'?: number | undefined; 'rate_requests'?: number | undefined; 'rate_per_second'?: number | undefined }; shape: 'one'; answer: Application }
  'console.applications.revoke': { input: { 'id': Uuid }; shape: 'one'; answer: Application }
  'console.applications.preview': { input: { 'scopes': ('read:sales' | 'read:products' | 'read:inventory' | 'read:purchasing' | 'read:customers' | 'read:customers:pii' | 'read:reports' | 'read:webhooks' | 'write:ingest')[]; 'branch_ids': Uuid[] | null }; shape: 'one'; answer: ApplicationPreview }
  'console.applications.add_secret': { input: { 'id': Uuid }; shape: 'one'; answer: ApplicationWithSecret }
  'console.applications.revoke_secret': { input: { 'id': Uuid; 'secret_id': Uuid }; shape: 'one'; answer: Application }
  'console.applications.stops': { input: { 'id': Uuid }; shape: 'one'; answer: Stops }
  'console.applications.pause': { input: { 'id': Uuid }; shape: 'one'; answer: Application }
  'console.applications.resume': { input: { 'id': Uuid }; shape: 'one'; answer: Application }
  'console.figures.get': { input: { 'days'?: number | undefined; 'application_id'?: Uuid | undefined }; shape: 'one'; answer: Figures }
  'console.activity.list': { input: { 'days'?: number | undefined }; shape: 'list'; answer: Activity }
  'console.attention.list': { input: Record<never, never>; shape: 'list'; answer: Attention }
  'console.requests.list': { input: { 'application_id'?: Uuid | undefined; 'operation'?: string | undefined; 'status'?: 'ok' | 'partly' | 'rejected' | 'error' | 'client_error' | 'server_error' | 'rate_limited' | 'lost' | undefined; 'request_id'?: string | undefined; 'from'?: Day | undefined; 'to'?: Day | undefined; 'limit'?: number | undefined; 'cursor'?: string | undefined }; shape: 'page'; answer: LoggedRequest }
  'console.requests.get': { input: { 'id': Uuid }; shape: 'one'; answer: LoggedRequest }
  'console.data.get': { input: Record<never, never>; shape: 'one'; answer: StoredData }
  'console.disclosures.list': { input: { 'application_id'?: Uuid | undefined; 'member_id'?: Uuid | undefined; 'class'?: 'profile' | 'contact' | undefined; 'from'?: Day | undefined; 'to'?: Day | undefined; 'limit'?: number | undefined; 'cursor'?: string | undefined }; shape: 'page'; answer: Disclosure }
  'console.disclosures.of_customer': { input: { 'id': Uuid; 'application_id'?: Uuid | undefined; 'member_id'?: Uuid | undefined; 'class'?: 'profile' | 'contact' | undefined; 'from'?: Day | undefined; 'to'?: Day | undefined; 'limit'?: number | undefined; 'cursor'?: string | undefined }; shape: 'page'; answer: Disclosure }
  'console.disclosures.export': { input: { 'application_id'?: Uuid | undefined; 'member_id'?: Uuid | undefined; 'class'?: 'profile' | 'contact' | undefined; 'from'?: Day | undefined; 'to'?: Day | undefined }; shape: 'one'; answer: DisclosureFile }
  'console.ledger.checkpoint': { input: Record<never, never>; shape: 'one'; answer: LedgerCheckpoint }
  'console.ledger.verify': { input: { 'receipt'?: string | undefined }; shape: 'one'; answer: LedgerVerification }
  'console.customers.list': { input: { 'q'?: string | undefined; 'customer_code'?: string | undefined; 'phone'?: string | undefined; 'email'?: string | undefined; 'limit'?: number | undefined; 'cursor'?: string | undefined }; shape: 'page'; answer: Customer }
  'console.customers.name': { input: { 'id': Uuid }; shape: 'one'; answer: CustomerName }
  'console.rights_requests.list': { input: { 'state'?: 'open' | 'all' | undefined }; shape: 'list'; answer: RightsRequest }
  'console.rights_requests.create': { input: { 'kind': 'access' | 'erasure' | 'rectification' | 'objection'; 'customer_id': Uuid; 'received_at': Timestamp; 'received_by': string }; shape: 'one'; answer: RightsRequest }
  'console.rights_requests.close': { input: { 'id': Uuid; 'refusal_reason'?: string | undefined }; shape: 'one'; answer: RightsRequest }
  'console.access_document': { input: { 'id': Uuid; 'language': 'th' | 'en' }; shape: 'one'; answer: AccessPaper }
  'console.customers.erase': { input: { 'id': Uuid; 'reason': string }; shape: 'one'; answer: ErasureCertificate }
  'console.erasures.get': { input: { 'id': Uuid }; shape: 'one'; answer: ErasureCertificate }
  'console.person_links.list': { input: { 'customer_id'?: Uuid | undefined; 'state'?: 'active' | 'all' | undefined }; shape: 'list'; answer: PersonLink }
  'console.person_links.create': { input: { 'id': Uuid; 'days': number }; shape: 'one'; answer: PersonLinkWithUrl }
  'console.person_links.revoke': { input: { 'id': Uuid }; shape: 'empty'; answer: null }
  'console.processing_record': { input: { 'language': 'th' | 'en' }; shape: 'one'; answer: ProcessingPaper }
  'console.webhooks.list': { input: Record<never, never>; shape: 'list'; answer: ConsoleWebhook }
  'console.webhooks.deliveries': { input: { 'id': Uuid; 'status'?: 'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD' | undefined; 'event_type'?: 'sale.created' | 'sale.updated' | 'sale.refunded' | 'sale.voided' | 'sale.deleted' | 'customer.created' | 'customer.updated' | 'customer.deleted' | 'consent.changed' | 'product.created' | 'product.updated' | 'product.deleted' | 'branch_price.changed' | 'inventory.changed' | 'inventory.out_of_stock' | 'stock_movement.created' | 'purchase_order.created' | 'purchase_order.updated' | 'purchase_order.received' | 'purchase_order.deleted' | 'supplier.created' | 'supplier.updated' | 'supplier.deleted' | undefined; 'limit'?: number | undefined; 'cursor'?: string | undefined }; shape: 'page'; answer: WebhookDelivery }
  'console.webhooks.delivery_content': { input: { 'id': Uuid; 'delivery_id': Uuid }; shape: 'one'; answer: DeliveryContent }
  'console.webhooks.update': { input: { 'id': Uuid; 'status': 'ACTIVE' | 'PAUSED' }; shape: 'empty'; answer: null }
  'console.webhooks.redeliver': { input: { 'id': Uuid; 'delivery_id': Uuid }; shape: 'one'; answer: WebhookDelivery }
  'console.webhooks.replay': { input: { 'id': Uuid; 'from_time': Timestamp }; shape: 'one'; answer: WebhookReplay }
  'console.webhooks.ping': { input: { 'id': Uuid }; shape: 'one'; answer: WebhookPing }
  'console.imports.check': { input: { 'resource': 'customers' | 'products'; 'id': Uuid; 'changed_at'?: string | undefined; 'program'?: 'loyverse' | 'square' | 'storehub' | undefined; 'encoding'?: 'utf-8' | 'windows-874' | 'utf-16le' | 'utf-16be' | undefined; 'taxes'?: 'included' | 'added' | undefined; 'dates'?: 'dmy' | 'mdy' | undefined; 'file': Blob }; shape: 'one'; answer: ImportOutcome }
  'console.imports.create': { input: { 'resource': 'customers' | 'products'; 'id': Uuid; 'changed_at'?: string | undefined; 'program'?: 'loyverse' | 'square' | 'storehub' | undefined; 'encoding'?: 'utf-8' | 'windows-874' | 'utf-16le' | 'utf-16be' | undefined; 'taxes'?: 'included' | 'added' | undefined; 'dates'?: 'dmy' | 'mdy' | undefined; 'file': Blob }; shape: 'one'; answer: ImportOutcome }
  'console.imports.list': { input: Record<never, never>; shape: 'list'; answer: Import }
  'console.imports.get': { input: { 'id': Uuid }; shape: 'one'; answer: Import }
  'console.imports.template': { input: { 'resource': 'customers' | 'products'; 'language': 'th' | 'en' }; shape: 'one'; answer: ImportTemplate }
}

/** Method and path of each operation, and whether its body is a file. */
export const CALLS: Record<keyof Calls, readonly [method: string, path: string, body?: 'file']> = {
  'console.sign_in.state': ['GET', '/api/console/v1/sign-in'],
  'console.sign_in': ['POST', '/api/console/v1/sign-in'],
  'console.sign_in.code': ['POST', '/api/console/v1/sign-in/code'],
  'console.sign_out': ['POST', '/api/console/v1/sign-out'],
  'console.password.choose': ['POST', '/api/console/v1/password'],
  'console.password.change': ['PATCH', '/api/console/v1/password'],
  'console.proof': ['POST', '/api/console/v1/proof'],
  'console.second_factor.set_up': ['POST', '/api/console/v1/second-factor'],
  'console.second_factor.confirm': ['POST', '/api/console/v1/second-factor/confirm'],
  'console.second_factor.remove': ['POST', '/api/console/v1/second-factor/remove'],
  'console.passkeys.list': ['GET', '/api/console/v1/passkeys'],
  'console.passkeys.create': ['POST', '/api/console/v1/passkeys'],
  'console.passkeys.options': ['POST', '/api/console/v1/passkey-options'],
  'console.passkeys.delete': ['DELETE', '/api/console/v1/passkeys/{id}'],
  'console.sign_in.passkey_options': ['POST', '/api/console/v1/sign-in/passkey-options'],
  'console.sign_in.passkey': ['POST', '/api/console/v1/sign-in/passkey'],
  'console.proof.passkey_options': ['POST', '/api/console/v1/proof/passkey-options'],
  'console.proof.passkey': ['POST', '/api/console/v1/proof/passkey'],
  'console.me.get': ['GET', '/api/console/v1/me'],
  'console.me.update': ['PATCH', '/api/console/v1/me'],
  'console.branches.list': ['GET', '/api/console/v1/branches'],
  'console.business.get': ['GET', '/api/console/v1/business'],
  'console.business.update': ['PATCH', '/api/console/v1/business'],
  'console.members.list': ['GET', '/api/console/v1/members'],
  'console.members.update': ['PATCH', '/api/console/v1/members/{id}'],
  'console.members.remove': ['DELETE', '/api/console/v1/members/{id}'],
  'console.invitations.list': ['GET', '/api/console/v1/invitations'],
  'console.invitations.create': ['POST', '/api/console/v1/invitations'],
  'console.invitations.withdraw': ['DELETE', '/api/console/v1/invitations/{id}'],
  'console.invitations.get': ['POST', '/api/console/v1/invitation'],
  'console.invitations.accept': ['POST', '/api/console/v1/invitation/accept'],
  'console.audit_log.list': ['GET', '/api/console/v1/audit-log'],
  'console.scopes.list': ['GET', '/api/console/v1/scopes'],
  'console.applications.list': ['GET', '/api/console/v1/applications'],
  'console.applications.create': ['POST', '/api/console/v1/applications'],
  'console.applications.get': ['GET', '/api/console/v1/applications/{id}'],
  'console.applications.update': ['PATCH', '/api/console/v1/applications/{id}'],
  'console.applications.revoke': ['DELETE', '/api/console/v1/applications/{id}'],
  'console.applications.preview': ['POST', '/api/console/v1/application-preview'],
  'console.applications.add_secret': ['POST', '/api/console/v1/applications/{id}/secrets'],
  'console.applications.revoke_secret': ['DELETE', '/api/console/v1/applications/{id}/secrets/{secret_id}'],
  'console.applications.stops': ['GET', '/api/console/v1/applications/{id}/stops'],
  'console.applications.pause': ['POST', '/api/console/v1/applications/{id}/pause'],
  'console.applications.resume': ['POST', '/api/console/v1/applications/{id}/resume'],
  'console.figures.get': ['GET', '/api/console/v1/figures'],
  'console.activity.list': ['GET', '/api/console/v1/activity'],
  'console.attention.list': ['GET', '/api/console/v1/attention'],
  'console.requests.list': ['GET', '/api/console/v1/requests'],
  'console.requests.get': ['GET', '/api/console/v1/requests/{id}'],
  'console.data.get': ['GET', '/api/console/v1/data'],
  'console.disclosures.list': ['GET', '/api/console/v1/disclosures'],
  'console.disclosures.of_customer': ['GET', '/api/console/v1/customers/{id}/disclosures'],
  'console.disclosures.export': ['GET', '/api/console/v1/disclosures/export'],
  'console.ledger.checkpoint': ['POST', '/api/console/v1/ledger/checkpoint'],
  'console.ledger.verify': ['POST', '/api/console/v1/ledger/verify'],
  'console.customers.list': ['GET', '/api/console/v1/customers'],
  'console.customers.name': ['GET', '/api/console/v1/customers/{id}/name'],
  'console.rights_requests.list': ['GET', '/api/console/v1/rights-requests'],
  'console.rights_requests.create': ['POST', '/api/console/v1/rights-requests'],
  'console.rights_requests.close': ['POST', '/api/console/v1/rights-requests/{id}/close'],
  'console.access_document': ['POST', '/api/console/v1/customers/{id}/access-document'],
  'console.customers.erase': ['POST', '/api/console/v1/customers/{id}/erase'],
  'console.erasures.get': ['GET', '/api/console/v1/erasures/{id}'],
  'console.person_links.list': ['GET', '/api/console/v1/person-links'],
  'console.person_links.create': ['POST', '/api/console/v1/customers/{id}/links'],
  'console.person_links.revoke': ['DELETE', '/api/console/v1/person-links/{id}'],
  'console.processing_record': ['GET', '/api/console/v1/processing-record'],
  'console.webhooks.list': ['GET', '/api/console/v1/webhooks'],
  'console.webhooks.deliveries': ['GET', '/api/console/v1/webhooks/{id}/deliveries'],
  'console.webhooks.delivery_content': ['GET', '/api/console/v1/webhooks/{id}/deliveries/{delivery_id}/content'],
  'console.webhooks.update': ['PATCH', '/api/console/v1/webhooks/{id}'],
  'console.webhooks.redeliver': ['POST', '/api/console/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver'],
  'console.webhooks.replay': ['POST', '/api/console/v1/webhooks/{id}/replay'],
  'console.webhooks.ping': ['POST', '/api/console/v1/webhooks/{id}/ping'],
  'console.imports.check': ['POST', '/api/console/v1/import-checks', 'file'],
  'console.imports.create': ['POST', '/api/console/v1/imports', 'file'],
  'console.imports.list': ['GET', '/api/console/v1/imports'],
  'console.imports.get': ['GET', '/api/console/v1/imports/{id}'],
  'console.imports.template': ['GET', '/api/console/v1/import-template'],
}
