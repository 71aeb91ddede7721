import assert from 'node:assert/strict'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { BUSINESS } from '../server/demo/business.ts'
import { type DemoFile, ensureDemo } from '../server/demo/demo.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { KINDS } from '../server/scopes.ts'
import { makeEvents } from './factories.ts'
import { type Json, testServer } from './harness.ts'
import { type ProcessOutcome, ROOT, talad } from './process.ts'
import { onlyThorough } from './thorough.ts'

// Clients that generators make of openapi.json, unmodified, against the demo. Every program in test/generators/ reads the same
// with its client. Generators and their libraries come from Maven, PyPI, npm and the Go module proxy, in the versions named
// here and in test/generators/go/go.mod.

const OPENAPI_GENERATOR = '7.25.0'
const OPENAPI_PYTHON_CLIENT = '0.29.1'
const PYTHON_LIBRARIES = ['urllib3==2.8.0', 'python-dateutil==4.0.0', 'pydantic==2.14.4', 'httpx==0.28.1']
const NPM_PACKAGES = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3', '@types/node@24.10.1']

/** Fewer than the demo has by default, so that clients spend less time; the accountant still reads many pages. */
const SALES = 4000

const server = await testServer()

const PROGRAMS = join(ROOT, 'test', 'generators')
const DOCUMENT = join(ROOT, 'openapi.json')
const JAR = join(
  homedir(),
  `.m2/repository/org/openapitools/openapi-generator-cli/${OPENAPI_GENERATOR}/openapi-generator-cli-${OPENAPI_GENERATOR}.jar`,
)

const folder = mkdtempSync(join(tmpdir(), 'talad-generators-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Skips clients that take minutes to compile, because CI ends after 25 minutes. */
const COMPILED = process.env.GENERATORS === 'all' ? {} : { skip: 'GENERATORS=all compiles the clients for Go and Java' }

// Two at once, because they wait for downloads and the generators use one core.
describe('clients that generators make of openapi.json', { ...onlyThorough, concurrency: 2 }, () => {
  test('Go, by oapi-codegen and by ogen', COMPILED, async (t) => {
    const at = join(folder, 'go')
    cpSync(join(PROGRAMS, 'go'), at, { recursive: true })
    // Without its folder in the code, the next run finds the compiled client in the cache of Go.
    const go = (...words: string[]): [string, ...string[]] => ['go', '-C', at, ...words]
    if (await lacks(t, 'Go 1.26 with the module proxy', go('mod', 'download'))) return
    const made = join(at, 'oapi_codegen', 'client')
    mkdirSync(made)
    const output = join(made, 'client.gen.go')
    await good(go('tool', 'oapi-codegen', '-generate', 'types,client', '-package', 'client', '-o', output, DOCUMENT))
    await reads(go('run', '-trimpath', './oapi_codegen'))
    const target = ['--target', join(at, 'ogen', 'client'), '--package', 'client']
    await good(go('tool', 'ogen', '--config', join(at, 'ogen.yml'), '--loglevel', 'error', ...target, DOCUMENT))
    await reads(go('run', '-trimpath', './ogen'), {}, { later: 'rejected' })
  })

  test('Java, by openapi-generator', COMPILED, async (t) => {
    if (await lacks(t, 'a Java compiler', ['javac', '-version'])) return
    if (!(await openapiGenerator(t))) return
    const at = join(folder, 'java')
    const maven = ['mvn', '--quiet', '--batch-mode', '--file', join(at, 'pom.xml')] as const
    // Its own project file brings its libraries; the compiler alone is faster than all of its plugins.
    const libraries = join(at, 'libraries.txt')
    const listing = ['dependency:build-classpath', `-Dmdep.outputFile=${libraries}`]
    if (await lacks(t, 'Maven', [...maven, ...listing])) return
    const classes = join(at, 'classes')
    const path = `${classes}:${readFileSync(libraries, 'utf8').trim()}`
    const sources = ['-sourcepath', join(at, 'src', 'main', 'java'), join(PROGRAMS, 'OpenapiGenerator.java')]
    await good([
      'javac',
      '-J-XX:TieredStopAtLevel=1',
      '-encoding',
      'UTF-8',
      '-nowarn',
      '-proc:none',
      '-d',
      classes,
      '-cp',
      path,
      ...sources,
    ])
    await reads(['java', '-cp', path, 'OpenapiGenerator'])
  })

  test('PHP, by openapi-generator', async (t) => {
    if (
      await lacks(t, 'php', ['php', '-r', "require 'GuzzleHttp/autoload.php'; exit(extension_loaded('curl') ? 0 : 1);"])
    )
      return
    if (!(await openapiGenerator(t))) return
    await reads(['php', join(PROGRAMS, 'openapi_generator.php')], { CLIENT: join(folder, 'php') })
  })

  test('Python, by openapi-generator and by openapi-python-client', async (t) => {
    const python = await pythonWith(t)
    if (python === null) return
    const made = join(folder, 'talad_partner_api_client')
    const words = ['generate', '--path', DOCUMENT, '--output-path', made, '--meta', 'none']
    await good([python, '-m', 'openapi_python_client', ...words])
    await reads([python, join(PROGRAMS, 'openapi_python_client.py')], { PYTHONPATH: folder })
    if (!(await openapiGenerator(t))) return
    await reads([python, join(PROGRAMS, 'openapi_generator.py')], { PYTHONPATH: join(folder, 'python') })
  })

  test('an accountant reads 30 days of sales with items, whose sums equal the reports', async (t) => {
    const python = await pythonWith(t)
    if (python === null || !(await openapiGenerator(t))) return
    const { app, env } = await application()
    const program = join(PROGRAMS, 'accountant.py')
    const read = JSON.parse(await good([python, program], { ...env, PYTHONPATH: join(folder, 'python') })) as {
      sales: number
      items: number
      differences: string[]
      seconds: number
    }
    t.diagnostic(`${read.sales} sales with ${read.items} items in ${read.seconds} s`)
    assert.deepEqual(read.differences, [])
    assert.ok(read.sales > 1000 && read.items > read.sales, JSON.stringify(read))
    const [first, ...rest] = namesSent(app.id, 'sales.list')
    assert.deepEqual(first?.toSorted(), ['from', 'include', 'limit', 'status', 'to'])
    assert.deepEqual(new Set(rest.flat()), new Set(['cursor']))
  })

  test('TypeScript, by openapi-typescript with openapi-fetch', async (t) => {
    const at = join(folder, 'typescript')
    mkdirSync(at)
    writeFileSync(join(at, 'package.json'), '{ "type": "module" }')
    const install = ['install', '--prefix', at, '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=0']
    // The certificates of this machine, which npm otherwise finds only with the Node.js that it was installed with.
    const { NODE_EXTRA_CA_CERTS = '' } = process.env
    if (await lacks(t, 'the npm registry', ['npm', ...install, ...NPM_PACKAGES], { NODE_EXTRA_CA_CERTS })) return
    const bin = join(at, 'node_modules', '.bin')
    await good([join(bin, 'openapi-typescript'), DOCUMENT, '--output', join(at, 'talad.ts')])
    const program = join(at, 'openapi_typescript.ts')
    copyFileSync(join(PROGRAMS, 'openapi_typescript.ts'), program)
    const checks = ['--noEmit', '--strict', '--skipLibCheck', '--allowImportingTsExtensions', '--module', 'nodenext']
    await good([join(bin, 'tsc'), ...checks, '--target', 'esnext', '--types', 'node', program])
    await reads([process.execPath, program])
  })
})

/** Runs a command that finds out whether something is here. Skips the test with a reason if it is not. */
async function lacks(
  t: TestContext,
  what: string,
  program: [string, ...string[]],
  env: Record<string, string> = {},
): Promise<boolean> {
  const outcome = await run(program, env).catch(() => null)
  if (outcome?.code === 0) return false
  t.skip(`${what} is not here: the generated clients that need it were not run`)
  return true
}

/** Installs openapi-python-client and the libraries of both Python clients. @returns the interpreter; null without it */
async function pythonWith(t: TestContext): Promise<string | null> {
  const venv = join(folder, 'venv')
  const python = join(venv, 'bin', 'python')
  const packages = [`openapi-python-client==${OPENAPI_PYTHON_CLIENT}`, ...PYTHON_LIBRARIES]
  installed ??= (async () => {
    const made = await run(['python3', '-m', 'venv', venv]).catch(() => null)
    if (made?.code !== 0) return false
    return (
      (await run([python, '-m', 'pip', 'install', '--quiet', '--no-input', '--no-cache-dir', ...packages])).code === 0
    )
  })()
  if (await installed) return python
  t.skip('Python 3 with venv and PyPI is not here: the generated clients that need it were not run')
  return null
}

let installed: Promise<boolean> | undefined

/** Makes the clients of openapi-generator, each in a folder named after its language. Returns false without Java or Maven. */
async function openapiGenerator(t: TestContext): Promise<boolean> {
  generated ??= generateAll()
  const missing = await generated
  if (missing !== null) t.skip(`${missing} is not here: the generated clients that need it were not run`)
  return missing === null
}

let generated: ReturnType<typeof generateAll> | undefined

/** One process for all languages, because most of its time is its start. @returns what is missing */
async function generateAll(): Promise<string | null> {
  const artifact = `org.openapitools:openapi-generator-cli:${OPENAPI_GENERATOR}`
  const fetching = ['--quiet', '--batch-mode', 'dependency:get', '-Dtransitive=false', `-Dartifact=${artifact}`]
  const finds = async (program: [string, ...string[]]) => (await run(program).catch(() => null))?.code === 0
  if (!(await finds(['java', '-version']))) return 'Java'
  if (!existsSync(JAR) && !(await finds(['mvn', ...fetching]))) return 'Maven'
  const files = Object.entries(GENERATED).map(([language, options]) => {
    const file = join(folder, `${language}.json`)
    const settings = { generatorName: language, inputSpec: DOCUMENT, outputDir: join(folder, language), ...options }
    writeFileSync(file, JSON.stringify(settings))
    return file
  })
  await good(['java', '-XX:TieredStopAtLevel=1', '-jar', JAR, 'batch', '--root-dir', folder, '--', ...files])
  return null
}

/** The languages of openapi-generator, with options beyond the defaults. */
const GENERATED = {
  // By default, a client with the library okhttp-gson rejects fields that are added later.
  java: { additionalProperties: { disallowAdditionalPropertiesIfNotPresent: false } },
  php: {},
  python: {},
}

const run = (program: [string, ...string[]], env: Record<string, string> = {}): Promise<ProcessOutcome> =>
  talad([], { program, env })

async function good(program: [string, ...string[]], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, env)
  assert.equal(code, 0, stdout + stderr)
  return stdout
}

/** Runs a program with a client, and compares what it read and which parameters it sent. */
async function reads(
  program: [string, ...string[]],
  more: Record<string, string> = {},
  differs: Json = {},
): Promise<void> {
  const { app, env, expected } = await application()
  const printed = await good(program, { ...more, ...env })
  assert.deepEqual(JSON.parse(printed), { ...expected, ...differs })
  // A client that sends defaults would send a limit beside each cursor.
  assert.deepEqual(namesSent(app.id, 'customers.list'), [['limit'], ...expected.pages.slice(1).map(() => ['cursor'])])
  const deletion = server.requests.filter((line) => line.application_id === app.id && line.method === 'DELETE')
  assert.deepEqual(
    deletion.map(({ operation, status }) => [operation, status]),
    [['webhooks.delete', 204]],
  )
}

/** Returns the names of the parameters that the server received from an application, for each request. */
const namesSent = (applicationId: string, operation: string): string[][] =>
  server.requests
    .filter((line) => line.application_id === applicationId && line.operation === operation)
    .map(({ parameters }) => parameters)

/** Creates an application of the demo. Returns the variables of its program, and what it reads. */
async function application() {
  demo ??= openedDemo()
  const { env, expected } = await demo
  const app = await server.application({ businessId: BUSINESS.id, scopes: [...KINDS.partner] })
  const credentials = { TALAD_CLIENT_ID: app.client_id, TALAD_CLIENT_SECRET: app.client_secret }
  return { app, env: { ...env, ...credentials }, expected }
}

let demo: ReturnType<typeof openedDemo> | undefined

/** Creates the demo, with one event. Returns the variables of the programs, and what they must read. */
async function openedDemo() {
  const needs = { dataDir: folder, baseUrl: server.url, now: server.clock.now, sales: SALES, createApplication }
  const made = (await ensureDemo({ db: server.db, ...needs }, () => {})) as DemoFile
  const [branch] = made.branches
  assert.ok(branch)
  const app = await server.application({ businessId: BUSINESS.id, scopes: [...KINDS.partner] })
  const token = await server.token(app)
  const data = async (path: string): Promise<Json> => (await server.get(path, token)).body.data
  const [warehouse] = (await data('/warehouses')).filter(({ branch_id }: Json) => branch_id === branch.id)
  const sales = await data('/sales?include=items')
  const event = { type: 'sale.updated', branch_id: sales[0].branch_id, resource_id: sales[0].id } as const
  await makeEvents(server.db, BUSINESS.id, [event])
  const [written] = await data('/events')
  const later = { ...written, type: 'other.created', resource_type: 'other', added: 1, data: { id: event.resource_id } }
  const [customers] = await server.db`select count(*)::int from customers where business_id = ${BUSINESS.id}`
  const pages = Array.from({ length: Math.ceil(customers?.count / 200) }, (_, at) =>
    Math.min(200, customers?.count - at * 200),
  )
  return {
    env: {
      TALAD_BASE_URL: server.url,
      ENDPOINT_URL: 'http://127.0.0.1:9/hook',
      BRANCH_ID: branch.id,
      WAREHOUSE_ID: warehouse.id as string,
      LATER_EVENT: JSON.stringify(later),
    },
    expected: {
      pages,
      unit_price: sales[0].items[0].unit_price,
      event: ['sale.updated', sales[0].items[0].sku_code],
      later: 'other.created',
      secret: 'whsec_',
      revenue: (await data(`/reports/sales-summary?branch_id=${branch.id}`)).total_revenue,
      skus: (await data(`/reports/inventory-summary?warehouse_id=${warehouse.id}`)).total_skus,
      error: 'not_found',
    },
  }
}
