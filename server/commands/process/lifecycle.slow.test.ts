import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { postmasterPid } from '../../../test/cluster.ts'
import { freePort } from '../../../test/free_port.ts'
import {
  demoIn,
  demoToken,
  olderNode,
  type ProcessOutcome,
  serve,
  startTalad,
  stop,
  TALAD,
  talad,
  taladInside,
} from '../../../test/process.ts'
import type { DemoFile } from '../../demo/demo.ts'
import { PAGE_CUSTOMER } from '../../demo/records/customers.ts'

// Starting and stopping as a user does it: real processes on the embedded database, each with its own folder.

const isRoot = process.getuid?.() === 0
const onlyRoot = isRoot ? {} : { skip: 'only root starts Postgres under another account' }

const home = mkdtempSync(join(tmpdir(), 'talad-lifecycle-'))
// Started by root, Postgres runs as another user, who needs access.
chmodSync(home, 0o755)
after(() => {
  for (const pid of processesWith(home)) process.kill(pid, 'SIGKILL')
  rmSync(home, { recursive: true, force: true, maxRetries: 10 })
})

let folders = 0
function newDataDir(): string {
  folders += 1
  return join(home, `data-${folders}`)
}

/** Returns a copy of a folder in which the first start has happened, which is faster than another first start. */
function usedDataDir(): string {
  const dataDir = newDataDir()
  execFileSync('cp', ['-a', used, dataDir])
  return dataDir
}

const used = newDataDir()
const MADE = '5,000 customers, 20,000 sales'
let first: { outcome: ProcessOutcome; demo: DemoFile; answer: string; file: number }

/** Returns the customer that the page "List Customers" shows. */
async function customerText(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${url}/api/partner/v1/customers?q=CUS-000380`, { headers })).text()
}

/** Returns the processes of Postgres, or of ours, whose command line contains this folder. */
function processesWith(folder: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
      } catch {
        return false
      }
    })
}

function assertStopped(dataDir: string): void {
  assert.deepEqual(processesWith(`${dataDir}/`), [])
  assert.ok(!existsSync(join(dataDir, 'postgres', 'postmaster.pid')))
}

before(async () => {
  const running = await serve(used, {})
  const line =
    running
      .written()
      .stdout.split('\n')
      .find((line) => line.startsWith('curl ')) ?? 'echo no curl line'
  const answer = execFileSync('bash', ['-c', line], { encoding: 'utf8' })
  const { mode } = statSync(join(used, 'demo.json'))
  await stop(running)
  first = { outcome: await running.ended, demo: demoIn(used), answer, file: mode & 0o777 }
})

test('the first start prints the address, the credentials, and a command that shows a customer', () => {
  const { outcome, demo, answer } = first
  assert.match(outcome.stdout, /^\nTalad listens on http:\/\/127\.0\.0\.1:\d+\n\nDemo: ครัวใจดี \(Jaidee Kitchen\)\. /)
  for (const { name, client_id, client_secret } of demo.applications)
    assert.match(outcome.stdout, new RegExp(`\n${name} +${client_id}  ${client_secret}\n`))
  assert.ok(answer.endsWith('\n'))
  const { last_visit_date, joined_date, ...customer } = PAGE_CUSTOMER
  assert.deepEqual(JSON.parse(answer), {
    data: [
      {
        ...customer,
        last_visit_date: `${last_visit_date}T00:00:00.000Z`,
        joined_date: `${joined_date}T00:00:00.000Z`,
      },
    ],
    pagination: { next_cursor: null, has_more: false, limit: 50 },
  })
  assert.equal(outcome.stderr.split('\n')[0], `Creating the database in ${used}/postgres`)
  assert.match(
    outcome.stderr,
    new RegExp(
      `\nCreating the demo business …\n( {2}[\\d,]+ [\\w ]+\n)+Created the demo business: 3 branches, ${MADE}, 5 applications\\.\n`,
    ),
  )
  assert.match(outcome.stderr, /\nStopping after the running requests …\n$/)
  assertStopped(used)
})

test('demo.json contains everything that a new user needs, and only its owner can read it', () => {
  const { demo, file } = first
  assert.equal(file, 0o600)
  assert.deepEqual(Object.keys(demo), ['base_url', 'business', 'branches', 'applications', 'console'])
  assert.match(demo.base_url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.deepEqual(Object.keys(demo.business), ['id', 'name'])
  assert.equal(demo.branches.length, 3)
  for (const branch of demo.branches) assert.deepEqual(Object.keys(branch), ['id', 'code', 'name'])
  const fields = ['name', 'kind', 'client_id', 'client_secret', 'scopes', 'branch_ids']
  for (const application of demo.applications) assert.deepEqual(Object.keys(application), fields)

  const reads = 'sales products inventory purchasing customers customers:pii reports webhooks'.split(' ')
  const scopes = (...without: string[]) => reads.filter((name) => !without.includes(name)).map((name) => `read:${name}`)
  assert.deepEqual(
    demo.applications.map(({ name, kind, scopes, branch_ids }) => ({ name, kind, scopes, branch_ids })),
    [
      { name: 'all', kind: 'partner', scopes: scopes(), branch_ids: null },
      { name: 'no-pii', kind: 'partner', scopes: scopes('customers:pii'), branch_ids: null },
      { name: 'one-branch', kind: 'partner', scopes: scopes(), branch_ids: [demo.branches[0]?.id] },
      { name: 'pos', kind: 'pos', scopes: ['write:ingest'], branch_ids: null },
      { name: 'docs', kind: 'partner', scopes: scopes('customers:pii'), branch_ids: null },
    ],
  )
})

describe('after the first start', { concurrency: 3 }, () => {
  test('a second start keeps the data, and commands work with and without a running server', async (t) => {
    const dataDir = usedDataDir()
    const startedAt = performance.now()
    const running = await serve(dataDir)
    t.diagnostic(`the second start took ${Math.round(performance.now() - startedAt)} ms`)
    const withoutAddress = ({ console, ...demo }: DemoFile) => ({
      ...demo,
      base_url: '',
      console: { ...console, url: '' },
    })
    assert.deepEqual(withoutAddress(demoIn(dataDir)), withoutAddress(first.demo))
    assert.equal(demoIn(dataDir).base_url, running.url)
    assert.equal(demoIn(dataDir).console?.url, `${running.url}/console`)
    assert.doesNotMatch(running.written().stderr, /Creat|Applied|Rewrote/)
    assert.equal(await customerText(running.url, await running.token()), first.answer.trimEnd())
    const { stdout, stderr } = running.written()
    assert.ok(
      stdout.includes(`Its applications, their secrets and the login of the console are in ${dataDir}/demo.json`),
      stdout,
    )
    for (const { client_secret } of first.demo.applications)
      assert.ok(!`${stdout}${stderr}`.includes(client_secret), 'output often ends in a log file')

    const env = { TALAD_DATA_DIR: dataDir }
    const made = await talad(['app', 'create', 'beside', '--scope', 'read:sales', '--json'], { env })
    assert.equal(made.code, 0, made.stderr)
    const { client_id, client_secret } = JSON.parse(made.stdout)
    const application = { ...first.demo.applications[0], name: 'beside', client_id, client_secret }
    const demo = { ...first.demo, applications: [application] } as DemoFile
    assert.ok(await demoToken(running.url, demo, 'beside'))
    await stop(running)
    assertStopped(dataDir)

    const listed = await talad(['app', 'list', '--json'], { env })
    assert.deepEqual([listed.code, JSON.parse(listed.stdout).length, listed.stderr], [0, 6, ''])
    assertStopped(dataDir)
  })

  for (const [signal, program] of [
    ['SIGINT', undefined],
    ['SIGTERM', olderNode()],
  ] as const)
    test(`${signal} finishes a running request, then stops Postgres${program ? ' (through an older Node)' : ''}`, async () => {
      const dataDir = usedDataDir()
      const running = await serve(dataDir, program ? { program: [program, TALAD] } : {})
      const { client_id, client_secret } = first.demo.applications[0] as DemoFile['applications'][number]
      const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }).toString()
      const upload = await slowForm(running.url, '/oauth/token', form)
      running.child.kill(signal)
      await running.said('Stopping after the running requests …')
      // The signal arrives twice if both the terminal and npm send it.
      running.child.kill(signal)
      await assert.rejects(fetch(`${running.url}/healthz`))
      assert.ok(processesWith(`${dataDir}/`).length > 0)
      assert.match(await upload.finish(), /^HTTP\/1\.1 200 OK[\s\S]*"access_token":"/)
      assert.equal((await running.ended).code, 0)
      assertStopped(dataDir)
    })

  test('the server receives a SIGTERM sent to npm or npx', async () => {
    const starts: [string, string[]][] = [
      ['npm', ['start']],
      ['npx', ['talad', 'serve']],
    ]
    for (const [program, words] of starts) {
      const dataDir = usedDataDir()
      const running = await serve(dataDir, { program: [program], words })
      running.child.kill('SIGTERM')
      // npx exits before the server, which keeps the output open until it has ended.
      await running.ended
      assert.match(running.written().stderr, /Stopping after the running requests …\n$/)
      assertStopped(dataDir)
    }
  })

  const older = olderNode()
  const launchers: { by: string; program: [string, ...string[]] | undefined; words: string[] }[] = [
    { by: 'an older Node', program: older ? [older, TALAD] : undefined, words: ['serve'] },
    { by: 'npx', program: ['npx'], words: ['talad', 'serve'] },
    { by: 'npm', program: ['npm'], words: ['start'] },
    {
      by: 'an older Node, three processes',
      program: older ? [older, TALAD] : undefined,
      words: ['serve', '--processes', '3'],
    },
  ]
  for (const { by, program, words } of launchers)
    test(`kill -9 of the launcher (${by}) also ends the server, so that the next start gets its port`, {
      skip: program ? false : 'no older Node here',
    }, async () => {
      assert.ok(program)
      const dataDir = usedDataDir()
      const options = { program, words, env: { PORT: String(await freePort()) } }
      const one = await serve(dataDir, options)
      one.child.kill('SIGKILL')
      // Restarts at once, like a supervisor: the port is free then or after one or two restarts.
      const until = performance.now() + 120_000
      let two: Awaited<ReturnType<typeof serve>> | undefined
      while (!two && performance.now() < until) two = await serve(dataDir, options).catch(() => undefined)
      assert.ok(two, 'the port is not free again within two minutes')
      // The output stays open while any of its processes lives.
      await one.ended
      assert.equal(await customerText(two.url, await two.token()), first.answer.trimEnd())
      two.child.kill('SIGTERM')
      await two.ended
      assertStopped(dataDir)
    })

  test('a process that is told to stop while it starts ends, and is replaced', {
    skip: process.platform === 'linux' ? false : 'no /proc',
    timeout: 300_000,
  }, async () => {
    const running = await serve(usedDataDir(), {
      words: ['serve', '--processes', '2'],
      env: { PORT: String(await freePort()) },
    })
    const isWorker = (pid: string) => parentOf(pid) === running.pid && commandOf(pid).includes('serve')
    const workers = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isWorker(pid))
    const known = new Set(workers())
    process.kill(Number([...known][0]), 'SIGKILL')
    // The moments cover its start: without handlers, while it opens the database, and when it listens.
    for (const ms of [50, 300, 600, 900, 1200, 1500, 2000]) {
      let pid: string | undefined
      while (pid === undefined) {
        await sleep(5)
        pid = workers().find((one) => !known.has(one))
      }
      known.add(pid)
      await sleep(ms)
      process.kill(Number(pid), 'SIGTERM')
      await running.said(`Process ${pid} ended`)
    }
    await stop(running)
  })

  test('an older Node.js exits with the code of the killed server, as a shell would', {
    skip: older && process.platform === 'linux' ? false : 'no older Node here, or no /proc',
  }, async () => {
    assert.ok(older)
    const dataDir = usedDataDir()
    const running = await serve(dataDir, { program: [older, TALAD] })
    const [server] = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === running.pid)
    process.kill(Number(server), 'SIGKILL')
    assert.equal((await running.ended).code, 128 + 9)
  })

  test('Ctrl-C during the creation of the database leaves no process running', async () => {
    const dataDir = newDataDir()
    const running = startTalad(['serve'], { env: { PORT: '0', TALAD_DATA_DIR: dataDir } })
    await running.said('Creating the database')
    running.child.kill('SIGINT')
    const { code, stdout, stderr } = await running.ended
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' })
    assert.match(stderr, /\nStopping after the current step …\n/)
    assert.doesNotMatch(stderr, /Creating the demo|running requests/)
    assertStopped(dataDir)
  })

  test('after kill -9 of Node.js, and then of Node.js and Postgres, the next start recovers', async () => {
    const dataDir = usedDataDir()
    const one = await serve(dataDir)
    one.child.kill('SIGKILL')
    await one.ended
    const orphan = postmasterPid(dataDir)
    assert.ok(orphan)

    const two = await serve(dataDir)
    assert.equal(postmasterPid(dataDir), orphan)
    assert.equal(await customerText(two.url, await two.token()), first.answer.trimEnd())
    two.child.kill('SIGKILL')
    process.kill(orphan, 'SIGKILL')
    await two.ended

    const three = await serve(dataDir)
    assert.equal(await customerText(three.url, await three.token()), first.answer.trimEnd())
    await stop(three)
    assertStopped(dataDir)
  })

  test('credentials of another database are kept but not shown', async () => {
    const dataDir = usedDataDir()
    const demo = demoIn(dataDir)
    const strangers = demo.applications.map((application) => ({ ...application, client_id: 'talad_of_another' }))
    writeFileSync(join(dataDir, 'demo.json'), JSON.stringify({ ...demo, applications: strangers }))
    const running = await serve(dataDir)
    assert.doesNotMatch(running.written().stdout, /talad_of_another|curl/)
    assert.match(running.written().stderr, /demo\.json belongs to another database, or its applications were revoked/)
    await stop(running)
    assert.equal(demoIn(dataDir).applications[0]?.client_id, 'talad_of_another')
  })
})

describe('startup errors', { concurrency: 3 }, () => {
  /** Asserts one sentence, a failure code, and no stack. */
  async function refuses(env: Record<string, string>, says: RegExp, words = ['serve']): Promise<void> {
    const { code, stdout, stderr } = await taladInside(words, { PORT: '0', ...env })
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, stderr)
    assert.match(stderr, says)
    assert.doesNotMatch(stderr, /at file:|at async|Error:|node:internal/)
    assert.match(stderr, /\.\n$/)
  }

  const SECRET = { TALAD_SECRET_KEY: 'ab'.repeat(32) }

  test('a port in use is reported', async (t) => {
    const port = await takenPort(t)
    const dataDir = usedDataDir()
    const env = { TALAD_DATA_DIR: dataDir, PORT: port }
    await refuses(
      env,
      new RegExp(
        `^Port ${port} of 127\\.0\\.0\\.1 is in use; stop the program that uses it, or choose another port with PORT\\.\n$`,
      ),
    )
    assertStopped(dataDir)
    await refuses(env, new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is in use; [^\n]*\n$`), [
      'serve',
      '--processes',
      '2',
    ])
    assertStopped(dataDir)
    await refuses(
      { ...env, HOST: '192.0.2.1' },
      /^This machine does not have the address 192\.0\.2\.1; set HOST [^\n]*\n$/,
    )
  })

  test('a database that is unreachable or refuses the login is reported', async () => {
    const url = (change: (url: URL) => void) => {
      const other = new URL(process.env.TEST_DATABASE_URL ?? '')
      change(other)
      return { ...SECRET, DATABASE_URL: other.href }
    }
    const nobody = url((to) => {
      to.port = '1'
    })
    await refuses(
      nobody,
      /^The database of DATABASE_URL cannot be used: connect ECONNREFUSED 127\.0\.0\.1:1\. Start PostgreSQL there, or correct DATABASE_URL\.\n$/,
    )
    await refuses(nobody, /^The database of DATABASE_URL cannot be used: [^\n]*\n$/, ['app', 'list'])
    // A cluster for tests asks for no password, so a wrong one would be accepted there.
    const stranger = url((to) => {
      to.username = 'stranger'
    })
    await refuses(
      stranger,
      /^The database of DATABASE_URL cannot be used: (password authentication failed for user|role) "stranger"[^\n]*\n$/,
    )
    const missing = url((to) => {
      to.pathname = '/no_such_database'
    })
    await refuses(
      missing,
      /^The database of DATABASE_URL cannot be used: database "no_such_database" does not exist\.\n$/,
    )
  })

  test('all invalid variables are reported at once', async () => {
    const { code, stderr } = await talad(['serve'], {
      env: {
        ...{ PORT: 'eighty', HOST: 'two words', DATABASE_URL: 'mysql://user:hunter2@host/db', TALAD_DEMO: 'yes' },
        ...{ TALAD_SECRET_KEY: 'short', TALAD_PUBLIC_URL: 'https://api.example.com/path', TALAD_DATADIR: '/tmp' },
        ...{ TALAD_TRUSTED_PROXIES: '10.0.0.0/99', LOG_LEVEL: 'loud' },
      },
    })
    assert.equal(code, 1)
    assert.equal(stderr.trimEnd().split('\n').length, 9, stderr)
    for (const name of 'PORT HOST DATABASE_URL TALAD_DEMO TALAD_SECRET_KEY TALAD_PUBLIC_URL TALAD_DATADIR TALAD_TRUSTED_PROXIES LOG_LEVEL'.split(
      ' ',
    ))
      assert.match(stderr, new RegExp(`^${name} [^\n]+[.?]$`, 'm'))
    assert.doesNotMatch(stderr, /hunter2|short/)
  })

  test('an unusable data folder is reported', async () => {
    const newer = usedDataDir()
    writeFileSync(join(newer, 'postgres', 'PG_VERSION'), '19\n')
    await refuses(
      { TALAD_DATA_DIR: newer },
      /^The database in \S+ was created by PostgreSQL 19 and cannot be read by PostgreSQL 18; nothing was changed: [^\n]*\n$/,
    )
    assert.equal(readFileSync(join(newer, 'postgres', 'PG_VERSION'), 'utf8'), '19\n')

    const file = newDataDir()
    writeFileSync(file, '')
    await refuses({ TALAD_DATA_DIR: file }, /^The data folder \S+ is not a folder: set TALAD_DATA_DIR [^\n]*\n$/)
    const foreign = newDataDir()
    mkdirSync(join(foreign, 'postgres'), { recursive: true })
    writeFileSync(join(foreign, 'postgres', 'thesis.txt'), 'precious')
    await refuses(
      { TALAD_DATA_DIR: foreign },
      /^The folder \S+ is not a database that talad created: move it away, [^\n]*\n$/,
    )
  })

  test('a folder that the user of Postgres cannot enter is reported', onlyRoot, async () => {
    const closed = newDataDir()
    mkdirSync(closed, { mode: 0o700 })
    await refuses(
      { TALAD_DATA_DIR: join(closed, 'data') },
      new RegExp(
        `^(Creating [^\n]*\n)?Started by root, PostgreSQL runs as the user \\w+, who cannot enter the folder ${closed}: set TALAD_DATA_DIR [^\n]*\n$`,
      ),
    )
  })
})

/** Returns the command line of a process (Linux). */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Returns the parent of a process (Linux). */
function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** Returns a port that is in use until the test ends. */
async function takenPort(t: TestContext): Promise<string> {
  const taken = createServer().listen(0, '127.0.0.1')
  t.after(() => taken.close())
  await once(taken, 'listening')
  const address = taken.address()
  assert.ok(address && typeof address === 'object')
  return String(address.port)
}

/** Starts to send a form on a keep-alive connection, like a very slow client. @returns a function that sends the rest */
async function slowForm(url: string, path: string, form: string): Promise<{ finish(): Promise<string> }> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('utf8').on('data', (text) => {
    received += text
  })
  const head = [
    ...['content-type: application/x-www-form-urlencoded', `content-length: ${form.length}`, `host: ${host}`],
    // The answer to this says that the server has read the headers, so that it has a request to finish.
    'expect: 100-continue',
  ]
  socket.write(`POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`)
  const go = 'HTTP/1.1 100 Continue\r\n\r\n'
  while (!received.startsWith(go)) await once(socket, 'data')
  received = received.slice(go.length)
  socket.write(form.slice(0, 10))
  return {
    async finish() {
      socket.write(form.slice(10))
      await once(socket, 'close')
      return received
    },
  }
}
