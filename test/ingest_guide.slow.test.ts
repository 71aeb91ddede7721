import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { recordId } from '../sdk/src/index.ts'
import { LANGS } from '../site/generate/contract.ts'
import { type Json, testServer } from './harness.ts'
import { ROOT } from './process.ts'
import { openTill } from './records.ts'

// Runs the ingest guide of the site in both languages, as a till developer would.

const run = promisify(execFile)
const server = await testServer()
const guides = LANGS.map((lang) => readFileSync(join(ROOT, 'site', 'guides', lang, 'ingest.md'), 'utf8'))

const written = (responses: Json[]) => responses.filter(({ data }) => !Array.isArray(data))

const fences = (text: string, info: string): string[] =>
  [...text.matchAll(/^```(.+)\n([\s\S]*?)\n```$/gm)].flatMap(([, head, code = '']) => (head === info ? [code] : []))

describe('the ingest guide', () => {
  for (const [at, lang] of LANGS.entries())
    test(`${lang}: its commands store every record, and store nothing new when they run again`, async () => {
      const { token } = await openTill(server)
      const folder = mkdtempSync(join(tmpdir(), 'talad-guide-'))
      after(() => rmSync(folder, { recursive: true }))
      // Commands of the operator run elsewhere.
      const commands = fences(guides[at] as string, 'bash part').filter((code) => !code.startsWith('talad '))
      assert.ok(commands.length >= 4)
      const env = { PATH: process.env.PATH ?? '', TALAD_BASE_URL: server.url, TALAD_TOKEN: token }
      const sendAll = async (): Promise<Json[]> => {
        const { stdout } = await run('bash', ['-ec', commands.join('\n')], { env, cwd: folder })
        return stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      }
      const [first, again] = [await sendAll(), await sendAll()]
      assert.deepEqual(
        written(first).map(({ data }) => [data.received, data.created + data.updated]),
        [
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
          [2, 2],
          [2, 2],
          [1, 1],
        ],
      )
      for (const { data } of written(again)) assert.equal(data.unchanged, data.received)
      // The guide shows the version and the hash, and how to compute it.
      const { data } = first.find(({ data }) => Array.isArray(data)) ?? assert.fail()
      const shown = fences(guides[at] as string, 'json').find((code) => code.includes('content_hash')) ?? ''
      assert.deepEqual(data, JSON.parse(shown).data)
      const sample = fences(guides[at] as string, 'ts').find((code) => code.includes('contentHash')) ?? ''
      writeFileSync(join(folder, 'hash.ts'), sample)
      const { stdout } = await run(process.execPath, [join(folder, 'hash.ts')])
      assert.equal(stdout.trim(), data[0].content_hash)
    })

  test('its responses are those of the server', async () => {
    const { token } = await openTill(server)
    for (const guide of guides) {
      const [made, rejected] = fences(guide, 'json').map((code) => JSON.parse(code))
      const [shop, sales] = fences(guide, 'bash part').filter((code) => code.startsWith('cat > '))
      const linesOf = (code = '') => [...code.matchAll(/^\{"id".*\}$/gm)].map(([line]) => line)
      const [branch = '', warehouse = '', product = ''] = linesOf(shop)
      const send = (path: string, line: string) =>
        server.call(`/api/ingest/v1/${path}`, {
          token,
          headers: { 'content-type': 'application/x-ndjson' },
          body: line,
        })
      const stored = await send('branches', branch)
      if (guide === guides[0]) assert.deepEqual(stored.body, made)
      await send('warehouses', warehouse)
      await send('products', product)
      const wrong = (linesOf(sales)[0] ?? '').replace('"total_amount":"180"', '"total_amount":"181"')
      const { details } = (await send('sales', wrong)).body
      assert.deepEqual(details[0], rejected.details[0])
    }
  })

  test('its four samples, the SDK and the table give the same UUIDs', async (t) => {
    for (const guide of guides) {
      const rows = [...guide.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| `([0-9a-f-]{36})` \|$/gm)]
      assert.equal(rows.length, 4)
      const business = /`([0-9a-f-]{36})` \|\n/.exec(guide)?.[1] as string
      for (const [, resource = '', id = '', uuid] of rows) assert.equal(await recordId(business, resource, id), uuid)
      const printed = rows.slice(0, 2).map(([, , , uuid]) => uuid)
      const check = async (program: string, args: string[]) => {
        const { stdout } = await run(program, args)
        assert.deepEqual(stdout.trim().split('\n'), printed, program)
      }
      const [bash = ''] = fences(guide, 'bash')
      await check('bash', ['-ec', bash])
      await check('python3', ['-c', fences(guide, 'python')[0] ?? ''])
      const sdk = new URL('../sdk/src/index.ts', import.meta.url).href
      await check(process.execPath, [
        '--input-type=module',
        '-e',
        (fences(guide, 'ts')[0] ?? '').replace("'@talad/sdk'", `'${sdk}'`),
      ])
      const php = await run('php', ['--version']).catch(() => null)
      if (!php) t.diagnostic('PHP is not in the PATH: its sample was not run')
      else await check('php', ['-r', (fences(guide, 'php')[0] ?? '').replace('<?php', '')])
    }
  })
})

test('recordId rejects what would give several records one id', async () => {
  const business = '2f0c9f0e-3c55-4f0e-9a3b-5a1c1f3b7d21'
  for (const [id, resource, own] of [
    ['2f0c9f0e', 'sales', '1'],
    ['', 'sales', '1'],
    [business, '', '1'],
    [business, 'sales/1', '2'],
    [business, 'sales', ''],
  ] as const)
    await assert.rejects(recordId(id, resource, own), TypeError)
  assert.equal(await recordId(business.toUpperCase(), 'sales', '1'), await recordId(business, 'sales', '1'))
  assert.notEqual(await recordId(business, 'sales', '1'), await recordId(business, 'sale', 's/1'))
})
