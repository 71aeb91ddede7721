import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askAll } from './ask.ts'
import { startEndpoint } from './endpoint.ts'
import { contractOfSite } from './generate/pages.ts'

// npm run site:record: asks a running demo for every example, and keeps its answers in site/answers. The demo has to
// run with TALAD_ALLOW_LOCAL_WEBHOOKS=1: its webhooks are sent to this process.

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
  // Nobody's secrets, not even of a demo: a token is shortened, and what webhooks are signed with.
  const text = JSON.stringify(recorded, null, 2)
    .replaceAll(/"(eyJ[\w-]{6})[\w.-]+"/g, '"$1…"')
    .replaceAll(/"(whsec_[\w+/]{6})[\w+/=]+"/g, '"$1…"')
  writeFileSync(join(folder, `${id}.json`), `${text}\n`)
}
process.stdout.write(`${Object.keys(answers).length} answers of ${base_url} are in site/answers.\n`)
