import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { leasesOf, postmasterPid } from '../../../test/cluster.ts'
import { freePort } from '../../../test/free_port.ts'
import {
  demoIn,
  demoToken,
  type RunningProcess,
  serve,
  startTalad,
  stop,
  talad,
  untilReady,
} from '../../../test/process.ts'
import { customerRecord } from '../../../test/records.ts'
import { howMany } from '../../../test/thorough.ts'

// kill -9 of the embedded Postgres alone, while real processes use it.

const home = mkdtempSync(join(tmpdir(), 'talad-revival-'))
// Started by root, Postgres runs as another user, who needs access.
chmodSync(home, 0o755)
const used = join(home, 'used')
let folders = 0

before(async () => {
  await stop(await serve(used, { env: { TALAD_DEMO_SALES: '400' } }))
})
after(() => rmSync(home, { recursive: true, force: true, maxRetries: 10 }))

/** Returns a folder in which the first start has happened. */
function usedDataDir(): string {
  folders += 1
  const dataDir = join(home, `data-${folders}`)
  execFileSync('cp', ['-a', used, dataDir])
  return dataDir
}

/** Kills only the postmaster. @returns its pid */
function killPostgres(dataDir: string): number {
  const pid = postmasterPid(dataDir)
  assert.ok(pid)
  process.kill(pid, 'SIGKILL')
  return pid
}

const ending = 'PostgreSQL ended unexpectedly: starting it again.\n'

/** Sends one record at a time until stopped. @returns the acknowledged ids, and the statuses received */
function writeCustomers(url: string, token: string): { stop(): Promise<{ ids: string[]; statuses: Set<number> }> } {
  let isStopped = false
  const ids: string[] = []
  const statuses = new Set<number>()
  const writer = async () => {
    while (!isStopped) {
      const record = customerRecord() as { id: string }
      const response = await fetch(`${url}/api/ingest/v1/customers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body: JSON.stringify(record),
      })
      await response.arrayBuffer()
      statuses.add(response.status)
      if (response.status === 200) ids.push(record.id)
      await sleep(5)
    }
  }
  const writers = Promise.all(Array.from({ length: 4 }, writer))
  return {
    async stop() {
      isStopped = true
      await writers
      return { ids, statuses }
    },
  }
}

/**
 * Reads a resource, and again after a 429, because there can be more records than the rate limit allows at once, or a 503, because
 * a connection of the ledger may have ended with Postgres.
 */
async function readPatiently(url: string, token: string): Promise<Response> {
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    if (![429, 503].includes(response.status) || tries === 100) return response
    await response.arrayBuffer()
    await sleep(1000 * Number(response.headers.get('retry-after') ?? 1))
  }
}

describe('restart of a dead Postgres', { concurrency: 2 }, () => {
  const kills = howMany('KILLS', 1, 3)
  for (const processes of ['1', '3'])
    test(`one of ${processes} processes and talad work restarts Postgres on its port, and no acknowledged record is lost`, async () => {
      const dataDir = usedDataDir()
      const options = { words: ['serve', '--processes', processes], env: { PORT: String(await freePort()) } }
      const running = await serve(dataDir, options)
      const work = startTalad(['work'], { env: { TALAD_DATA_DIR: dataDir } })
      await work.wrote('Ctrl-C stops.')
      const demo = demoIn(dataDir)
      const pos = await demoToken(running.url, demo, 'pos')
      const load = writeCustomers(running.url, pos)
      const lines = () => (running.written().stderr + work.written().stderr).split(ending).length - 1
      const leases = await leasesOf(dataDir)
      assert.ok(leases >= 2, `${leases}`)
      for (let killed = 1; killed <= kills; killed += 1) {
        // To a process without its lease, another kill belongs to the same outage, which it has reported already.
        while ((await leasesOf(dataDir)) < leases) await sleep(50)
        await sleep(300)
        const pid = killPostgres(dataDir)
        while ([undefined, pid].includes(postmasterPid(dataDir))) await sleep(10)
        await untilReady(running.url)
        // Exactly one of the processes reports it.
        while (lines() < killed) await sleep(10)
        assert.equal(lines(), killed)
      }
      await sleep(300)
      const { ids, statuses } = await load.stop()
      assert.deepEqual([...statuses].sort(), [200, 503])
      assert.ok(ids.length > kills)
      const partner = await demoToken(running.url, demo)
      for (const id of ids) {
        const response = await readPatiently(`${running.url}/api/partner/v1/customers/${id}`, partner)
        const body = (await response.json()) as { data: { id: string } }
        assert.equal(body.data?.id, id, `${response.status}: an acknowledged record is lost`)
      }
      await stop(work)
      await stop(running)
      // The process that left last has stopped it, as usual.
      assert.equal(postmasterPid(dataDir), undefined)
      assert.doesNotMatch(readFileSync(join(dataDir, 'postgres.log'), 'utf8'), /PANIC|invalid page|could not read/)
    })

  test('a Postgres that cannot be restarted ends the server with one sentence', async () => {
    const dataDir = usedDataDir()
    const running = await serve(dataDir)
    appendFileSync(join(dataDir, 'postgres', 'postgresql.conf'), 'nonsense\n')
    killPostgres(dataDir)
    const { code, stderr } = await running.ended
    assert.equal(code, 1)
    const [before = '', ...more] = stderr.split(ending)
    assert.equal(more.length, 1, before)
    assert.match(
      more[0] ?? '',
      /^PostgreSQL ended unexpectedly and cannot be started again\. PostgreSQL in \S+ did not start: [^\n]*\(see \S+postgres\.log\)\n$/,
    )
  })

  test('a server that was told to stop does not restart Postgres and exits cleanly at once', async () => {
    for (const isHopeless of [false, true]) {
      const dataDir = usedDataDir()
      const running = await serve(dataDir)
      if (isHopeless) appendFileSync(join(dataDir, 'postgres', 'postgresql.conf'), 'nonsense\n')
      // The server waits for this unfinished request longer than it tries to restart Postgres.
      const unfinished = connect(Number(new URL(running.url).port), '127.0.0.1')
      unfinished.on('error', () => {})
      if (isHopeless) unfinished.write('GET / HTTP/1.1\r\nhost: talad\r\n')
      await once(unfinished, 'connect')
      const token = await demoToken(running.url, demoIn(dataDir))
      killPostgres(dataDir)
      const asked = fetch(`${running.url}/api/partner/v1/customers`, { headers: { authorization: `Bearer ${token}` } })
      asked.catch(() => {})
      running.child.kill('SIGTERM')
      setTimeout(() => unfinished.destroy(), isHopeless ? 8000 : 0)
      // Far less than the 25 s it once waited for the database on top of draining, also on a busy machine.
      const late = sleep(20_000, 'late', { ref: false })
      assert.notEqual(await Promise.race([running.ended, late]), 'late', running.written().stderr)
      assert.equal((await running.ended).code, 0)
      assert.equal(postmasterPid(dataDir), undefined)
    }
  })

  test('the next command restarts a Postgres that no process uses', async () => {
    const dataDir = usedDataDir()
    const running: RunningProcess = await serve(dataDir)
    running.child.kill('SIGKILL')
    await running.ended
    killPostgres(dataDir)
    // A slow machine also prints that the start takes long.
    const { code, stderr } = await talad(['app', 'list'], { env: { TALAD_DATA_DIR: dataDir } })
    assert.equal(code, 0, stderr)
  })
})
