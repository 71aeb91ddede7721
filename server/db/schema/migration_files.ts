import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// Migrations are plain SQL. A line of its own in the first comment can say more of a file:
//
// -- Older versions may start.   Earlier versions can read and write the database as before.
// -- In steps.                   Each statement is a transaction of its own. The file can be interrupted at any point and runs
//                                again from its beginning, so every statement must allow that. An update, insert or delete
//                                changes a limited number of rows, and is repeated until it changes none.

export type MigrationFile = {
  name: string
  text: string
  checksum: string
  mayOlderStart: boolean
  isInSteps: boolean
}

export const MIGRATIONS = new URL('../../../migrations/', import.meta.url)

/** Reads the migrations in their order. */
export async function readMigrations(folder = MIGRATIONS): Promise<MigrationFile[]> {
  const names = (await readdir(fileURLToPath(folder))).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8')
      return {
        ...{ name, text, checksum: createHash('sha256').update(text).digest('hex') },
        mayOlderStart: /^-- Older versions may start\.$/m.test(text),
        isInSteps: /^-- In steps\.$/m.test(text),
      }
    }),
  )
}

/**
 * Splits a migration at semicolons at the end of a line that are not in the body of a function. Citus sends the whole text
 * of a command to the nodes, where it must be a single statement.
 */
export function splitStatements(text: string): string[] {
  const statements: string[] = []
  let statement = ''
  for (const part of text.split(/(?<=;\n)/)) {
    statement += part
    const isInBody =
      statement.split('$$').length % 2 === 0 || (/^begin atomic$/m.test(statement) && !statement.endsWith('\nend;\n'))
    if (isInBody) continue
    statements.push(statement)
    statement = ''
  }
  return [...statements, statement]
}

/** A lock that a migration holds for a time that grows with the rows of the table. */
export type LongLock = { table: string; keepsOut: 'writers' | 'readers and writers' }

/** Returns the long locks of a migration: of its statements that read or write all rows of a table that existed before. */
export function longLocksOf({ text, isInSteps }: Pick<MigrationFile, 'text' | 'isInSteps'>): LongLock[] {
  const code = splitStatements(text).map(codeOf)
  const made = new Set(code.flatMap((statement) => /^create table (\w+)/.exec(statement)?.slice(1) ?? []))
  const locks = new Map<string, LongLock['keepsOut']>()
  for (const statement of code)
    for (const { keepsOut, form } of LONG_FORMS) {
      const { table } = form.exec(statement)?.groups ?? {}
      if (table === undefined || made.has(table)) continue
      if (isInSteps && /\blimit \d+/.test(statement)) continue
      if (locks.get(table) !== 'readers and writers') locks.set(table, keepsOut)
    }
  return [...locks].map(([table, keepsOut]) => ({ table, keepsOut }))
}

/** Returns a statement in lower case, on one line, without comments and bodies of functions. */
const codeOf = (statement: string): string =>
  statement
    .replaceAll(/--.*$/gm, '')
    .replaceAll(/\$\$.*?\$\$/gs, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase()

/** Short forms exist for all of them; CONTRIBUTING.md names them. */
const LONG_FORMS: { keepsOut: LongLock['keepsOut']; form: RegExp }[] = [
  {
    keepsOut: 'writers',
    form: /^create (?:unique )?index (?!concurrently )(?:if not exists )?\w+ on (?:only )?(?<table>\w+)/,
  },
  { keepsOut: 'writers', form: /^lock table (?<table>\w+)/ },
  { keepsOut: 'writers', form: /^(?:update|delete from) (?<table>\w+)/ },
  { keepsOut: 'writers', form: /^insert into (?<table>\w+).* from (?!unnest\b)\w/ },
  { keepsOut: 'readers and writers', form: /^alter table (?<table>\w+) .*\bset not null/ },
  { keepsOut: 'readers and writers', form: /^alter table (?<table>\w+) .*\balter (?:column )?\w+ (?:set data )?type / },
  {
    keepsOut: 'readers and writers',
    form: /^alter table (?<table>\w+) .*\badd (?!constraint|check|foreign|exclude|unique|primary)(?:column )?\w+ [^,]*\b(?:generated always as|check \(|references|unique|primary key|default (?:gen_random_uuid|clock_timestamp|random|nextval)\b)/,
  },
  {
    keepsOut: 'readers and writers',
    form: /^alter table (?<table>\w+) .*\badd (?:constraint \w+ )?(?:check|foreign key|exclude|unique|primary key) (?!.*(?:not valid|using index))/,
  },
  {
    keepsOut: 'readers and writers',
    form: /^(?:cluster|vacuum full|reindex (?:table|index)) (?!concurrently )(?<table>\w+)/,
  },
]
