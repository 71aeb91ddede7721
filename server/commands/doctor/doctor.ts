import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { openDatabase } from '../../app.ts'
import { lastBackup } from '../../backup/last_backup.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/database.ts'
import { StartError } from '../../db/start_error.ts'
import { isServing } from '../../http/rate_limit/siblings.ts'
import { Refusal } from '../../oauth/applications.ts'
import { journalAt } from '../../privacy/journal.ts'
import { print, printJson } from '../terminal/terminal.ts'
import { examples } from '../terminal/usage.ts'
import { type Finding, ok, unknown, wrong } from './finding.ts'
import { publicAddressFinding } from './public_address.ts'
import {
  archivedAt,
  clockFinding,
  connectionsFinding,
  longTransactionFinding,
  schemaFinding,
  statisticsFinding,
} from './server_state.ts'
import {
  backupFinding,
  databaseTlsFinding,
  diskFinding,
  keyFinding,
  placementOf,
  proxyFinding,
  surroundings,
  tlsFinding,
} from './settings.ts'
import {
  clientsFinding,
  erasuresFinding,
  keyOpensFinding,
  ledgerFinding,
  pausesFinding,
  purposesFinding,
  secretsFinding,
  webhooksFinding,
} from './stored_rows.ts'

/** @param config throws StartError for a wrong environment */
export const doctorCommand = (config: () => Config): Command =>
  new Command('doctor')
    .description(
      'Say what is wrong or weak, and what to do; works with and without a running server, and changes nothing',
    )
    .summary('Say what is wrong or weak, and what to do')
    .option('--json', 'Print JSON')
    .addHelpText('after', '\nExit code 1 if something is wrong. Weak points do not change it.')
    .addHelpText('after', examples('talad doctor', 'talad doctor --json'))
    .action(async ({ json }: { json?: true }) => {
      const findings = await examine(config, () => new Date())
      if (json) printJson({ is_healthy: findings.every(({ state }) => state !== 'wrong'), findings })
      else show(findings)
      const count = findings.filter(({ state }) => state === 'wrong').length
      if (count > 0) throw new Refusal(`${count} ${count === 1 ? 'thing is' : 'things are'} wrong.`)
    })

async function examine(readConfig: () => Config, clock: () => Date): Promise<Finding[]> {
  let config: Config
  try {
    config = readConfig()
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    return error.message
      .split('\n')
      .map((line) => wrong('configuration', line, 'docs/configuration.md has all variables.'))
  }
  const hasDatabase = config.databaseUrl !== null || existsSync(join(config.dataDir, 'postgres', 'PG_VERSION'))
  const placement = placementOf(config, await surroundings())
  const settings = [
    tlsFinding(config, placement),
    await publicAddressFinding(config, clock()),
    proxyFinding(config, placement),
    databaseTlsFinding(config, placement),
    await keyFinding(config, hasDatabase, await lastBackup(config.dataDir)),
    await diskFinding(config),
  ].filter((finding) => finding !== null)
  if (!hasDatabase)
    return [...settings, unknown('database', `${config.dataDir} has no database yet: the first start creates it.`)]
  return [...settings, ...(await examineDatabase(config, clock))]
}

async function examineDatabase(config: Config, clock: () => Date): Promise<Finding[]> {
  const findings: Finding[] = []
  // The embedded PostgreSQL reports its start; a doctor does not.
  const pool = { connections: 2, name: 'talad doctor', say: () => {} }
  const opened = await openDatabase(config, pool).catch((error: Error) => error)
  if (opened instanceof Error) {
    const remedy = 'Look whether PostgreSQL runs, and read its log.'
    return [wrong('database', opened.message, remedy), backupFinding(await lastBackup(config.dataDir), null, clock())]
  }
  const { db, close } = opened
  try {
    findings.push(
      ok(
        'database',
        `The database answers${(await isServing(db)) ? ', and a server uses it' : '; no server uses it'}.`,
      ),
    )
    const schema = await schemaFinding(db)
    findings.push(schema)
    const now = clock()
    const archived = await archivedAt(db).catch(() => null)
    findings.push(backupFinding(await lastBackup(config.dataDir), archived, now))
    const checks = [
      () => connectionsFinding(db, config),
      () => statisticsFinding(db),
      () => longTransactionFinding(db, now),
      // These read tables that an earlier version may lack.
      ...(schema.state === 'ok' ? tableChecks(db, config, clock) : []),
    ]
    for (const check of checks) {
      const finding = await check()
      if (finding) findings.push(finding)
    }
    return findings
  } finally {
    await close()
  }
}

const tableChecks = (db: Database, config: Config, clock: () => Date): (() => Promise<Finding | null>)[] => [
  () => clockFinding(db, clock),
  () => keyOpensFinding(db, config),
  () => secretsFinding(db, clock()),
  () => purposesFinding(db),
  () => clientsFinding(db, config, clock()),
  () => webhooksFinding(db, clock()),
  () => pausesFinding(db, clock()),
  () => ledgerFinding(db, clock()),
  () => erasuresFinding(db, journalAt(config.erasures), config.erasures),
]

const MARKS = { ok: 'ok', weak: 'WEAK', wrong: 'WRONG', unknown: '?' }

/** Prints what needs work first. */
function show(findings: readonly Finding[]): void {
  const order = ['wrong', 'weak', 'unknown', 'ok'] as const
  for (const state of order)
    for (const { check, seen, remedy } of findings.filter((finding) => finding.state === state)) {
      print(`${MARKS[state].padEnd(5)}  ${check.padEnd(13)} ${seen}`)
      if (remedy !== null) print(`${' '.repeat(21)}→ ${remedy}`)
    }
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length
  print(`\n${count('wrong')} wrong, ${count('weak')} weak, ${count('ok')} in order.`)
}
