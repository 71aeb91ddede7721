// Limits that partners or operators can notice, with reasons. Other constants are in the files that use them.

const KiB = 1024
const second = 1000

/** Rows per page of a list: the default and the maximum (the page "List Customers"). */
export const PAGE_LIMIT_DEFAULT = 50
export const PAGE_LIMIT_MAX = 200

/** Years of the times and dates that are sent: from this one to two years from now. */
export const YEAR_MIN = 1900
export const YEARS_AHEAD_MAX = 2

/** Code points of a search text, before normalisation. The page "List Customers" says 1–255. */
export const SEARCH_MAX_LENGTH = 255

/** A sealed cursor contains the filters of its list, and must fit into a URL. */
export const CURSOR_MAX_BYTES = 4 * KiB

/** All filters of a list together, as JSON, so that they fit into a cursor. Enough for 50 branches and an order number. */
export const FILTERS_MAX_BYTES = 2900

/** Values of a branch filter. A client that needs more should use a token for all branches. */
export const BRANCH_FILTER_MAX = 50

/** Ids of a list request: as many as rows on the largest page. The request line then fits into 8 KiB, as proxies require. */
export const IDS_MAX = PAGE_LIMIT_MAX

/**
 * URL and headers together. Enough for the longest valid query: a 4 KiB cursor and a fully escaped `q` of 255 characters.
 */
export const HEADERS_MAX_BYTES = 24 * KiB

/** The default limit of a request body: forms and small JSON objects. */
export const BODY_MAX_BYTES = 64 * KiB

/** Our access tokens are under 1 KiB. Longer ones are rejected without parsing. */
export const TOKEN_MAX_BYTES = 4 * KiB

/** Lifetime of an access token, which partners see as `expires_in`. */
export const TOKEN_LIFETIME_S = 3600

/** Verified tokens and grants in the cache of a process, about 1 KiB each. */
export const TOKENS_REMEMBERED_MAX = 20_000
export const GRANTS_REMEMBERED_MAX = 20_000

/** Withdrawn rights must end everywhere within 2 s: each process reads the changes this often … */
export const AUTHORITY_POLL_MS = 500
/** … and ignores its cache if it could not read changes for this long. */
export const AUTHORITY_STALE_MS = 1500
/** Changes are deleted after this time. Every process reads them within AUTHORITY_STALE_MS or clears its cache. */
export const AUTHORITY_KEEP_S = 3600

/** Shortest time between loads of the signing keys because of unknown key ids, which anyone can invent. */
export const KEYS_REREAD_MS = 100

/** Live secrets of an application: two, so that a partner can rotate without an outage. */
export const LIVE_SECRETS_MAX = 2

/** Default rate limit of an application: the burst, and the requests per second after it. */
export const RATE_REQUESTS = 100
export const RATE_PER_SECOND = 10

/** Days of past sales that an application reads by default. Partners keep a copy; owners can grant more. */
export const HISTORY_DAYS = 30

/** Clients that one statement looks up. More requests never run at once, so concurrent guesses need one statement. */
export const CLIENTS_LOOKED_UP_MAX = 200

/** Requests with wrong client credentials from one address before 429: the burst, and the requests per second after it. */
export const GUESSES_AT_ONCE = 100
export const GUESSES_BACK_PER_SECOND = 1

/** Token buckets in memory. Evicting the least recently used one resets it to full, which harms no client. */
export const BUCKETS_MAX = 100_000

/** Time within which a request must arrive. Connections of slower clients are closed. */
export const REQUEST_TIMEOUT_MS = 30 * second
export const HEADERS_TIMEOUT_MS = 10 * second
/** How often a process checks for late requests, and so the maximum delay of the timeouts above. */
export const LATE_REQUESTS_CHECKED_MS = second
export const KEEP_ALIVE_MS = 65 * second

/** Timeout of a statement. A list page takes a millisecond, so only an overloaded database reaches it. */
export const STATEMENT_TIMEOUT_MS = 10 * second
/** How long a writer waits for a lock on rows or on the log before 503. */
export const LOCK_TIMEOUT_MS = 5 * second
/** Timeout for connecting to the database, before 503. */
export const CONNECT_TIMEOUT_S = 5
/** On a cluster: how long a process remembers the node of a business. Any node gives the same rows, so this may be out of date. */
export const NODE_KNOWN_MS = 30 * second
/** Timeout for connecting to such a node. If it cannot be reached, reads go through the coordinator for this long. */
export const NODE_CONNECT_TIMEOUT_MS = second
export const NODE_RESTS_MS = 5 * second
/** How often a process checks whether the nodes of a cluster answer, how long it waits, and how often it lists them. */
export const NODES_CHECKED_MS = second
export const NODE_ANSWERS_MS = 1.5 * second
export const NODES_LISTED_MS = 10 * second
/** Delay before a lost database connection is opened again. Waiting requests are then served, or get a 503. */
export const RECONNECT_AFTER_S = 0.2

/** A connection without traffic for this long is closed, even in the middle of a response. */
export const SOCKET_IDLE_MS = 30 * second

/** Open connections per process. Beyond it, a new connection replaces the one that has waited longest for its client. */
export const CONNECTIONS_MAX = 2000
/** Open connections per address, except trusted proxies and this machine: more than any real client opens. */
export const CONNECTIONS_OF_ADDRESS_MAX = 500

/** How long a request waits for admission before 503 (http/request_class.ts defines the classes). */
export const ADMISSION_WAIT_MS = second
/** The same for costly requests, which can queue behind slow ones. */
export const COSTLY_WAIT_MS = 2 * second
/**
 * Longest pause between two costly requests or batches of one application while others are active. A pause is as long as the
 * request was, which leaves half of the time to others. The maximum keeps imports, whose batches take seconds, fast.
 */
export const PAUSE_MAX_MS = 500
/** Waiting requests per class of one application, or of one address without a token: as many as its connections. */
export const WAITING_OF_ONE_MAX = CONNECTIONS_OF_ADDRESS_MAX
/** A list of more branches than this is merged from many parts, so it counts as costly. */
export const BRANCHES_COSTLY = 5

/** Responses with 429 that are sent without delay: the burst, and the number per second after it. Others are delayed. */
export const REJECTIONS_AT_ONCE = 200
export const REJECTIONS_PER_SECOND = 20
export const REJECTION_DELAY_MS = second

/** Bytes of responses that clients have not read yet, per application and in total. Beyond it, further requests wait. */
export const RESPONSES_HELD_OF_ONE_MAX_BYTES = 16 * KiB * KiB
export const RESPONSES_HELD_MAX_BYTES = 128 * KiB * KiB
/** A client must read a response within the grace period plus its size at this rate, or its connection is closed. */
export const RESPONSE_GRACE_MS = 20 * second
export const RESPONSE_MIN_BYTES_PER_S = 16 * KiB

/** Bodies of this size are compressed for clients that accept it. Shorter ones fit into a few packets. */
export const COMPRESSED_FROM_BYTES = 4 * KiB
/** Responses that a process compresses at once: half of the threads that Node.js has for this and other work. */
export const COMPRESSIONS_AT_ONCE = 2
/** How long a response waits for its compression before it is sent without. */
export const COMPRESSION_WAIT_MS = 100

/** Longest pause in a request body. After the same grace period, the body must arrive at this average rate. */
export const BODY_GRACE_MS = 5 * second
export const BODY_MIN_BYTES_PER_S = 16 * KiB

/** A sender counts as active for this long after a request, and at most three times as long (http/activity.ts). */
export const ACTIVE_MS = second

/** Bytes of request bodies that a process receives in one turn of the event loop. Takes a fraction of a millisecond. */
export const RECEIVED_PER_TURN_BYTES = 256 * KiB
/**
 * Bytes of bodies that one application may send at once, and per second after that, while others are active: the largest
 * batch. A process reads records more slowly than this rate.
 */
export const BODY_BURST_BYTES = 16 * KiB * KiB
export const BODY_BYTES_PER_S = 16 * KiB * KiB
/** The rest of a rejected body that is still received, so that the connection can be used again. */
export const BODY_REST_MAX_BYTES = 64 * KiB
/** How long and how much a client can still send of a rejected body, so that it reads the response before it is cut off. */
export const LINGER_MS = 2 * second
export const LINGER_MAX_BYTES = 16 * KiB * KiB

/** How often a process checks whether other processes serve too (http/rate_limit/siblings.ts). */
export const SIBLINGS_POLL_MS = 2 * second

/** Log lines are written in pieces of this size, and after this time at the latest. */
export const LOG_PIECE_BYTES = 4 * KiB
export const LOG_FLUSH_MS = 100
/** Log lines in memory while standard output cannot be written: about 50,000. Later lines are dropped. */
export const LOG_HELD_MAX_BYTES = 16 * KiB * KiB

/** Maximum of `talad serve --processes`. */
export const PROCESSES_MAX = 64

/**
 * Database connections of one server process: four for reading, three for costly reads, two for control (rights, rate
 * limits, readiness), three for writing, one for the disclosure ledger, one that listens for notifications. More than the cores can
 * serve makes everything slower (docs/performance.md). db/connection/capacity.ts distributes a different number.
 */
export const DATABASE_CONNECTIONS = 14
/**
 * Minimum: three for costly reads, three for writing (WRITING_MAX batches and one more statement), one of each other kind.
 */
export const DATABASE_CONNECTIONS_MIN = 9
export const DATABASE_CONNECTIONS_MAX = 200
/** Connections for costly reads (searches, lists of many branches, reports): one for each concurrent costly request. */
export const SEARCH_CONNECTIONS = 2
/** After the database refuses a connection because it has too many, a process waits this long before the next attempt. */
export const FULL_FOR_MS = second
/** How often the driver's list of idle connections, which would grow for ever, is emptied (db/database.ts). */
export const POOL_EMPTIED_MS = 30 * second

/** How long running requests can continue after SIGTERM. */
export const SHUTDOWN_MS = 20 * second

/** Rows scanned in list order before a search or a range of days uses its index (rows/pages.ts explains why). */
export const SEARCH_WINDOW_ROWS = 4000
/** Search candidates read from one slice of time. If a slice has more, the search scans the list (rows/search.ts). */
export const SEARCH_CANDIDATES_MAX = 2000

/** Decimal places of amounts, and of quantities, unit prices and unit costs. */
export const AMOUNT_PLACES = 2
export const UNIT_PLACES = 6
/** Digits of a decimal before the point: more than any amount of money needs, and exact in every database. */
export const WHOLE_DIGITS_MAX = 15

/** Characters of a sent text: names and codes, some of which are indexed; and descriptions, notes and addresses. */
export const TEXT_MAX_LENGTH = 255
export const LONG_TEXT_MAX_LENGTH = 4000
/** Characters of the sender's own id of a record. */
export const EXTERNAL_ID_MAX_LENGTH = 128

/** Characters of a word or a reference that senders choose, such as a channel or a till. */
export const WORD_MAX_LENGTH = 100
/** Texts of the sender's own in one record (`external`), and the characters of a name and of a text. */
export const TEXTS_MAX = 20
export const TEXTS_NAME_MAX_LENGTH = 50
export const TEXTS_TEXT_MAX_LENGTH = 200

/** Records and bytes of one batch. The limit applies to the decompressed body. */
export const RECORDS_MAX = 5000
export const INGEST_BODY_MAX_BYTES = 16 * KiB * KiB
/** Bytes of request bodies in a process: per application, or per address without a token, and in total. Beyond it: 503. */
export const BODIES_HELD_OF_ONE_MAX_BYTES = 48 * KiB * KiB
export const BODIES_HELD_MAX_BYTES = 192 * KiB * KiB
/** Elements of a list inside a record: items of a purchase order, SKUs, payments, refunds. */
export const LIST_MAX = 1000
/** Items of a sale. Invoices of wholesalers and of a whole day have thousands of lines. */
export const SALE_ITEMS_MAX = 5000
/**
 * A page with items ends before this size, although more rows follow. Its first row fits in any case: a sale can be as large
 * as a batch.
 */
export const PAGE_WITH_ITEMS_MAX_BYTES = 8 * KiB * KiB
/**
 * Items that one statement reads for a page, unless its first row has more. A statement thus costs no more than the list of
 * items of one sale. If a page has more, others follow, on the connections for costly reads.
 */
export const ITEMS_AT_ONCE = LIST_MAX
/** The part of such a page that is not rows with items: pagination with a cursor, and the other keys of events. */
export const PAGE_REST_MAX_BYTES = 256 * KiB
/** Branches, warehouses, tiers and categories per business, each: one response lists them all. */
export const UNPAGED_MAX = 1000
/** Consents per customer: one response lists them all. Enough for 25 purposes and channels that change twice a year for 20 years. */
export const CONSENTS_OF_CUSTOMER_MAX = 1000
/** Characters of the purpose and of the channel of a consent. They are words, not texts. */
export const CONSENT_WORD_MAX_LENGTH = 64
/**
 * Records that a batch can delete together with the records that it names, such as the consents of customers. Each is an event.
 * The second limit is the number of such customers that one statement reads; a customer with the most consents fits.
 */
export const DELETED_ALONG_MAX = 20_000
export const DELETED_ALONG_AT_ONCE = 20
/** Nesting depth of JSON. A record needs three levels; the rest is room for useful messages. */
export const JSON_DEPTH_MAX = 8
/** Keys of one JSON object: three times as many as our largest record has. */
export const JSON_KEYS_MAX = 100
/** Characters of a key; our longest has 23. Responses repeat unknown keys. */
export const JSON_KEY_MAX_LENGTH = 100
/** Characters of a JSON string in the source. The longest text, fully written as `\uXXXX` escapes, has 48,000. */
export const JSON_STRING_MAX_LENGTH = 64 * KiB
/** Characters of a JSON number. Decimals are strings, so no valid number is longer than an integer of 53 bits. */
export const JSON_NUMBER_MAX_LENGTH = 100
/** Consecutive white space, which is skipped in one step. Indentation needs only a few characters. */
export const JSON_SPACE_MAX_LENGTH = 64 * KiB
/** Values in one record. A sale with SALE_ITEMS_MAX items of 20 values, and LIST_MAX payments and refunds, has 120,000. */
export const JSON_VALUES_MAX = 150_000
/** How far the clock of a sender can be ahead. */
export const CLOCK_AHEAD_MAX_MS = 300 * second
/** Mistakes that an error lists: in total, and per record, which can have a thousand items. */
export const MISTAKES_MAX = 100
export const MISTAKES_OF_RECORD_MAX = 10
/** Lines of one batch, including blank lines: room for three blank lines after each record. */
export const LINES_MAX = 4 * RECORDS_MAX

/** Records of a CSV file whose rows are still collected. The rows of a record may be half as many records apart. */
export const OPEN_RECORDS_MAX = RECORDS_MAX
/** Records of a CSV file with several rows each. Their keys are kept in memory: about 100 MB. */
export const FILE_RECORDS_MAX = 2_000_000
/** Characters of one SQL parameter. Records go to the database in lists of this length; sending one takes 2 ms. */
export const PARAMETER_MAX_LENGTH = 512 * KiB
/** Keys that one statement looks up, and stored records that one step compares. */
export const KEYS_AT_ONCE = 2000
export const COMPARED_AT_ONCE = 500
/**
 * Work on a batch yields to other requests after this time (time_slice.ts): while none runs, and while quick requests run.
 * The longest step takes a few ms more.
 */
export const SLICE_MS = 4
export const SLICE_WITH_QUICK_MS = 2
/** Rest between two slices while quick requests run. A list page usually fits into it, from its query to its response. */
export const SLICE_REST_MS = 3
/** Quick requests count as running for this long after the last one, because a client often sends the next at once. */
export const QUICK_AFTER_MS = 5
/** Advisory locks that the records of one table share: many enough to avoid most collisions, few enough to take all. */
export const RECORD_LOCKS = 16
/** Batches that one process writes at once, and how long others wait. The limit keeps database connections for readers. */
export const WRITING_MAX = 2
export const INGEST_WAIT_MS = 10 * second
/** Statement timeout of a batch. 5,000 full records take 1–2 s, so only an overloaded database reaches it. */
export const INGEST_STATEMENT_TIMEOUT_MS = 30 * second

/** How long an import retries while the database is unavailable or a lock is held, and how often. */
export const IMPORT_PATIENCE_MS = 60 * second
export const IMPORT_RETRY_MS = second

/** Events that one request scans, including skipped ones of other types and branches. Takes a few milliseconds. */
export const EVENTS_LOOKED_AT_MAX = 10_000

/** Retention of the event log, how often older events are deleted, and how many in one transaction. */
export const EVENTS_KEPT_DAYS = 90
export const EVENTS_SWEEP_MS = 3600 * second
export const EVENTS_SWEPT_AT_ONCE = 10_000

/** Webhooks per application, and event types and description of each. */
export const SUBSCRIPTIONS_MAX = 20
export const EVENT_TYPES_MAX = 50
export const DESCRIPTION_MAX_LENGTH = 255
/** Longer than real URLs, and short enough for a log line. */
export const ENDPOINT_URL_MAX_LENGTH = 2048

/** How long a replaced webhook secret still signs together with the newest one. */
export const OLD_SECRET_MS = 24 * 3600 * second
/** Live secrets per webhook, including the newest. Each adds a signature of 47 characters to a header of every request. */
export const SECRETS_LIVE_MAX = 10

/** Bytes of a webhook's body. Items that do not fit are omitted. Most servers and queues accept bodies of this size. */
export const WEBHOOK_BODY_MAX_BYTES = 256 * KiB
/**
 * Bytes of sales and orders with items that one subscription reads ahead of sending. A process holds SUBSCRIPTIONS_HELD_MAX
 * subscriptions, so this bounds its memory: 256 MiB if all of them send the longest sales.
 */
export const ITEMS_AHEAD_MAX_BYTES = 1024 * KiB

/** Timeout of one delivery attempt, from DNS to the last byte of the response, and the bytes that are read of it. */
export const EXCHANGE_TIMEOUT_MS = 15 * second
export const RESPONSE_MAX_BYTES = 64 * KiB
/** Characters of a response that are stored: enough for an error message. */
export const RESPONSE_KEPT_CHARACTERS = 1024
/** Timeout of one DNS query, which is sent twice. */
export const DNS_TIMEOUT_MS = 3 * second
/** Idle connections per endpoint, and how long they stay open. Most servers close them after five seconds. */
export const CONNECTIONS_KEPT_MAX = 16
export const CONNECTIONS_KEPT_MS = 4 * second

/** Delays after the first to the fifth failed attempt, with jitter. The sixth attempt is the last one. */
export const RETRY_DELAYS_MS = [30 * second, 300 * second, 1800 * second, 4 * 3600 * second, 24 * 3600 * second]
export const RETRY_JITTER = 0.2
/** Accepted range of Retry-After. The minimum keeps a receiver from using up all attempts at once. */
export const RETRY_AFTER_MAX_MS = 24 * 3600 * second
export const RETRY_AFTER_MIN_MS = second

/** When a failing endpoint is only probed, how often, and when it is disabled. */
export const FAILING_AFTER_MS = 12 * 3600 * second
export const PROBE_EVERY_MS = 1800 * second
export const DISABLED_AFTER_MS = 5 * 24 * 3600 * second

/** An outage starts when nothing has succeeded for this long, and ends with the first success. */
export const OUTAGE_MS = 30 * second
/** Interval between probes of an outage: 30 s at first, so that a short outage ends soon after recovery … */
export const OUTAGE_PROBE_MIN_MS = 30 * second
/** … and later a twentieth of its age, up to PROBE_EVERY_MS: about 100 small requests in 12 hours. */
export const OUTAGE_PROBE_SHARE = 20
/** Waiting deliveries from which a probe is chosen, soonest due first. Limits what one query reads. */
export const OUTAGE_CANDIDATES_MAX = 50

/** Concurrent attempts: per healthy endpoint, per failing endpoint, per process, and per process to failing endpoints. */
export const ATTEMPTS_OF_ONE_MAX = 16
export const ATTEMPTS_OF_FAILING_MAX = 2
export const ATTEMPTS_MAX = 256
export const ATTEMPTS_FAILING_MAX = 128
/**
 * Attempts to one endpoint whose outcome is not committed, as a multiple of its concurrent attempts: as many again can run
 * during a commit. Only these can be delivered twice if a process is killed. With fewer, each commit would pause sending.
 */
export const UNCOMMITTED_PER_ATTEMPT = 2
/** Subscriptions that one process works on at once: one for each of its concurrent attempts. */
export const SUBSCRIPTIONS_HELD_MAX = 256

/**
 * Deliveries created in one transaction, and events scanned for them. The transaction takes about 15 milliseconds. No
 * outcome is recorded meanwhile; sending does not stop, because further attempts may start without it
 * (UNCOMMITTED_PER_ATTEMPT).
 */
export const FAN_OUT_MADE_MAX = 200
export const FAN_OUT_LOOKED_AT_MAX = 2000
/** Replayed deliveries created in one transaction: few, because live events come first. */
export const REPLAYED_AT_ONCE = 100
/** Allowed clock skew between machines that send webhooks. NTP keeps it within a fraction of a second. */
export const CLOCKS_APART_MAX_MS = 5 * second
/** Deliveries that one transaction reschedules when a webhook resumes. */
export const RESUMED_AT_ONCE = 5000

/** How often a process polls for deliveries, in addition to notifications. */
export const DELIVERY_POLL_MS = second
/** Lease on the work of a process, after which the work of a dead process is free, and how often a process renews it. */
export const LEASE_MS = 10 * second
export const LEASE_RENEWED_MS = 3 * second

/** Retention of finished deliveries and of response bodies, how often older ones are deleted, and how many at once. */
export const DELIVERIES_KEPT_DAYS = 90
export const RESPONSES_KEPT_DAYS = 30
export const DELIVERIES_SWEEP_MS = 3600 * second
export const DELIVERIES_SWEPT_AT_ONCE = 5000
/** How often the deliveries of deleted webhooks are purged. */
export const DELETED_SWEEP_MS = 60 * second

/** Concurrent pings per process. */
export const PINGS_MAX = 16

/** Days from the first to the last day of a list of sales: the maximum and the default. */
export const SALES_DAYS_MAX = 30
export const SALES_DAYS_DEFAULT = 30

/** Rows of each kind, and businesses, of one large data set (talad demo): more than any disk can store. */
export const VOLUME_MAX = 100_000_000
export const VOLUME_BUSINESSES_MAX = 100_000

/** How often a process checks whether the developer site was rebuilt. */
export const SITE_LOOKED_AT_MS = second

/** Delay before a failed site build is retried, doubled each time up to the maximum. A build uses most of a core. */
export const SITE_RETRY_MS = 60 * second
export const SITE_RETRY_MAX_MS = 3600 * second

/** Sales of the demo business: the default and the range of TALAD_DEMO_SALES. All sales are in memory at once. */
export const DEMO_SALES = 20_000
export const DEMO_SALES_MIN = 100
export const DEMO_SALES_MAX = 50_000

/** Answers of one application that wait for the ledger. Each holds its body in memory. */
export const LEDGER_WAITING_MAX = 64

/** Months that entries of the ledger are kept. Partners and owners may ask for two years. */
export const LEDGER_KEPT_MONTHS = 24

/** Entries that one search of the ledger reads. */
export const LEDGER_SEARCHED_MAX = 10_000

/** Code points of the purpose and of the legal basis of an application. */
export const STATEMENT_MAX_LENGTH = 500

/** Days that the link of a person is valid at most, and links of one customer that work at the same time. */
export const PERSON_LINK_DAYS_MAX = 7
export const PERSON_LINKS_MAX = 10
/** Pages of persons for one address. A full bucket must refill within RATE_REQUESTS / RATE_PER_SECOND (http/rate_limit/bucket.ts). */
export const PERSON_PAGE_RATE = { requests: 20, perSecond: 2 }
/** Events that the developer site of a demo causes for one address; each takes about eight requests. It refills like PERSON_PAGE_RATE. */
export const DEMO_EVENT_RATE = { requests: 10, perSecond: 1 }
