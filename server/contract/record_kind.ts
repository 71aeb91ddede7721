import type { Runner } from '../db/database.ts'
import type { JsonObject } from '../values/json.ts'
import type { Scalar } from '../values/kinds.ts'
import type { Branches } from './caller.ts'
import type { Fields, Resource } from './schema.ts'

// Types that describe how records are written. Each resource describes itself in its records.ts; the Ingest API follows the
// description.

/** A value of a record as it is stored: decimals and times as text in wire format, lists as objects. */
export type Value = string | number | boolean | null | Values[] | Scalar[]
export type Values = { [name: string]: Value }

/** One mistake in a record: the field, such as `items[2].quantity`, and what is allowed. */
export type Mistake = { field: string; message: string }

/** A record that was sent, or its deletion, after validation. */
export type SentRecord = {
  /** Position in the batch, starting at 1. */
  line: number
  id: string
  isDeleted: boolean
  /** The version of the record; empty for movements, which have no versions. */
  updatedAt: string
  /** Empty for a deletion. Optional fields that were not sent are absent. */
  values: Values
}

/** A stored record: its version, and the columns in `RecordKind.before`, as text. */
export type StoredRecord = { id: string; updated_at: string; created_at: string; [column: string]: string | null }

/** A column of another table that references this record. The record cannot be deleted while such a row exists. */
export type Need = {
  table: string
  column: string
  /** The key of the reference in each object of the column, if that is a list; null for a column of ids. */
  key: string | null
  /** The column with the id of the referencing record, and the name of its kind, for the error message. */
  by: string
  what: string
  /** The table with the branch of the referencing record; null if the record belongs to the whole business. */
  branchIn: string | null
}

/** A table that records reference, and the singular name of its rows for error messages. */
export type ReferencedTable = { table: string; what: string }

/** One kind of record, as its resource describes it: everything that is needed to write it. */
export type DescribedKind = {
  /** The last segment of its path in the Ingest API. */
  path: string
  /** Its name in the documentation. */
  named: { th: string; en: string }
  resource: Resource & { table: string }
  /** How it is written: `versions` have updated_at, `movements` are only inserted, `levels` are settings of stock levels. */
  how: 'versions' | 'movements' | 'levels'
  /** Its child rows in their own table, in the order sent: the field `items`, with at most this number of elements. */
  items: { resource: Resource & { table: string }; of: string; most: number } | null
  /** Fields that senders know and partners do not: stored, compared with what is sent, and never shown. */
  sentOnly: Fields
  /** Optional fields that the server computes, in addition to names of other records and generated columns. */
  computed: readonly string[]
  /** Computed fields that are stored: the server fills them in, whatever was sent. */
  filledIn: Readonly<Record<string, FilledIn>>
  /** Computed fields that are stored and follow from the other fields of the record. */
  summedUp: Readonly<Record<string, (values: Values) => Value>>
  /** Fields that keep their first value. */
  fixed: readonly string[]
  /** How the record relates to a branch: it is one, it has one, or it belongs to the whole business. */
  branch: 'itself' | 'has one' | 'none'
  /** The tables that its ids reference, by field; `items.product_sku_id` for a field of items. All references must exist. */
  references: Readonly<Record<string, string>>
  /** Objects in a list that are also rows of their own table, which others can reference: the SKUs of a product. */
  owns: { field: string; table: string; of: string; what: string } | null
  /**
   * The reference to the record of which this one is a part, and how many parts that record can have. Its deletion deletes its
   * parts, so they do not block it.
   */
  deletedWith: { field: string; most: number } | null
  /** Fields whose values together are unique within a business; empty if none are. */
  unique: readonly string[]
  /**
   * Maximum number per business; null for no limit. A limited kind is written by one batch at a time, which may read all
   * rows.
   */
  most: number | null
  /** The first word of its event types; null if it has no events. */
  event: string | null
  /** The second word of the event type of a new and of a deleted record. */
  changes: { created: string; deleted: string }
  /** Functions that sort a list before it is stored, by field. Other lists keep the order sent. */
  arranged: Readonly<Record<string, (rows: Values[]) => Values[]>>
  /** What a file of a spreadsheet may leave out; null if its rows are whole records. */
  inFiles: FileRules | null
  /** Columns of the stored row that `happened` reads. */
  before: readonly string[]
  /** Returns mistakes within one record. */
  check(record: Values): Mistake[]
  /** Returns mistakes in records that are about to be written, beyond the rules above. */
  verify(context: Verifying): Promise<Map<SentRecord, Mistake[]>>
  /** Writes the records of a batch by `write`, and rows of other tables that are computed from them. */
  derive(change: BatchChange, write: () => Promise<void>): Promise<void>
  /** Returns the second word of the event type of each update, in the same order. */
  happened(tx: Runner, businessId: string, updates: readonly Update[]): Promise<string[]>
}

/** How a spreadsheet without ids names records of a kind. */
export type FileRules = {
  /** The field by which its rows name records. */
  key: string
  /** The cells of columns that it may leave out, in new records. */
  blank: Readonly<Record<string, string>>
  /** Fields of which one is enough. */
  either: readonly string[]
  /** Fills in fields that follow from others. */
  complete(row: JsonObject): void
}

/** A kind of record, and what follows from the references of all kinds. */
export type RecordKind = DescribedKind & {
  /** The tables that it references, in the order in which their rows are locked: that of the kinds. */
  referenced: readonly ReferencedTable[]
  /** The kinds whose records are deleted with its records. */
  deletesAlong: readonly DescribedKind[]
  /** The references to its records, and those to the rows that it owns. */
  neededBy: readonly Need[]
  ownedNeededBy: readonly Need[]
}

/** A stored column that the server computes. */
export type FilledIn = {
  /** SQL over the row `sent` and the row `business`. */
  value: string
  /** The value is kept until this column changes. */
  keptWith: string
}

/** A batch that is being written: the ids of the changed and deleted records, and of the new and changed ones. */
export type BatchChange = {
  tx: Runner
  businessId: string
  before: readonly string[]
  after: readonly string[]
  /** The new and changed records; undefined if the caller has only their rows. */
  records?: readonly SentRecord[]
}

export type Update = { record: SentRecord; stored: StoredRecord }

/** A batch before it is written: the records to insert, update and delete. */
export type Verifying = {
  tx: Runner
  businessId: string
  created: readonly SentRecord[]
  updated: readonly Update[]
  deleted: readonly SentRecord[]
}

/** Defaults for most kinds. */
const ORDINARY = {
  ...{
    how: 'versions',
    items: null,
    sentOnly: {},
    inFiles: null,
    computed: [],
    filledIn: {},
    summedUp: {},
    fixed: [],
    branch: 'none',
    references: {},
  },
  ...{ owns: null, deletedWith: null, unique: [], most: null, event: null, arranged: {}, before: [] },
  changes: { created: 'created', deleted: 'deleted' },
  check: () => [],
  verify: async () => new Map(),
  derive: (_change: BatchChange, write: () => Promise<void>) => write(),
  happened: async (_tx: Runner, _businessId: string, updates: readonly Update[]) => updates.map(() => 'updated'),
} as const

/** For kinds whose events all have the same second word. */
export const CHANGED = {
  changes: { created: 'changed', deleted: 'changed' },
  happened: async (_tx: Runner, _businessId: string, updates: readonly Update[]) => updates.map(() => 'changed'),
}

/** Describes a kind of record. */
export function RecordKind(
  about: Pick<DescribedKind, 'path' | 'named'> & { resource: Resource } & Partial<
      Omit<DescribedKind, 'resource' | 'items'>
    > & {
      items?: { resource: Resource; of: string; most: number }
    },
): DescribedKind {
  return { ...ORDINARY, ...about } as DescribedKind
}

/**
 * Adds to every kind what follows from the references of all kinds.
 *
 * @throws Error if a kind comes before one that it references
 */
export function relatedKinds(kinds: readonly DescribedKind[]): RecordKind[] {
  const tables: ReferencedTable[] = []
  for (const { path, resource, owns, references } of kinds) {
    tables.push({ table: resource.table, what: singularOf(resource) }, ...(owns ? [owns] : []))
    for (const table of Object.values(references))
      if (!tables.some((one) => one.table === table)) throw new Error(`${path} must follow the kind of ${table}`)
  }
  const needs = kinds.flatMap(needsOf)
  const needsFor = (table: string | undefined) => needs.flatMap(({ to, need }) => (to === table ? [need] : []))
  return kinds.map((kind) => ({
    ...kind,
    referenced: tables.filter(({ table }) => Object.values(kind.references).includes(table)),
    deletesAlong: kinds.filter(
      ({ deletedWith, references }) => deletedWith && references[deletedWith.field] === kind.resource.table,
    ),
    neededBy: needsFor(kind.resource.table),
    ownedNeededBy: needsFor(kind.owns?.table),
  }))
}

/** Returns `purchase order` for the resource `PurchaseOrder`. */
const singularOf = ({ name }: Resource): string => name.replaceAll(/\B[A-Z]/g, ' $&').toLowerCase()

/** Returns the references of a kind, seen from the referenced tables. */
function needsOf({
  resource,
  items,
  references,
  branch,
  how,
  deletedWith,
}: DescribedKind): { to: string; need: Need }[] {
  // The stock level of a movement has the same references.
  if (how === 'movements') return []
  const [own, what] = [resource.table, singularOf(resource)]
  const branchIn = branch === 'none' ? null : own
  return Object.entries(references)
    .filter(([path]) => path !== deletedWith?.field)
    .map(([path, to]) => {
      const [first = '', second] = path.split('.')
      if (first === 'items' && second !== undefined && items !== null)
        return { to, need: { table: items.resource.table, column: second, key: null, by: items.of, what, branchIn } }
      return { to, need: { table: own, column: first, key: second ?? null, by: 'id', what, branchIn } }
    })
}

/** The business for which records are written, and the time. */
export type Writer = {
  business: { id: string }
  /** The branches whose records may be written. */
  branches: Branches
  /** The time of receipt. */
  now: Date
  /** Whether a newer version with equal content is `unchanged`: for files whose records have no version of their own. */
  keepsEqual?: boolean
}
