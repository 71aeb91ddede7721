import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandsText } from './commands.ts'
import { copiedListsText } from './copied_lists.ts'
import type { Document } from './document.ts'
import { operationsText } from './methods.ts'
import { schemasText } from './schemas.ts'

// Writes the generated files of the SDK: node sdk/generate/generate.ts

/** Generated files by path relative to sdk/. */
export const generated = (document: Document): Record<string, string> => ({
  'src/generated/schemas.ts': schemasText(document),
  'src/generated/operations.ts': operationsText(document),
  'cli/generated/commands.ts': commandsText(document),
  'cli/generated/copied_lists.ts': copiedListsText(document),
})

/** The committed contract. */
export const committedDocument = (): Document =>
  JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'))

if (import.meta.main)
  for (const [path, text] of Object.entries(generated(committedDocument())))
    writeFileSync(join(import.meta.dirname, '..', path), text)
