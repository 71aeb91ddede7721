import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { connect } from '../database.ts'
import { type BinaryStatement, binaryConnection } from './binary_connection.ts'
import { binaryParameters } from './parameters.ts'

const { db, url, close } = await testDatabase()
after(close)

const ECHO: BinaryStatement = {
  name: 'echo',
  sql: `
    select id, text, large, small, encode(bytes, 'hex'), iso_time(at), current_setting('work_mem')
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::int[], $5::bytea[], $6::timestamptz[])
      as sent (id, text, large, small, bytes, at)`,
  settings: { work_mem: '3MB' },
}

type Sent = { id: string | null; text: string | null; large: number; small: number; bytes: string; at: Date }

/** @param expected bytes */
function echoed(rows: readonly Sent[], expected = 10): Buffer {
  const parameters = binaryParameters(expected)
  parameters.uuids(rows.map(({ id }) => id))
  parameters.texts(rows.map(({ text }) => text))
  parameters.bigints(rows.map(({ large }) => large))
  parameters.ints(rows.map(({ small }) => small))
  parameters.bytes(rows.map(({ bytes }) => bytes))
  parameters.times(rows.map(({ at }) => at))
  return parameters.messages(ECHO.name)
}

const row = (values: Partial<Sent> = {}): Sent => ({
  ...{ id: randomUUID(), text: 'ทดสอบ', large: 1, small: 1, bytes: '00ff', at: new Date() },
  ...values,
})

test('values arrive as they were sent, and the settings of the connection apply', async () => {
  const rows = [
    row({ id: null, text: null }),
    row({ text: '', large: 2 ** 53 - 1, small: -1, at: new Date('1969-12-31T23:59:59.999Z') }),
    row({
      text: '😀"\\\n'.repeat(10_000),
      large: -(2 ** 40) - 1,
      small: 2 ** 31 - 1,
      at: new Date('2100-01-01T00:00:00.001Z'),
    }),
    row({ text: null }),
    ...Array.from({ length: 200 }, () => row()),
  ]
  const own = connect(url, { connections: 1, hasBinary: true, name: 'binary' })
  const expected = rows.map(({ id, text, large, small, bytes, at }) => [
    ...[id, text, String(large), String(small), bytes, at.toISOString(), '3MB'],
  ])
  const connection = binaryConnection(own, ECHO)
  const sent = [echoed(rows), echoed(rows, 1_000_000), echoed([])].map((messages) => connection?.run(messages))
  assert.deepEqual(await Promise.all(sent), [expected, expected, []])
  await own.end()
})

test('an id in another spelling is refused, because the database would store it differently', () => {
  const id = randomUUID()
  for (const wrong of [
    id.replace(/[0-9a-f]/, 'A'),
    id.slice(1),
    `${id} `,
    id.replaceAll('-', ''),
    id.replace('-', '0'),
    'ก'.repeat(36),
    id.replaceAll(/[0-9a-f]/g, 'ก'),
  ])
    assert.throws(() => echoed([row({ id: wrong })]), TypeError, wrong)
})

test('a pool that was not given such a connection has none; one that cannot be opened gives null', async () => {
  const without = connect(url, { connections: 1, name: 'binary' })
  assert.equal(binaryConnection(without, ECHO), null)
  await without.end()
  const nowhere = connect('postgres://127.0.0.1:1/none', { connections: 1, hasBinary: true, name: 'binary' })
  assert.equal(await binaryConnection(nowhere, ECHO)?.run(echoed([row()])), null)
  await nowhere.end()
})

test('after a loss or an error, statements without an answer are refused, and the next one opens a connection', async () => {
  const name = `binary ${randomUUID().slice(0, 8)}`
  const own = connect(url, { connections: 1, hasBinary: true, name })
  const statement = {
    name: 'wait',
    sql: `select 60 / seconds, pg_sleep(seconds - 1), pg_backend_pid() from unnest($1::int[]) as seconds`,
    settings: {},
  }
  const run = async (seconds: number) => {
    const parameters = binaryParameters(100)
    parameters.ints([seconds])
    return (await binaryConnection(own, statement)?.run(parameters.messages('wait')))?.[0]?.at(-1)
  }
  const first = await run(1)
  assert.equal(await run(1), first)
  const lost = [run(60), run(1)].map((one) => assert.rejects(one, /terminat|lost/))
  await db`select pg_terminate_backend(${String(first)}::int)`
  await Promise.all(lost)
  const second = await run(1)
  assert.notEqual(second, first)
  await assert.rejects(run(0), { code: '22012' })
  assert.notEqual(await run(1), second)
  await own.end()
})
