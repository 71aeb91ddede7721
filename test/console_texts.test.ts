import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generatedForConsole } from '../console/generate.ts'
import { THAI } from '../console/src/language/messages.ts'
import { SERVER_MESSAGES, serverText, thaiReason } from '../console/src/language/server_messages.ts'
import { instantOf } from '../console/src/language/wall_time.ts'
import { Customer } from '../server/api/customers/schema.ts'
import { PII_SCOPE } from '../server/scopes.ts'
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

test('passwords are asked for by the field whose button has a Thai name, not by the one of the library', () => {
  const users = screens.filter((path) => /\bPasswordInput\b/.test(read(path)))
  assert.deepEqual(users, ['parts/PasswordField.tsx'])
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

/** Files of the server whose messages members can see. */
const SAYING = [
  ...['values', 'ingest', 'console', 'oauth/applications.ts', 'webhooks/subscriptions', 'contract/members.ts'],
  ...['contract/parameters.ts', 'api/customers', 'api/products', 'privacy/requests.ts', 'privacy/person_links.ts'],
  ...['http/bodies/body.ts', 'scopes.ts'],
]

/** Messages that only partners or commands can see. */
const ELSEWHERE = [
  /The (Content-Encoding must be gzip|request body is not valid gzip)/,
  /Too many request bodies are in memory/,
  /^(The URL|The response) /,
]

/** Returns the messages in a source: the texts that errors and mistakes are made of. A value inside becomes X. */
function messagesIn(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const made =
    /(?:(?:InvalidValue|Refusal|FileMistake|CellMistake)\(\s*|\b(?:message|mistake)(?::| =) |Problem\(\s*'\w+',\s*)(['`])/g
  return [...code.matchAll(made)].map((found) => {
    const [quote] = [found[1]]
    let text = ''
    for (let at = found.index + found[0].length; at < code.length && code[at] !== quote; at += 1)
      if (code[at] === '\\') {
        at += 1
        text += code[at]
      } else if (quote === '`' && code.startsWith('${', at)) {
        let depth = 1
        for (at += 2; depth > 0; at += 1) depth += code[at] === '{' ? 1 : code[at] === '}' ? -1 : 0
        at -= 1
        text += 'X'
      } else text += code[at]
    return text
  })
}

test('every message of the server that a member can see is known in Thai', () => {
  assert.deepEqual(messagesIn(['new Refusal(`a ', '{b.map((c) => ({ c }))} d`)'].join('$')), ['a X d'])
  const folder = join(ROOT, 'server')
  const files = globSync('**/*.ts', { cwd: folder }).filter(
    (path) => SAYING.some((one) => path.startsWith(one)) && !path.endsWith('.test.ts'),
  )
  const messages = files.flatMap((path) => messagesIn(readFileSync(join(folder, path), 'utf8')))
  assert.ok(messages.length > 100, String(messages.length))
  const unknown = messages.filter((text) => thaiReason(text) === null && !ELSEWHERE.some((one) => one.test(text)))
  assert.deepEqual([...new Set(unknown)], [])
})

test('messages of the server are translated with their values, also after the name of a field', () => {
  for (const [english, thai] of Object.entries(SERVER_MESSAGES)) {
    assert.match(thai, /[ก-๙]/, english)
    const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const name of values(thai)) assert.ok(values(english).includes(name), `${english}: ${name}`)
  }
  const READ = {
    'full_name must be at most 255 characters': 'full_name ต้องยาวไม่เกิน 255 ตัวอักษร',
    'รหัสลูกค้า is required': 'รหัสลูกค้า ต้องระบุ',
    'has 6 cells, but the header has 4': 'มี 6 ช่อง แต่แถวหัวคอลัมน์มี 4 ช่อง',
    'price is empty; unit must be at most 255 characters': 'price ว่าง; unit ต้องยาวไม่เกิน 255 ตัวอักษร',
    'does not have the columns of customers: nam is unknown; did you mean name?; full_name is missing':
      'คอลัมน์ไม่ตรงกับข้อมูล customers: nam ไม่รู้จัก หมายถึง name หรือไม่; ไม่มีคอลัมน์ full_name',
  }
  for (const [english, thai] of Object.entries(READ)) {
    assert.equal(serverText(english, 'th'), thai)
    assert.equal(serverText(english, 'en'), english)
  }
  assert.equal(thaiReason('Something new happened'), null)
})

test('a time that a member enters is one of the time zone of the business, whatever that of the device is', () => {
  const device = process.env.TZ
  for (const zone of ['UTC', 'America/New_York']) {
    process.env.TZ = zone
    for (const [time, ofBusiness, instant] of [
      ['2026-11-30T09:15', 'Asia/Bangkok', '2026-11-30T02:15:00.000Z'],
      ['2026-01-01T00:00', 'Asia/Kathmandu', '2025-12-31T18:15:00.000Z'],
      // Clocks show this hour twice, and skip the next one.
      ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
      ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ] as const)
      assert.equal(instantOf(time, ofBusiness).toISOString(), instant)
  }
  if (device === undefined) delete process.env.TZ
  else process.env.TZ = device
})

test('the types of the console are generated from its document', () => {
  for (const [name, text] of Object.entries(generatedForConsole()))
    assert.equal(read(`api/generated/${name}`), text, `${name} is old: npm run openapi`)
})

test('the sentences that say what contact data holds name every field of it', () => {
  const contact = Object.entries(Customer.fields).flatMap(([name, { scope }]) => (scope === PII_SCOPE ? [name] : []))
  // City, state, postal code and country are the address.
  const named = ['phone', 'email', 'date_of_birth', 'address', 'city', 'state', 'postal_code', 'country', 'tax_id']
  const where = [
    'console/src/screens/disclosures/messages.ts',
    'server/privacy/disclosure_table.ts',
    'server/commands/ledger.ts',
  ]
  assert.deepEqual(contact, named, `change the sentences, too: ${where.join(', ')}`)
  for (const path of where)
    assert.match(readFileSync(join(ROOT, path), 'utf8'), /phone number, email, date of birth, address and tax ID/, path)
})
