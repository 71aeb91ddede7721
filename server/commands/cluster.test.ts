import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUrl, nodesOf } from '../../test/database.ts'
import { makeBusiness, makeCustomer } from '../../test/factories.ts'
import { freePort } from '../../test/free_port.ts'
import { testServer } from '../../test/harness.ts'
import { onlyOnCluster, singleDatabase } from '../../test/on_cluster.ts'
import { splitWords, startTalad, taladInside } from '../../test/process.ts'
import { connect } from '../db/database.ts'

const server = await testServer()
const DATABASE = { DATABASE_URL: server.databaseUrl, TALAD_SECRET_KEY: server.secretKey.toString('hex') }

const talad = (line: string, database = DATABASE) => taladInside(splitWords(line), database)

async function succeed(line: string, database = DATABASE): Promise<string> {
  const { code, stdout, stderr } = await talad(line, database)
  assert.equal(code, 0, stderr)
  return stdout
}

// biome-ignore lint/suspicious/noExplicitAny: JSON output of a command, asserted by the tests
const json = async (line: string, database = DATABASE): Promise<any> =>
  JSON.parse(await succeed(`${line} --json`, database))

describe('on a single PostgreSQL', async () => {
  const { url, close } = await singleDatabase()
  const single = { ...DATABASE, DATABASE_URL: url }
  after(close)
  const sentence =
    'The database is a single PostgreSQL, not a Citus cluster; docs/scale-out.md describes the way to one.\n'

  test('cluster status says so', async () => {
    assert.equal(await succeed('cluster status', single), sentence)
    const nothing = { citus: null, nodes: [], businesses: [], moves: [], sees_all_moves: true, rebalance: null }
    assert.deepEqual(await json('cluster status', single), nothing)
  })

  test('cluster isolate refuses', async () => {
    assert.deepEqual(await talad('cluster isolate shop', single), { code: 1, stdout: '', stderr: sentence })
  })
})

describe('on a cluster', onlyOnCluster, () => {
  test('cluster status shows every node, and the largest businesses first', async () => {
    const [large, small] = [await makeBusiness(server.db, 'large'), await makeBusiness(server.db, 'small')]
    for (let count = 0; count < 60; count += 1) await makeCustomer(server.db, large.id)
    for (let count = 0; count < 20; count += 1) await makeCustomer(server.db, small.id)
    await server.db`analyze customers, branches`
    const { citus, nodes, businesses, moves, sees_all_moves, rebalance } = await json('cluster status')
    assert.match(citus, /^\d+\./)
    assert.deepEqual({ moves, rebalance }, { moves: [], rebalance: null })
    // Depends on what the role may see.
    assert.equal(typeof sees_all_moves, 'boolean')
    const places = (await nodesOf(process.env.TALAD_TEST_CITUS ?? '')).map((node) => new URL(node).host)
    assert.deepEqual(nodes.map(({ node }: { node: string }) => node).toSorted(), places.toSorted())
    for (const { role, state, shards, bytes } of nodes) {
      assert.equal(state, 'reachable')
      assert.equal(role === 'coordinator', shards === 0)
      assert.equal(role === 'coordinator', bytes === 0)
    }
    const found = businesses.map(({ name, rows }: { name: string; rows: number }) => ({ name, rows }))
    // Each has two branches.
    assert.deepEqual(
      found.toSorted((a: { rows: number }, b: { rows: number }) => b.rows - a.rows),
      [
        { name: 'large', rows: 62 },
        { name: 'small', rows: 22 },
      ],
    )
    assert.match(await succeed('cluster status'), /^Citus \S+, \d+ nodes:\n\nnode +role +state +shards +size\n/)
  })

  test('an isolated business keeps its rows, alone in its shards', async () => {
    const { id } = await makeBusiness(server.db, 'alone')
    const customer = await makeCustomer(server.db, id)
    const application = await server.application({ businessId: id, scopes: ['read:customers'] })
    const token = await server.token(application)
    const isolated = await json('cluster isolate alone')
    assert.deepEqual(
      { ...isolated, node: typeof isolated.node, shard_id: typeof isolated.shard_id },
      { business_id: id, node: 'string', shard_id: 'string', is_isolated: true, was_isolated: false },
    )
    const { body } = await server.get('/customers', token)
    assert.deepEqual(
      body.data.map((row: { id: string }) => row.id),
      [customer],
    )
    // A later write goes to the new shard.
    await makeCustomer(server.db, id)
    assert.equal((await server.get('/customers', token)).body.data.length, 2)

    assert.equal(
      await succeed(`cluster isolate ${id}`),
      `${id} has shards of its own already, on ${isolated.node} (shard ${isolated.shard_id}).\n`,
    )
    const { code, stderr } = await talad('cluster isolate nobody')
    assert.equal(code, 1)
    assert.match(stderr, /^Unknown business nobody; the businesses are /)
  })

  test('Ctrl-C ends an isolation that waits, with its statement, and a second one works', async () => {
    const { id } = await makeBusiness(server.db, 'interrupted')
    const writer = await server.db.reserve()
    await writer`begin`
    await writer`update branches set name = name where business_id = ${id}`
    const running = startTalad(splitWords(`cluster isolate ${id}`), { env: DATABASE })
    const statements = async () =>
      await server.db`
        select wait_event_type from pg_stat_activity
        where application_name = 'talad command' and datname = current_database() and query like '%isolate_tenant%'
          and wait_event_type = 'Lock'`
    while ((await statements()).length === 0) await sleep(20)
    running.child.kill('SIGINT')
    assert.equal((await running.ended).signal, 'SIGINT')
    // It would wait for the writer otherwise.
    while ((await statements()).length > 0) await sleep(20)
    await writer`commit`
    writer.release()
    assert.equal((await json(`cluster isolate ${id}`)).was_isolated, false)
    await makeCustomer(server.db, id)
  })

  test('a node that cannot be reached is shown, and nothing is isolated', async () => {
    const { id } = await makeBusiness(server.db, 'waiting')
    const admin = connect(
      databaseUrl(process.env.TEST_DATABASE_URL ?? '', server.databaseUrl.split('/').at(-1) ?? ''),
      {
        connections: 1,
        name: 'test admin',
      },
    )
    try {
      const port = await freePort()
      const [worker] =
        await admin`select nodeid, nodeport from pg_dist_node where groupid > 0 order by nodeid desc limit 1`
      await admin`update pg_dist_node set nodeport = ${port} where nodeid = ${worker?.nodeid}`
      const { nodes } = await json('cluster status')
      const lost = nodes.find(({ node }: { node: string }) => node.endsWith(`:${port}`))
      assert.deepEqual({ state: lost.state, bytes: lost.bytes }, { state: 'unreachable', bytes: null })
      const { code, stderr } = await talad(`cluster isolate ${id}`)
      assert.equal(code, 1)
      assert.match(stderr, /^The node \S+ is unreachable \(talad cluster status shows all nodes\): [^\n]+\.\n$/m)
      await admin`update pg_dist_node set nodeport = ${worker?.nodeport} where nodeid = ${worker?.nodeid}`
    } finally {
      await admin.end()
    }
  })
})
