import { JSON_DEPTH_MAX } from '../limits.ts'

// JSON as it is written (RFC 8259), for data that must arrive as it was meant. JSON.parse takes the last of two keys of
// one name and says nothing, and makes of every number the nearest one it has. Here the first is a mistake, and numbers
// stay the text they are until it is known what they should be.

/** A number as it was written. */
export class Numeral {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

/** Without a prototype: `__proto__` is a key like any other. */
export type JsonObject = { [key: string]: Json }
export type Json = null | boolean | string | Numeral | Json[] | JsonObject

/** What is wrong with a text that should be JSON. */
export class JsonMistake extends Error {}

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Numeral)

/** The value that a text is. @throws JsonMistake */
export function parseJson(text: string): Json {
  const reader = jsonReader(text)
  const value = reader.value()
  reader.end()
  return value
}

export type JsonReader = {
  /** Whether this character comes next; if so, it is passed. */
  take(character: string): boolean
  /** @throws JsonMistake if another comes */
  expect(character: string): void
  value(): Json
  string(): string
  /** @throws JsonMistake if there is more than white space */
  end(): void
}

const SPACE = /[ \t\n\r]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: no string may have them as they are
const CONTROL = /[\u0000-\u001f]/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const WORDS: Record<string, boolean | null> = { true: true, false: false, null: null }

/** Reads a text from its beginning, a value at a time. */
export function jsonReader(text: string): JsonReader {
  let at = 0

  function match(pattern: RegExp): string | null {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? null
    if (found !== null) at += found.length
    return found
  }

  const skipSpace = () => {
    // Mostly there is none, or one.
    const code = text.charCodeAt(at)
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) match(SPACE)
  }

  function refuse(what: string): never {
    const isOver = at >= text.length && !what.endsWith('before')
    throw new JsonMistake(
      isOver ? 'ends too early' : `${what} ${what.endsWith('before') ? '' : 'at '}character ${at + 1}`,
    )
  }

  function take(character: string): boolean {
    skipSpace()
    if (text[at] !== character) return false
    at += 1
    return true
  }

  function expect(character: string): void {
    if (!take(character)) refuse(`must have ${character}`)
  }

  function string(): string {
    skipSpace()
    if (text[at] !== '"') refuse('must have a string')
    const begin = at
    let end = at
    do {
      end = text.indexOf('"', end + 1)
      if (end < 0) throw new JsonMistake('ends too early')
    } while (isEscaped(text, end))
    at = end + 1
    const inside = text.slice(begin + 1, end)
    if (!inside.includes('\\'))
      return CONTROL.test(inside) ? refuse('has a control character in the string before') : inside
    let value: string
    try {
      value = JSON.parse(text.slice(begin, at))
    } catch {
      return refuse('has a malformed string before')
    }
    return value.isWellFormed() ? value : refuse('has half of a surrogate pair in the string before')
  }

  function value(depth = 0): Json {
    skipSpace()
    switch (text[at]) {
      case '"':
        return string()
      case '{':
        return object(depth + 1)
      case '[':
        return array(depth + 1)
    }
    const word = match(WORD)
    if (word !== null) return WORDS[word] as boolean | null
    const source = match(NUMBER)
    if (source === null) refuse('is not JSON')
    return new Numeral(source)
  }

  function nested(depth: number): void {
    at += 1
    if (depth > JSON_DEPTH_MAX) refuse(`is nested deeper than ${JSON_DEPTH_MAX} levels`)
  }

  function object(depth: number): JsonObject {
    nested(depth)
    const result: JsonObject = Object.create(null)
    if (take('}')) return result
    do {
      const key = string()
      if (key in result) refuse(`has the key ${JSON.stringify(key)} twice in one object, for the second time`)
      expect(':')
      result[key] = value(depth)
    } while (take(','))
    expect('}')
    return result
  }

  function array(depth: number): Json[] {
    nested(depth)
    const result: Json[] = []
    if (take(']')) return result
    do result.push(value(depth))
    while (take(','))
    expect(']')
    return result
  }

  return {
    take,
    expect,
    value: () => value(),
    string,
    end() {
      skipSpace()
      if (at < text.length) refuse('must end')
    },
  }
}

/** Whether an odd number of backslashes stands before this place. */
function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text[before - 1] === '\\') before -= 1
  return (at - before) % 2 === 1
}
