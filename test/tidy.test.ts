import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { openapiText } from '../server/commands/openapi.ts'
import { VARIABLES } from '../server/config.ts'
import { ROOT, talad, talads } from './process.ts'

// The structural rules of the repository; ARCHITECTURE.md and STYLE.md give the reasons.

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const files = (pattern: string): string[] => globSync(pattern, { cwd: ROOT, exclude: ['**/node_modules/**'] }).sort()

/** The sources of the server without its tests; paths below server/. */
const SOURCES = files('server/**/*.{ts,js}')
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => path.slice('server/'.length))

/** Returns the text of a file without comments. */
const codeOf = (path: string): string =>
  read(`server/${path}`)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')

/** Returns the imports of a file: paths below server/ for our own files, names for packages. */
function importsOf(path: string): { own: string[]; packages: string[] } {
  const names = [...codeOf(path).matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name ?? '')
  return {
    own: names.filter((name) => name.startsWith('.')).map((name) => posix.join(dirname(path), name)),
    packages: names.filter((name) => !name.startsWith('.')),
  }
}

/** Current violations, each with its reason. The list may only shrink: an unused exception fails the test. */
const EXCEPTIONS: Record<string, string[]> = {
  clock: [],
  imports: [],
  // One mechanism. Its first comment has the design; in several files, its steps would be hard to follow.
  long: ['db/embedded/embedded.ts'],
}

function holds(rule: string, offenders: string[]): void {
  assert.deepEqual(offenders.sort(), (EXCEPTIONS[rule] ?? []).toSorted(), rule)
}

// --- imports

// Both command lines use this file for the width of text in a terminal. It is in the SDK, which may not depend on the server.
const EVERYWHERE = [
  '../sdk/cli/width.ts',
  'scopes.ts',
  'limits.ts',
  'config.ts',
  'cache.ts',
  'nearest.ts',
  'periodic.ts',
  'seal.ts',
  'time_slice.ts',
]

/**
 * The layers of the server. Imports point down; within a layer they stay in one unit (the first folder, or the resource).
 */
const FLOORS = [
  'main',
  'commands',
  'demo',
  'backup',
  'app',
  'console',
  'privacy',
  'api',
  'features',
  'http',
  'rows',
  'contract',
  'mail',
  'values',
  'db',
] as const
const FEATURES = ['oauth', 'events', 'webhooks', 'ingest', 'ledger', 'requests']

function placeOf(path: string): { floor: (typeof FLOORS)[number]; unit: string } {
  const [folder = '', name] = path.split('/')
  if (path === 'main.ts' || path === 'talad.js') return { floor: 'main', unit: 'main' }
  if (path === 'app.ts' || path === 'log.ts') return { floor: 'app', unit: 'app' }
  // The index of all resources; only the app imports it.
  if (path === 'api/index.ts') return { floor: 'api', unit: 'api' }
  if (folder === 'api') return { floor: 'features', unit: `api/${name}` }
  if (FEATURES.includes(folder)) return { floor: 'features', unit: folder }
  // The demo fills the tables of all resources; only commands import it.
  const floors = [
    'commands',
    'demo',
    'backup',
    'console',
    'privacy',
    'http',
    'rows',
    'contract',
    'mail',
    'values',
    'db',
  ] as const
  const floor = floors.find((name) => name === folder)
  if (floor) return { floor, unit: floor }
  throw new Error(`${path}: say in test/tidy.test.ts on which floor it stands`)
}

const OF_CONFIG = ['db/start_error.ts', 'db/connection/connection_url.ts', 'values/email.ts']

function mayImport(from: string, to: string): boolean {
  if (EVERYWHERE.includes(to)) return true
  // config.ts reports a wrong environment by a StartError, and reads URLs and addresses to report their mistakes too.
  if (EVERYWHERE.includes(from)) return EVERYWHERE.includes(to) || OF_CONFIG.includes(to)
  const [above, below] = [placeOf(from), placeOf(to)]
  // The only import between features: every change writes to the event log, and webhooks send the events of the log.
  if (to === 'events/record.ts' || (above.unit === 'webhooks' && below.unit === 'events'))
    return FLOORS.indexOf(above.floor) <= FLOORS.indexOf('features')
  return above.unit === below.unit || FLOORS.indexOf(above.floor) < FLOORS.indexOf(below.floor)
}

test('imports point down, never sideways; a resource never imports another', () => {
  const wrong = SOURCES.flatMap((path) =>
    importsOf(path)
      .own.filter((target) => !mayImport(path, target))
      .map((target) => `${path} → ${target}`),
  )
  holds('imports', wrong)
})

test('every import resolves to a file', () => {
  for (const path of SOURCES)
    for (const target of importsOf(path).own) assert.ok(existsSync(join(ROOT, 'server', target)), `${path} → ${target}`)
})

const importersOf = (name: string): string[] =>
  SOURCES.filter((path) => importsOf(path).packages.some((used) => used === name || used.startsWith(`${name}/`)))

test('only http uses the HTTP framework, which http/server.ts starts; only db imports the driver', () => {
  holds(
    'fastify',
    importersOf('fastify').filter((path) => !path.startsWith('http/')),
  )
  assert.deepEqual(usersOf(/^import (?!type\b)[^']*'fastify'/m), ['http/server.ts'])
  holds(
    'driver',
    importersOf('postgres').filter((path) => !path.startsWith('db/')),
  )
  holds(
    'commander',
    importersOf('commander').filter((path) => !path.startsWith('commands/')),
  )
})

// --- single points of use

const usersOf = (pattern: RegExp): string[] => SOURCES.filter((path) => pattern.test(codeOf(path)))
const isCommand = (path: string): boolean => path.startsWith('commands/') || path === 'main.ts' || path === 'talad.js'

test('only config.ts reads the environment, except for code that an older Node.js runs too', () => {
  holds(
    'environment',
    usersOf(/process\.env\b/).filter((path) => path !== 'config.ts' && path !== 'commands/process/started_by.js'),
  )
})

test('only commands/terminal/terminal.ts prints, except main.ts and talad.js before it is loaded', () => {
  const printers = ['commands/terminal/terminal.ts', 'main.ts', 'talad.js']
  holds(
    'printing',
    usersOf(/(?<!')\bconsole\.|process\.std(out|err)\b/).filter((path) => !printers.includes(path)),
  )
})

/**
 * The files that send SQL as text, and what for. Everything else uses tagged templates or Kysely, which keep values apart.
 */
const SQL_AS_TEXT: Record<string, string> = {
  'commands/doctor/open_transactions.ts': 'statements that workers get as a text',
  'db/connection/readers.ts': 'statements that Kysely has compiled',
  'db/connection/transactions.ts': 'the method itself, watched',
  'db/embedded/embedded_roles.ts': 'commands on roles and owners',
  'db/locks.ts': 'SET, which takes no parameters',
  'db/schema/partitions.ts': 'DDL',
  'db/schema/distribute.ts': 'DDL',
  'db/schema/migrate.ts': 'the text of migrations',
  'db/schema/stored.ts': 'DDL',
  'db/schema/unindexed.ts': 'DDL',
}

test('SQL is a tagged template or built by Kysely, except in listed files, which give the reason on the spot', () => {
  assert.deepEqual(usersOf(/\.unsafe\b/).toSorted(), Object.keys(SQL_AS_TEXT).toSorted())
  for (const path of Object.keys(SQL_AS_TEXT)) assert.match(read(`server/${path}`), /\/\/ .*`unsafe`/, path)
})

// Citus 13 evaluates `value when 'a'` before the value is known, and sends `value when null::boolean` to the node.
test('SQL has no simple CASE, which a cluster refuses in INSERT … SELECT', () => {
  assert.deepEqual(usersOf(/\bcase [\w.:()>-]+ when '/), [])
})

test('the time is an argument: only app.ts and the commands read the clock', () => {
  const readers = usersOf(/\bDate\.now\(|new Date\(\)/)
  holds(
    'clock',
    readers.filter((path) => path !== 'app.ts' && !isCommand(path)),
  )
})

test('only contract/visibility.ts decides who sees personal data, and only rows/row_text.ts selects the JSON of rows', () => {
  holds(
    'PII scope',
    usersOf(/'read:customers:pii'|\bPII_SCOPE\b/).filter(
      (path) =>
        ![
          'scopes.ts',
          'contract/visibility.ts',
          // Declares the fields.
          'api/customers/schema.ts',
          // Grants the scope.
          'demo/demo.ts',
          'oauth/operations.ts',
          'console/applications/operations.ts',
          // Finds grants that nobody uses.
          'console/monitoring/attention.ts',
        ].includes(path),
    ),
  )
  holds(
    'field scopes',
    usersOf(/\bfieldScopes\(/).filter(
      (path) => !['contract/schema.ts', 'contract/visibility.ts', 'rows/stored_json.ts'].includes(path),
    ),
  )
  holds(
    'stored JSON',
    usersOf(/\bsegmentText\(/).filter((path) => !['rows/stored_json.ts', 'rows/row_text.ts'].includes(path)),
  )
  // They release the rows that they read.
  holds(
    'text of rows',
    usersOf(/(?<!const )\b(visible|rowsThatFit)\(/).filter(
      (path) => !['rows/row_text.ts', 'rows/pages.ts', 'rows/with_items.ts'].includes(path),
    ),
  )
  holds(
    'rows as one text',
    usersOf(/\bjoinRows\(/).filter((path) => !['rows/pages.ts', 'rows/search.ts'].includes(path)),
  )
  holds(
    'stored PII',
    usersOf(/\bwire_pii\b/).filter((path) => path !== 'db/schema/tables.ts'),
  )
  holds(
    'customers',
    usersOf(/\b(from|join) customers\b|selectFrom\('customers'/).filter(
      // An erasure locks and deletes the row, and reads nothing of it.
      (path) => path !== 'api/customers/queries.ts' && path !== 'privacy/erasure.ts',
    ),
  )
})

// --- files

test('no file has a meaningless name', () => {
  const empty = ['utils', 'util', 'helpers', 'helper', 'common', 'lib', 'misc', 'types', 'manager', 'service', 'base']
  const named = files('{server,test,tools,bench,sdk,site,console}/**/*.{ts,tsx,js,mjs,astro}')
  assert.deepEqual(
    named.filter((path) => empty.includes(basename(path).split('.')[0] ?? '')),
    [],
  )
})

const LONGEST = 450

/** Sources of the site, without built files. */
const SITE = files('site/{*.ts,generate/*.ts,src/{scripts,components}/*,src/styles/*}')

test(`no source file is longer than ${LONGEST} lines`, () => {
  holds(
    'long',
    // tools/tables.ts generates tables.ts.
    SOURCES.filter((path) => path !== 'db/schema/tables.ts' && read(`server/${path}`).split('\n').length > LONGEST + 1),
  )
  for (const path of [
    ...sdkFiles('src'),
    ...sdkFiles('cli'),
    ...sdkFiles('generate'),
    ...files('examples/*.js'),
    ...SITE,
  ])
    assert.ok(read(path).split('\n').length <= LONGEST + 1, path)
})

/** Sources with a function of more than 70 lines. The list may only shrink. */
const LONG_FUNCTIONS = ['server/demo/trade/stock.ts', 'server/http/admission.ts', 'server/values/json.ts']

// Biome counts the lines, and fails for a suppression that is no longer needed.
test('functions are short enough to be seen whole, except in files on a list', () => {
  const suppressing = files('{server,sdk,site,tools,bench}/**/*.{ts,js}').filter((path) =>
    read(path).includes('biome-ignore lint/complexity/noExcessiveLinesPerFunction'),
  )
  assert.deepEqual(suppressing, LONG_FUNCTIONS)
})

/** Folders of the server with more than 12 sources. The list may only shrink. */
const CROWDED = ['commands', 'contract']

test('a folder of the server has at most 12 sources, except for folders on a list', () => {
  const folders = Map.groupBy(SOURCES, (path) => dirname(path))
  const crowded = [...folders].filter(([, sources]) => sources.length > 12).map(([folder]) => folder)
  assert.deepEqual(crowded.sort(), CROWDED)
})

test('migration numbers have no gap', () => {
  const names = readdirSync(join(ROOT, 'migrations')).sort()
  for (const [index, name] of names.entries())
    assert.match(name, new RegExp(`^${String(index + 1).padStart(4, '0')}_[a-z_]+\\.sql$`))
})

// --- tests

/** Tests that cannot hold on a cluster, by their file, each with its reason. */
const NOT_ON_A_CLUSTER: string[] = []

test('every test runs on a cluster, except for those on a list, which is empty', () => {
  const sources = files('{server,sdk,examples,test}/**/*.ts').filter((path) => path !== 'test/tidy.test.ts')
  const skipping = sources.filter((path) => /skip: isCluster\b/.test(read(path)))
  assert.deepEqual(skipping, NOT_ON_A_CLUSTER)
  // Tests learn from one place whether they run on a cluster.
  const asking = sources.filter((path) => /env.TALAD_TEST_CITUS !==?/.test(read(path)))
  assert.deepEqual(asking, ['test/on_cluster.ts'])
})

// --- code for partners

const importedBy = (path: string): string[] =>
  [...read(path).matchAll(/^(?:import|export)\b[^'\n]*?\bfrom '([^']+)'|^import '([^']+)'/gm)].map(
    ([, from, alone]) => from ?? alone ?? '',
  )
const sdkFiles = (folder: string) =>
  files(`sdk/${folder}/**/*.ts`).filter((path) => !path.endsWith('.test.ts') && !path.includes('/generated/'))

test('the client of the SDK runs anywhere: it imports only itself and does not use Node.js', () => {
  for (const path of sdkFiles('src')) {
    for (const name of importedBy(path)) assert.match(name, /^\.\/(\w|\/)+\.ts$/, `${path} → ${name}`)
    assert.doesNotMatch(read(path).replaceAll(/(^|\s)\/\/.*$/gm, ''), /\bprocess\.|\bBuffer\b|\brequire\(/, path)
  }
})

test('the command line of the SDK has no dependency and gets its environment as an argument', () => {
  for (const path of sdkFiles('cli')) {
    for (const name of importedBy(path)) assert.match(name, /^(node:|\.\.?\/)/, `${path} → ${name}`)
    if (!/\/(main|world)\.ts$/.test(path))
      assert.doesNotMatch(read(path), /process\.(env|std|exit|on\()|console\./, `${path}: say it to world.ts`)
  }
})

test('examples import only the SDK', () => {
  const programs = files('examples/*.js')
  assert.ok(programs.length > 2)
  for (const path of programs)
    for (const name of importedBy(path)) assert.match(name, /^(node:|@talad\/sdk$)/, `${path} → ${name}`)
})

// --- dependencies and documents

test('CONTRIBUTING.md lists exactly the dependencies, each with a reason', () => {
  const used = new Set(
    files('{package.json,*/package.json}').flatMap((path) => {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(path))
      return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
    }),
  )
  const section = /^## Dependencies[^\n]*\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(read('CONTRIBUTING.md'))?.[1] ?? ''
  const items = section.replaceAll(/\n {2,}/g, ' ').match(/^- .*$/gm) ?? []
  const listed = new Set<string>()
  for (const item of items) {
    const [, names = '', reason = ''] = /^- ((?:`[^`]+`(?:, )?)+): (.+)$/.exec(item) ?? []
    assert.ok(reason.length > 10, `no reason: ${item}`)
    for (const [, name] of names.matchAll(/`([^`]+)`/g)) listed.add(name ?? '')
  }
  assert.deepEqual([...listed].sort(), [...used].sort())
})

test('docs describe every variable and every command', async () => {
  const rows = read('docs/configuration.md').match(/^\| (`[A-Z_`, ]+) \|/gm) ?? []
  const named = rows.flatMap((row) => [...row.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name))
  assert.deepEqual(named.sort(), Object.keys(VARIABLES).sort())

  const documented = read('docs/command-line.md')
  const commandsIn = (help: string) =>
    [...(/\nCommands:\n([\s\S]*?)(\n\n|$)/.exec(help)?.[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
      ([, name]) => name ?? '',
    )
  const [top] = await talads([['--help']])
  const commands = commandsIn(top?.stdout ?? '').filter((name) => name !== 'help')
  const helps = await talads(commands.map((name) => [name, '--help']))
  for (const [index, name] of commands.entries()) {
    const children = commandsIn(helps[index]?.stdout ?? '')
    const words = children.length > 0 ? `${name} ${children.join('|')}` : name
    assert.ok(documented.includes(`npx talad ${words}`), `docs/command-line.md does not have: npx talad ${words}`)
  }
})

test('links between documents resolve to files', () => {
  for (const path of files('{*.md,docs/**/*.md}'))
    for (const [, target = ''] of read(path).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
      if (!/^[a-z]+:/.test(target))
        assert.ok(existsSync(join(ROOT, dirname(path), target)), `${path} links to ${target}`)
})

test('no document installs our packages from the registry, where they are not published yet', () => {
  const INSTALLS =
    /\b(npm|pnpm|yarn|bun|deno|bunx)\b[^\n`]*?(?<![\w/.@-])(@talad\/sdk|talad-api|talad)(?![\w/.-])|(npm:|jsr:|esm\.sh\/|unpkg\.com\/|jsdelivr\.net\/npm\/)@?talad/
  for (const wrong of ['npm install @talad/sdk', 'npm i -g talad-api', 'bun add @talad/sdk', "from 'npm:@talad/sdk'"])
    assert.match(wrong, INSTALLS)
  assert.doesNotMatch(
    'cd /path/to/talad && npm pack --workspace=sdk && npm install /talad/talad-sdk-0.1.0.tgz',
    INSTALLS,
  )
  const forPartners = files(
    '{sdk/README.md,sdk/cli/**/*.ts,examples/*,site/guides/**/*.md,site/generate/*.ts,openapi{,.ingest}.json}',
  )
  assert.ok(forPartners.length > 40)
  for (const path of [...forPartners, ...files('{*.md,docs/**/*.md,server/**/*.ts}')]) {
    const lines = read(path).split('\n')
    assert.deepEqual(
      lines.filter((line) => INSTALLS.test(line)),
      [],
      path,
    )
  }
  // In this repository npx finds the workspace's program; elsewhere it would ask the registry.
  for (const path of forPartners) assert.doesNotMatch(read(path), /\bnpx\b[^\n]*\btalad/, path)
})

test('every document matches the operations and passes an OpenAPI linter', async () => {
  const documents = { partner: 'openapi.json', ingest: 'openapi.ingest.json', console: 'openapi.console.json' }
  for (const [plane, file] of Object.entries(documents))
    assert.equal(read(file), openapiText(plane), `${file} is old: npm run openapi`)
  const { code, stdout, stderr } = await talad(['lint', ...Object.values(documents), '--format=stylish'], {
    program: [process.execPath, join(ROOT, 'node_modules', '.bin', 'redocly')],
    // Disables telemetry and update checks.
    env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  })
  assert.equal(code, 0, stdout + stderr)
})
