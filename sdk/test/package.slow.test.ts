import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openBrowser } from '../../test/browser.ts'
import { makeBusiness, makeCustomers, makeEvents } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { olderNode, ROOT } from '../../test/process.ts'
import { VERSION } from '../src/version.ts'
import { forward } from './forward.ts'
import { good, installSdk } from './installed.ts'

// Uses the installed package in the runtimes of partners, against the real server.

const { folder, tarball, packed } = await installSdk()
const server = await testServer()
const business = await makeBusiness(server.db)
await makeCustomers(
  server.db,
  business.id,
  Array.from({ length: 250 }, (_, index) => ({ full_name: `ลูกค้า ${index}` })),
)
await makeEvents(server.db, business.id, [{ type: 'customer.created' }, { type: 'customer.updated' }])
const app = await server.application({ businessId: business.id, scopes: ['read:customers', 'read:customers:pii'] })
const env = { TALAD_BASE_URL: server.url, TALAD_CLIENT_ID: app.client_id, TALAD_CLIENT_SECRET: app.client_secret }
const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name)

/** The same program for every runtime: list, error, feed, signature. */
const PROGRAM = `
import { ApiError, Talad, verifyWebhook } from '@talad/sdk'

export async function use(options) {
  const talad = new Talad({ ...options, scopes: ['read:customers'] })
  const names = new Set()
  for await (const customer of talad.customers.list({ is_active: true })) names.add(customer.full_name)
  const page = await talad.customers.list({ limit: 1 }).page()
  const error = await talad.customers.get('00000000-0000-0000-0000-000000000000').catch((error) => error)
  const types = []
  for await (const event of talad.events.follow({ after: 0 })) if (types.push(event.type) === 2) break
  const key = 'whsec_' + btoa('0123456789abcdef0123456789abcdef')
  const hmac = await crypto.subtle.importKey('raw', new TextEncoder().encode('0123456789abcdef0123456789abcdef'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode('evt.' + timestamp + '.{"id":"evt"}')))
  const headers = { 'webhook-id': 'evt', 'webhook-timestamp': timestamp, 'webhook-signature': 'v1,' + btoa(String.fromCharCode(...signature)) }
  const event = await verifyWebhook('{"id":"evt"}', headers, key)
  const forged = await verifyWebhook('{"id":"evil"}', headers, key).catch(({ reason }) => reason)
  return { names: names.size, hasPhone: 'phone' in page.data[0], error: error instanceof ApiError && error.error, types, event: event.id, forged }
}
`
const EXPECTED = {
  names: 250,
  hasPhone: false,
  error: 'not_found',
  types: ['customer.created', 'customer.updated'],
  event: 'evt',
  forged: 'bad_signature',
}

writeFileSync(join(folder, 'use.js'), PROGRAM)
writeFileSync(
  join(folder, 'main.js'),
  `import process from 'node:process'
import { use } from './use.js'
const { TALAD_BASE_URL: baseUrl, TALAD_CLIENT_ID: clientId, TALAD_CLIENT_SECRET: clientSecret } = process.env
console.log(JSON.stringify(await use({ baseUrl, clientId, clientSecret })))`,
)

describe('the tarball', () => {
  test('the tarball contains only the files that the package needs', (t) => {
    const odd = packed.files
      .map(({ path }) => path)
      .filter(
        (path) => !/^(dist\/(src|cli)\/.*\.(js|d\.ts)|talad-api\.js|package\.json|README\.md|LICENSE)$/.test(path),
      )
    assert.deepEqual(odd, [])
    assert.ok(packed.files.every(({ path }) => !/test|program|shop/.test(path)))
    const { version } = JSON.parse(readFileSync(join(ROOT, 'sdk', 'package.json'), 'utf8'))
    assert.equal(version, VERSION)
    // The part that a page or a worker loads: everything but the command line.
    const sources = packed.files
      .filter(({ path }) => /^dist\/src\/.*\.js$/.test(path))
      .map(({ path }) => readFileSync(join(folder, 'node_modules', '@talad', 'sdk', path)))
    const all = Buffer.concat(sources)
    const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
    t.diagnostic(
      `tarball ${kB(packed.size)}, unpacked ${kB(packed.unpackedSize)}; the client alone ${kB(all.length)}, ${kB(gzipSync(all).length)} with gzip`,
    )
    assert.ok(gzipSync(all).length < 20_000)
  })

  test('publint finds no problem in the tarball', async () => {
    const { stdout } = await good([process.execPath, bin('publint'), 'run', tarball, '--strict'])
    assert.match(stdout, /All good/)
  })

  test('every module resolver finds the types (arethetypeswrong)', async () => {
    const { stdout } = await good([
      process.execPath,
      bin('attw'),
      tarball,
      '--profile',
      'esm-only',
      '--no-color',
      '--no-emoji',
    ])
    assert.match(stdout, /node16 \(from ESM\) │ OK \(ESM\)/)
    assert.match(stdout, /bundler +│ OK /)
  })

  test('the types compile without skipLibCheck and with the DOM library only', async () => {
    writeFileSync(
      join(folder, 'typed.ts'),
      `import { type Customer, Talad } from '@talad/sdk'
const talad = new Talad({ baseUrl: 'https://x.example', clientId: 'a', clientSecret: 'b', scopes: ['read:customers', 'read:customers:pii'] })
for await (const customer of talad.customers.list({ is_active: true })) {
  const phone: string | null = customer.phone
  const spent: string = customer.total_spent
  console.log(phone, spent)
}
// @ts-expect-error a misspelt filter
talad.customers.list({ active: true })
export type Mine = Customer<'read:customers'>
`,
    )
    const options = {
      strict: true,
      target: 'es2022',
      module: 'nodenext',
      lib: ['es2022', 'dom'],
      types: [],
      noEmit: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }))
    await good([process.execPath, bin('tsc'), '-p', folder])
  })
})

const OWN_USE = `
const { TALAD_BASE_URL: baseUrl, TALAD_CLIENT_ID: clientId, TALAD_CLIENT_SECRET: clientSecret } = process.env
console.log(JSON.stringify(await use({ baseUrl, clientId, clientSecret })))`

/** Returns the path of a program; undefined if it is not installed. */
function found(name: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

describe('the installed package', () => {
  const runtimes: [string, string | undefined, string[]][] = [
    ['on our Node', process.execPath, []],
    ['on an older Node', olderNode(), []],
    ['on Deno', found('deno'), ['run', '--allow-env', '--allow-net', '--allow-read']],
    ['on Bun', found('bun'), ['run']],
  ]
  for (const [name, program, words] of runtimes)
    test(`the client works ${name}`, {
      skip: program === undefined && 'it is not in the PATH',
    }, async (t) => {
      const { stdout } = await good([program ?? '', ...words, 'main.js'], { cwd: folder, env })
      assert.deepEqual(JSON.parse(stdout), EXPECTED)
      t.diagnostic((await good([program ?? '', '--version'])).stdout.split('\n')[0] ?? '')
    })

  test('the commands of the quick start install a working package', async () => {
    const place = mkdtempSync(join(tmpdir(), 'talad-partner-'))
    after(() => rmSync(place, { recursive: true, force: true }))
    // A copy of the repository without sdk/dist, which other tests may be building.
    const talad = join(place, 'talad')
    for (const name of ['package.json', 'tsconfig.json', 'sdk'])
      cpSync(join(ROOT, name), join(talad, name), {
        recursive: true,
        filter: (path) => path !== join(ROOT, 'sdk', 'dist'),
      })
    symlinkSync(join(ROOT, 'node_modules'), join(talad, 'node_modules'))
    const project = join(place, 'your-project')
    mkdirSync(project)
    const guides = ['th', 'en'].map((lang) =>
      readFileSync(join(ROOT, 'site', 'guides', lang, 'quick-start.md'), 'utf8'),
    )
    const [commands, ...others] = [...guides, readFileSync(join(ROOT, 'sdk', 'README.md'), 'utf8')].map((text) =>
      /^ *cd \/path\/to\/talad .*\n *cd \/path\/to\/your-project .*$/m.exec(text)?.[0].replaceAll(/^ +/gm, ''),
    )
    assert.ok(commands)
    assert.deepEqual(others, [commands, commands])
    const script = commands
      .replace('npm ci && ', '')
      .replaceAll('/path/to/talad', talad)
      .replaceAll('/path/to/your-project', project)
    const offline = { npm_config_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' }
    await good(['bash', '-ec', script], { cwd: place, env: offline })
    writeFileSync(join(project, 'use.mjs'), PROGRAM.replace('export async', 'async') + OWN_USE)
    assert.deepEqual(JSON.parse((await good([process.execPath, 'use.mjs'], { cwd: project, env })).stdout), EXPECTED)
    const prefix = join(place, 'global')
    const tarball = join(talad, `talad-sdk-${VERSION}.tgz`)
    await good(['npm', 'install', '--global', '--prefix', prefix, tarball], { cwd: place, env: offline })
    const { stdout } = await good([join(prefix, 'bin', 'talad-api'), '--version'], { env })
    assert.match(stdout, new RegExp(`^talad-api ${VERSION}$`, 'm'))
  })

  test('the first sample of the README writes all customers to a file, in ten lines', async () => {
    const readme = readFileSync(join(folder, 'node_modules', '@talad', 'sdk', 'README.md'), 'utf8')
    const [, sample = ''] = /```js\n([\s\S]*?)```/.exec(readme) ?? []
    assert.ok(sample.trimEnd().split('\n').length <= 10)
    writeFileSync(join(folder, 'readme.js'), sample)
    await good([olderNode() ?? process.execPath, 'readme.js'], { cwd: folder, env })
    const lines = readFileSync(join(folder, 'customers.ndjson'), 'utf8').trimEnd().split('\n')
    assert.equal(new Set(lines.map((line) => JSON.parse(line).id)).size, 250)
  })

  for (const [name, program] of [
    ['our', process.execPath],
    ['an older', olderNode()],
  ] as const)
    test(`talad-api works on ${name} Node`, {
      skip: program === undefined && 'it is not in the PATH',
    }, async () => {
      const talad = join(folder, 'node_modules', '.bin', 'talad-api')
      const { stdout } = await good([program ?? '', talad, 'customers', 'list', '--all'], { env })
      assert.equal(stdout.trimEnd().split('\n').length, 250)
      const copy = join(folder, `copy-${name.length}`)
      await good([program ?? '', talad, 'sync', copy, '--once'], { env: { ...env, TALAD_PROFILE: 'none' } })
      assert.equal(readFileSync(join(copy, 'customers.ndjson'), 'utf8').trimEnd().split('\n').length, 250)
      assert.match((await good([program ?? '', talad, '--version'])).stdout, new RegExp(`^talad-api ${VERSION}$`, 'm'))
    })

  test('the client works in a browser and in a web worker', async () => {
    const origin = await originFor()
    const page = await (await openBrowser()).newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(origin)
    for (const place of ['page', 'worker']) {
      const body = page.locator(`body[data-${place}]`)
      await body.waitFor({ state: 'attached' })
      const text = await body.getAttribute(`data-${place}`)
      assert.deepEqual(JSON.parse(text ?? ''), EXPECTED, place)
    }
    assert.deepEqual(problems, [])
  })
})

/** Starts a web server with a page, the installed package and the API on one origin. */
async function originFor(): Promise<string> {
  const options = `{ baseUrl: location.origin, clientId: '${app.client_id}', clientSecret: '${app.client_secret}' }`
  const use = PROGRAM.replace('@talad/sdk', '/sdk/dist/src/index.js')
  const texts: Record<string, [string, string]> = {
    '/use.js': ['text/javascript', use],
    '/worker.js': [
      'text/javascript',
      `import { use } from '/use.js'\nuse(${options}).then((got) => postMessage(got), (error) => postMessage({ error: String(error) }))`,
    ],
    '/': [
      'text/html; charset=utf-8',
      `<!doctype html><body><script type="module">
      import { use } from '/use.js'
      const worker = new Worker('/worker.js', { type: 'module' })
      worker.onmessage = ({ data }) => { document.body.dataset.worker = JSON.stringify(data) }
      use(${options}).then((got) => { document.body.dataset.page = JSON.stringify(got) }, (error) => { document.body.dataset.page = String(error) })
    </script>`,
    ],
  }
  const web = createServer(async (request, response) => {
    const { url = '/' } = request
    const text = texts[url]
    if (text) return response.writeHead(200, { 'content-type': text[0] }).end(text[1])
    if (url.startsWith('/sdk/')) {
      const path = join(folder, 'node_modules', '@talad', 'sdk', url.slice(4))
      return response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(path))
    }
    if (!url.startsWith('/api/')) return response.writeHead(404).end()
    return forward(server.url, request, response)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', () => resolve()))
  after(() => {
    web.closeAllConnections()
    web.close()
  })
  return `http://127.0.0.1:${(web.address() as AddressInfo).port}/`
}
