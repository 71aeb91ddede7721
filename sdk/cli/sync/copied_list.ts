import type { Event, Scope } from '../../src/generated/schemas.ts'

/** A list of the API that a copy contains. The table of all is generated from the contract. */
export type CopiedList = {
  /** `customers` is customers.ndjson. */
  name: string
  /** Operation that lists its rows. */
  operation: string
  scope: Scope | null
  /**
   * How the file is kept up to date: by events of its records; with its parent, whose rows can include the items; or by
   * listing it again periodically, for short lists that rarely change.
   */
  kept: { by: 'events'; about: Event['resource_type'] } | { by: 'parent'; parent: string } | { by: 'listing' }
  /** Key of a line. Items are grouped by the id of their parent, which is added to each item. */
  key: string
}
