// Every bound of the system, with its reason. A bound that is not here does not exist.

const KiB = 1024
const second = 1000

/** Rows in one page of a list: what a partner gets by default, and the most it may ask for (the page "List Customers"). */
export const PAGE_LIMIT_DEFAULT = 50
export const PAGE_LIMIT_MAX = 200

/** A search of a whole name needs no more; the page "List Customers" says 1–255. Code points, before normalisation. */
export const SEARCH_MAX_LENGTH = 255

/** A sealed cursor holds at most 255 search characters or 50 branch ids, and must fit into a URL. */
export const CURSOR_MAX_BYTES = 4 * KiB

/** One branch filter of a caller with many branches; more belongs into a token of all branches. */
export const BRANCH_FILTER_MAX = 50

/** Long enough for the longest legal query (a 4 KiB cursor beside a fully escaped `q` of 255 characters), and no longer. */
export const URL_MAX_BYTES = 16 * KiB
export const HEADERS_MAX_BYTES = 24 * KiB

/** The body of every operation that does not say otherwise: forms and small JSON objects. */
export const BODY_MAX_BYTES = 64 * KiB

/** An access token is under 1 KiB; anything longer is not ours, and is not parsed. */
export const TOKEN_MAX_BYTES = 4 * KiB

/** How long an access token lives (partner-api: `expires_in` 3600). */
export const TOKEN_LIFETIME_S = 3600

/** Verified tokens and grants that a process remembers; at some 1 KiB each this bounds the memory. */
export const TOKENS_REMEMBERED_MAX = 20_000
export const GRANTS_REMEMBERED_MAX = 20_000

/** A withdrawal must be known everywhere within 2 s: changes are read this often … */
export const AUTHORITY_POLL_MS = 500
/** … and what is remembered counts for nothing once no change could be read for this long. */
export const AUTHORITY_STALE_MS = 1500
/** Change marks older than this are deleted; every process reads them within AUTHORITY_STALE_MS or starts afresh. */
export const AUTHORITY_KEEP_S = 3600

/** A token of an unknown key makes a process read the keys again, at most this often: anybody can make up key ids. */
export const KEYS_REREAD_MS = 100

/** Two, so that a partner can rotate without an outage. */
export const LIVE_SECRETS_MAX = 2

/** Requests an application may send at once, and how many come back each second, unless it has figures of its own. */
export const RATE_REQUESTS = 100
export const RATE_PER_SECOND = 10

/** Client credentials that one statement looks up: more than requests run at once, so that guesses share it. */
export const CLIENTS_LOOKED_UP_MAX = 200

/** Wrong client credentials of one address before 429: a burst, then so many a second. Right ones are not counted here. */
export const GUESSES_AT_ONCE = 100
export const GUESSES_BACK_PER_SECOND = 1

/** Buckets in memory; the least recently used is forgotten first, which can only ever give somebody a full bucket back. */
export const BUCKETS_MAX = 100_000

/** A request must have arrived, and its answer left, within these; slow clients are cut. */
export const REQUEST_TIMEOUT_MS = 30 * second
export const HEADERS_TIMEOUT_MS = 10 * second
/** How often a process looks for requests that are late: they are cut at most so much later than the limits above say. */
export const LATE_REQUESTS_CHECKED_MS = second
export const KEEP_ALIVE_MS = 65 * second

/** One statement; a list page takes a millisecond, so this is only reached when the database is ill. */
export const STATEMENT_TIMEOUT_MS = 10 * second
/** A writer waits so long for rows, or for the log, that another writer has locked, before 503 (webhooks: "lock_timeout 5 s"). */
export const LOCK_TIMEOUT_MS = 5 * second
/** Connecting to the database, before 503. */
export const CONNECT_TIMEOUT_S = 5
/** A lost connection to the database is tried again so soon: whoever waits for it is told 503, or served. */
export const RECONNECT_AFTER_S = 0.2

/** An open connection that sends nothing and takes nothing for this long is cut, in the middle of an answer as well. */
export const SOCKET_IDLE_MS = 30 * second

/** Open connections of one process. Beyond it, the one that has waited longest for its client is closed for a new one. */
export const CONNECTIONS_MAX = 2000
/** Open connections of one address, unless it is a trusted proxy or this machine: more than any client opens at once. */
export const CONNECTIONS_OF_ADDRESS_MAX = 500

/** How long a request waits for a place (http/request_class.ts has the places), and is then told to come back. */
export const ADMISSION_WAIT_MS = second
/** The same for costly requests, which may have slow ones before them. */
export const COSTLY_WAIT_MS = 2 * second
/** Requests of one application, or of one address without a token, that wait in a class: as many as one address has connections. */
export const WAITING_OF_ONE_MAX = CONNECTIONS_OF_ADDRESS_MAX
/** A list of more branches than this is merged from so many parts that it counts as costly. */
export const BRANCHES_COSTLY = 5

/** Refusals for the rate limit that are sent at once: so many, then so many a second. Others are held back so long. */
export const REFUSALS_AT_ONCE = 200
export const REFUSALS_PER_SECOND = 20
export const REFUSAL_DELAY_MS = second

/** Answers that are built and not yet read: of one application, and of all. More are built when some have been read. */
export const ANSWERS_HELD_OF_ONE_MAX_BYTES = 16 * KiB * KiB
export const ANSWERS_HELD_MAX_BYTES = 128 * KiB * KiB
/** A client reads an answer within the grace and the time that its bytes take at this rate, or its connection is closed. */
export const ANSWER_GRACE_MS = 20 * second
export const ANSWER_MIN_BYTES_PER_S = 16 * KiB

/** A request body may pause so long, and after the same grace it must have come at this rate on average. */
export const BODY_GRACE_MS = 5 * second
export const BODY_MIN_BYTES_PER_S = 16 * KiB

/** How often a process looks whether it serves alone (http/bucket.ts). */
export const SIBLINGS_POLL_MS = 2 * second

/** Lines of the log are written together, so many bytes at once, but none later than after this. */
export const LOG_PIECE_BYTES = 4 * KiB
export const LOG_FLUSH_MS = 100

/** Processes of `talad serve --processes`. */
export const PROCESSES_MAX = 64

/**
 * Database connections of one server process: four for reading, three for costly reads, two for control (rights, rate
 * limits, readiness), four for writing, one that listens for notifications. More than the cores can serve makes everything
 * slower (docs/performance.md). db/capacity.ts divides another number.
 */
export const DATABASE_CONNECTIONS = 14
/** One of each kind, two for costly reads, and three for writing: WRITING_MAX batches and one more statement. */
export const DATABASE_CONNECTIONS_MIN = 9
export const DATABASE_CONNECTIONS_MAX = 200
/** Those for costly reads (searches, lists of many branches, reports), as many as requests that run there at once. */
export const SEARCH_CONNECTIONS = 2
/** A connection that was refused because the server has no more is not tried again for this long. */
export const FULL_FOR_MS = second
/** How often the driver's list of idle connections is emptied (db/database.ts); until then it grows. */
export const POOL_EMPTIED_MS = 30 * second

/** After SIGTERM, running requests have this long. */
export const SHUTDOWN_MS = 20 * second

/** Rows looked through in list order before a search or a range of days turns to its index (rows/pages.ts says why). */
export const SEARCH_WINDOW_ROWS = 4000
/** Candidates of a search that are read from one slice of time; where there are more, the list is walked (rows/search.ts). */
export const SEARCH_CANDIDATES_MAX = 2000

/** Decimals of an amount of money, and of what amounts are made of: quantities, prices and costs of one unit (partner-api §7). */
export const AMOUNT_PLACES = 2
export const UNIT_PLACES = 6
/** Whole digits of a decimal: a thousand times all the money of the world in satang, and exact in every database. */
export const WHOLE_DIGITS_MAX = 15

/** Characters of a text that is sent to us: names and codes, some of which stand in an index; and descriptions, notes, addresses. */
export const TEXT_MAX_LENGTH = 255
export const LONG_TEXT_MAX_LENGTH = 4000

/** One batch of the ingest plane (ingest §1); the body is measured after unpacking. */
export const RECORDS_MAX = 5000
export const INGEST_BODY_MAX_BYTES = 16 * KiB * KiB
/** Request bodies that one process holds: of one application, or one address without a token, and of all. More are told to come back. */
export const BODIES_HELD_OF_ONE_MAX_BYTES = 48 * KiB * KiB
export const BODIES_HELD_MAX_BYTES = 192 * KiB * KiB
/** Members of a list inside a record: items (ingest §1), SKUs, payments, refunds. */
export const LIST_MAX = 1000
/** Branches, warehouses, tiers and categories of a business, each: they are listed in one answer (ingest §1). */
export const UNPAGED_MAX = 1000
/** Nesting of JSON: a record, its list, an object in the list, and some room to say what is wrong. */
export const JSON_DEPTH_MAX = 8
/** Keys of one JSON object: three times what our largest record has. */
export const JSON_KEYS_MAX = 100
/** Characters of a key; our longest has 23. Unknown keys are repeated in the answer. */
export const JSON_KEY_MAX_LENGTH = 100
/** Characters of a string as it is written: the longest text, with every character as two `\uXXXX` escapes, is 48,000. */
export const JSON_STRING_MAX_LENGTH = 64 * KiB
/** Characters of a number; a decimal is a string, so no number is longer than a whole one of 53 bits. */
export const JSON_NUMBER_MAX_LENGTH = 100
/** White space in a row: indentation needs a few characters. It is skipped in one step. */
export const JSON_SPACE_MAX_LENGTH = 64 * KiB
/** Values in one record. A sale with the most items, payments and refunds (LIST_MAX each) has 27,000. */
export const JSON_VALUES_MAX = 50_000
/** A sender's clock may be so far ahead (ingest §1). */
export const CLOCK_AHEAD_MAX_MS = 300 * second
/** What a refusal lists: the first of all mistakes (ingest §1), and of one record's, which may have a thousand items. */
export const MISTAKES_MAX = 100
export const MISTAKES_OF_RECORD_MAX = 10
/** Lines of one batch, blank ones included: room for three blank lines after each record. */
export const LINES_MAX = 4 * RECORDS_MAX
/** Characters of one parameter of a statement: records go to the database in lists of this length. Sending one takes 2 ms. */
export const PARAMETER_MAX_LENGTH = 512 * KiB
/** Keys that one statement looks up, and stored records that are compared in one step. */
export const KEYS_AT_ONCE = 2000
export const COMPARED_AT_ONCE = 500
/** Work on a batch lets other requests run after this long (time_slice.ts); the longest step between is a few more. */
export const PORTION_MS = 4
/** Locks that the records of one resource share: enough that single records seldom meet, and few for one that takes all. */
export const RECORD_LOCKS = 16
/** Batches that one process writes at once: half of its database connections, so that readers find one; others wait so long. */
export const WRITING_MAX = 2
export const INGEST_WAIT_MS = 10 * second
/** A batch of 5,000 records with everything inside them takes a second or two; ten times that is an ill database. */
export const INGEST_STATEMENT_TIMEOUT_MS = 30 * second

/** An import of a file waits so long for a database that is away, or for another writer, and tries again so often. */
export const IMPORT_PATIENCE_MS = 60 * second
export const IMPORT_RETRY_MS = second

/** Events that one request to the log looks at; those of other types and branches are passed over. A few milliseconds. */
export const EVENTS_LOOKED_AT_MAX = 10_000

/** How long the event log reaches back, and how often what is older is deleted, so many events in one transaction. */
export const EVENTS_KEPT_DAYS = 90
export const EVENTS_SWEEP_MS = 3600 * second
export const EVENTS_SWEPT_AT_ONCE = 10_000

/** What an application may have of webhooks, and say of one (webhooks §3). */
export const SUBSCRIPTIONS_MAX = 20
export const EVENT_TYPES_MAX = 50
export const DESCRIPTION_MAX_LENGTH = 255
/** Longer than any that people make, and short enough for a line of a log. */
export const ENDPOINT_URL_MAX_LENGTH = 2048

/** How long a replaced secret of a webhook signs beside the newest one. */
export const OLD_SECRET_MS = 24 * 3600 * second
/** Live secrets of one webhook, the newest included: each adds a signature of 47 characters to a header of every request. */
export const SECRETS_LIVE_MAX = 10

/** One exchange with an endpoint, from looking up its name to the last byte of the answer; and how much of that is read. */
export const EXCHANGE_TIMEOUT_MS = 15 * second
export const ANSWER_MAX_BYTES = 64 * KiB
/** What is kept of an answer, in characters: enough for an error message. */
export const ANSWER_KEPT_CHARACTERS = 1024
/** One question to one name server; it is asked twice. */
export const DNS_TIMEOUT_MS = 3 * second
/** Idle connections to one endpoint; most servers close theirs after five seconds. */
export const CONNECTIONS_KEPT_MAX = 16
export const CONNECTIONS_KEPT_MS = 4 * second

/** After the first failed attempt, the second … the sixth one is the last. Each by more or less than said (webhooks §5). */
export const RETRY_DELAYS_MS = [30 * second, 300 * second, 1800 * second, 4 * 3600 * second, 24 * 3600 * second]
export const RETRY_JITTER = 0.2
/** What a receiver may ask for by Retry-After, at most; and at least, so that it cannot use up its attempts in a moment. */
export const RETRY_AFTER_MAX_MS = 24 * 3600 * second
export const RETRY_AFTER_MIN_MS = second

/** An endpoint that has failed for so long is only probed, so often; and after so long no more. */
export const FAILING_AFTER_MS = 12 * 3600 * second
export const PROBE_EVERY_MS = 1800 * second
export const DISABLED_AFTER_MS = 5 * 24 * 3600 * second

/** An endpoint is out when it fails and nothing has succeeded for so long; its first success then ends an outage (webhooks §5). */
export const OUTAGE_MS = 30 * second
/** Probes during an outage: one every 30 s at first, so that a short outage ends soon after the endpoint is back … */
export const OUTAGE_PROBE_MIN_MS = 30 * second
/** … and later one in each twentieth of its age, up to PROBE_EVERY_MS: some 100 small requests in 12 hours. */
export const OUTAGE_PROBE_SHARE = 20
/** Waiting deliveries among which a probe is chosen, soonest due first: this bounds what one look reads. */
export const OUTAGE_CANDIDATES_MAX = 50

/** Attempts that run at once: to one endpoint while it is well, and while it is not; in one process; and of those, to endpoints that are not well. */
export const ATTEMPTS_OF_ONE_MAX = 16
export const ATTEMPTS_OF_FAILING_MAX = 2
export const ATTEMPTS_MAX = 256
export const ATTEMPTS_FAILING_MAX = 128
/**
 * Attempts to one endpoint whose outcome is not committed, as a multiple of those that run at once: the same number again
 * while a commit runs. Only these can come twice when a process is killed. With fewer, each commit would stop the sending.
 */
export const UNCOMMITTED_PER_ATTEMPT = 2
/** Subscriptions that one process works on at once; more than it has attempts to give them would only wait. */
export const LANES_MAX = 256

/** Events that become deliveries in one transaction, and those that are looked at for them. Some ten milliseconds. */
export const FAN_OUT_MADE_MAX = 500
export const FAN_OUT_LOOKED_AT_MAX = 2000
/** Events of a replay that become deliveries in one transaction: few, because whatever is live comes first. */
export const REPLAYED_AT_ONCE = 100
/** Clocks of two machines that send webhooks may be so far apart; NTP keeps them within a fraction of a second. */
export const CLOCKS_APART_MAX_MS = 5 * second
/** Deliveries whose clocks are wound up in one transaction. */
export const RESUMED_AT_ONCE = 5000

/** How often a process looks for deliveries by itself, beside what it is told of. */
export const DELIVERY_POLL_MS = second
/** What a process that has died was working on is free again after so long; one that lives says so this often. */
export const LEASE_MS = 10 * second
export const LEASE_RENEWED_MS = 3 * second

/** How long deliveries are kept that have ended, and what receivers said; and how often what is older is deleted, so many in one transaction. */
export const DELIVERIES_KEPT_DAYS = 90
export const ANSWERS_KEPT_DAYS = 30
export const DELIVERIES_SWEEP_MS = 3600 * second
export const DELIVERIES_SWEPT_AT_ONCE = 5000
/** How often the deliveries of webhooks are deleted that were deleted themselves. */
export const DELETED_SWEEP_MS = 60 * second

/** Pings of one process that wait for their endpoints at once.  */
export const PINGS_MAX = 16

/** A list of sales reaches over so many days at most, from its first to its last, and over so many by default. */
export const SALES_DAYS_MAX = 30
export const SALES_DAYS_DEFAULT = 30

/** Rows of each kind, and businesses, of one large set (talad demo): no disk that we know of holds more. */
export const VOLUME_MAX = 100_000_000
export const VOLUME_BUSINESSES_MAX = 100_000

/** How often the developer site is looked at, whether it was built anew. */
export const SITE_LOOKED_AT_MS = second

/** A build that failed is tried again after a minute, and then after twice as long each time: it costs much of a core. */
export const SITE_RETRY_MS = 60 * second
export const SITE_RETRY_MAX_MS = 3600 * second

/** Sales of the demo business: usually, and what TALAD_DEMO_SALES may ask for. All of them are in memory once. */
export const DEMO_SALES = 20_000
export const DEMO_SALES_MIN = 100
export const DEMO_SALES_MAX = 50_000
