import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBusiness } from '../../test/factories.ts'
import { type Json, testServer } from '../../test/harness.ts'
import { howMany } from '../../test/thorough.ts'
import { connect } from '../db/database.ts'
import { KINDS } from '../scopes.ts'
import { EVENT_TYPES } from './event_types.ts'
import { type Happened, recordEvents } from './record.ts'

// Several writers with overlapping transactions, late commits and rollbacks, and one reader that follows `after`.
// EVENTS=100000 makes a long run.

const EVENTS = howMany('EVENTS', 1500, 15_000)
const WRITERS = 8

const server = await testServer()
const writing = connect(server.databaseUrl, { connections: WRITERS, name: 'writers' })
after(() => writing.end({ timeout: 1 }))

test(`a reader gets each of ${EVENTS} events by ${WRITERS} concurrent writers exactly once, in order`, {
  timeout: 3_600_000,
}, async () => {
  const { id } = await makeBusiness(server.db)
  const token = await server.token(await server.application({ businessId: id, scopes: [...KINDS.partner] }))
  /** Committed events: the resource id, and the position that the writer received. */
  const committed = new Map<string, number>()
  let begun = 0
  let rolledBack = 0

  async function write(): Promise<void> {
    while (begun < EVENTS) {
      const count = randomInt(4) === 0 ? randomInt(1, 60) : 1
      begun += count
      const happened = Array.from({ length: count }, (): Happened => {
        const type = EVENT_TYPES[randomInt(EVENT_TYPES.length)] as Happened['type']
        return { type, branch_id: null, resource_id: randomUUID(), occurred_at: new Date() }
      })
      const isLost = randomInt(12) === 0
      const [last] = await writing
        .begin(async (tx) => {
          if (randomInt(3) === 0) await sleep(randomInt(4))
          const told = await recordEvents(tx, id, happened, new Date())
          if (randomInt(6) === 0) await sleep(randomInt(4))
          if (isLost) throw new Error('changed its mind')
          return [told as number]
        })
        .catch((error) => {
          assert.equal(error.message, 'changed its mind')
          return [null]
        })
      if (last === null) {
        rolledBack += 1
        begun -= count
      } else
        for (const [at, { resource_id }] of happened.entries())
          committed.set(resource_id, (last as number) - count + at + 1)
    }
  }

  const seen: { position: number; resource_id: string; created_at: string }[] = []
  let pages = 0
  let isOver = false
  async function follow(): Promise<void> {
    let next = 0
    for (;;) {
      // Checked before the request: everything committed by now must be on this page or an earlier one.
      const last = isOver
      const { status, body, text } = await server.get(`/events?after=${next}&limit=${randomInt(1, 201)}`, token)
      assert.equal(status, 200, text)
      pages += 1
      seen.push(...body.data)
      const { next_after, has_more } = body.pagination
      assert.ok(next_after >= next)
      next = next_after
      if (!has_more && last) return
    }
  }

  await Promise.all([Promise.all(Array.from({ length: WRITERS }, write)).then(() => (isOver = true)), follow()])
  assert.ok(committed.size >= EVENTS && rolledBack > 0 && pages > 10, `${committed.size} ${rolledBack} ${pages}`)
  assert.deepEqual(
    seen.map(({ position }) => position),
    Array.from({ length: committed.size }, (_, at) => at + 1),
  )
  for (const { position, resource_id } of seen) assert.equal(position, committed.get(resource_id))
  const times = seen.map(({ created_at }) => created_at)
  assert.deepEqual(times, times.toSorted())
  const { body }: Json = await server.get('/events?after=latest', token)
  assert.equal(body.pagination.next_after, committed.size)
})
