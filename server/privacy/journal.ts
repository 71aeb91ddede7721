import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Database } from '../db/database.ts'
import { ALL_REACHABLE } from '../db/reach.ts'
import { StartError } from '../db/start_error.ts'
import { carryOut, lockPerson, type WantedErasure } from './erasure.ts'

// Erasures are also written to a file outside of the database, one JSON object per line. A backup from before an erasure does
// not know of it: at start, before anything is served, the erasures that the database does not know are carried out again.
//
// Each machine has its own file. Erasures that another machine carried out are added to it at start and then every hour, so any of
// the files is enough after a backup was restored.

/** An erasure as the file has it. It holds ids, and no data of the person. */
export type JournaledErasure = WantedErasure & { erasedAt: Date }

export type Journal = {
  /** Appends erasures, creates the file if it is missing, and waits until they are on the disk. @throws the error of the file system */
  add(erasures: readonly JournaledErasure[]): Promise<void>
  /** Returns all erasures. @throws StartError if a line cannot be read */
  read(): Promise<JournaledErasure[]>
  /** Returns whether the file exists. */
  exists(): Promise<boolean>
}

export function journalAt(file: string): Journal {
  return {
    async add(erasures) {
      const lines = erasures.map(
        ({ businessId, customerId, reason, by, erasedAt }) =>
          `${JSON.stringify({ business_id: businessId, customer_id: customerId, reason, by, erased_at: erasedAt })}\n`,
      )
      await mkdir(dirname(file), { recursive: true })
      const handle = await open(file, 'a+', 0o600)
      try {
        await dropCutLine(handle)
        await handle.appendFile(lines.join(''))
        await handle.sync()
      } finally {
        await handle.close()
      }
      // A new file is on the disk only once its folder is.
      const folder = await open(dirname(file))
      await folder.sync().finally(() => folder.close())
    },
    async read() {
      const text = await textOf(file)
      // A line that was cut by a crash or a full disk belongs to an erasure that was not committed.
      const lines = (text ?? '').split('\n').slice(0, -1)
      return lines.map((line, at) => erasureFrom(line, `${file}, line ${at + 1}`))
    },
    exists: async () => (await textOf(file)) !== null,
  }
}

/** Removes a last line that was cut, because the next line would continue it and both would be lost. */
async function dropCutLine(handle: FileHandle): Promise<void> {
  const bytes = await handle.readFile()
  const end = bytes.lastIndexOf('\n') + 1
  if (end < bytes.length) await handle.truncate(end)
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function erasureFrom(line: string, where: string): JournaledErasure {
  try {
    const { business_id, customer_id, reason, by, erased_at } = JSON.parse(line)
    const erasedAt = new Date(erased_at)
    if ([business_id, customer_id, reason, by].every((value) => typeof value === 'string') && erasedAt.getTime())
      return { businessId: business_id, customerId: customer_id, reason, by, erasedAt }
  } catch {}
  throw new StartError(`${where} is not an erasure: restore the file, so that nobody who was erased comes back.`)
}

/**
 * Creates the journal beside a database without businesses, because nobody was erased from it.
 *
 * @returns whether the journal is missing beside another database, which can be a backup
 * @throws the error of the file system
 */
export async function lacksErasures(db: Database, journal: Journal): Promise<boolean> {
  if (await journal.exists()) return false
  const [business] = await db`select from businesses limit 1`
  if (business) return true
  await journal.add([])
  return false
}

/** Carries out the erasures of the journal that the database does not know. @returns how many */
export async function repeatErasures(db: Database, journal: Journal): Promise<number> {
  let repeated = 0
  const byBusiness = Map.groupBy(await journal.read(), ({ businessId }) => businessId)
  for (const [businessId, erasures] of byBusiness) {
    const rows = await db<{ customer_id: string }[]>`select customer_id from erasures where business_id = ${businessId}`
    const known = new Set(rows.map(({ customer_id }) => customer_id))
    for (const erasure of erasures)
      if (!known.has(erasure.customerId) && (await repeatErasure(db, erasure))) repeated += 1
  }
  return repeated
}

const repeatErasure = (db: Database, erasure: JournaledErasure): Promise<boolean> =>
  db.begin(async (tx) => {
    const [business] = await tx`select from businesses where id = ${erasure.businessId}`
    // Locked first: several processes start at once. A person whom the backup does not have yet must not come either.
    if (!business || (await lockPerson(tx, erasure)) === 'known') return false
    await carryOut(tx, erasure, erasure.erasedAt)
    return true
  })

/**
 * Appends the erasures that the database knows and the journal lacks: those of other machines. Several processes may call it
 * at the same time. @returns how many
 */
export const completeJournal = (db: Database, journal: Journal, reach = ALL_REACHABLE): Promise<number> =>
  db.begin(async (tx) => {
    // The processes of a machine share the file.
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const rows = await tx<JournaledErasure[]>`
      select business_id as "businessId", customer_id as "customerId", reason, erased_by as by, erased_at as "erasedAt"
      from erasures as erasure where ${reach.areReachable(tx, 'erasure.business_id')} order by erased_at, customer_id`
    if (rows.length === 0) return 0
    const journaled = new Set((await journal.read()).map(keyOf))
    const missing = rows.filter((erasure) => !journaled.has(keyOf(erasure)))
    if (missing.length > 0) await journal.add(missing)
    return missing.length
  })

/** Key of the advisory lock: the bytes of "eras". */
const LOCK = 0x65726173

const keyOf = ({ businessId, customerId }: JournaledErasure): string => `${businessId} ${customerId}`
