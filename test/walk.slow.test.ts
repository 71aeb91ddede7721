import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { connect } from '../server/db/database.ts'
import { type Random, randomFrom } from '../server/demo/random.ts'
import { SEARCH_WINDOW_ROWS } from '../server/limits.ts'
import { makeBusiness, makeCustomers, makeTier } from './factories.ts'
import { type Json, testServer } from './harness.ts'

// "Walking a list gives every row that existed and matched throughout exactly once, and no row twice, whatever is inserted,
// changed or deleted meanwhile." One client walks while another connection writes from the first page to the last.

const server = await testServer()
const writing = connect(server.databaseUrl, { connections: 1, name: 'writer' })
after(() => writing.end())

/** Runs one transaction after another until stopped. */
type RandomWriter = {
  /** Number of committed transactions. */
  commits(): number
  /** Resolves when a transaction that is not committed yet commits. */
  nextCommit(): Promise<void>
  /** Stops after the running transaction. */
  stop(): Promise<void>
}

function startWriter(write: () => Promise<void>): RandomWriter {
  let commits = 0
  let stopped = false
  let next = Promise.withResolvers<void>()
  const running = (async () => {
    while (!stopped) {
      await write()
      commits += 1
      next.resolve()
      next = Promise.withResolvers()
    }
  })()
  running.catch((error) => next.reject(error))
  return {
    commits: () => commits,
    nextCommit: () => next.promise,
    async stop() {
      stopped = true
      await running
    },
  }
}

/** A filtered list: its query, its rows, and how a row enters and leaves it. */
type Filter = {
  query: string
  on: Record<string, string | boolean>
  off: Record<string, string | boolean>[]
  matches(row: Json): boolean
}

const STEP_MS = 1000
const NEWEST = Date.UTC(2026, 0, 1)

/** Creates the customers of a business, grouped by what happens to them during the walk. */
async function makeRows(filter: Filter, count: number, newer: number) {
  const business = await makeBusiness(server.db)
  const tiers = [await makeTier(server.db, business.id), await makeTier(server.db, business.id)]
  const named = (row: Record<string, string | boolean>) => ({
    membership_tier_id: tiers[row.tier === 'other' ? 1 : 0] ?? null,
    full_name: 'ใครสักคน',
    is_active: true,
    ...Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'tier')),
  })
  // Five rows per millisecond, so that some pages end between rows with the same time.
  const timeOf = (index: number) => new Date(NEWEST - Math.floor(index / 5) * STEP_MS).toISOString()
  const kinds = ['stays', 'stays', 'stays', 'leaves', 'flips'] as const
  const rows = Array.from({ length: count }, (_, index) => ({
    kind: kinds[index % 5] as (typeof kinds)[number],
    created_at: timeOf((index * 7919) % count),
  }))
  const ids = await makeCustomers(
    server.db,
    business.id,
    rows.map(({ created_at }) => ({ ...named(filter.on), created_at })),
  )
  if (newer > 0)
    await makeCustomers(
      server.db,
      business.id,
      Array.from({ length: newer }, (_, index) => ({
        ...named(filter.off[0] ?? {}),
        created_at: new Date(NEWEST + index).toISOString(),
      })),
    )
  const of = (kind: string) => ids.filter((_, index) => rows[index]?.kind === kind)
  return {
    business,
    tiers,
    named,
    ids,
    stays: of('stays'),
    leaves: of('leaves'),
    flips: of('flips'),
    times: [...new Set(rows.map(({ created_at }) => created_at))],
  }
}

/** Runs one transaction: inserts between, before and after the rows, updates, and deletes. */
function writerOf(made: Awaited<ReturnType<typeof makeRows>>, filter: Filter, random: Random, known: Set<string>) {
  const { business, named, stays, flips, times } = made
  const leaving = [...made.leaves]
  const passing: string[] = []
  const oldest = Math.min(...times.map((time) => Date.parse(time)))
  const span = NEWEST - oldest + 20 * STEP_MS

  const insert = async () => {
    const rows = Array.from({ length: random.whole(1, 4) }, () => ({
      ...named(random.chance(0.8) ? filter.on : random.pick(filter.off)),
      id: randomUUID(),
      created_at: random.chance(0.5)
        ? random.pick(times)
        : new Date(oldest - 10 * STEP_MS + random.whole(0, span)).toISOString(),
    }))
    for (const { id } of rows) known.add(id)
    passing.push(...(await makeCustomers(writing, business.id, rows)))
  }
  const remove = async () => {
    const from = passing.length > 30 || leaving.length === 0 ? passing : leaving
    const gone = from.splice(random.whole(0, Math.max(0, from.length - 3)), 2)
    await writing`delete from customers where business_id = ${business.id} and id = any(${gone})`
  }
  const change = async () => {
    const id = random.pick(stays)
    await writing`
      update customers set total_points = total_points + 1, phone = ${String(random.whole(0, 9))}, updated_at = now()
      where business_id = ${business.id} and id = ${id}`
  }
  const flip = async () => {
    const row = named(random.chance(0.5) ? filter.on : random.pick(filter.off))
    await writing`
      update customers set ${writing(row, 'membership_tier_id', 'full_name', 'is_active')}
      where business_id = ${business.id} and id = ${random.pick(flips)}`
  }
  return () => (passing.length > 40 ? remove() : random.pick([insert, remove, change, flip])())
}

async function walk(filter: Filter, limit: number, count: number, newer = 0): Promise<void> {
  const made = await makeRows(filter, count, newer)
  const token = await server.token(
    await server.application({ businessId: made.business.id, scopes: ['read:customers', 'read:customers:pii'] }),
  )
  const known = new Set(made.ids)
  const writer = startWriter(writerOf(made, filter, randomFrom(count + limit), known))
  const seen: Json[] = []
  const commitsByPage: number[] = []
  try {
    const query = filter.query.replace('{tier}', made.tiers[0] as string)
    for (let next: string | null = `/customers?${query}&limit=${limit}`; next !== null; ) {
      const before = writer.commits()
      const committed = writer.nextCommit()
      const { status, body, text }: Json = await server.get(next, token)
      await committed
      commitsByPage.push(writer.commits() - before)
      assert.equal(status, 200, text)
      assert.equal(body.pagination.limit, limit)
      assert.ok(body.data.length === limit || !body.pagination.has_more)
      seen.push(...body.data)
      assert.ok(commitsByPage.length < 20 * count, 'the walk does not end')
      next = body.pagination.has_more ? `/customers?cursor=${body.pagination.next_cursor}` : null
    }
  } finally {
    await writer.stop()
  }

  assert.ok(commitsByPage.length >= made.stays.length / limit && commitsByPage.length > 1)
  assert.ok(
    commitsByPage.every((commits) => commits > 0),
    'a page was read without a write in between',
  )
  const ids = seen.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length, 'a row was returned twice')
  const missed = made.stays.filter((id) => !ids.includes(id))
  assert.deepEqual(missed, [], 'rows that existed throughout were missed')
  for (const row of seen) {
    assert.ok(known.has(row.id), 'an unknown row')
    assert.ok(filter.matches({ ...row, tier: row.membership_tier_id === made.tiers[0] }), JSON.stringify(row))
  }
  const places = seen.map(({ created_at, id }) => `${created_at} ${id}`)
  assert.deepEqual(places, [...places].sort().reverse(), 'not newest first')
}

const FILTERS: Record<string, Filter> = {
  'the whole list': {
    query: '',
    on: { full_name: 'ใคร' },
    off: [{ full_name: 'อื่น' }],
    matches: () => true,
  },
  'a list by is_active and membership_tier_id, rows changing in and out of it,': {
    query: 'is_active=true&membership_tier_id={tier}',
    on: {},
    off: [{ is_active: false }, { tier: 'other' }],
    matches: ({ is_active, tier }) => is_active && tier,
  },
  'a search, rows changing in and out of it,': {
    query: 'q=%E0%B8%84%E0%B8%87%E0%B8%97%E0%B8%B5%E0%B9%88',
    on: { full_name: 'สมชาย คงที่' },
    off: [{ full_name: 'สมชาย คงทน' }],
    matches: ({ full_name }) => full_name.includes('คงที่'),
  },
}

for (const [about, filter] of Object.entries(FILTERS))
  describe(`walking ${about} during writes`, () => {
    for (const [limit, count] of [
      [1, 60],
      [7, 250],
      [200, 800],
    ] as const)
      test(`walking ${about} gives each row that existed throughout once, and no row twice, with limit ${limit}`, () =>
        walk(filter, limit, count))
  })

test('walking a search beyond its window, through the index, during writes', () =>
  walk(FILTERS['a search, rows changing in and out of it,'] as Filter, 50, 400, SEARCH_WINDOW_ROWS + 100))
