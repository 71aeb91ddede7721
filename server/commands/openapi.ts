import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { resourceReaders } from '../api/index.ts'
import { allOperations, PLANES, webhookParts } from '../app.ts'
import { isDocumented, openapiDocument } from '../contract/openapi.ts'
import { connect } from '../db/database.ts'
import { eventData } from '../events/schema.ts'
import { createLedger } from '../ledger/append.ts'
import { statementSigner } from '../ledger/statements.ts'
import { Refusal } from '../oauth/applications.ts'
import { createAuthority } from '../oauth/authority.ts'
import { signingKeys } from '../oauth/keys.ts'
import { journalAt } from '../privacy/journal.ts'
import { sealFor } from '../seal.ts'
import { webhookEvent } from '../webhooks/sending/message_schema.ts'
import { print } from './terminal/terminal.ts'
import { examples } from './terminal/usage.ts'

const DOCUMENTED = PLANES.filter(isDocumented)

/** Returns the document of a plane, by its name. Needs no database: operations are created but not called. */
export function openapiText(name = 'partner'): string {
  const plane = DOCUMENTED.find((plane) => plane.name === name)
  if (!plane) throw new Error(`no plane ${name} has a document`)
  const db = connect('postgres://nowhere', { connections: 1, name: 'none' })
  const clock = () => new Date()
  const secretKey = randomBytes(32)
  const keys = signingKeys(db, sealFor(secretKey, 'none'), clock)
  const authority = createAuthority(db, keys, clock, () => {})
  const webhooks = webhookParts(db, secretKey, clock, { allowLocal: false })
  const library = () => Promise.reject(new Error('no database'))
  const operations = allOperations({
    ...{ db, keys, authority, publicUrl: { value: '' }, webhooks, library },
    ledger: createLedger(db, clock, () => {}),
    signer: statementSigner(secretKey),
    journal: journalAt('none'),
    ticks: () => 0,
  })
  return `${JSON.stringify(openapiDocument(operations, plane, webhookEvent(eventData(resourceReaders))), null, 2)}\n`
}

export const openapiCommand = (): Command =>
  new Command('openapi')
    .description('Print the OpenAPI document of the API (needs no database)')
    .addOption(
      new Option('--plane <plane>', DOCUMENTED.map(({ about }) => about.title).join(' or '))
        .choices(DOCUMENTED.map(({ name }) => name))
        .default('partner'),
    )
    .option('--write <file>', 'Write it to this file instead')
    .addOption(new Option('--check <file>', 'Only check whether this file is up to date').conflicts('write'))
    .addHelpText(
      'after',
      examples(
        'talad openapi',
        'talad openapi --check openapi.json',
        'talad openapi --plane ingest --write openapi.ingest.json',
      ),
    )
    .action(async ({ plane, write, check }: { plane: string; write?: string; check?: string }) => {
      const text = openapiText(plane)
      if (write) await writeFile(write, text).catch(refuseFile(write, 'written'))
      else if (!check) print(text.trimEnd())
      else if ((await readFile(check, 'utf8').catch(refuseFile(check, 'read'))) !== text)
        throw new Refusal(`${check} does not match the operations: run npm run openapi to update it.`)
      else print(`${check} is up to date.`)
    })

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

const refuseFile =
  (file: string, verb: string) =>
  ({ code, message }: NodeJS.ErrnoException): never => {
    throw new Refusal(`${file} cannot be ${verb}: ${REASONS[code ?? ''] ?? message}.`)
  }
