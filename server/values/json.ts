import {
  JSON_DEPTH_MAX,
  JSON_KEY_MAX_LENGTH,
  JSON_KEYS_MAX,
  JSON_NUMBER_MAX_LENGTH,
  JSON_SPACE_MAX_LENGTH,
  JSON_STRING_MAX_LENGTH,
  JSON_VALUES_MAX,
} from '../limits.ts'
import { runWithoutPause, type Steps } from '../time_slice.ts'

// A strict JSON reader (RFC 8259). JSON.parse silently takes the last of two equal keys, and converts every number to the
// nearest double. This reader rejects duplicate keys and keeps numbers as text until their type is known.
//
// Long texts are read in pieces, and reading pauses after each PAUSE_CHARACTERS. Every token has a length limit, so the
// longest step is one string.

/** A number as source text. */
export class Numeral {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

/** Inherits no keys: `__proto__` is an ordinary key. */
export type JsonObject = { [key: string]: Json }
export type Json = null | boolean | string | Numeral | Json[] | JsonObject

/** A mistake in a text that should be JSON. It has no stack, which would cost more than the mistake took to find. */
export class JsonMistake extends Error {
  constructor(message: string) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** A text that may be valid JSON but exceeds a limit. */
export class JsonExcess extends JsonMistake {}

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Numeral)

/** Parses a short text. @throws JsonMistake */
export function parseJson(text: string): Json {
  const reader = jsonReader(inOnePiece(text))
  const value = runWithoutPause(reader.value())
  reader.end()
  return value
}

/** Returns the next piece of a text at each call; null after the last. */
export type Pieces = () => string | null

function inOnePiece(text: string): Pieces {
  let rest: string | null = text
  return () => {
    const piece = rest
    rest = null
    return piece
  }
}

export type JsonReader = {
  /** Consumes this character if it comes next, and returns whether it did. */
  take(character: string): boolean
  /** Consumes this character. @throws JsonMistake if another comes */
  expect(character: string): void
  /** Reads the next value, which contains at most JSON_VALUES_MAX values. */
  value(): Steps<Json>
  string(): string
  /** Returns whether only white space is left. */
  isOver(): boolean
  /** @throws JsonMistake if anything but white space follows */
  end(): void
}

const SPACE = /[ \t\n\r]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: a JSON string must not contain them unescaped
const CONTROL = /[\u0000-\u001f]/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const WORDS: Record<string, boolean | null> = { true: true, false: false, null: null }

/** No token is longer, so a buffer of this length always contains a whole token. */
const TOKEN_MAX_LENGTH = Math.max(JSON_STRING_MAX_LENGTH, JSON_SPACE_MAX_LENGTH) + 3

/** Characters between two pauses: less than a millisecond of work. */
const PAUSE_CHARACTERS = 4096

/**
 * Characters that the reader takes from its text between two pauses, at most: the tokens around one value, white space and
 * the ends of all surrounding values included.
 */
export const STEP_MAX_LENGTH = (JSON_DEPTH_MAX + 8) * TOKEN_MAX_LENGTH

/** The prototype of objects. Without one, objects would be several times slower to write and read. */
const NO_KEYS = Object.freeze(Object.create(null))

/** Reads a text from its beginning, one value at a time. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its functions share one position in one text
export function jsonReader(pieces: Pieces): JsonReader {
  let text = pieces() ?? ''
  /** Number of characters that were read and dropped from the buffer. */
  let passed = 0
  let at = 0
  let isWhole = false
  let pauseAt = PAUSE_CHARACTERS
  let values = 0

  /** Reads pieces until the buffer contains a whole token or the rest of the text. */
  function fill(): void {
    while (!isWhole && text.length - at < TOKEN_MAX_LENGTH) {
      const piece = pieces()
      if (piece === null) isWhole = true
      else {
        passed += at
        text = text.slice(at) + piece
        at = 0
      }
    }
  }

  function match(pattern: RegExp): string | null {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? null
    if (found !== null) at += found.length
    return found
  }

  function skipSpace(): void {
    fill()
    // Most tokens have no white space before them, or one character.
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    const space = match(SPACE) as string
    if (space.length > JSON_SPACE_MAX_LENGTH)
      exceed(`has more than ${JSON_SPACE_MAX_LENGTH} characters of white space in a row before`)
    fill()
  }

  const place = () => `character ${passed + at + 1}`

  function exceed(what: string): never {
    throw new JsonExcess(`${what} ${place()}`)
  }

  function reject(what: string): never {
    const isOver = at >= text.length && !what.endsWith('before')
    throw new JsonMistake(isOver ? 'ends too early' : `${what} ${what.endsWith('before') ? '' : 'at '}${place()}`)
  }

  function take(character: string): boolean {
    skipSpace()
    if (text[at] !== character) return false
    at += 1
    return true
  }

  function expect(character: string): void {
    if (!take(character)) reject(`must have ${character}`)
  }

  function string(): string {
    skipSpace()
    if (text[at] !== '"') reject('must have a string')
    const begin = at
    let end = at
    do {
      end = text.indexOf('"', end + 1)
      if ((end < 0 ? text.length : end) - begin > JSON_STRING_MAX_LENGTH + 1)
        exceed(`has a string of more than ${JSON_STRING_MAX_LENGTH} characters at`)
      if (end < 0) throw new JsonMistake('ends too early')
    } while (isEscaped(text, end))
    at = end + 1
    const inside = text.slice(begin + 1, end)
    if (!inside.includes('\\'))
      return CONTROL.test(inside) ? reject('has a control character in the string before') : inside
    let value: string
    try {
      value = JSON.parse(text.slice(begin, at))
    } catch {
      return reject('has a malformed string before')
    }
    return value.isWellFormed() ? value : reject('has half of a surrogate pair in the string before')
  }

  /** Reads a value that contains no other values. */
  function scalar(): Json {
    if (text[at] === '"') return string()
    const word = match(WORD)
    if (word !== null) return WORDS[word] as boolean | null
    const source = match(NUMBER)
    if (source === null) reject('is not JSON')
    if (source.length > JSON_NUMBER_MAX_LENGTH)
      exceed(`has a number of more than ${JSON_NUMBER_MAX_LENGTH} characters before`)
    return new Numeral(source)
  }

  function* value(depth: number): Steps<Json> {
    skipSpace()
    if (passed + at >= pauseAt) {
      pauseAt = passed + at + PAUSE_CHARACTERS
      yield
    }
    const open = text[at]
    return open === '{' ? yield* object(depth + 1) : open === '[' ? yield* array(depth + 1) : scalar()
  }

  /** Counts a value inside another one, and returns whether it can be read without a generator, which most values can. */
  function isPlain(): boolean {
    values += 1
    if (values > JSON_VALUES_MAX) exceed(`has more than ${JSON_VALUES_MAX} values in one record at`)
    skipSpace()
    return passed + at < pauseAt && text[at] !== '{' && text[at] !== '['
  }

  function nested(depth: number): void {
    at += 1
    if (depth > JSON_DEPTH_MAX) exceed(`is nested deeper than ${JSON_DEPTH_MAX} levels at`)
  }

  function* object(depth: number): Steps<JsonObject> {
    nested(depth)
    const result: JsonObject = Object.create(NO_KEYS)
    if (take('}')) return result
    let keys = 0
    do {
      const key = string()
      keys += 1
      if (key.length > JSON_KEY_MAX_LENGTH) exceed(`has a key of more than ${JSON_KEY_MAX_LENGTH} characters before`)
      if (keys > JSON_KEYS_MAX) exceed(`has more than ${JSON_KEYS_MAX} keys in one object before`)
      if (key in result) reject(`has the key ${JSON.stringify(key)} twice in one object, for the second time`)
      expect(':')
      result[key] = isPlain() ? scalar() : yield* value(depth)
    } while (take(','))
    expect('}')
    return result
  }

  function* array(depth: number): Steps<Json[]> {
    nested(depth)
    const result: Json[] = []
    if (take(']')) return result
    do result.push(isPlain() ? scalar() : yield* value(depth))
    while (take(','))
    expect(']')
    return result
  }

  function isOver(): boolean {
    skipSpace()
    return at >= text.length
  }

  return {
    take,
    expect,
    value() {
      values = 0
      return value(0)
    },
    string,
    isOver,
    end() {
      if (!isOver()) reject('must end')
    },
  }
}

/** Returns whether an odd number of backslashes precedes this position. */
function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text[before - 1] === '\\') before -= 1
  return (at - before) % 2 === 1
}
