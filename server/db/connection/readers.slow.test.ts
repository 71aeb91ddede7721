import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/database.ts'
import { startProxy } from '../../../test/proxy.ts'
import { build, connect, readRaw } from '../database.ts'

const ask = (value: string) => build.selectNoFrom(sql`${value}::text`.as('value'))

test('every statement gets its own answer, with many concurrent statements and draining connections', async (t) => {
  const { url, close } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 3, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await close()
  })
  const asked = Array.from({ length: 8000 }, (_, index) => `number ${index}`)
  const answers = await Promise.all(asked.map((value) => readRaw(db, ask(value))))
  assert.deepEqual(
    answers.map(([row]) => String(row?.[0])),
    asked,
  )
})

test('a failing statement does not affect others, and later ones are answered', async (t) => {
  const { url, close } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 2, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await close()
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

test('one slow statement does not block the other connections', async (t) => {
  const { url, close } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 2, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await close()
  })
  const order: string[] = []
  const slow = readRaw(db, build.selectNoFrom(sql`pg_sleep(0.3)`.as('value'))).then(() => order.push('slow'))
  const quick = readRaw(db, ask('quick')).then(() => order.push('quick'))
  await Promise.all([slow, quick])
  assert.deepEqual(order, ['quick', 'slow'])
})

for (const over of ['TCP', 'TLS'] as const)
  test(`while connections over ${over} are cut again and again, every statement gets its own answer or an error`, async (t) => {
    const { url, close } = await testDatabase()
    const proxy = await startProxy(url, over === 'TLS' ? 'S' : null)
    const db = connect(proxy.url, { connections: 2, readers: 2, name: 'test readers' })
    let asking = true
    t.after(async () => {
      // A pool that has ended refuses at once; a loop that continues would block everything else.
      asking = false
      await db.end({ timeout: 1 })
      proxy.stop()
      await close()
    })

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
      const before = answered
      await sleep(40 + ((cuts * 37) % 60))
      // On a busy machine, a connection over TLS takes seconds.
      for (let tries = 0; answered < before + 4 && tries < 1000; tries += 1) await sleep(10)
      proxy.cut()
    }
    await sleep(50)
    asking = false
    const ended = Promise.all(all).then(() => true)
    assert.ok(await Promise.race([ended, sleep(8000, false)]), 'a statement was neither answered nor refused')
    assert.ok(answered >= 100 && refused > 0, `${answered} answered, ${refused} refused`)
  })

test('TLS follows DATABASE_URL', async (t) => {
  const { url, close } = await testDatabase()
  t.after(close)
  /** Returns the result of a first statement from a server that answers the TLS request so, and whether it used TLS. */
  const asked = async (answer: string, query: string) => {
    const proxy = await startProxy(url, answer)
    const db = connect(proxy.url.replace(/\?.*|$/, query), { connections: 1, name: 'test tls' })
    try {
      const [row] = await db`select ${'ก'.repeat(100_000)}::text as value`
      assert.equal(row?.value, 'ก'.repeat(100_000))
      return proxy.secured() > 0 ? 'over TLS' : 'in the clear'
    } catch (error) {
      return (error as Error).message
    } finally {
      await db.end({ timeout: 1 })
      proxy.stop()
    }
  }
  assert.equal(await asked('S', '?sslmode=require'), 'over TLS')
  assert.equal(await asked('S', '?ssl=prefer'), 'over TLS')
  assert.equal(await asked('N', '?sslmode=prefer'), 'in the clear')
  assert.match(await asked('N', '?sslmode=require'), /^the server does not support TLS, .*sslmode=require/)
  // The certificate of the proxy is self-signed.
  assert.match(await asked('S', '?sslmode=verify-full'), /self-signed certificate/)
  // An attacker answers in place of the server, before TLS.
  assert.match(await asked('SE', '?sslmode=require'), /sent plaintext after its answer/)
})
