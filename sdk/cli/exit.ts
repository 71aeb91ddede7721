/** Exit codes of talad-api, documented in the README and every help text. */
export const EXIT = {
  done: 0,
  /** The server rejected the request, or a local error occurred. */
  failed: 1,
  /** Invalid command line; nothing was sent. */
  usage: 2,
  /** Credentials are missing, or the server rejected them. */
  credentials: 3,
  /** The server is unreachable or unavailable; a later retry may help. */
  unavailable: 4,
} as const

/** The exit codes as text for the help. */
export const EXIT_CODES =
  'Exit codes: 0 success, 1 failure, 2 invalid command line, 3 credentials missing or rejected,\n4 server unavailable, 130 interrupted.'

/** An error that the user can fix. Its message is printed without a stack. */
export class CommandFailure extends Error {
  readonly code: number

  constructor(message: string, code: number = EXIT.failed) {
    super(message)
    this.code = code
  }
}

/** An invalid command line. */
export class UsageMistake extends CommandFailure {
  constructor(message: string) {
    super(message, EXIT.usage)
  }
}
