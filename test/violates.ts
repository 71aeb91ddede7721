/**
 * Returns whether PostgreSQL rejected a row by this constraint. A worker of a cluster tells the constraint in the message
 * only, and adds the number of the shard to the names of keys.
 */
export const violates =
  (constraint: string) =>
  (error: unknown): boolean =>
    error instanceof Error && new RegExp(`"${constraint}(_\\d+)?"`).test(error.message)
