import { isAscii, isUtf8 } from 'node:buffer'
import { INGEST_BODY_MAX_BYTES } from '../../limits.ts'
import { yieldIfSliceOver } from '../../time_slice.ts'
import { FileMistake } from './rows.ts'

// Converts text files of spreadsheets to UTF-8. Supported encodings: UTF-8 with or without a byte order mark (BOM);
// UTF-16 with a BOM, which Excel calls Unicode text; Windows-874, which Excel uses for CSV on a Thai Windows.
//
// A BOM decides. Without a BOM, the first part of the file that is not ASCII decides: valid UTF-8 is UTF-8; otherwise, a
// part that contains only Windows-874 characters is Windows-874. A part that could be both is rejected.

export const ENCODINGS = ['utf-8', 'windows-874', 'utf-16le', 'utf-16be'] as const
export type Encoding = (typeof ENCODINGS)[number]

const MARKS: [mark: number[], encoding: Encoding][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]

/**
 * Converts the text of a file to UTF-8, without its byte order mark.
 *
 * @param given the encoding that the user specified, or null
 * @param onFound receives the encoding, at the latest at the end of the file
 * @throws FileMistake if the encoding cannot be detected, or bytes are invalid in it
 */
export async function* utf8Of(
  pieces: AsyncIterable<Buffer>,
  given: Encoding | null,
  onFound: (encoding: Encoding) => void,
): AsyncGenerator<Buffer> {
  const parts = partsOf(pieces)
  let encoding = given
  let line = 1
  let isFirst = true
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    let { bytes, isLast } = next.value
    if (isFirst) {
      const found = MARKS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte))
      if (found && given !== null && found[1] !== given)
        throw new FileMistake(`starts with the byte order mark of ${found[1]}, not of ${given}`)
      if (found) bytes = bytes.subarray(found[0].length)
      encoding ??= found?.[1] ?? null
      if (encoding === null && (bytes[0] === 0 || bytes[1] === 0))
        throw new FileMistake('looks like UTF-16 without a byte order mark: save it as “CSV UTF-8”')
    }
    isFirst = false
    encoding ??= encodingOf(bytes, isLast, line)
    if (encoding !== null) {
      onFound(encoding)
      await yieldIfSliceOver()
      return yield* CONVERTED[encoding](joined(bytes, bytesOf(parts)), line)
    }
    line += count(bytes, LINE_FEED)
    yield bytes
  }
  onFound(encoding ?? 'utf-8')
}

/** The size of the parts from which the encoding is detected, if the file has no byte order mark. */
const PART_BYTES = 1 << 18

type TextPart = { bytes: Buffer; isLast: boolean }

/** Splits a file into parts of equal size, so that detection does not depend on the pieces that the disk delivers. */
async function* partsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<TextPart> {
  let held: Buffer[] = []
  let size = 0
  for await (const piece of pieces) {
    held.push(piece)
    size += piece.length
    while (size > PART_BYTES) {
      const all = Buffer.concat(held)
      yield { bytes: all.subarray(0, PART_BYTES), isLast: false }
      held = [all.subarray(PART_BYTES)]
      size -= PART_BYTES
    }
  }
  if (size > 0) yield { bytes: Buffer.concat(held), isLast: true }
}

async function* bytesOf(parts: AsyncIterable<TextPart>): AsyncGenerator<Buffer> {
  for await (const { bytes } of parts) yield bytes
}

/** Yields the first piece, and then the others. */
export async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}

/** Detects the encoding; null if the bytes are ASCII, which fits every encoding. @throws FileMistake */
function encodingOf(bytes: Buffer, isLast: boolean, line: number): Encoding | null {
  if (isAscii(bytes)) return null
  let text: string | null
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isLast })
  } catch {
    text = null
  }
  if (text === null) {
    if (areHigh(bytes, isThai)) return 'windows-874'
    const begin = lineOf(bytes, (one) => !isUtf8(one) && !one.every((byte) => byte < 0x80 || isThai(byte)))
    throw new FileMistake(
      `is neither UTF-8 nor Windows-874 (see line ${line + begin}): save it as “CSV UTF-8”`,
      'encoding',
    )
  }
  // For example, E0 A2 B5 is one Arabic letter in UTF-8, and the Thai word for a district in Windows-874.
  if (areHigh(bytes, isThaiLetter) && /[^\0-\x7f\u0e00-\u0e7f]/.test(text))
    throw new FileMistake('could be UTF-8 or Windows-874: save it as “CSV UTF-8”', 'encoding')
  return 'utf-8'
}

/** Returns whether all bytes that are not ASCII fit. A part has a quarter of a million bytes, so it allocates nothing. */
function areHigh(bytes: Buffer, fits: (byte: number) => boolean): boolean {
  for (const byte of bytes) if (byte >= 0x80 && !fits(byte)) return false
  return true
}

const isThaiLetter = (byte: number): boolean => (byte >= 0xa1 && byte <= 0xda) || (byte >= 0xdf && byte <= 0xfb)

/** Returns whether the byte is a Windows-874 character: a letter, no-break space, euro sign, ellipsis, quote or dash. */
const isThai = (byte: number): boolean =>
  isThaiLetter(byte) || byte === 0xa0 || byte === 0x80 || byte === 0x85 || (byte >= 0x91 && byte <= 0x97)

const CONVERTED: Record<Encoding, (pieces: AsyncIterable<Buffer>, line: number) => AsyncGenerator<Buffer>> = {
  'utf-8': checked,
  'windows-874': fromThai,
  'utf-16le': (pieces, line) => fromUtf16('utf-16le', pieces, line),
  'utf-16be': (pieces, line) => fromUtf16('utf-16be', pieces, line),
}

async function* fromThai(pieces: AsyncIterable<Buffer>, first: number): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('windows-874')
  let line = first
  for await (const piece of pieces) {
    const wrong = piece.findIndex((byte) => byte >= 0x80 && !isThai(byte))
    if (wrong >= 0) {
      const at = line + count(piece.subarray(0, wrong), LINE_FEED)
      throw new FileMistake(`is not Windows-874 (see line ${at}): save it as “CSV UTF-8”`)
    }
    line += count(piece, LINE_FEED)
    yield Buffer.from(decoder.decode(piece))
  }
}

async function* fromUtf16(encoding: Encoding, pieces: AsyncIterable<Buffer>, first: number): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  let line = first
  const decode = (piece?: Buffer): Buffer => {
    try {
      const text = Buffer.from(piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true }))
      line += count(text, LINE_FEED)
      return text
    } catch {
      throw new FileMistake(`is not valid UTF-16 at or after line ${line}: save it as “CSV UTF-8”`)
    }
  }
  for await (const piece of pieces) yield decode(piece)
  yield decode()
}

/** Passes on valid UTF-8 and rejects everything else, because the parser would replace invalid bytes silently. */
async function* checked(pieces: AsyncIterable<Buffer>, first: number): AsyncGenerator<Buffer> {
  let line = first
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const held = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    // No UTF-8 character contains a line feed byte.
    const end = held.lastIndexOf(LINE_FEED) + 1
    rest = held.subarray(end)
    if (rest.length > INGEST_BODY_MAX_BYTES)
      throw new FileMistake(`has more than ${INGEST_BODY_MAX_BYTES} bytes in line ${line}`)
    const lines = held.subarray(0, end)
    assertUtf8(lines, line)
    line += count(lines, LINE_FEED)
    yield lines
  }
  assertUtf8(rest, line)
  yield rest
}

/** @throws FileMistake with the number of the first line that is not UTF-8 */
function assertUtf8(bytes: Buffer, first: number): void {
  if (isUtf8(bytes)) return
  const at = first + lineOf(bytes, (line) => !isUtf8(line))
  throw new FileMistake(`is not UTF-8 (see line ${at}): save it as “CSV UTF-8”`, 'encoding')
}

const LINE_FEED = 0x0a

/** Returns the number of lines before the first line for which `isIt` is true. */
function lineOf(bytes: Buffer, isIt: (line: Buffer) => boolean): number {
  let line = 0
  for (let begin = 0; begin < bytes.length; line += 1) {
    const found = bytes.indexOf(LINE_FEED, begin)
    const end = found < 0 ? bytes.length : found
    if (isIt(bytes.subarray(begin, end))) return line
    begin = end + 1
  }
  return line
}

function count(bytes: Buffer, wanted: number): number {
  let found = 0
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) found += 1
  return found
}
