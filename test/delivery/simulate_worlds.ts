import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { connect } from '../../server/db/database.ts'
import { databaseUrl, TEMPLATE } from '../database.ts'
import { globalSetup, globalTeardown } from '../postgres.ts'
import { trySeed } from './seeds.ts'
import { openWorldDatabase } from './world.ts'

// npm run simulate-delivery: a number of worlds of delivery.slow.test.ts, on their own PostgreSQL.

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(`npm run simulate-delivery -- [--seeds 3000] [--from 1] | --seed N

  --seeds N   number of worlds
  --from N    first seed
  --seed N    run only this seed
`)
  process.exit(0)
}

const first = Number(values.seed ?? values.from)
const last = values.seed === undefined ? first + Number(values.seeds) - 1 : first
const say = (line: string) => process.stderr.write(`${line}\n`)

await globalSetup()
const server = process.env.TEST_DATABASE_URL as string
let next = first
let failed = false
const sums = { worlds: 0, sent: 0, dead: 0, faults: 0 }

async function work(name: string): Promise<void> {
  const admin = connect(server, { connections: 1, name: 'simulation' })
  await admin.unsafe(`create database ${name} template ${TEMPLATE}`)
  await admin.end()
  const place = await openWorldDatabase(databaseUrl(server, name))
  try {
    while (next <= last && !failed) {
      const { sent, dead, faults } = await trySeed(place, next++)
      sums.worlds += 1
      sums.sent += sent
      sums.dead += dead
      sums.faults += faults
      if (sums.worlds % 200 === 0) say(`  ${JSON.stringify(sums)}`)
    }
  } catch (error) {
    failed = true
    say((error as Error).stack ?? String(error))
  } finally {
    await place.close()
  }
}

const count = Math.min(last - first + 1, 2 * cpus().length)
await Promise.all(Array.from({ length: count }, (_, at) => work(`simulation_${at}`)))
await globalTeardown()
say(`${failed ? 'Failed after' : 'Every guarantee held in'} ${JSON.stringify(sums)}`)
process.exit(failed ? 1 : 0)
