import {
  type Document,
  type DocumentOperation,
  formsOf,
  operationsOf,
  propertiesOf,
  refName,
  resolve,
} from './document.ts'
import { HEAD } from './schemas.ts'

// Generates the table of lists from which `talad-api sync` makes the files of a copy.

/** Returns the text of generated/copied_lists.ts. */
export function copiedListsText(document: Document): string {
  const lists = copiedLists(document).map((list) => `  ${JSON.stringify(list)},`)
  return `${HEAD}
import type { CopiedList } from '../sync/copied_list.ts'

/** Every list that a copy can keep up to date: short lists first, then in the order of the document. */
export const COPIED_LISTS: CopiedList[] = [
${lists.join('\n')}
]
`
}

function copiedLists(document: Document) {
  const lists = operationsOf(document).filter(
    ({ auth, shape }) => auth === 'token' && (shape === 'page' || shape === 'list'),
  )
  const copied = lists.flatMap((list) => {
    const kept = keptOf(document, lists, list)
    return kept ? [{ name: list.group, operation: list.id, scope: list.scopes[0] ?? null, ...kept }] : []
  })
  const isShort = ({ kept }: (typeof copied)[number]) => kept.by === 'listing'
  return [...copied.filter(isShort), ...copied.filter((list) => !isShort(list))]
}

/** Returns how a copy keeps a list up to date, and the key of its rows; null if it cannot. */
function keptOf(document: Document, lists: readonly DocumentOperation[], list: DocumentOperation) {
  const about = eventOf(document, list)
  // The consents of one customer are in the list of all consents.
  if (about && isPartOfAnother(lists, list)) return null
  if (about) return { kept: { by: 'events', about }, key: 'id' }
  const parent = lists.find(({ path }) => list.path.startsWith(`${path}/`))
  const moves = parent && eventOf(document, parent)
  if (moves && isIncluded(document, parent, list))
    return { kept: { by: 'parent', parent: parent.group }, key: `${moves}_id` }
  return list.shape === 'list' && !parent ? { kept: { by: 'listing' }, key: 'id' } : null
}

/** Whether another list without path parameters has the same rows. */
const isPartOfAnother = (lists: readonly DocumentOperation[], { path, answer }: DocumentOperation): boolean =>
  path.includes('{') && lists.some((other) => !other.path.includes('{') && other.answer?.$ref === answer?.$ref)

/** Whether `include=items` puts the rows of this list into the rows of its parent. */
const isIncluded = (document: Document, parent: DocumentOperation, { answer }: DocumentOperation): boolean =>
  parent.query.some(({ name }) => name === 'include') &&
  resolve(document, parent.answer ?? {}).properties?.items?.items?.$ref === answer?.$ref

/** Returns the resource type of the events that contain a row of this list; null if none do. */
function eventOf(document: Document, { answer }: DocumentOperation): string | null {
  const form = formsOf(document, document.components.schemas.Event ?? {})
    .map((one) => propertiesOf(document, one))
    .find(({ data = {} }) => answer?.$ref && resolve(document, data)['x-part-of'] === refName(answer.$ref))
  return (form?.resource_type?.const as string | undefined) ?? null
}
