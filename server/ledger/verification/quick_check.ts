import { hash as sha256 } from 'node:crypto'
import { type Database, runRaw, searching } from '../../db/database.ts'

// Confirms entries without decoding them. This is a second implementation of `hashOfEntry` (chain.ts): it copies the bytes of the
// columns, as PostgreSQL sends them, into the text that is hashed. Decoding an entry would cost several times as much as hashing it.
// An entry that is not confirmed here is judged by `hashOfEntry`, so a mistake in this file accuses nobody.

/** An entry as bytes, a column each, in the order of PAGE. */
export type EntryBytes = readonly (Buffer | null)[]

// The ids of customers are sent in hexadecimal: array_send takes PostgreSQL a third of the time of the text of an array.
const PAGE = `
  select sequence, at, channel, request_id, operation, application_id, token_id, member_id, address, class, purpose,
         array_send(customer_ids), previous_hash, hash
  from ledger where business_id = $1::text::uuid and sequence > $2::text::bigint order by sequence limit $3::text::int`
const FIRST_TEXT = 2
const CUSTOMERS = 11
const PREVIOUS_HASH = 12
const HASH = 13

/** Returns the entries after a sequence number, in order. */
export const entryBytesAfter = (
  db: Database,
  businessId: string,
  after: number,
  limit: number,
): Promise<EntryBytes[]> => runRaw(searching(db), { sql: PAGE, parameters: [businessId, String(after), String(limit)] })

export const sequenceOf = ([sequence]: EntryBytes): number => Number(sequence?.toString('latin1'))

/**
 * Creates a function that returns the hash of an entry (hexadecimal) if the entry continues the one before and has its hash;
 * otherwise null. The function uses one buffer for all entries.
 */
export function quickCheck(businessId: string): (entry: EntryBytes, previous: string) => string | null {
  const text: HashedText = { bytes: Buffer.allocUnsafe(4096), length: 0 }
  const business = Buffer.from(`","${businessId}",`)
  /** Entries of one transaction have the same time. */
  let at: Buffer = Buffer.alloc(0)
  let moment: Buffer = at

  return (entry, previous) => {
    const [sequence, time] = entry
    const [customers, previousHash, hash] = [entry[CUSTOMERS], entry[PREVIOUS_HASH], entry[HASH]]
    if (!sequence || !time || !customers || !previousHash || !hash || hexOf(previousHash) !== previous) return null
    if (!at.equals(time)) [at, moment] = [time, isoTime(time)]
    text.length = 0
    putAscii(text, `["${previous}`)
    put(text, business)
    put(text, sequence)
    put(text, moment)
    for (let column = FIRST_TEXT; column < CUSTOMERS; column += 1) putText(text, entry[column] ?? null)
    if (!putCustomers(text, customers)) return null
    const own = sha256('sha256', text.bytes.subarray(0, text.length))
    return own === hexOf(hash) ? own : null
  }
}

/** Text that grows. */
type HashedText = { bytes: Buffer; length: number }

/** Makes room for so many more bytes. */
function reserve(text: HashedText, more: number): Buffer {
  if (text.length + more > text.bytes.length) text.bytes = Buffer.concat([text.bytes], 2 * (text.bytes.length + more))
  return text.bytes
}

function put(text: HashedText, bytes: Buffer): void {
  bytes.copy(reserve(text, bytes.length), text.length)
  text.length += bytes.length
}

function putAscii(text: HashedText, ascii: string): void {
  text.length += reserve(text, ascii.length).write(ascii, text.length, 'latin1')
}

/** Appends a column of text as JSON and a comma. */
function putText(text: HashedText, column: Buffer | null): void {
  const bytes = reserve(text, (column?.length ?? 0) + 5)
  let end = text.length
  if (column !== null) {
    bytes[end++] = QUOTE
    for (let at = 0; at < column.length; at += 1) {
      const byte = column[at] as number
      // JSON.stringify escapes these, and nothing else in valid UTF-8.
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) {
        put(text, Buffer.from(`${JSON.stringify(column.toString())},`))
        return
      }
      bytes[end++] = byte
    }
    bytes[end++] = QUOTE
    bytes[end++] = COMMA
    text.length = end
  } else putAscii(text, 'null,')
}

const code = (character: string): number => character.charCodeAt(0)
const [SPACE, QUOTE, COMMA, DASH, BACKSLASH, BRACKET] = [
  code(' '),
  code('"'),
  code(','),
  code('-'),
  code('\\'),
  code(']'),
]

/** Characters of an array in hexadecimal (array_send): two before the bytes, its head, each element after its length. */
const BYTES_BEGIN = 2
const ARRAY_HEAD = 40
const ELEMENT_LENGTH = 8
const ELEMENT = ELEMENT_LENGTH + 32
/** Hexadecimal digits between the dashes of a UUID. */
const UUID_PARTS = [8, 4, 4, 4, 12]

/** Appends the customers as JSON text and ends the array. @returns false if they are no list of UUIDs as it is stored */
function putCustomers(text: HashedText, array: Buffer): boolean {
  const count = (array.length - BYTES_BEGIN - ARRAY_HEAD) / ELEMENT
  if (!Number.isInteger(count) || count < 1) return false
  // One dimension, no nulls, type uuid, the number of elements, numbered from 1.
  const head = `\\x000000010000000000000b86${count.toString(16).padStart(8, '0')}00000001`
  if (array.toString('latin1', 0, BYTES_BEGIN + ARRAY_HEAD) !== head) return false
  const bytes = reserve(text, count * 37 + 3)
  let end = text.length
  bytes[end++] = QUOTE
  for (let index = 0; index < count; index += 1) {
    let from = BYTES_BEGIN + ARRAY_HEAD + index * ELEMENT + ELEMENT_LENGTH
    if (index > 0) bytes[end++] = COMMA as number
    for (let part = 0; part < UUID_PARTS.length; part += 1) {
      if (part > 0) bytes[end++] = DASH as number
      for (const to = from + (UUID_PARTS[part] as number); from < to; from += 1) bytes[end++] = array[from] as number
    }
  }
  bytes[end++] = QUOTE
  bytes[end++] = BRACKET
  text.length = end
  return true
}

/** Returns the digits of a bytea as PostgreSQL writes it. */
const hexOf = (bytea: Buffer): string => bytea.toString('latin1', BYTES_BEGIN)

/** Returns a time as JSON between commas, from the form 2026-11-30 09:15:00.12+00 that every session gets; otherwise nothing. */
function isoTime(time: Buffer): Buffer {
  const [, day, clock, fraction = ''] = TIME.exec(time.toString('latin1')) ?? []
  return Buffer.from(day ? `,"${day}T${clock}.${fraction.padEnd(3, '0')}Z",` : '')
}

const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?\+00$/
