/**
 * Returns whether PostgreSQL rejected a row by this constraint. A worker of a cluster tells the constraint in the message
 * only, and adds the number of the shard to the names of keys. It cuts longer names and adds a hash.
 */
export const violates =
  (constraint: string) =>
  (error: unknown): boolean =>
    error instanceof Error &&
    new RegExp(`"(${constraint}(_\\d+)?|${constraint.slice(0, 45)}\\w*_[0-9a-f]{8}_\\d+)"`).test(error.message)
