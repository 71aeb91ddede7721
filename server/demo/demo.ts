import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { App } from '../app.ts'
import { type CopyValue, copyRows } from '../db/copy.ts'
import type { Runner } from '../db/database.ts'
import { type Application, createApplication } from '../oauth/applications.ts'
import { KINDS, type Kind, type Scope } from '../scopes.ts'
import { BRANCHES, BUSINESS, PAGE_CUSTOMER, TIERS } from './business.ts'
import { demoCustomers } from './customers.ts'

/** One application of demo.json. */
export type DemoApplication = {
  name: string
  kind: Kind
  client_id: string
  client_secret: string
  scopes: Scope[]
  /** Null: all branches. */
  branch_ids: string[] | null
}

/** What demo.json holds: everything that a newcomer, a test or the site needs to call the demo. */
export type DemoFile = {
  base_url: string
  business: { id: string; name: string }
  branches: { id: string; code: string; name: string }[]
  applications: DemoApplication[]
}

const SEED = 380
const CUSTOMERS = 5000

const READ_SCOPES: readonly Scope[] = KINDS.partner
const without = (...scopes: Scope[]): Scope[] => READ_SCOPES.filter((scope) => !scopes.includes(scope))

const APPLICATIONS: { name: string; kind: Kind; scopes: Scope[]; branches: 'all' | string[] }[] = [
  { name: 'all', kind: 'partner', scopes: [...READ_SCOPES], branches: 'all' },
  { name: 'no-pii', kind: 'partner', scopes: without('read:customers:pii'), branches: 'all' },
  { name: 'one-branch', kind: 'partner', scopes: [...READ_SCOPES], branches: [BRANCHES[0]?.id as string] },
  { name: 'pos', kind: 'pos', scopes: ['write:ingest'], branches: 'all' },
  { name: 'docs', kind: 'partner', scopes: without('read:customers:pii', 'read:webhooks'), branches: 'all' },
]

const demoFilePath = (dataDir: string) => join(dataDir, 'demo.json')

/**
 * Fills an empty database with the demo business, all or nothing; any other database is left alone.
 *
 * @returns what is in demo.json, or null if this database has no demo
 */
export async function ensureDemo(
  { db, config, clock, publicUrl }: App,
  say: (line: string) => void,
): Promise<DemoFile | null> {
  const [any] = await db`select id from businesses limit 1`
  if (any) return readDemo(config.dataDir, publicUrl.value)

  say('Making the demo business …')
  const now = clock()
  const demo = await db.begin(async (tx) => {
    await writeBusiness(tx, now)
    const applications: DemoApplication[] = []
    for (const wanted of APPLICATIONS)
      applications.push(demoApplication(await createApplication(tx, { businessId: BUSINESS.id, ...wanted }, now)))
    const business = { id: BUSINESS.id, name: BUSINESS.name }
    const made: DemoFile = { base_url: publicUrl.value, business, branches: BRANCHES, applications }
    // Before the commit: a demo whose secrets nobody knows could not be used, a file without its demo is replaced.
    await writeDemo(config.dataDir, made)
    return made
  })
  await db`analyze`
  const counts = [
    `${BRANCHES.length} branches`,
    `${CUSTOMERS.toLocaleString('en')} customers`,
    `${demo.applications.length} applications`,
  ]
  say(`Made the demo business: ${counts.join(', ')}.`)
  return demo
}

const demoApplication = ({
  name,
  kind,
  client_id,
  client_secret,
  scopes,
  branch_ids,
}: Application & { client_secret: string }): DemoApplication => ({
  name,
  kind,
  client_id,
  client_secret,
  scopes,
  branch_ids,
})

async function writeBusiness(tx: Runner, now: Date): Promise<void> {
  await tx`insert into businesses ${tx({ ...BUSINESS, created_at: new Date('2025-01-01T02:00:00Z'), updated_at: new Date('2025-01-01T02:00:00Z') })}`
  const opened = new Date('2025-01-01T02:30:00Z')
  for (const branch of BRANCHES)
    await tx`insert into branches ${tx({ business_id: BUSINESS.id, ...branch, created_at: opened, updated_at: opened })}`
  for (const [index, { id, name }] of TIERS.entries())
    await tx`insert into membership_tiers ${tx({ business_id: BUSINESS.id, id, name, rank: index + 1, created_at: opened, updated_at: opened })}`
  const columns = ['business_id', ...Object.keys(PAGE_CUSTOMER)]
  await copyRows(tx, 'customers', columns, rowsOf(demoCustomers(SEED, CUSTOMERS, now)))
}

function* rowsOf(customers: Iterable<object>): Generator<CopyValue[]> {
  const names = Object.keys(PAGE_CUSTOMER)
  for (const customer of customers)
    yield [BUSINESS.id, ...names.map((name) => (customer as Record<string, CopyValue>)[name] as CopyValue)]
}

async function readDemo(dataDir: string, baseUrl: string): Promise<DemoFile | null> {
  try {
    const demo: DemoFile = JSON.parse(await readFile(demoFilePath(dataDir), 'utf8'))
    if (demo.base_url === baseUrl) return demo
    const moved = { ...demo, base_url: baseUrl }
    await writeDemo(dataDir, moved)
    return moved
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Complete or not at all, and readable by nobody else. */
async function writeDemo(dataDir: string, demo: DemoFile): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const file = demoFilePath(dataDir)
  await writeFile(`${file}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
  await chmod(`${file}.new`, 0o600)
  await rename(`${file}.new`, file)
}
