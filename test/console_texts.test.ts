import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generatedForConsole } from '../console/generate.ts'
import { THAI } from '../console/src/language/messages.ts'
import { ROOT } from './process.ts'

// The sources of the console: its texts and its generated files.

const SOURCE = join(ROOT, 'console', 'src')
const read = (path: string): string => readFileSync(join(SOURCE, path), 'utf8')
const sources = globSync('**/*.{ts,tsx}', { cwd: SOURCE, exclude: ['**/generated/**'] }).sort()
const screens = sources.filter((path) => path.endsWith('.tsx'))

/** Returns the texts in a source that a person would read and that nobody has translated. */
function rawTexts(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const between = [...code.matchAll(/>\s*([^<>{}=;()]*\p{L}[^<>{}=;()]*?)\s*<\//gu)].map(([, found = '']) => found)
  const attributes = [
    ...code.matchAll(/\s(?:label|title|placeholder|description|alt|aria-label|about|empty|text)="([^"]*\p{L}[^"]*)"/gu),
  ].map(([, found = '']) => found)
  return [...between, ...attributes].filter((found) => found !== 'Talad')
}

test('no screen has a text that is not translated', () => {
  assert.deepEqual(rawTexts('<Text c="dimmed">Hello</Text><A label="Name" /><B title={t(x)}>{y}</B>'), [
    'Hello',
    'Name',
  ])
  assert.ok(screens.length > 10)
  for (const path of screens) assert.deepEqual(rawTexts(read(path)), [], path)
})

test('every message is in Thai, is used, has the same arguments, and stands once', () => {
  const argumentsOf = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort()
  const all = sources
    .filter((path) => !path.endsWith('messages.ts'))
    .map(read)
    .join('\n')
  for (const [english, thai] of Object.entries(THAI)) {
    assert.match(thai, /[ก-๙]|^[A-Z]/, english)
    assert.deepEqual(argumentsOf(thai), argumentsOf(english), english)
    const quoted = [`'${english}'`, `"${english}"`, JSON.stringify(english)]
    assert.ok(quoted.some((form) => all.includes(form)) || isWord(english, all), `unused: ${english}`)
  }
  const keys = sources
    .filter((path) => path.endsWith('/messages.ts'))
    .flatMap((path) =>
      [...read(path).matchAll(/^ {2}(?:'([^']+)'|"([^"]+)"|(\w+)):/gm)].map(
        ([, one, two, three]) => one ?? two ?? three,
      ),
    )
  assert.equal(new Set(keys).size, keys.length, 'two folders have the same message')
})

/** Whether a role or a status, which a screen gets from the server, is a key of a map there. */
const isWord = (key: string, all: string): boolean => /^\w+$/.test(key) && new RegExp(`\\b${key}\\b`).test(all)

test('the types of the console are generated from its document', () => {
  for (const [name, text] of Object.entries(generatedForConsole()))
    assert.equal(read(`api/generated/${name}`), text, `${name} is old: npm run openapi`)
})
