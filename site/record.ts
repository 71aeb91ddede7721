import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askAll } from './ask.ts'
import { startEndpoint } from './endpoint.ts'
import { contractOfSite } from './generate/pages.ts'

// npm run site:record: sends all example requests to a running demo, and stores the responses in site/answers. The demo
// must run with TALAD_ALLOW_LOCAL_WEBHOOKS=1, because this process receives its webhooks.

const file = process.argv[2] ?? join(import.meta.dirname, '..', '.talad', 'demo.json')
const { base_url, applications } = JSON.parse(readFileSync(file, 'utf8')) as {
  base_url: string
  applications: { name: string; client_id: string; client_secret: string }[]
}
const endpoint = await startEndpoint()
const answers = await askAll(contractOfSite().operations, {
  url: base_url,
  endpoint: endpoint.url,
  application(name) {
    const found = applications.find((one) => one.name === name)
    if (!found) throw new Error(`${file} has no application ${name}`)
    return found
  },
}).finally(() => endpoint.close())

const folder = join(import.meta.dirname, 'answers')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const [id, recorded] of Object.entries(answers)) {
  // Shortens tokens and webhook secrets: the repository contains no secrets, not even of a demo.
  const text = JSON.stringify(recorded, null, 2)
    .replaceAll(/"(eyJ[\w-]{6})[\w.-]+"/g, '"$1…"')
    .replaceAll(/"(whsec_[\w+/]{6})[\w+/=]+"/g, '"$1…"')
  writeFileSync(join(folder, `${id}.json`), `${text}\n`)
}
process.stdout.write(`${Object.keys(answers).length} responses of ${base_url} stored in site/answers.\n`)
