import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { KINDS } from '../../server/scopes.ts'
import { FACTORIES, makeBusiness, makeCustomer, makeCustomers, makeDelivery, OWNED } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { splitWords, startTalad } from '../../test/process.ts'
import { COMMANDS } from '../cli/generated/commands.ts'
import { run, TASKS } from '../cli/run.ts'
import { width } from '../cli/width.ts'
import { OPERATIONS } from '../src/generated/operations.ts'
import { api, TALAD_API } from './program.ts'

const server = await testServer()
const business = await makeBusiness(server.db)
const customer = await makeCustomer(server.db, business.id, { full_name: 'สมชาย ใจดี', customer_code: 'CUS-000380' })
await makeCustomers(
  server.db,
  business.id,
  Array.from({ length: 230 }, (_, index) => ({ full_name: `ลูกค้า ${index}` })),
)
const app = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
const folder = mkdtempSync(join(tmpdir(), 'talad-api-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const variables = { TALAD_BASE_URL: server.url, TALAD_CLIENT_ID: app.client_id, TALAD_CLIENT_SECRET: app.client_secret }

type Given = {
  env?: Record<string, string>
  isTerminal?: boolean
  columns?: number
  answers?: (string | null)[]
  input?: string
}

/** Runs a command line in this process with its own world. */
async function inside(
  line: string,
  { env = variables, isTerminal = false, columns = 80, answers = [], input = '' }: Given = {},
) {
  const written = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    isTerminal,
    width: columns,
    write: async (text: string) => {
      written[name] += text
    },
  })
  const asked: { question: string; isSecret: boolean }[] = []
  const code = await run(splitWords(line), {
    env: { XDG_CONFIG_HOME: folder, ...env },
    platform: process.platform,
    out: stream('out'),
    err: stream('err'),
    readInput: async () => input,
    ask: async (question, isSecret = false) => {
      asked.push({ question, isSecret })
      return answers.shift() ?? null
    },
    signal: new AbortController().signal,
  })
  return { code, asked, ...written }
}

describe('an invalid command line sends nothing and prints one line', () => {
  const before = () => server.requests.length
  const wrong: [string, RegExp][] = [
    ['customer list', /Unknown command talad-api customer; did you mean customers\?/],
    ['customers lst', /Unknown command talad-api customers lst; did you mean list\?/],
    ['customers list --is-actve true', /Unknown option --is-actve; did you mean --is-active\?/],
    ['customers list -x', /Unknown option -x; /],
    ['customers list --is-active yes', /--is-active must be true or false\./],
    ['customers list --limit ten', /--limit must be a whole number\./],
    ['customers list --limit', /--limit requires a value/],
    ['customers list --q --all', /--q requires a value/],
    ['customers list --all=yes', /--all does not take a value\./],
    ['customers list --q a --q b', /--q was given twice\./],
    ['customers list extra', /Unexpected argument "extra": see talad-api customers list --help/],
    ['customers list --output xml', /--output must be table or ndjson\./],
    ['customers list --columns id,nam', /--columns: unknown field nam; known fields: id, customer_code/],
    ['customers get', /<id> is missing: see talad-api customers get --help/],
    ['customers get ..', /customers\.get: id must not be "\.\."/],
    ['sales list --status DONE', /--status must be one of OPEN, COMPLETED/],
    ['reports sales-summary', /--branch-id is missing\./],
    ['oauth introspect --body nonsense', /--body is not valid JSON\./],
    ['sync', /<folder> is missing/],
  ]
  for (const [line, sentence] of wrong)
    test(`talad-api ${line} is rejected with exit code 2`, async () => {
      const requests = before()
      const { code, out, err } = await inside(line)
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, sentence)
      assert.equal(err.trimEnd().split('\n').length, 1)
      assert.equal(before(), requests)
    })
})

describe('exit codes', () => {
  test('the exit code is 1 if the server rejects the request', async () => {
    const { code, err } = await inside(`customers get ${crypto.randomUUID()}`)
    assert.equal(code, 1)
    assert.match(err, /\(404 not_found, request [\w-]+\)/)
    const invalid = await inside('customers list --limit 500')
    assert.equal(invalid.code, 1)
    assert.match(invalid.err, /limit: .*1.*200/)
    const poor = await server.application({ businessId: business.id, scopes: ['read:sales'] })
    const env = { ...variables, TALAD_CLIENT_ID: poor.client_id, TALAD_CLIENT_SECRET: poor.client_secret }
    assert.match((await inside('customers list', { env })).err, /Required scope: read:customers\./)
  })

  test('the exit code is 3 if credentials are missing or rejected', async () => {
    const none = await inside('me get', { env: {} })
    assert.deepEqual(
      [none.code, none.err],
      [3, 'No credentials stored for the profile default: run talad-api login.\n'],
    )
    const half = await inside('me get', { env: { TALAD_CLIENT_ID: 'a', TALAD_CLIENT_SECRET: 'b' } })
    assert.deepEqual([half.code, half.err], [3, 'TALAD_CLIENT_ID is set but TALAD_BASE_URL is not.\n'])
    const wrong = await inside('me get', { env: { ...variables, TALAD_CLIENT_SECRET: 'wrong' } })
    assert.equal(wrong.code, 3)
    assert.doesNotMatch(wrong.err, /wrong\b/)
  })
})

describe('help', () => {
  test('every command has a help text that names all its options', async () => {
    for (const line of ['', '--help', 'help', ...TASKS.flatMap(({ words: [group = ''] }) => [`${group} --help`])]) {
      const { code, out, err } = await inside(line, { isTerminal: true })
      assert.deepEqual([code, err], [0, ''], line)
      assert.match(out, /Exit codes: /, line)
    }
    for (const { words, summary, flags, params } of TASKS) {
      for (const columns of [60, 100]) {
        const { code, out } = await inside(`${words.join(' ')} --help`, { columns })
        assert.equal(code, 0)
        assert.ok(out.replaceAll('\n', ' ').startsWith(summary.split(' ').slice(0, 3).join(' ')), out)
        for (const { flag } of flags) assert.ok(out.includes(`--${flag}`), `${words.join(' ')} --${flag}`)
        for (const { name } of params) assert.ok(out.includes(`<${name}>`))
        // A text starts with a capital, or with the name of a field.
        for (const { about } of [...flags, ...params]) assert.match(about, /^([^a-z]|[a-z]+_)/)
      }
    }
  })

  test('the help lists a command for every operation', async () => {
    const { out } = await inside('')
    for (const { words } of COMMANDS) assert.match(out, new RegExp(`^ {2}${words.join(' ')}`, 'm'))
  })

  test('no option of an operation has the name of a general option', () => {
    for (const { words, flags } of TASKS) {
      const names = [...flags.map(({ flag }) => flag), 'help']
      assert.equal(new Set(names).size, names.length, `${words.join(' ')}: ${names}`)
    }
  })

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    assert.equal((await inside('--version')).out, `talad-api ${version}\n`)
  })
})

describe('results', () => {
  test('results in a pipe are NDJSON: one page, or all pages with --all', async () => {
    const one = await inside('customers list --limit 10')
    assert.equal(one.out.trimEnd().split('\n').length, 10)
    assert.match(one.err, /^More rows: use --all for all pages, or --cursor \S+ for the next page\.\n$/)
    const cursor = /--cursor (\S+)/.exec(one.err)?.[1]
    assert.equal((await inside(`customers list --cursor ${cursor}`)).out.trimEnd().split('\n').length, 10)
    const all = await inside('customers list --all --is-active true')
    const rows = all.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual([rows.length, new Set(rows.map(({ id }) => id)).size, all.err], [231, 231, ''])
  })

  test('results on a terminal are a table that fits, also with Thai text', async () => {
    const { code, out, err } = await inside('customers list --q CUS-000380', { isTerminal: true, columns: 90 })
    assert.equal(code, 0)
    const [head = '', row = ''] = out.split('\n')
    assert.match(head, /^id +customer_code +full_name/)
    assert.ok(row.startsWith(`${customer}  CUS-000380`))
    for (const line of [head, row]) assert.ok(width(line) <= 90)
    assert.match(
      err,
      /^\d+ more columns do not fit \(.*phone.*\): select some with --columns, or use --output ndjson\.\n$/,
    )
  })

  test('--columns and --output select fields and format', async () => {
    const { out } = await inside('customers list --q CUS-000380 --columns full_name,phone')
    assert.deepEqual(JSON.parse(out), { full_name: 'สมชาย ใจดี', phone: '0899999999' })
    const table = await inside(`customers get ${customer} --columns full_name --output table`)
    assert.equal(table.out, 'full_name  สมชาย ใจดี\n')
    assert.deepEqual((await inside('suppliers list', { isTerminal: true })).err, 'No rows.\n')
  })

  test('the command of every GET operation succeeds', async () => {
    const reading = new Set(OPERATIONS.filter(({ method }) => method === 'GET').map(({ id }) => id))
    for (const { operation, words, params, options } of COMMANDS) {
      if (!reading.has(operation) || options.some(({ isRequired }) => isRequired)) continue
      const make = (): Promise<Record<string, string>> | undefined =>
        FACTORIES[operation]?.(server.db, business.id, business.branches[0].id) ??
        OWNED[operation]?.(server.db, business.id, app.id)
      const made = params.length > 0 ? await make() : {}
      const line = [...words, ...params.map(({ name }) => made?.[name] ?? '')].join(' ')
      const { code, err } = await inside(line)
      assert.equal(code, 0, `${line}: ${err}`)
    }
    const branch = business.branches[0].id
    const report = await inside(`reports sales-summary --branch-id ${branch}`)
    assert.equal(JSON.parse(report.out).branch_id, branch)
  })

  test('the oauth commands get, introspect and revoke a token', async () => {
    const token = JSON.parse(
      (await inside('oauth token --grant-type client_credentials --scope read:sales')).out,
    ).access_token
    assert.equal(JSON.parse((await inside(`oauth introspect --token ${token}`)).out).scope, 'read:sales')
    assert.equal(JSON.parse((await inside(`oauth introspect --body '{"token":"${token}"}'`)).out).active, true)
    assert.equal(
      JSON.parse((await inside('oauth introspect --body -', { input: JSON.stringify({ token }) })).out).active,
      true,
    )
    assert.deepEqual(await inside(`oauth revoke --token ${token}`).then(({ code, err }) => [code, err]), [0, 'Done.\n'])
  })
})

test('webhook commands create, update, ping, redeliver and delete; body fields are options', async () => {
  const rowOf = async (line: string) => {
    const { code, out, err } = await inside(`webhooks ${line}`)
    assert.equal(code, 0, err)
    return JSON.parse(out)
  }
  const endpoint = 'http://127.0.0.1:9/hook'
  assert.equal((await inside('webhooks create --event-types *')).err, '--endpoint-url is missing.\n')
  const none = await inside(`webhooks create --endpoint-url ${endpoint} --event-types sale.made`)
  assert.match(none.err, /^--event-types must be one of \*, sale\.created, /)
  const types = '--event-types sale.created --event-types sale.voided'
  const made = await rowOf(`create --endpoint-url ${endpoint} ${types} --include-pii false`)
  assert.match(made.secret, /^whsec_/)
  assert.deepEqual([made.event_types, made.include_pii], [['sale.created', 'sale.voided'], false])
  // A boolean option without a value is true; without the option, contact data is not sent.
  for (const [words, expected] of [
    ['--include-pii', true],
    ['--include-pii --description CRM', true],
    ['--include-pii=false', false],
    ['', false],
  ] as const) {
    const hook = await rowOf(`create --endpoint-url ${endpoint} --event-types customer.updated ${words}`.trim())
    assert.equal(hook.include_pii, expected, words)
    await inside(`webhooks delete ${hook.id}`)
  }
  assert.equal((await rowOf(`update ${made.id} --include-pii`)).include_pii, true)
  assert.match((await inside(`webhooks update ${made.id} --include payments`)).err, /^--include must be items/)
  assert.deepEqual(made.include, [])
  assert.deepEqual((await rowOf(`update ${made.id} --include items`)).include, ['items'])
  assert.deepEqual((await rowOf(`update ${made.id} --body '{"include":[]}'`)).include, [])
  const changed = await rowOf(`update ${made.id} --status PAUSED --description ยอดขาย`)
  assert.deepEqual([changed.status, changed.description, changed.secret], ['PAUSED', 'ยอดขาย', undefined])
  assert.equal((await rowOf(`update ${made.id} --body '{"description":null}'`)).description, null)
  assert.notEqual((await rowOf(`rotate-secret ${made.id}`)).secret, made.secret)
  assert.deepEqual((await rowOf(`ping ${made.id}`)).delivered, false)
  const delivery = await makeDelivery(server.db, business.id, made.id)
  const again = await inside(`webhook-deliveries redeliver ${made.id} ${delivery}`)
  assert.equal(JSON.parse(again.out).id, delivery)
  const refused = await inside(`webhooks replay ${made.id}`)
  assert.deepEqual(
    [refused.code, /exactly one of from_position and from_time is required/.test(refused.err)],
    [1, true],
  )
  assert.deepEqual(await inside(`webhooks delete ${made.id}`).then(({ code, out, err }) => [code, out, err]), [
    0,
    '',
    'Done.\n',
  ])
  assert.equal((await inside(`webhooks get ${made.id}`)).code, 1)
})

describe('login', () => {
  const file = join(folder, 'talad', 'credentials.json')
  const answers = () => [server.url, app.client_id, app.client_secret]

  test('login stores accepted credentials in a private file and never prints the secret', async () => {
    const { code, out, err, asked } = await inside('login', { env: {}, answers: answers() })
    assert.deepEqual([code, out], [0, ''], err)
    assert.deepEqual(
      asked.map(({ isSecret }) => isSecret),
      [false, false, true],
    )
    assert.match(err, new RegExp(`^Logged in as .* with access to ${business.name} `))
    assert.deepEqual([statSync(file).mode & 0o777, statSync(join(folder, 'talad')).mode & 0o777], [0o600, 0o700])
    assert.deepEqual(readdirSync(join(folder, 'talad')), ['credentials.json'])
    assert.ok(!err.includes(app.client_secret))
    assert.equal((await inside('me get', { env: {} })).code, 0)
  })

  test('login stores several profiles by name', async () => {
    const other = await server.application({ businessId: business.id, scopes: ['read:sales'] })
    const line = `login --profile shop2 --base-url ${server.url}/ --client-id ${other.client_id} --secret-stdin`
    assert.equal((await inside(line, { env: {}, input: `${other.client_secret}\n` })).code, 0)
    const me = await inside('me get --profile shop2')
    assert.deepEqual(JSON.parse(me.out).scopes, ['read:sales'])
    assert.deepEqual(JSON.parse((await inside('me get', { env: { TALAD_PROFILE: 'shop2' } })).out).scopes, [
      'read:sales',
    ])
    const { out } = await inside('profiles')
    assert.deepEqual(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).profile),
      ['default', 'shop2'],
    )
    assert.ok(!out.includes('talad_sk_'))
    assert.equal((await inside('logout --profile shop2')).code, 0)
    assert.equal((await inside('logout --profile shop2')).code, 1)
    assert.match(
      (await inside('me get --profile shop2')).err,
      /run talad-api login --profile shop2\. Stored profiles: default\./,
    )
  })

  test('login does not store rejected credentials', async () => {
    const before = readFileSync(file, 'utf8')
    const { code, err } = await inside('login', { env: {}, answers: [server.url, app.client_id, 'talad_sk_wrong'] })
    assert.equal(code, 3)
    assert.ok(!err.includes('talad_sk_wrong'))
    assert.equal(readFileSync(file, 'utf8'), before)
    assert.match((await inside('login', { env: {} })).err, /No terminal to ask for input: use --base-url\./)
    assert.equal((await inside('login', { env: {}, answers: ['example.com', 'a', 'b'] })).code, 2)
  })

  test('login warns about a base URL without https', async () => {
    const { err } = await inside('login --base-url http://192.0.2.1 --client-id a', { env: {}, answers: [''] })
    assert.match(err, /^This URL is not https: /)
    assert.doesNotMatch((await inside('login', { env: {}, answers: [server.url, 'a', ''] })).err, /https/)
  })

  test('a credentials file that others can read is rejected, and so is a damaged one', async () => {
    chmodSync(file, 0o644)
    const { code, err } = await inside('me get', { env: {} })
    assert.deepEqual([code, err], [3, `Other users can read ${file}: run chmod 600 ${file}\n`])
    chmodSync(file, 0o600)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.slice(0, 20))
    assert.match((await inside('me get', { env: {} })).err, /is damaged: delete it and log in again/)
    writeFileSync(file, text)
  })

  test('login hides the secret on a real terminal', {
    skip: spawnSync('python3', ['--version']).status !== 0 && 'needs python3 to open a terminal',
  }, async () => {
    const script = `
import os, pty, sys, time
answers = sys.argv[1:4]
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[4], sys.argv[4:])
seen = b''
asked = [b'server: ', b'ID: ', b'shown): ']
try:
    while True:
        data = os.read(fd, 4096)
        if not data: break
        seen += data
        if asked and seen.endswith(asked[0]):
            asked.pop(0)
            os.write(fd, answers.pop(0).encode() + b'\\r')
except OSError:
    pass
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)`
    const words = [...answers(), process.execPath, TALAD_API, 'login', '--profile', 'typed']
    const { stdout } = await startTalad(words, {
      program: ['python3', '-c', script],
      env: { XDG_CONFIG_HOME: folder, TERM: 'xterm' },
    }).ended
    assert.match(stdout, /Logged in as /)
    assert.ok(stdout.includes(app.client_id), 'the client ID is shown')
    assert.ok(!stdout.includes(app.client_secret), 'the secret is not shown')
  })
})

describe('as a process', () => {
  test('talad-api writes all rows to a slow pipe, and stops when the pipe closes', async () => {
    const piped = (words: string, rest: string) =>
      startTalad(['-c', `set -o pipefail; '${process.execPath}' '${TALAD_API}' ${words} | ${rest}`], {
        program: ['bash'],
        env: variables,
      }).ended
    const [there] = await server.db<
      { count: string }[]
    >`select count(*) from customers where business_id = ${business.id}`
    assert.equal((await piped('customers list --all', '(sleep 0.3; wc -l)')).stdout.trim(), there?.count)
    const { code, stdout, stderr } = await piped('customers list --all --limit 1', 'head -n 2')
    assert.deepEqual([code, stdout.trim().split('\n').length, stderr], [0, 2, ''])
  })

  test('talad-api reports a full disk in one line, and ignores a closed or full standard error', {
    skip: process.platform !== 'linux' && 'needs /dev/full',
  }, async () => {
    const shell = (line: string) =>
      startTalad(['-c', line], {
        program: ['bash'],
        env: { ...variables, API: `'${process.execPath}' '${TALAD_API}'` },
      }).ended
    const full = await shell('eval "$API customers list --all > /dev/full"')
    assert.deepEqual([full.code, full.stderr], [1, 'Cannot write to standard output: the disk is full.\n'])
    const [there] = await server.db<
      { count: string }[]
    >`select count(*) from customers where business_id = ${business.id}`
    for (const redirected of ['2> /dev/full', '2> >(exec true)', '2>&-']) {
      const { code, stdout } = await shell(`eval "$API customers list --all" ${redirected}`)
      assert.equal(code, 0, redirected)
      assert.equal(stdout.trim().split('\n').length, Number(there?.count), redirected)
    }
    const { code } = await shell('eval "$API no-such-command" 2> /dev/full')
    assert.equal(code, 2)
  })

  test('the exit code is 4 if the server cannot be reached', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const env = { ...variables, TALAD_BASE_URL: `http://127.0.0.1:${port}`, XDG_CONFIG_HOME: folder }
    const { code, stderr } = await api(['oauth', 'jwks', '--retries', '0'], { env })
    assert.equal(code, 4)
    assert.match(stderr, /cannot|failed/)
  })
})
