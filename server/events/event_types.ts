import type { Scope } from '../scopes.ts'

/** Every resource that events tell about: the scope that reads it, and what can happen to it. */
export const EVENTS = {
  sale: { scope: 'read:sales', happens: ['created', 'updated', 'refunded', 'voided', 'deleted'] },
  customer: { scope: 'read:customers', happens: ['created', 'updated', 'deleted'] },
  product: { scope: 'read:products', happens: ['created', 'updated', 'deleted'] },
  /** Its row is the stock level: one SKU in one warehouse. */
  inventory: { scope: 'read:inventory', happens: ['changed', 'out_of_stock'] },
  purchase_order: { scope: 'read:purchasing', happens: ['created', 'updated', 'received', 'deleted'] },
  supplier: { scope: 'read:purchasing', happens: ['created', 'updated', 'deleted'] },
} as const satisfies Record<string, { scope: Scope; happens: readonly string[] }>

/** What an event can be about; the first word of its type. */
export type EventResource = keyof typeof EVENTS

/** `sale.created` and so on: the resource, and what happened to it. */
export type EventType = { [R in EventResource]: `${R}.${(typeof EVENTS)[R]['happens'][number]}` }[EventResource]

export const EVENT_RESOURCES = Object.keys(EVENTS) as EventResource[]

/** Every type that the log can hold, in the order of the documentation. `ping` is sent on request and never in the log. */
export const EVENT_TYPES = EVENT_RESOURCES.flatMap((resource) =>
  EVENTS[resource].happens.map((what) => `${resource}.${what}` as EventType),
)

/** What an event of this type is about. */
export const resourceOf = (type: EventType): EventResource => type.split('.', 1)[0] as EventResource

/** The scope that sees events of this type: the one that reads what they are about. */
export const scopeOf = (type: EventType): Scope => EVENTS[resourceOf(type)].scope

/** Whether these scopes may see events of this type. */
export const isSeen = (type: EventType, scopes: ReadonlySet<Scope>): boolean => scopes.has(scopeOf(type))
