import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { ROOT } from './process.ts'

// One word per meaning, one meaning per word (STYLE.md, rule 10): an exported name, a type and a file name each stand for one
// thing in the whole repository.

const FILES = globSync('{server,sdk/{src,cli,generate,test},site,tools,test,bench}/**/*.{ts,js}', {
  cwd: ROOT,
  exclude: ['**/node_modules/**', '**/generated/**', 'site/dist/**', '**/*.d.ts'],
}).sort()

/** The console is a program of its own, for another reader: a name stands for one thing in it. */
const CONSOLE_FILES = globSync('console/{*.ts,src/**/*.{ts,tsx}}', { cwd: ROOT, exclude: ['**/generated/**'] }).sort()

/** A resource folder is one meaning: its operations, records and queries are always named together with it. */
const isOfResource = (path: string): boolean => /^server\/api\/\w+\/(operations|records|queries)\.ts$/.test(path)

/** Matches an exported value, and a type whether it is exported or not, at the top of a file. */
const DECLARED =
  /^(?:export (?:default )?(?:async )?(?:function\*?|const|let|class) (\w+)|(?:export )?(?:type|interface) (\w+))/gm

/** Returns the files that declare each name. */
function declared(all = FILES): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const path of all)
    for (const [, value, type] of readFileSync(join(ROOT, path), 'utf8').matchAll(DECLARED)) {
      const name = (value ?? type) as string
      if (type === undefined && isOfResource(path)) continue
      const files = found.get(name) ?? []
      found.set(name, files)
      if (!files.includes(path)) files.push(path)
    }
  return found
}

/** Names that stand in several files, each with the reason. The list may only shrink: an unused entry fails. */
const SHARED_NAMES: Record<string, string> = {
  // The six words of ARCHITECTURE.md mean the same in the SDK, which has no dependency on the server.
  Feed: 'a part of the event log: as a contract, and as the SDK returns it',
  Operation: 'what a partner can call: as the server defines it, and as the SDK knows it',
  Page: 'a part of a list: as a contract, and as the SDK returns it',
  Problem: 'a refusal: as the server throws it, and as the SDK reads it',
  // The SDK has the kinds of values as types of its own.
  Day: 'a calendar day: a kind of field, and its type in the SDK',
  Decimal: 'a decimal: a kind of field, and its type in the SDK',
  Scope: 'a scope: in the server, and in the SDK',
  JsonSchema: 'JSON Schema: as the server writes it, and as the SDK generator reads it',
  // Two command lines, of which one has no dependency.
  EXIT: 'exit codes, of talad and of talad-api',
  UsageMistake: 'a wrong command line, of talad and of talad-api',
  nearest: 'the most similar known word, in both command lines',
  run: 'runs a command line, of talad and of talad-api',
  Credentials: 'id and secret of an application: as a request sends them, and as talad-api stores them',
  HOUR: 'an hour in milliseconds',
  pause: 'waits for a time, or until a signal',
  Json: 'any JSON value: typed in the server, untyped in tests',
}

/** File names that stand in more than two folders, each with their one meaning. */
const SHARED_FILES: Record<string, string> = {
  client: 'the caller of the API: of talad-api, of the SDK (its test), and of the demo',
  customers: 'the records: the resource, its demo data and its benchmark',
  sales: 'the records: the resource, its demo data and its benchmark',
  listen: 'the command: of talad-api, its test, and the hint of talad where it is now',
  tables: 'the types of the tables: the file, its generator and its test',
}

/** The files of the pattern of resource folders, and the entrance of a folder. */
const PATTERN = ['operations', 'schema', 'queries', 'records', 'index']

describe('names', () => {
  test('an exported name or a type stands for one thing', () => {
    const shared = [...declared()].filter(([, files]) => files.length > 1)
    const offenders = shared.filter(([name]) => !(name in SHARED_NAMES))
    assert.deepEqual(Object.fromEntries(offenders), {}, 'declared in several files: rename all but one')
  })

  test('an exported name or a type of the console stands for one thing in the console', () => {
    const shared = [...declared(CONSOLE_FILES)].filter(([, files]) => files.length > 1)
    assert.deepEqual(Object.fromEntries(shared), {}, 'declared in several files: rename all but one')
  })

  test('a file name stands in at most two folders', () => {
    const folders = Map.groupBy(FILES, (path) => basename(path).replace(/(\.slow)?(\.test)?\.\w+$/, ''))
    const shared = [...folders]
      .map(([name, files]) => [name, [...new Set(files.map((path) => dirname(path)))]] as const)
      .filter(([name, all]) => all.length > 2 && !PATTERN.includes(name))
    const offenders = shared.filter(([name]) => !(name in SHARED_FILES))
    assert.deepEqual(Object.fromEntries(offenders), {}, 'in several folders: rename all but one')
    assert.deepEqual(
      Object.keys(SHARED_FILES).filter((name) => !shared.some(([one]) => one === name)),
      [],
      'no longer shared: remove it from the list',
    )
  })

  test('the list of shared names has no unused entry', () => {
    const known = declared()
    assert.deepEqual(
      Object.keys(SHARED_NAMES).filter((name) => (known.get(name)?.length ?? 0) < 2),
      [],
    )
  })
})
