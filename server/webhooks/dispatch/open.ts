import type { Runner } from '../../db/database.ts'

// What of deliveries is open, by which index. Two indexes are named by a condition that always holds (migrations/0016):
// without it Postgres would not take them, and without that it might take the wrong one.

/** Of a subscription, live or replayed, in the order of sequences. */
export const openBySequence = (tx: Runner) => tx`due_at is not null and sequence > 0`

/** The same of one resource; first what does not wait. */
export const openOfResource = (tx: Runner) => tx`due_at is not null and resource_type <> ''`
