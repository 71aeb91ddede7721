import assert from 'node:assert/strict'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { testDatabase } from '../../test/harness.ts'
import { build, connect, readRaw } from './database.ts'

const ask = (value: string) => build.selectNoFrom(sql`${value}::text`.as('value'))

test('every statement gets its own answer, however many are asked at once and however often connections drain', async (t) => {
  const { url, drop } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 3, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await drop()
  })
  const asked = Array.from({ length: 8000 }, (_, index) => `number ${index}`)
  const answers = await Promise.all(asked.map((value) => readRaw(db, ask(value))))
  assert.deepEqual(
    answers.map(([row]) => String(row?.[0])),
    asked,
  )
})

test('a statement that fails takes nothing from the others, and the next ones are answered', async (t) => {
  const { url, drop } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 2, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await drop()
  })
  const fail = () => readRaw(db, build.selectNoFrom(sql`1 / ${0}::int`.as('value')))
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? fail() : readRaw(db, ask(String(index))))),
  )
  for (const [index, result] of results.entries()) {
    if (index % 3 === 0) assert.equal(result.status === 'rejected' && result.reason.code, '22012')
    else assert.equal(result.status === 'fulfilled' && String(result.value[0]?.[0]), String(index))
  }
  assert.equal(String((await readRaw(db, ask('after')))[0]?.[0]), 'after')
})

test('one slow statement leaves the other connections to the rest', async (t) => {
  const { url, drop } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 2, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await drop()
  })
  const order: string[] = []
  const slow = readRaw(db, build.selectNoFrom(sql`pg_sleep(0.3)`.as('value'))).then(() => order.push('slow'))
  const quick = readRaw(db, ask('quick')).then(() => order.push('quick'))
  await Promise.all([slow, quick])
  assert.deepEqual(order, ['quick', 'slow'])
})

test('while connections are cut again and again, a statement gets its own answer or none, and always one of the two', async (t) => {
  const { url, drop } = await testDatabase()
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const proxy = createServer((socket) => {
    const upstream = connectSocket(Number(port), hostname)
    for (const one of [socket, upstream]) {
      sockets.add(one)
      one.on('error', () => {}).on('close', () => sockets.delete(one))
    }
    socket.on('close', () => upstream.destroy())
    upstream.on('close', () => socket.destroy())
    socket.pipe(upstream).pipe(socket)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const behind = new URL(url)
  behind.port = String((proxy.address() as { port: number }).port)
  const db = connect(behind.href, { connections: 2, readers: 2, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    proxy.close()
    for (const socket of sockets) socket.destroy()
    await drop()
  })

  let asking = true
  let answered = 0
  let refused = 0
  const askOn = async (who: number, run: (value: string) => Promise<string>) => {
    for (let index = 0; asking; index += 1) {
      const value = `${who}/${index}`
      const answer = await run(value).catch(() => null)
      if (answer === null) refused += 1
      else {
        assert.equal(answer, value)
        answered += 1
      }
    }
  }
  const byReaders = async (value: string) => String((await readRaw(db, ask(value)))[0]?.[0])
  const byPool = async (value: string) => (await db`select ${value}::text as value`)[0]?.value as string
  const all = Array.from({ length: 24 }, (_, who) => askOn(who, who % 2 === 0 ? byReaders : byPool))
  for (let cuts = 0; cuts < 25; cuts += 1) {
    await sleep(40 + ((cuts * 37) % 60))
    for (const socket of sockets) socket.resetAndDestroy()
  }
  await sleep(50)
  asking = false
  const ended = Promise.all(all).then(() => true)
  assert.ok(await Promise.race([ended, sleep(8000, false)]), 'a statement was neither answered nor refused')
  assert.ok(answered > 100 && refused > 0, `${answered} answered, ${refused} refused`)
})
