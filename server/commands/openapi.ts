import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { allOperations } from '../app.ts'
import { connect } from '../db/database.ts'
import { openapiDocument } from '../http/openapi.ts'
import { sealFor } from '../http/seal.ts'
import { Refusal } from '../oauth/applications.ts'
import { createAuthority } from '../oauth/authority.ts'
import { signingKeys } from '../oauth/keys.ts'
import { print } from './terminal.ts'

/** The text of openapi.json. Needs no database: the operations are made, and none of them is called. */
export function openapiText(): string {
  const db = connect('postgres://nowhere', { connections: 1, name: 'none' })
  const clock = () => new Date()
  const keys = signingKeys(db, sealFor(randomBytes(32), 'none'), clock)
  const authority = createAuthority(db, keys, clock, () => {})
  return `${JSON.stringify(openapiDocument(allOperations({ keys, authority, publicUrl: { value: '' } })), null, 2)}\n`
}

export const openapiCommand = (): Command =>
  new Command('openapi')
    .description('print the OpenAPI document of the API')
    .option('--write <file>', 'write it to this file instead')
    .option('--check <file>', 'only say whether this file is up to date')
    .action(async ({ write, check }) => {
      const text = openapiText()
      if (write) await writeFile(write, text)
      else if (!check) print(text.trimEnd())
      else if ((await readFile(check, 'utf8')) !== text)
        throw new Refusal(`${check} is not what the operations say: npm run openapi writes it anew.`)
      else print(`${check} is up to date.`)
    })
