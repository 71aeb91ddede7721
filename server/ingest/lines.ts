import { isUtf8 } from 'node:buffer'
import { invalidBody, Problem } from '../contract/problem.ts'
import { LINES_MAX, RECORDS_MAX } from '../limits.ts'
import { inTurns, isSpent, turn } from '../time_slice.ts'
import { type Json, JsonExcess, JsonMistake, jsonReader, type Pieces } from '../values/json.ts'

// Reads the records in a body: one record per line, or a JSON list. A mistake in a line affects only that line; a mistake
// in the list affects the whole body. Both are parsed in portions, so that other requests are served in between.

/** A sent record with its position: the line, or the index in the list, starting at 1. */
export type Line = { line: number; value: Json; mistake: string | null }

const LINE_FEED = 0x0a

/** Parses `application/x-ndjson`. Blank lines count as lines but not as records. @throws Problem if there are too many */
export async function* linesOf(bytes: Buffer): AsyncGenerator<Line> {
  let records = 0
  let line = 0
  for (let begin = 0; begin < bytes.length; ) {
    if (isSpent()) await turn()
    const found = bytes.indexOf(LINE_FEED, begin)
    const end = found < 0 ? bytes.length : found
    line += 1
    if (line > LINES_MAX)
      throw new Problem('payload_too_large', `A batch can have at most ${LINES_MAX} lines, including blank lines`)
    const parsed = await parseLine(bytes.subarray(begin, end), line)
    begin = end + 1
    if (parsed === null) continue
    records += 1
    if (records > RECORDS_MAX) throw tooMany()
    yield parsed
  }
}

/** Parses one line in portions. @returns null if the line is blank */
export async function parseLine(bytes: Buffer, line: number): Promise<Line | null> {
  if (!isUtf8(bytes)) return { line, value: null, mistake: 'is not valid UTF-8' }
  const reader = jsonReader(textOf(bytes))
  try {
    if (reader.isOver()) return null
    const value = await inTurns(reader.value())
    reader.end()
    return { line, value, mistake: null }
  } catch (error) {
    if (error instanceof JsonExcess) return { line, value: null, mistake: error.message }
    if (!(error instanceof JsonMistake)) throw error
    return { line, value: null, mistake: `is not valid JSON: it ${error.message}` }
  }
}

/** Parses `{"records": […]}`. @throws Problem if the body has another form or too many records */
export async function* membersOf(bytes: Buffer): AsyncGenerator<Line> {
  if (!isUtf8(bytes)) throw wrongBody('must be valid UTF-8')
  const reader = jsonReader(textOf(bytes))
  try {
    reader.expect('{')
    if (reader.string() !== 'records') throw wrongBody(`must be ${FORM}`)
    reader.expect(':')
    reader.expect('[')
    if (!reader.take(']')) {
      let line = 0
      do {
        line += 1
        if (line > RECORDS_MAX) throw tooMany()
        yield { line, value: await inTurns(reader.value()), mistake: null }
      } while (reader.take(','))
      reader.expect(']')
    }
    reader.expect('}')
    reader.end()
  } catch (error) {
    if (error instanceof JsonExcess) throw wrongBody(error.message)
    if (error instanceof JsonMistake) throw wrongBody(`must be ${FORM}: it ${error.message}`)
    throw error
  }
}

const FORM = 'JSON of the form {"records": […]}'

/** Bytes decoded in one step, which takes well under a millisecond. */
const PIECE_BYTES = 1 << 17

/** Decodes UTF-8 in pieces. Skips a byte order mark at the start (RFC 8259 §8.1). */
function textOf(bytes: Buffer): Pieces {
  const decoder = new TextDecoder()
  let begin = 0
  return () => {
    if (begin >= bytes.length) return null
    const piece = bytes.subarray(begin, begin + PIECE_BYTES)
    begin += PIECE_BYTES
    return decoder.decode(piece, { stream: begin < bytes.length })
  }
}

const tooMany = () => new Problem('payload_too_large', `A batch can have at most ${RECORDS_MAX} records`)

const wrongBody = (message: string) => invalidBody([{ line: null, id: null, field: null, message }])
