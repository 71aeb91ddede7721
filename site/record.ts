import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askAll, demoOfFile } from './ask.ts'
import { startEndpoint } from './endpoint.ts'
import { contractOfSite } from './generate/pages.ts'
import { makePayloads } from './payloads.ts'

// npm run site:record: sends all example requests to a running demo and stores the responses in site/answers. Then it makes an
// event of every type and stores the bodies that webhooks receive in site/payloads. The demo must run with
// TALAD_ALLOW_LOCAL_WEBHOOKS=1, because this process receives its webhooks.

const file = process.argv[2] ?? join(import.meta.dirname, '..', '.talad', 'demo.json')
const endpoint = await startEndpoint()
const demo = demoOfFile(file, endpoint)
try {
  store('answers', await askAll(contractOfSite().operations, demo))
  store('payloads', await makePayloads(demo, new Date()))
} finally {
  await endpoint.close()
}

/** Replaces the files of a folder. */
function store(name: 'answers' | 'payloads', recorded: Record<string, object>): void {
  const folder = join(import.meta.dirname, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [id, one] of Object.entries(recorded)) {
    // Shortens tokens and webhook secrets: the repository contains no secrets, not even of a demo.
    const text = JSON.stringify(one, null, 2)
      .replaceAll(/"(eyJ[\w-]{6})[\w.-]+"/g, '"$1…"')
      .replaceAll(/"(whsec_[\w+/]{6})[\w+/=]+"/g, '"$1…"')
    writeFileSync(join(folder, `${id}.json`), `${text}\n`)
  }
  process.stdout.write(`${Object.keys(recorded).length} files of ${demo.url} stored in site/${name}.\n`)
}
