import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { SITE_FOLDER } from '../server/commands/process/build_site.ts'
import { ensureDemo } from '../server/demo/demo.ts'
import { triggerForPage } from '../server/demo/triggers/trigger_for_page.ts'
import { addSite } from '../server/http/site/site.ts'
import { createApplication } from '../server/oauth/applications.ts'
import type { Demo } from '../site/ask.ts'
import { startEndpoint } from '../site/endpoint.ts'
import { type TestServer, testServer } from './harness.ts'
import { ROOT } from './process.ts'

// A server with the developer site and a small demo, like `talad serve`.

/** Starts it. Builds the site if its sources have changed. */
export async function demoSite(): Promise<{ server: TestServer; demo: Demo }> {
  execFileSync(process.execPath, [join(ROOT, 'site', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const docs = { current: null as { client_id: string; client_secret: string } | null }
  const dataDir = mkdtempSync(join(tmpdir(), 'talad-site-'))
  after(() => rmSync(dataDir, { recursive: true }))
  const server = await testServer({
    prepare(to) {
      const cause = (type: string) => triggerForPage(dataDir, type, () => server.clock.now.getTime())
      addSite(to, { folder: SITE_FOLDER, origin: () => server.url, demo: async () => docs.current, cause })
      // The page Status asks whether the server is ready.
      to.get('/readyz', async () => ({ status: 'ok' }))
    },
  })
  const needs = { db: server.db, dataDir, baseUrl: server.url, now: server.clock.now, sales: 1000, createApplication }
  const made = await ensureDemo(needs, () => {})
  assert.ok(made)
  const endpoint = await startEndpoint()
  after(() => endpoint.close())
  const demo: Demo = {
    url: server.url,
    endpoint: endpoint.url,
    received: endpoint.received,
    application(name) {
      const found = made.applications.find((one) => one.name === name)
      assert.ok(found, name)
      return found
    },
  }
  const { client_id, client_secret } = demo.application('docs')
  docs.current = { client_id, client_secret }
  return { server, demo }
}
