import type { Runner } from '../../db/database.ts'

// Conditions for open deliveries. Each contains a predicate that is always true and pins a partial index (migrations/0016):
// without it Postgres could not use that index or might choose a wrong one.

/** Open deliveries of a subscription, live or replayed, in sequence order. */
export const openBySequence = (tx: Runner) => tx`due_at is not null and sequence > 0`

/** Open deliveries of one resource, the active one first. */
export const openOfResource = (tx: Runner) => tx`due_at is not null and resource_type <> ''`
