// Parameters in PostgreSQL's binary format ("Message Formats", Bind; `array_send` and the `…_recv` functions of its source). The
// driver sends text only, and PostgreSQL then spends a fifth of the time of a ledger entry on parsing it.

/** Collects arrays as parameters of one statement. */
export type BinaryParameters = {
  /** Ids as PostgreSQL writes them. @throws TypeError for another spelling, which would not be what is stored */
  uuids(values: readonly (string | null)[]): void
  texts(values: readonly (string | null)[]): void
  bigints(values: readonly number[]): void
  ints(values: readonly number[]): void
  /** Bytes, in hexadecimal. */
  bytes(values: readonly string[]): void
  times(values: readonly Date[]): void
  /** Returns the messages that run a prepared statement with these parameters. May be called once. */
  messages(statement: string): Buffer
}

// src/include/catalog/pg_type.dat
const OIDS = { bytea: 17, bigint: 20, int: 23, text: 25, timestamptz: 1184, uuid: 2950 }

const INT_BYTES = 4
/** Number of dimensions, whether there are nulls, type, length, first index. */
const ARRAY_HEAD_BYTES = 5 * INT_BYTES
const NULL_LENGTH = -1
const UUID_BYTES = 16
const UUID_TEXT_LENGTH = 36
const EPOCH_MS = Date.UTC(2000, 0, 1)
const TWO_32 = 2 ** 32
/** A UTF-16 unit takes at most this many bytes in UTF-8. */
const UNIT_BYTES = 3

/** @param expected bytes; more are possible */
export function binaryParameters(expected: number): BinaryParameters {
  let buffer = Buffer.allocUnsafe(expected)
  let end = 0
  let count = 0

  /** Makes room for some bytes. */
  function need(bytes: number): void {
    if (end + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, end + bytes))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
  }

  const int = (value: number) => {
    end = buffer.writeInt32BE(value, end)
  }
  const bigint = (value: number) => {
    int(Math.floor(value / TWO_32))
    end = buffer.writeUInt32BE(((value % TWO_32) + TWO_32) % TWO_32, end)
  }

  /** Writes an array. @param size bytes that an element needs at most @param write an element, with its length before it */
  function array<T>(type: keyof typeof OIDS, values: readonly T[], size: number, write: (value: T) => void): void {
    need(INT_BYTES + ARRAY_HEAD_BYTES + values.length * (INT_BYTES + size))
    const start = end
    end += INT_BYTES
    int(1)
    int(values.includes(null as T) ? 1 : 0)
    int(OIDS[type])
    int(values.length)
    int(1)
    for (const value of values)
      if (value === null) int(NULL_LENGTH)
      else write(value)
    buffer.writeInt32BE(end - start - INT_BYTES, start)
    count += 1
  }

  return {
    uuids: (values) =>
      array('uuid', values, UUID_BYTES, (value) => {
        int(UUID_BYTES)
        end = writeUuid(buffer, end, value as string)
      }),
    texts: (values) =>
      array('text', values, 0, (value) => {
        const text = value as string
        // What the other elements need was reserved with the array.
        need(INT_BYTES * (values.length + 1) + text.length * UNIT_BYTES)
        const length = buffer.write(text, end + INT_BYTES, 'utf8')
        int(length)
        end += length
      }),
    bigints: (values) =>
      array('bigint', values, 8, (value) => {
        int(8)
        bigint(value)
      }),
    ints: (values) =>
      array('int', values, INT_BYTES, (value) => {
        int(INT_BYTES)
        int(value)
      }),
    bytes: (values) =>
      array('bytea', values, (values[0]?.length ?? 0) / 2, (value) => {
        need(INT_BYTES * (values.length + 1) + value.length / 2)
        int(value.length / 2)
        end += buffer.write(value, end, 'hex')
      }),
    times: (values) =>
      array('timestamptz', values, 8, (value) => {
        int(8)
        bigint((value.getTime() - EPOCH_MS) * 1000)
      }),
    messages: (statement) => framed(statement, count, buffer.subarray(0, end)),
  }
}

const DASH = '-'.charCodeAt(0)
const NO_DIGIT = 0xff
const DIGITS = new Uint8Array(128).fill(NO_DIGIT)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

/** Writes the bytes of an id. @returns where they end */
function writeUuid(buffer: Buffer, start: number, id: string): number {
  let end = start
  let wrong = id.length ^ UUID_TEXT_LENGTH
  for (let at = 0; at < UUID_TEXT_LENGTH; at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      wrong |= id.charCodeAt(at) ^ DASH
      at += 1
    }
    const high = DIGITS[id.charCodeAt(at)] ?? NO_DIGIT
    const low = DIGITS[id.charCodeAt(at + 1)] ?? NO_DIGIT
    wrong |= (high | low) & ~0xf
    buffer[end] = (high << 4) | low
    end += 1
  }
  if (wrong !== 0) throw new TypeError('this is not an id in lower case')
  return end
}

const BINARY = 1
const HEAD_BYTES = 5

/** Bind, Execute and Sync. Rows come as text. */
function framed(statement: string, count: number, parameters: Buffer): Buffer {
  const portal = '\0'
  const bind = Buffer.concat([
    Buffer.from(`${portal}${statement}\0`),
    // One format for all parameters, and their number.
    int16s(1, BINARY, count),
    parameters,
    // The format of all columns is the standard one.
    int16s(0),
  ])
  return Buffer.concat([
    head('B', bind.length),
    bind,
    // The unnamed portal, all its rows.
    ...[head('E', portal.length + INT_BYTES), Buffer.from(`${portal}\0\0\0\0`)],
    SYNC,
  ])
}

function int16s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [at, value] of values.entries()) bytes.writeInt16BE(value, 2 * at)
  return bytes
}

function head(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES)
  bytes.write(type, 'latin1')
  bytes.writeUInt32BE(INT_BYTES + length, 1)
  return bytes
}

const SYNC = head('S', 0)

/** Returns the messages that prepare a statement. */
export function prepareMessages(statement: string, sql: string): Buffer {
  // PostgreSQL finds out the types of the parameters.
  const parse = Buffer.concat([Buffer.from(`${statement}\0${sql}\0`), int16s(0)])
  return Buffer.concat([head('P', parse.length), parse, SYNC])
}
