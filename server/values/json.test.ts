import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JSON_STRING_MAX_LENGTH, JSON_VALUES_MAX } from '../limits.ts'
import { isObject, type Json, JsonExcess, JsonMistake, jsonReader, Numeral, parseJson } from './json.ts'

/** Converts a value to the form that JSON.parse returns. */
function plain(value: Json): unknown {
  if (value instanceof Numeral) return JSON.parse(value.source)
  if (Array.isArray(value)) return value.map(plain)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)])) : value
}

test('text that is not JSON is rejected, and so are mistakes that JSON.parse accepts', () => {
  const wrong: [text: string, message: string][] = [
    ['', 'ends too early'],
    ['  ', 'ends too early'],
    ['{"a":1,"a":2}', 'has the key "a" twice in one object, for the second time at character 11'],
    ['{"\\u0061":1,"a":2}', 'has the key "a" twice in one object, for the second time at character 16'],
    ['{"a":{"b":1,"b":1}}', 'has the key "b" twice in one object, for the second time at character 16'],
    [
      '{"__proto__":1,"__proto__":1}',
      'has the key "__proto__" twice in one object, for the second time at character 27',
    ],
    ['[1,]', 'is not JSON at character 4'],
    ['{"a":1,}', 'must have a string at character 8'],
    ['{a:1}', 'must have a string at character 2'],
    ["{'a':1}", 'must have a string at character 2'],
    ['{"a" 1}', 'must have : at character 6'],
    ['{"a":01}', 'must have } at character 7'],
    ['[+1]', 'is not JSON at character 2'],
    ['[.5]', 'is not JSON at character 2'],
    ['[5.]', 'must have ] at character 3'],
    ['[NaN]', 'is not JSON at character 2'],
    ['[Infinity]', 'is not JSON at character 2'],
    ['[-Infinity]', 'is not JSON at character 2'],
    ['[0x10]', 'must have ] at character 3'],
    ['nul', 'is not JSON at character 1'],
    ['truefalse', 'must end at character 5'],
    ['{} {}', 'must end at character 4'],
    ['"abc', 'ends too early'],
    ['"abc\\"', 'ends too early'],
    ['"a\u0001b"', 'has a control character in the string before character 6'],
    ['"a\tb"', 'has a control character in the string before character 6'],
    ['"\\x41"', 'has a malformed string before character 7'],
    ['"\\u12"', 'has a malformed string before character 7'],
    ['"\\ud800"', 'has half of a surrogate pair in the string before character 9'],
    ['"\\udc00\\ud800"', 'has half of a surrogate pair in the string before character 15'],
    ['/* */ 1', 'is not JSON at character 1'],
    [`${'['.repeat(9)}1${']'.repeat(9)}`, 'is nested deeper than 8 levels at character 10'],
    ['[1 2]', 'must have ] at character 4'],
    ['\u00a01', 'is not JSON at character 1'],
  ]
  for (const [text, message] of wrong)
    assert.throws(
      () => parseJson(text),
      (error) => error instanceof JsonMistake && error.message === message,
      text,
    )
})

test('numbers keep their source text', () => {
  const written = '[0,-0,1e2,1E+2,0.10,12345678901234567890.123456789,-1.5e-7]'
  assert.deepEqual(
    (parseJson(written) as Numeral[]).map(({ source }) => source),
    ['0', '-0', '1e2', '1E+2', '0.10', '12345678901234567890.123456789', '-1.5e-7'],
  )
})

test('keys such as __proto__ and constructor are ordinary keys', () => {
  const value = parseJson('{"__proto__":{"a":null},"constructor":true,"toString":"x"}')
  assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor', 'toString'])
})

test('every output of JSON.stringify is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 5, depthSize: 'small', stringUnit: 'binary' }).filter((text) => !/\\ud[89a-f]/i.test(text)),
      fc.constantFrom(undefined, 1, '\t', ' \n\r'),
      (text, space) => {
        const value = JSON.parse(text)
        // Formatted again, because the generated text has no white space.
        const spaced = JSON.stringify(value, null, space)
        assert.deepEqual(plain(parseJson(spaced)), value)
      },
    ),
    { numRuns: 1000 },
  )
})

test('a mutated text is rejected when JSON.parse rejects it, or for a mistake that only this reader detects', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 3, depthSize: 'small' }),
      fc.nat(),
      fc.constantFrom(...'{}[],:"\\0123456789.eE+-tfn \n\u0000ก'),
      fc.nat(2),
      (text, where, letter, drop) => {
        const at = where % (text.length + 1)
        const changed = text.slice(0, at) + letter + text.slice(at + drop)
        const theirs = attempt(() => JSON.parse(changed))
        const ours = attempt(() => plain(parseJson(changed)))
        if ('error' in theirs) assert.ok('error' in ours, changed)
        else if ('error' in ours) assert.match(String(ours.error), /twice|surrogate|deeper/, changed)
        else assert.deepEqual(ours.value, theirs.value)
      },
    ),
    { numRuns: 5000 },
  )
})

function attempt(work: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: work() }
  } catch (error) {
    return { error }
  }
}

test('each exceeded limit is named: keys, lengths, white space, values', () => {
  const keys = (count: number) => `{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',')}}`
  const excess: [text: string, message: string][] = [
    [keys(101), 'has more than 100 keys in one object before character 798'],
    [`{"${'k'.repeat(101)}":1}`, 'has a key of more than 100 characters before character 105'],
    [`"${'a'.repeat(65_537)}"`, 'has a string of more than 65536 characters at character 1'],
    [`"${'a'.repeat(200_000)}`, 'has a string of more than 65536 characters at character 1'],
    [`"${'\\u0e01'.repeat(20_000)}"`, 'has a string of more than 65536 characters at character 1'],
    ['1'.repeat(101), 'has a number of more than 100 characters before character 102'],
    [`{${' '.repeat(65_537)}}`, 'has more than 65536 characters of white space in a row before character 65539'],
    [`[${'1,'.repeat(150_000)}1]`, 'has more than 150000 values in one record at character 300002'],
    [`[${`[${'1,'.repeat(999)}1],`.repeat(150)}1]`, 'has more than 150000 values in one record at character 300001'],
  ]
  for (const [text, message] of excess)
    assert.throws(
      () => parseJson(text),
      (error) => error instanceof JsonExcess && error.message === message,
      message,
    )
  for (const text of [
    keys(100),
    `{"${'k'.repeat(100)}":1}`,
    `"${'a'.repeat(JSON_STRING_MAX_LENGTH)}"`,
    `{${' '.repeat(65_536)}}`,
    `[${'1,'.repeat(JSON_VALUES_MAX - 1)}1]`,
  ])
    assert.deepEqual(plain(parseJson(text)), JSON.parse(text))
})

test('a text in pieces of any length is read like the whole text, in many steps', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.array(fc.nat(200), { maxLength: 20 }), (text, lengths) => {
      fc.pre(!/\\ud[89a-f]/i.test(text))
      const padded = `[${'"ก\\n", '.repeat(30_000)}${text}]`
      let begin = 0
      const pieces = () => {
        if (begin >= padded.length) return null
        const length = 70_000 + (lengths[begin % Math.max(1, lengths.length)] ?? 0)
        const piece = padded.slice(begin, begin + length)
        begin += length
        return piece
      }
      const reader = jsonReader(pieces)
      const steps = reader.value()
      let count = 0
      for (let step = steps.next(); ; step = steps.next(), count += 1)
        if (step.done) {
          assert.deepEqual(plain(step.value), JSON.parse(padded))
          break
        }
      assert.ok(reader.isOver())
      assert.ok(count > padded.length / 10_000, `${count} pauses`)
    }),
    { numRuns: 10 },
  )
})
