import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { KINDS } from '../server/scopes.ts'
import { makeBusiness, makeCustomers, makeEvents, makeSale, makeStockLevel } from './factories.ts'
import { testServer } from './harness.ts'
import { type ProcessOutcome, ROOT, talad } from './process.ts'
import { onlyThorough } from './thorough.ts'

// Clients that generators make of openapi.json, unmodified, against the real server. Every program in test/generators/ reads
// the same with its client. Generators and their libraries come from Maven and PyPI, in the versions named here.

const OPENAPI_GENERATOR = '7.25.0'
const OPENAPI_PYTHON_CLIENT = '0.29.1'
const PYTHON_LIBRARIES = ['urllib3==2.8.0', 'python-dateutil==4.0.0', 'pydantic==2.14.4', 'httpx==0.28.1']

const server = await testServer()

const PROGRAMS = join(ROOT, 'test', 'generators')
const DOCUMENT = join(ROOT, 'openapi.json')
const JAR = join(
  homedir(),
  `.m2/repository/org/openapitools/openapi-generator-cli/${OPENAPI_GENERATOR}/openapi-generator-cli-${OPENAPI_GENERATOR}.jar`,
)

describe('clients that generators make of openapi.json', onlyThorough, () => {
  const folder = mkdtempSync(join(tmpdir(), 'talad-generators-'))
  after(() => rmSync(folder, { recursive: true }))

  test('PHP, by openapi-generator', async (t) => {
    if (
      await lacks(t, 'php', ['php', '-r', "require 'GuzzleHttp/autoload.php'; exit(extension_loaded('curl') ? 0 : 1);"])
    )
      return
    if (!(await openapiGenerator(t, 'php', folder))) return
    const client = join(folder, 'php')
    await reads(['php', join(PROGRAMS, 'openapi_generator.php')], { CLIENT: client })
  })

  test('Python, by openapi-generator and by openapi-python-client', async (t) => {
    const python = join(folder, 'venv', 'bin', 'python')
    if (await lacks(t, 'python3 with venv', ['python3', '-m', 'venv', join(folder, 'venv')])) return
    const packages = [`openapi-python-client==${OPENAPI_PYTHON_CLIENT}`, ...PYTHON_LIBRARIES]
    if (
      await lacks(t, 'PyPI', [python, '-m', 'pip', 'install', '--quiet', '--no-input', '--no-cache-dir', ...packages])
    )
      return
    const made = join(folder, 'talad_partner_api_client')
    await good([
      python,
      '-m',
      'openapi_python_client',
      'generate',
      '--path',
      DOCUMENT,
      '--output-path',
      made,
      '--meta',
      'none',
    ])
    await reads([python, join(PROGRAMS, 'openapi_python_client.py')], { PYTHONPATH: folder })
    if (!(await openapiGenerator(t, 'python', folder))) return
    await reads([python, join(PROGRAMS, 'openapi_generator.py')], { PYTHONPATH: join(folder, 'python') })
  })
})

/** Runs a command that finds out whether something is here. Skips the test with a reason if it is not. */
async function lacks(t: TestContext, what: string, [file, ...words]: [string, ...string[]]): Promise<boolean> {
  const outcome = await run([file, ...words]).catch(() => null)
  if (outcome?.code === 0) return false
  t.skip(`${what} is not here: the generated clients that need it were not run`)
  return true
}

/** Makes a client in a folder named after the language. Returns false without Java or Maven. */
async function openapiGenerator(t: TestContext, language: string, folder: string): Promise<boolean> {
  const artifact = `org.openapitools:openapi-generator-cli:${OPENAPI_GENERATOR}`
  const fetch = [
    'mvn',
    '--quiet',
    '--batch-mode',
    'dependency:get',
    '-Dtransitive=false',
    `-Dartifact=${artifact}`,
  ] as const
  if (!existsSync(JAR) && (await lacks(t, 'Maven', [...fetch]))) return false
  if (await lacks(t, 'Java', ['java', '-version'])) return false
  await good(['java', '-jar', JAR, 'generate', '-i', DOCUMENT, '-g', language, '-o', join(folder, language)])
  return true
}

const run = (program: [string, ...string[]], env: Record<string, string> = {}): Promise<ProcessOutcome> =>
  talad([], { program, env })

async function good(program: [string, ...string[]], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, env)
  assert.equal(code, 0, stdout + stderr)
  return stdout
}

/** Runs a program with a client, and compares what it read. */
async function reads(program: [string, ...string[]], env: Record<string, string>): Promise<void> {
  shop ??= openedShop()
  const printed = await good(program, { ...env, ...(await shop) })
  assert.deepEqual(JSON.parse(printed), {
    pages: [200, 50],
    unit_price: '65',
    event: ['sale.created', 'S'],
    secret: 'whsec_',
    revenue: '107',
    skus: 1,
    error: 'not_found',
  })
}

let shop: ReturnType<typeof openedShop> | undefined

/** Starts a server with a shop. Returns the variables of the programs. */
async function openedShop(): Promise<Record<string, string>> {
  const business = await makeBusiness(server.db)
  const [{ id: branch }] = business.branches
  await makeCustomers(
    server.db,
    business.id,
    Array.from({ length: 250 }, () => ({ last_visit_date: '2026-05-11' })),
  )
  const sale = await makeSale(server.db, business.id, branch)
  const level = await makeStockLevel(server.db, business.id, branch)
  await makeEvents(server.db, business.id, [{ type: 'sale.created', branch_id: branch, resource_id: sale }])
  const { client_id, client_secret } = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
  return {
    TALAD_BASE_URL: server.url,
    TALAD_CLIENT_ID: client_id,
    TALAD_CLIENT_SECRET: client_secret,
    ENDPOINT_URL: 'http://127.0.0.1:9/hook',
    BRANCH_ID: branch,
    WAREHOUSE_ID: level.warehouse_id,
  }
}
