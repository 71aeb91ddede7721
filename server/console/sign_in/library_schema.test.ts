import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { loadLibrary } from './library.ts'

const { db, close } = await testDatabase()
after(close)

/** The types of columns that hold the library's types of values. */
const TYPES: Record<string, string[]> = {
  string: ['text', 'uuid'],
  boolean: ['bool'],
  date: ['timestamptz'],
  number: ['int4', 'int8'],
}

/** Our own columns in tables of the library, which it does not know. */
const OURS = ['auth_sessions.proved_at', 'auth_users.language', 'auth_users.last_business_id']

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

test('our tables have exactly the columns that the library expects, with its types, and ours', async () => {
  const library = await loadLibrary({ db, secretKey: Buffer.alloc(32), isSecure: true, onError: assert.fail })()
  const { tables } = await library.$context
  const columns = await db<
    { place: string; udt_name: string; is_nullable: 'YES' | 'NO'; column_default: string | null }[]
  >`
    select table_name || '.' || column_name as place, udt_name, is_nullable, column_default
    from information_schema.columns where table_name like 'auth\\_%' order by 1`
  const known = new Map(columns.map((column) => [column.place, column]))
  const expected = Object.values(tables).flatMap(({ modelName, fields }) => [
    { place: `${modelName}.id`, type: 'string', required: true },
    ...Object.entries(fields).map(([name, { fieldName, type, required }]) => ({
      place: `${modelName}.${snake(fieldName ?? name)}`,
      type: String(type),
      required: required !== false,
    })),
  ])
  assert.deepEqual([...known.keys()].sort(), [...expected.map(({ place }) => place), ...OURS].sort())
  for (const { place, type, required } of expected) {
    const { udt_name, is_nullable } = known.get(place) ?? assert.fail(place)
    assert.ok(TYPES[type]?.includes(udt_name), `${place} is ${udt_name}, and the library sends ${type}`)
    assert.equal(is_nullable, required ? 'NO' : 'YES', place)
  }
  // The library does not fill our columns.
  for (const place of OURS)
    assert.ok(known.get(place)?.is_nullable === 'YES' || known.get(place)?.column_default !== null, place)
})

test('what the library calls unique is unique in the database', async () => {
  const library = await loadLibrary({ db, secretKey: Buffer.alloc(32), isSecure: true, onError: assert.fail })()
  const { tables } = await library.$context
  const unique = Object.values(tables).flatMap(({ modelName, fields }) =>
    Object.entries(fields).flatMap(([name, { unique: isUnique }]) => (isUnique ? [`${modelName} ${snake(name)}`] : [])),
  )
  assert.deepEqual(unique.sort(), ['auth_rate_limits key', 'auth_sessions token', 'auth_users email'])
  for (const place of unique) {
    const [table = '', column = ''] = place.split(' ')
    const [row] = await db`
      select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indisunique and i.indnkeyatts = 1 and i.indrelid::regclass::text = ${table} and a.attname = ${column}`
    assert.ok(row, place)
  }
})

test('options that protect members are on', async () => {
  const library = await loadLibrary({ db, secretKey: Buffer.alloc(32), isSecure: true, onError: assert.fail })()
  const { options, rateLimit, authCookies } = await library.$context
  assert.equal(options.emailAndPassword?.disableSignUp, true)
  assert.equal(options.emailAndPassword?.revokeSessionsOnPasswordReset, true)
  assert.ok(!('cookieCache' in options.session))
  assert.equal(options.verification?.storeIdentifier, 'hashed')
  assert.deepEqual([rateLimit.enabled, rateLimit.storage], [true, 'database'])
  const { name, attributes } = authCookies.sessionToken
  assert.deepEqual(
    [name, attributes.secure, attributes.httpOnly, attributes.sameSite],
    ['__Secure-talad.session_token', true, true, 'lax'],
  )
})
