/** Exit codes: done; could not be done; the command line itself was wrong. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const
