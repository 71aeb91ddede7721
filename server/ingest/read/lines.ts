import { isUtf8 } from 'node:buffer'
import { invalidBody, Problem } from '../../contract/problem.ts'
import { JSON_SPACE_MAX_LENGTH, LINES_MAX, RECORDS_MAX } from '../../limits.ts'
import { isSliceOver, runInSlices, type Steps, yieldToOthers } from '../../time_slice.ts'
import { type Json, JsonExcess, JsonMistake, jsonReader, type Pieces, STEP_MAX_LENGTH } from '../../values/json.ts'

// Reads the records in a body: one record per line, or a JSON list. A mistake in a line affects only that line; a mistake
// in the list affects the whole body. Both are parsed in portions, so that other requests are served in between.
//
// A body comes in pieces. The next piece is taken when the records in the previous ones have been read, so a body whose
// first records are rejected is never decompressed to its end.

/** A sent record with its position: the line, or the index in the list, starting at 1. */
export type Line = { line: number; value: Json; mistake: string | null }

/** The bytes of a body, in pieces of any length. */
export type Bytes = AsyncIterable<Buffer> | Iterable<Buffer>

const LINE_FEED = 0x0a

/** Parses `application/x-ndjson`. Blank lines count as lines but not as records. @throws Problem if there are too many */
export async function* linesOf(bytes: Bytes): AsyncGenerator<Line> {
  let records = 0
  let line = 0
  /** The beginning of a line that continues in the next piece. */
  let begun: Buffer[] = []

  function count(): void {
    line += 1
    if (line > LINES_MAX)
      throw new Problem('payload_too_large', `A batch can have at most ${LINES_MAX} lines, including blank lines`)
  }

  async function read(last: Buffer): Promise<Line | null> {
    const parts = [...begun, last]
    begun = []
    const parsed = await parseLine(parts, line)
    if (parsed === null) return null
    records += 1
    if (records > RECORDS_MAX) throw tooMany()
    return parsed
  }

  for await (const piece of bytes) {
    let begin = 0
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, begin)) {
      if (isSliceOver()) await yieldToOthers()
      count()
      const isShortCut = begun.length === 0 && isBlank(piece, begin, end)
      const parsed = isShortCut ? null : await read(piece.subarray(begin, end))
      begin = end + 1
      if (parsed) yield parsed
    }
    if (begin < piece.length) begun.push(piece.subarray(begin))
  }
  const last = begun.pop()
  if (!last) return
  count()
  const parsed = await read(last)
  if (parsed) yield parsed
}

/** Returns whether these bytes are a short run of white space. Most blank lines are, and need no JSON reader. */
function isBlank(bytes: Buffer, begin: number, end: number): boolean {
  if (end - begin > JSON_SPACE_MAX_LENGTH) return false
  for (let at = begin; at < end; at += 1) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false
  }
  return true
}

/** Parses one line in portions. @returns null if the line is blank */
export async function parseLine(parts: readonly Buffer[], line: number): Promise<Line | null> {
  if (!areUtf8(parts)) return { line, value: null, mistake: 'is not valid UTF-8' }
  const reader = jsonReader(textOf(parts))
  try {
    if (reader.isOver()) return null
    const value = await runInSlices(reader.value())
    reader.end()
    return { line, value, mistake: null }
  } catch (error) {
    if (error instanceof JsonExcess) return { line, value: null, mistake: error.message }
    if (!(error instanceof JsonMistake)) throw error
    return { line, value: null, mistake: `is not valid JSON: it ${error.message}` }
  }
}

/** Parses `{"records": […]}`. @throws Problem if the body has another form or too many records */
export async function* membersOf(bytes: Bytes): AsyncGenerator<Line> {
  const text = textAheadOf(bytes)
  try {
    await text.fill()
    const reader = jsonReader(text.next)
    reader.expect('{')
    if (reader.string() !== 'records') throw wrongBody(`must be ${FORM}`)
    reader.expect(':')
    reader.expect('[')
    if (!reader.take(']')) {
      let line = 0
      do {
        line += 1
        if (line > RECORDS_MAX) throw tooMany()
        yield { line, value: await inTurnsBehind(text, reader.value()), mistake: null }
      } while (reader.take(','))
      reader.expect(']')
    }
    reader.expect('}')
    reader.end()
  } catch (error) {
    if (error instanceof JsonExcess) throw wrongBody(error.message)
    if (error instanceof JsonMistake) throw wrongBody(`must be ${FORM}: it ${error.message}`)
    throw error
  } finally {
    await text.stop()
  }
}

const FORM = 'JSON of the form {"records": […]}'

/** Bytes decoded in one step, which takes well under a millisecond. */
const PIECE_BYTES = 1 << 17

/** Decodes UTF-8 in pieces. Skips a byte order mark at the start (RFC 8259 §8.1). */
function textOf(parts: readonly Buffer[]): Pieces {
  const decoder = new TextDecoder()
  let part = 0
  let begin = 0
  return () => {
    const bytes = parts[part]
    if (!bytes) return null
    const piece = bytes.subarray(begin, begin + PIECE_BYTES)
    begin += PIECE_BYTES
    if (begin >= bytes.length) {
      part += 1
      begin = 0
    }
    return decoder.decode(piece, { stream: part < parts.length })
  }
}

/**
 * Decodes UTF-8 ahead of a reader that is synchronous and cannot wait for bytes. The caller runs `fill` after each step of
 * the reader; then `next` has all text that the next step needs.
 */
type TextAhead = {
  next: Pieces
  /** @throws Problem if the text is not UTF-8 */
  fill(): Promise<void>
  isFull(): boolean
  /** Stops the source of the bytes. */
  stop(): Promise<void>
}

function textAheadOf(bytes: Bytes): TextAhead {
  const source = Symbol.asyncIterator in bytes ? bytes[Symbol.asyncIterator]() : bytes[Symbol.iterator]()
  const decoder = new TextDecoder()
  const utf8 = utf8Check()
  const decoded: string[] = []
  let held: Buffer = Buffer.alloc(0)
  let length = 0
  let isOver = false

  const isFull = () => isOver || length >= STEP_MAX_LENGTH

  async function more(): Promise<string> {
    if (held.length === 0) {
      const { done, value } = await source.next()
      if (done) isOver = true
      else held = value
    }
    const piece = held.subarray(0, PIECE_BYTES)
    held = held.subarray(PIECE_BYTES)
    if (isOver ? !utf8.isWhole() : !utf8.accepts(piece)) throw wrongBody('must be valid UTF-8')
    return decoder.decode(piece, { stream: !isOver })
  }

  return {
    next() {
      const text = decoded.shift()
      if (text === undefined && !isOver) throw new Error('A step of the JSON reader is longer than STEP_MAX_LENGTH')
      length -= text?.length ?? 0
      return text ?? null
    },
    isFull,
    async fill() {
      while (!isFull()) {
        const text = await more()
        decoded.push(text)
        length += text.length
        if (isSliceOver()) await yieldToOthers()
      }
    },
    async stop() {
      await source.return?.()
    },
  }
}

/** Runs all steps of a reader, and lets the text stay ahead of it. */
async function inTurnsBehind<T>(text: TextAhead, steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (!text.isFull()) await text.fill()
    if (done) return value
    if (isSliceOver()) await yieldToOthers()
  }
}

function areUtf8(parts: readonly Buffer[]): boolean {
  const [first] = parts
  if (first && parts.length === 1) return isUtf8(first)
  const utf8 = utf8Check()
  return parts.every(utf8.accepts) && utf8.isWhole()
}

/** Checks UTF-8 in pieces, which may divide a character. */
function utf8Check() {
  let rest: Buffer = Buffer.alloc(0)
  return {
    accepts(piece: Buffer): boolean {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      const end = bytes.length - begunBytes(bytes)
      rest = bytes.subarray(end)
      return isUtf8(bytes.subarray(0, end))
    },
    isWhole: () => rest.length === 0,
  }
}

/** Returns how many bytes at the end begin a character without ending it. */
function begunBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

const tooMany = () => new Problem('payload_too_large', `A batch can have at most ${RECORDS_MAX} records`)

const wrongBody = (message: string) => invalidBody([{ line: null, id: null, field: null, message }])
