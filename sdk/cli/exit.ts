/** Exit codes of talad-api; the README and every help text name them. */
export const EXIT = {
  done: 0,
  /** The server refused it, or it could not be done here. */
  failed: 1,
  /** The command line is wrong; nothing was sent. */
  usage: 2,
  /** There are no credentials, or the server does not take them. */
  credentials: 3,
  /** The server cannot be reached or is not well; trying later may help. */
  unavailable: 4,
} as const

/** The same as sentences, for the help. */
export const EXIT_CODES =
  'Exit codes: 0 done, 1 it could not be done, 2 the command line is wrong, 3 credentials are missing or refused,\n4 the server cannot be reached now, 130 interrupted.'

/** Something that a person can mend; printed as it is. */
export class Failure extends Error {
  readonly code: number

  constructor(message: string, code: number = EXIT.failed) {
    super(message)
    this.code = code
  }
}

/** A command line that cannot be meant. */
export class UsageMistake extends Failure {
  constructor(message: string) {
    super(message, EXIT.usage)
  }
}
