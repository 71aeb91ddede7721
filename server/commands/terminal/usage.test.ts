import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import {
  olderNode,
  type ProcessOutcome,
  pathWithoutModules,
  ROOT,
  splitWords,
  TALAD,
  talad,
  talads,
} from '../../../test/process.ts'
import { isSampled, onlyOnce, onlyThorough } from '../../../test/thorough.ts'
import { nearest } from '../../nearest.ts'
import { openapiText } from '../openapi.ts'

// Tests without a database: help, and every mistake in a command line.

const SOME_UUID = '7d0b6f3e-93c5-4f0e-9a3b-5a1c1f3b7d21'

const MISTAKES: Record<string, string> = {
  srve: 'Unknown command talad srve; did you mean serve?',
  nonsense:
    'Unknown command talad nonsense; the commands are serve, work, migrate, backup, restore, doctor, demo, simulate, trigger, business, app, member, import, keys, customers, privacy, ledger, cluster, openapi.',
  'app lst': 'Unknown command talad app lst; did you mean list?',
  'app nonsense':
    'Unknown command talad app nonsense; the commands are create, list, show, edit, rotate, pause, resume, revoke.',
  '--json': 'Unknown option --json; talad --help shows the usage.',
  'app list --jsn': 'Unknown option --jsn; did you mean --json?',
  'app list extra':
    'Too many arguments for talad app list: put quotes around a name with spaces (talad app list --help shows the usage).',
  'app create': '<name> is missing: talad app create --help shows the usage.',
  'app show': '<application> is missing: talad app show --help shows the usage.',
  'app edit': '<application> is missing: talad app edit --help shows the usage.',
  'app rotate': '<application> is missing: talad app rotate --help shows the usage.',
  'app pause': '<application> is missing: talad app pause --help shows the usage.',
  'app resume': '<application> is missing: talad app resume --help shows the usage.',
  'app revoke': '<application> is missing: talad app revoke --help shows the usage.',
  'business create': '<name> is missing: talad business create --help shows the usage.',
  'app create crm --scope': '--scope <scope> needs a value: talad app create --help shows the usage.',
  'app create crm':
    'Specify at least one scope, for example --scope read:sales (talad app create --help lists the scopes).',
  "app create '' --scope read:sales": 'A name must not be empty.',
  "app create ' ' --scope read:sales": 'A name must not be empty.',
  "app create 'a\tb' --scope read:sales": 'A name must be on one line, without control characters.',
  [`app create ${'ก'.repeat(201)} --scope read:sales`]: 'A name has at most 200 characters.',
  'app create crm --scope read:custmers': 'Unknown scope read:custmers; did you mean read:customers?',
  'app create crm --scope write:everything':
    'Unknown scope write:everything; the scopes are read:sales, read:products, read:inventory, read:purchasing, read:customers, read:customers:pii, read:reports, read:webhooks, write:ingest.',
  'app create crm --scope read:customers:pii': 'read:customers:pii can only be granted together with read:customers.',
  'app create crm --scope write:ingest':
    'An application of kind partner cannot have write:ingest; it can have read:sales, read:products, read:inventory, read:purchasing, read:customers, read:customers:pii, read:reports, read:webhooks.',
  'app create till --kind pos --scope read:sales':
    'An application of kind pos cannot have read:sales; it can have write:ingest.',
  'app create till --kind till': '--kind must be partner or pos, not till.',
  'app create crm --scope read:sales --rate-requests 5': '--rate-requests and --rate-per-second must be used together.',
  'app create crm --scope read:sales --rate-requests 1e2':
    '--rate-requests must be a whole number from 1 to 100000, not 1e2.',
  'app create crm --scope read:sales --rate-per-second 0':
    '--rate-per-second must be a number from 0.001 to 100000, not 0.',
  'app create crm --scope read:sales --history-days 36501':
    '--history-days must be a whole number from 1 to 36500, not 36501.',
  'app edit crm': 'Specify what to change, for example --scope read:sales (talad app edit --help).',
  [`app edit crm --all-branches --branch ${SOME_UUID}`]: '--all-branches and --branch cannot be used together.',
  'business create x --time-zone Mars/Base': 'Unknown time zone Mars/Base; use a name such as Asia/Bangkok.',
  'business create x --time-zone +07:00': 'Unknown time zone +07:00; use a name such as Asia/Bangkok.',
  'business create x --day-starts-at 4am': '--day-starts-at must be a time such as 04:00, not 4am.',
  'business create x --currency baht': '--currency must be three capital letters such as THB, not baht.',
  'serve --processes 0': '--processes must be a whole number from 1 to 64, not 0.',
  'work --health http': '--health must be a port from 0 to 65535, not http.',
  'listen --forward-to http://localhost:4000/hook --app all':
    'talad listen moved to talad-api listen (npx talad-api listen --help), which has the same options, and uses the credentials of talad-api login or TALAD_BASE_URL, TALAD_CLIENT_ID and TALAD_CLIENT_SECRET.',
  'demo --customers 1e6': '--customers must be a whole number from 1 to 100000000, not 1e6.',
  'demo --sales 0': '--sales must be a whole number from 1 to 100000000, not 0.',
  'demo --sales 5 --businesses 100001': '--businesses must be a whole number from 1 to 100000, not 100001.',
  'demo --sales 5 --seed -1': '--seed must be a whole number from 0 to 2147483647, not -1.',
  'demo --seed 3': 'Specify the size, for example --customers 1000000 (talad demo --help).',
  'demo --businesses 3': 'Specify the size, for example --customers 1000000 (talad demo --help).',
  'demo 1000':
    'Too many arguments for talad demo: put quotes around a name with spaces (talad demo --help shows the usage).',
  'simulate --rate 0': '--rate must be a number from 0.01 to 1000, not 0.',
  'simulate --rate 1e2': '--rate must be a number from 0.01 to 1000, not 1e2.',
  'simulate --for 0.5': '--for must be a number from 1 to 86400, not 0.5.',
  trigger: '<type> is missing: talad trigger --list shows the types.',
  'trigger sale.create': 'Unknown event type sale.create; did you mean sale.created?',
  'trigger nonsense': 'Unknown event type nonsense; talad trigger --list shows the types.',
  'trigger ping':
    'ping is not caused by a change: POST /api/partner/v1/webhooks/{id}/ping sends it (talad-api webhooks ping <id>).',
  'trigger sale.created --list': '--list and the type sale.created cannot be used together.',
  'trigger sale.created sale.voided':
    'Too many arguments for talad trigger: put quotes around a name with spaces (talad trigger --help shows the usage).',
  'import custmers x.csv': 'Unknown resource custmers; did you mean customers?',
  'import events x':
    'Unknown resource events; the resources are branches, warehouses, membership-tiers, customers, consents, categories, products, branch-prices, suppliers, purchase-orders, sales, stock-movements, stock-levels.',
  'import customers': '<file> is missing: talad import --help shows the usage.',
  'import customers x --format xml': '--format must be one of ndjson, csv, not xml.',
  'import purchase-orders x.csv.gz':
    'purchase-orders contain lists, which CSV does not support: use NDJSON, one record per line.',
  'import sales x --rejects ./x': '--rejects must not name the input file.',
  'ledger search --since 2569-13-01': '2569-13-01 is not a day: use YYYY-MM-DD, today or yesterday.',
  'app create crm --scope read:customers --purpose x':
    'An application that reads customers needs a purpose and a legal basis: add --purpose and --legal-basis.',
  "app edit crm --purpose ' '": '--purpose must be one line of 1 to 500 characters.',
  'customers link x --days 8': '--days must be a whole number from 1 to 7, not 8.',
  'openapi --write a --check b': '--check and --write cannot be used together.',
}

test('every mistake in a command line gives one sentence and exit code 2', onlyOnce, async () => {
  const outcomes = await talads(Object.keys(MISTAKES).map(splitWords))
  for (const [index, [line, sentence]] of Object.entries(MISTAKES).entries())
    assert.deepEqual(outcomes[index], { code: 2, stdout: '', stderr: `${sentence}\n` }, line)
})

const COMMANDS = splitWords(
  "serve work migrate backup restore doctor demo simulate trigger 'business create' 'business list' 'app create' 'app list' 'app show' 'app edit' 'app rotate' 'app pause' 'app resume' 'app revoke' 'member add' 'member list' 'member remove' 'member reset' import 'keys rotate' 'customers access' 'customers link' 'customers links' 'customers unlink' 'customers erase' 'customers certificate' 'privacy requests' 'privacy request' 'privacy done' 'privacy refuse' 'privacy record' 'ledger search' 'ledger verify' 'ledger checkpoint' 'ledger mail' 'ledger export' openapi",
)

test('the help of every command has valid examples', onlyOnce, async () => {
  const outcomes = await talads(COMMANDS.map((line) => [...splitWords(line), '--help']))
  const lines: string[] = []
  for (const [index, command] of COMMANDS.entries()) {
    const { code, stdout, stderr } = outcomes[index] as ProcessOutcome
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, command)
    assert.match(stdout, new RegExp(`^Usage: talad ${command}[^\n]*\n\n`))
    const [texts = '', examples = ''] = stdout.split('\nExamples:\n')
    assert.deepEqual(texts.match(/^ {2}\S+( \S+)* {2,}[a-z].*$/gm), null, `${command}: texts start with a capital`)
    const own = examples
      .trim()
      .split('\n')
      .map((line) => line.trim())
    assert.ok(own.length > 0 && own.every((line) => line.includes(`talad ${command}`)), examples)
    lines.push(...own.map((line) => line.replace(/^.*?\btalad /, '')))
  }
  // With --help at the end, arguments are parsed but nothing is executed.
  for (const { code, stderr } of await talads(lines.map((line) => [...splitWords(line), '--help'])))
    assert.equal(code, 0, stderr)
})

test('the documents print command lines that are valid', onlyOnce, async () => {
  const documents = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })]
  const lines = documents.flatMap((name) => commandLines(readFileSync(join(ROOT, name), 'utf8')))
  assert.ok(lines.length > 50, `${lines.length}`)
  for (const [index, { code, stderr }] of (
    await talads(lines.map((line) => [...splitWords(line), '--help']))
  ).entries())
    assert.equal(code, 0, `talad ${lines[index]}: ${stderr}`)
})

/** Returns what follows `talad` in the indented lines of a document. */
function commandLines(text: string): string[] {
  const starts = [
    /^(?:[A-Z_]+=\S* )*(?:npx )?talad (.+)$/,
    /^docker compose exec (?:-T )?talad talad (.+)$/,
    /^docker compose run --rm talad (.+)$/,
  ]
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].flatMap(([, line = '']) => {
    // An explanation follows after two spaces; a list of subcommands is no command line.
    const [command = ''] = line.split(/ {2,}/)
    if (/\w\|\w/.test(command)) return []
    const plain = command.replace(/\$\([^)]*\)/g, 'x').replace(/ [|>] .*$/, '')
    return starts.flatMap((start) => start.exec(plain)?.[1] ?? [])
  })
}

test('an incomplete command prints its help to standard error', onlyOnce, async () => {
  for (const { code, stdout, stderr } of await talads([['app'], ['business'], ['keys']])) {
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    assert.match(stderr, /^Usage: talad /)
  }
  const [help, ofApp, version] = await talads([['help'], ['help', 'app'], ['--version']])
  assert.match(help?.stdout ?? '', /^Usage: talad \[options\]/)
  assert.match(ofApp?.stdout ?? '', /^Usage: talad app /)
  assert.equal(version?.stdout, `talad 0.1.0, Node ${process.versions.node}\n`)
})

test('the process exits with the code of the command', async () => {
  const expected: [words: string[], code: number][] = [
    [['srve'], 2],
    [['--version'], 0],
    [['openapi', '--check', 'no-such-file'], 1],
  ]
  for (const [at, [words, code]] of expected.entries())
    if (isSampled(3, at)) assert.equal((await talad(words)).code, code)
})

test('openapi prints, writes and checks the document', onlyOnce, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'talad-openapi-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'openapi.json')
  const lines = [['openapi'], ['openapi', '--write', file], ['openapi', '--check', file]]
  const [printed, written, checked] = await talads(lines)
  assert.equal(printed?.stdout, openapiText())
  assert.deepEqual([written?.code, readFileSync(file, 'utf8')], [0, openapiText()])
  assert.deepEqual(checked, { code: 0, stdout: `${file} is up to date.\n`, stderr: '' })

  writeFileSync(file, `${openapiText()} `)
  const refusals = await talads([
    ['openapi', '--check', file],
    ['openapi', '--check', join(folder, 'none')],
    ['openapi', '--check', folder],
    ['openapi', '--write', join(folder, 'none', 'openapi.json')],
  ])
  assert.deepEqual(
    refusals.map(({ code, stderr }) => `${code} ${stderr.replace(folder, '')}`),
    [
      '1 /openapi.json does not match the operations: run npm run openapi to update it.\n',
      '1 /none cannot be read: it does not exist.\n',
      '1  cannot be read: it is a folder.\n',
      '1 /none/openapi.json cannot be written: it does not exist.\n',
    ],
  )
})

describe('an unexpected error', () => {
  // Simulates an unexpected error.
  const script = `process.argv = ['node', 'talad', 'openapi']
    const { stringify } = JSON
    // The libraries of Node.js also call it while they load.
    JSON.stringify = (value, ...how) => {
      if (how.length > 0) throw new TypeError('the disk is made of cheese')
      return stringify(value)
    }
    await import(${JSON.stringify(join(ROOT, 'server', 'main.ts'))})`
  const program: [string, ...string[]] = [process.execPath, '--input-type=module', '-e', script]

  test('an unexpected error is one sentence', onlyOnce, async () => {
    const short = await talad([], { program })
    assert.deepEqual(
      { ...short, signal: null },
      {
        ...{ code: 1, signal: null, stdout: '' },
        stderr: 'Unexpected error: the disk is made of cheese (LOG_LEVEL=debug prints the stack).\n',
      },
    )
  })

  test('LOG_LEVEL=debug prints the stack of an unexpected error', onlyThorough, async () => {
    const long = await talad([], { program, env: { LOG_LEVEL: 'debug' } })
    assert.match(long.stderr, /cheese[^\n]*\nTypeError: [^\n]*\n {4}at [\s\S]*openapi\.ts/)
  })
})

test('nearest finds the most similar word', onlyOnce, () => {
  assert.equal(nearest('read:sale', ['read:sales', 'read:products']), 'read:sales')
  assert.equal(nearest('xyz', ['read:sales', 'read:products']), undefined)
})

// --- with another Node.js than the one that npm ci installs

const older = olderNode()
const withOlder = older ? {} : { skip: 'there is no older Node in the PATH' }

test('an older Node.js starts the one that npm installed', { ...onlyThorough, ...withOlder }, async () => {
  const outcome = await talad(['--version'], { program: [older ?? '', TALAD] })
  assert.deepEqual([outcome.code, outcome.stdout], [0, `talad 0.1.0, Node ${process.versions.node}\n`])
  assert.equal((await talad(['srve'], { program: [older ?? '', TALAD] })).code, 2)
})

test('npx talad works with an older Node.js', { ...onlyThorough, ...withOlder }, async () => {
  const outcome = await talad(['talad', '--version'], {
    program: ['npx'],
    env: { PATH: pathWithoutModules(), npm_config_update_notifier: 'false' },
  })
  assert.deepEqual([outcome.code, outcome.stdout], [0, `talad 0.1.0, Node ${process.versions.node}\n`])
})

test('before npm ci, an older Node.js prints what to do', { ...onlyOnce, ...withOlder }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'talad-bare-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const bare = join(folder, 'talad.js')
  copyFileSync(TALAD, bare)
  const started = join('commands', 'process', 'started_by.js')
  mkdirSync(join(folder, dirname(started)), { recursive: true })
  copyFileSync(join(dirname(TALAD), started), join(folder, started))
  chmodSync(bare, 0o755)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const { status, stderr } = spawnSync(older ?? '', [bare, 'serve'], { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /^Talad runs on Node 26, which npm ci installs, and this is v\d[^\n]*: run npm ci\.\n$/)
})
