import type { Runner } from '../db/database.ts'
import type { Branches } from './operation.ts'
import type { Resource } from './schema.ts'

// The vocabulary in which it is described how records are written. Each resource says so beside its schema, in
// records.ts; the ingest plane does what is said there.

/** A value of a record: as it is stored, decimals and times as text in the form of the wire, lists of objects. */
export type Value = string | number | boolean | null | Values[]
export type Values = { [name: string]: Value }

/** One thing that is wrong with a record: the field, such as `items[2].quantity`, and what is allowed. */
export type Mistake = { field: string; message: string }

/** A record that was sent, or its deletion, with everything in it read. */
export type SentRecord = {
  /** Where it stood in the batch, from 1. */
  line: number
  id: string
  isDeleted: boolean
  /** Which version it is. */
  updatedAt: string
  /** Empty for a deletion. Fields that may be left out, and were, are absent. */
  values: Values
}

/** A record that is stored: its version, and those columns that its kind asks for, as text. */
export type StoredRecord = { id: string; updated_at: string; created_at: string; [column: string]: string | null }

/** Where a record is needed: a row there names it, and could not be without it. */
export type Need = {
  table: string
  column: string
  /** The column that holds the id of the record that needs it, and what that is, for the refusal. */
  by: string
  what: string
  /** SQL for the branch that it belongs to, where $1 is the business; null if it belongs to the business as a whole. */
  branch: string | null
}

/** One kind of record: what there is to know in order to write it. */
export type RecordKind = {
  /** The last part of its path in the ingest plane. */
  path: string
  /** What it is called, in the documentation. */
  named: { th: string; en: string }
  resource: Resource & { table: string }
  /** How it is written: records with versions; movements, which are only added; or settings of stock levels. */
  how: 'versions' | 'movements' | 'levels'
  /** What it has inside, stored as rows of their own, in the order sent: the field `items`. */
  items: { resource: Resource & { table: string }; of: string } | null
  /** Fields that we compute, beside names of other records and generated columns. They may be left out. */
  computed: readonly string[]
  /** Of those, what triggers of the table fill in. */
  filledIn: readonly string[]
  /** Fields that stay as they were first sent. */
  fixed: readonly string[]
  /** Whose branch an application needs for it: the record is a branch itself, or it has one, or it is the business's. */
  branch: 'itself' | 'has one' | 'none'
  /** Which tables its ids lead into, by field; `items.product_sku_id` for a field of items. All must exist. */
  references: Readonly<Record<string, string>>
  neededBy: readonly Need[]
  /** Objects in a list that have rows of their own, which others may need: the SKUs of a product. */
  owns: { field: string; table: string; of: string; neededBy: readonly Need[] } | null
  /** A field that no two records of a business share. */
  unique: string | null
  /** At most so many a business. They are written by one batch at a time, which may look at all of them. */
  most: number | null
  /** The first word of its events; null if none are told. */
  event: string | null
  /** How lists are stored, if not as they were sent. */
  arranged: Readonly<Record<string, (rows: Values[]) => Values[]>>
  /** Columns of the stored row that `happened` looks at. */
  before: readonly string[]
  /** What is wrong with a record in itself. */
  check(record: Values): Mistake[]
  /** What is wrong with records that would be written now, beyond what is said above. */
  verify(context: Verifying): Promise<Map<SentRecord, Mistake[]>>
  /** The second word of the event for each update, in the order given. */
  happened(tx: Runner, businessId: string, updates: readonly Update[]): Promise<string[]>
}

export type Update = { record: SentRecord; stored: StoredRecord }

/** A batch before it is written: what would be inserted, changed and deleted. */
export type Verifying = {
  tx: Runner
  businessId: string
  created: readonly SentRecord[]
  updated: readonly Update[]
  deleted: readonly SentRecord[]
}

/** What a kind says only if it is not like most of them. */
const ORDINARY = {
  ...{
    how: 'versions',
    items: null,
    computed: [],
    filledIn: [],
    fixed: [],
    branch: 'none',
    references: {},
    neededBy: [],
  },
  ...{ owns: null, unique: null, most: null, event: null, arranged: {}, before: [] },
  check: () => [],
  verify: async () => new Map(),
  happened: async (_tx: Runner, _businessId: string, updates: readonly Update[]) => updates.map(() => 'updated'),
} as const

/** Describes a kind of record. */
export function RecordKind(
  about: Pick<RecordKind, 'path' | 'named'> & { resource: Resource } & Partial<
      Omit<RecordKind, 'resource' | 'items'>
    > & {
      items?: { resource: Resource; of: string }
    },
): RecordKind {
  return { ...ORDINARY, ...about } as RecordKind
}

/** For whom records are written, and when. */
export type Writer = {
  business: { id: string }
  /** The branches whose records may be written. */
  branches: Branches
  /** When they were received. */
  now: Date
}
