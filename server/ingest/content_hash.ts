import { createHash } from 'node:crypto'
import type { RecordKind, Values } from '../contract/record_kind.ts'
import type { Field, Fields } from '../contract/schema.ts'
import type { Scalar } from '../values/kinds.ts'

// The hash of what a sender controls of a record, so that it can compare its own records with ours without sending them. The
// recipe is in the ingest guide of the site, and is a promise: senders compute the same.
//
// Absent fields and null count alike, so a field that is added later changes no hash until somebody sends it. Decision 27 has the
// reasons.

/** Returns the SHA-256 hash of a stored record, in hex. @param items its items, in order; empty for kinds without items */
export function contentHash(kind: RecordKind, record: Values, items: readonly Values[]): string {
  const { resource, sentOnly, computed, arranged } = kind
  const content = contentOf({ ...resource.fields, ...sentOnly }, record, computed)
  for (const name of Object.keys(arranged))
    if (Array.isArray(content[name])) content[name] = (content[name] as Values[]).toSorted(byId)
  if (kind.items && items.length > 0) {
    const { fields } = kind.items.resource
    content.items = items.map((item) => contentOf(fields, item, []))
  }
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}

const UNCOUNTED = ['created_at', 'updated_at']

/** Returns the fields that the sender controls, without those that are null or empty lists. */
function contentOf(fields: Fields, values: Values, computed: readonly string[]): Values {
  const content: Values = {}
  for (const [name, field] of Object.entries(fields)) {
    if (field.live || field.expression || computed.includes(name) || UNCOUNTED.includes(name)) continue
    const value = values[name] ?? null
    if (value !== null && !isDefault(field, value))
      // A date is shown as a time, but sent and compared as a day. Texts of the sender are hashed as the object that they are.
      content[name] = field.value && field.kind !== 'texts' ? field.value.compared(value as Scalar) : value
    if (Array.isArray(value) && value.length > 0 && field.elements) {
      const { elements } = field
      content[name] = (value as Values[]).map((element) => contentOf(elements, element, []))
    }
  }
  // A SKU with one barcode has it in both fields, whichever was sent (completeSku).
  if (String(content.barcodes) === content.barcode) delete content.barcodes
  return content
}

/** Returns whether a value is that of a record without the field. An empty list says as little as an absent one. */
const isDefault = ({ fallback }: Field, value: Values[string]): boolean =>
  value === fallback || (Array.isArray(value) && value.length === 0)

/** Returns JSON with sorted keys. An object would have keys that look like numbers first, whatever their order. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson)}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one)}`)}}`
}

const byId = (a: Values, b: Values): number => (String(a.id) < String(b.id) ? -1 : 1)
