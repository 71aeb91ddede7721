import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { tableTypes } from '../tools/tables.ts'
import { testDatabase } from './database.ts'

const { url, close } = await testDatabase()
after(close)

/** Normalizes line breaks, which the formatter chooses. */
const words = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

test('server/db/schema/tables.ts equals the output of tools/tables.ts for a migrated database', async () => {
  const committed = await readFile(new URL('../server/db/schema/tables.ts', import.meta.url), 'utf8')
  const made = await tableTypes(url)
  assert.match(made, /^ {4}wire_pii: string$/m)
  assert.equal(words(committed), words(made), 'run: node tools/tables.ts <url of a migrated database>')
})
