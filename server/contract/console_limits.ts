// Limits of the console that members or operators can notice, with reasons, as in limits.ts.

const second = 1000

/** How long a proof of identity (password, code or passkey) is enough for operations that need one. */
export const PROOF_VALID_MS = 600 * second

/** A session ends this long after the sign-in, whatever happens meanwhile. */
export const SESSION_LIFETIME_S = 7 * 24 * 3600

/** Length of passwords. The longest bounds the cost of hashing. */
export const PASSWORD_MIN_LENGTH = 10
export const PASSWORD_MAX_LENGTH = 128
/** Longest valid email address (RFC 5321), and characters of a member's name. */
export const EMAIL_MAX_LENGTH = 254
export const MEMBER_NAME_MAX_LENGTH = 100

/** How long the link of an invitation and that of a new password are valid. */
export const INVITATION_VALID_MS = 7 * 24 * 3600 * second
export const RESET_VALID_MS = 24 * 3600 * second

/** Members of a business, and invitations that are open at once. */
export const MEMBERS_MAX = 200
export const INVITATIONS_MAX = 50

/** Requests of a member: the burst, and per second after it. A screen of the console sends up to ten at once. */
export const MEMBER_REQUESTS = 200
export const MEMBER_PER_SECOND = 20

/**
 * Attempts with a password or a code for one member: the burst from one address, the burst from all addresses together, and per
 * second after it. An attacker gets 8,640 guesses a day. One who has a single address cannot keep the member out.
 */
export const GUESSES_OF_ADDRESS = 10
export const GUESSES = 100
export const GUESSES_PER_SECOND = 0.1
/** Attempts to sign in from one address in ten seconds. */
export const SIGN_INS_OF_ADDRESS = 5

/** Passkeys of a member, how long one may take to use one, and characters of what a browser answers. */
export const PASSKEYS_MAX = 20
export const PASSKEY_CHALLENGE_MS = 300 * second
export const PASSKEY_ANSWER_MAX_LENGTH = 20_000

/** Largest file that a member can import in the browser: about 100,000 customers. It is the largest body of the Ingest API. */
export const IMPORT_FILE_MAX_BYTES = 16 * 1024 * 1024
/** Rejected rows that a response shows with their reasons, and the characters of each. All of them are counted. */
export const IMPORT_MISTAKES_MAX = 1000
export const IMPORT_ROW_MAX_LENGTH = 2000
/** Rows that a check shows as they were understood. */
export const IMPORT_SAMPLE = 5
/** An import that was not seen for this long has died with its process, and another one may start. */
export const IMPORT_SILENT_MS = 60 * second
/** Imports that the console lists. */
export const IMPORTS_LISTED = 50

/** Months that the audit log is kept. */
export const AUDIT_KEPT_MONTHS = 24
export const AUDIT_SWEEP_MS = 3600 * second

/** Records of a kind that the console counts. A business with more sees this number and that it is more. */
export const RECORDS_COUNTED_MAX = 1_000_000

/** Days that the log of requests and its figures are kept, and the fewest that an owner can choose. */
export const REQUESTS_KEPT_DAYS = 90
export const REQUESTS_KEPT_DAYS_MIN = 7
/** Requests of a process that wait to be written to the log, at about 500 bytes each, for all applications together. */
export const REQUESTS_WAITING_MAX = 20_000
/** A request is written this long after its end, together with others. A process that is killed loses at most a second of them. */
export const REQUESTS_GATHERED_MS = 400
