import { type Json, JsonMistake, type JsonReader, jsonReader, parseJson } from '../http/json.ts'
import { invalidBody, Problem } from '../http/problem.ts'
import { RECORDS_MAX } from '../limits.ts'

// How records stand in a body: one a line, or in a list. What is wrong with one line is a matter of that line; what is
// wrong with the list is a matter of the whole body.

/** A record as it was sent, and where: its line, or its place in the list, from 1. */
export type Line = { line: number; value: Json; mistake: string | null }

const UTF8 = new TextDecoder('utf-8', { fatal: true })

const LINE_FEED = 0x0a

/** The lines of `application/x-ndjson`. Empty ones are no records, but count. @throws Problem if there are too many */
export async function* linesOf(bytes: Buffer): AsyncGenerator<Line> {
  let records = 0
  let line = 0
  for (let begin = 0; begin < bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, begin)
    const end = found < 0 ? bytes.length : found
    line += 1
    const parsed = parseLine(bytes.subarray(begin, end), line)
    begin = end + 1
    if (parsed === null) continue
    records += 1
    if (records > RECORDS_MAX) throw tooMany()
    yield parsed
  }
}

/** What a line says; null if it is empty. */
export function parseLine(bytes: Buffer, line: number): Line | null {
  const text = decode(bytes)
  if (text === null) return { line, value: null, mistake: 'is not valid UTF-8' }
  if (text.trim() === '') return null
  try {
    return { line, value: parseJson(text), mistake: null }
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error
    return { line, value: null, mistake: `is not valid JSON: it ${error.message}` }
  }
}

/** The members of `{"records": […]}`. @throws Problem if the body is anything else, or if there are too many */
export async function* membersOf(bytes: Buffer): AsyncGenerator<Line> {
  const text = decode(bytes)
  if (text === null) throw wrongBody('must be valid UTF-8')
  const reader = jsonReader(text)
  const read = <T>(step: (reader: JsonReader) => T): T => {
    try {
      return step(reader)
    } catch (error) {
      if (error instanceof JsonMistake)
        throw wrongBody(`must be JSON of the form {"records": […]}: it ${error.message}`)
      throw error
    }
  }
  read(() => reader.expect('{'))
  if (read(() => reader.string()) !== 'records') throw wrongBody('must be JSON of the form {"records": […]}')
  read(() => reader.expect(':'))
  read(() => reader.expect('['))
  if (!reader.take(']')) {
    let line = 0
    do {
      line += 1
      if (line > RECORDS_MAX) throw tooMany()
      yield { line, value: read(() => reader.value()), mistake: null }
    } while (reader.take(','))
    read(() => reader.expect(']'))
  }
  read(() => reader.expect('}'))
  read(() => reader.end())
}

/** Null if the bytes are no UTF-8. A byte order mark at the beginning is passed over (RFC 8259 §8.1). */
function decode(bytes: Buffer): string | null {
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}

const tooMany = () => new Problem('payload_too_large', `A batch must have at most ${RECORDS_MAX} records`)

const wrongBody = (message: string) => invalidBody([{ line: null, id: null, field: null, message }])
