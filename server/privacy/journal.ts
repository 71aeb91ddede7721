import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Database } from '../db/database.ts'
import { StartError } from '../db/start_error.ts'
import { carryOut, lockPerson, type WantedErasure } from './erasure.ts'

// Erasures are also written to a file outside of the database, one JSON object per line. A backup from before an erasure does
// not know of it: at start, before anything is served, the erasures that the database does not know are carried out again.

/** An erasure as the file has it. It holds ids, and no data of the person. */
export type JournaledErasure = WantedErasure & { erasedAt: Date }

export type Journal = {
  /** Appends an erasure and waits until it is on the disk. @throws the error of the file system */
  add(erasure: JournaledErasure): Promise<void>
  /** Returns all erasures. @throws StartError if a line cannot be read */
  read(): Promise<JournaledErasure[]>
  /** Returns whether the file exists. */
  exists(): Promise<boolean>
}

export function journalAt(file: string): Journal {
  return {
    async add({ businessId, customerId, reason, by, erasedAt }) {
      const line = { business_id: businessId, customer_id: customerId, reason, by, erased_at: erasedAt }
      const handle = await open(file, 'a', 0o600)
      try {
        await handle.appendFile(`${JSON.stringify(line)}\n`)
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
      // A line that was cut by a crash belongs to an erasure that was not committed.
      const lines = (text ?? '').split('\n').slice(0, -1)
      return lines.map((line, at) => erasureFrom(line, `${file}, line ${at + 1}`))
    },
    exists: async () => (await textOf(file)) !== null,
  }
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

/** Carries out the erasures of the journal that the database does not know. @returns how many */
export async function repeatErasures(db: Database, journal: Journal): Promise<number> {
  let repeated = 0
  for (const erasure of await journal.read()) {
    const isNew = await db.begin(async (tx) => {
      const [business] = await tx`select from businesses where id = ${erasure.businessId}`
      // Locked first: several processes start at once. A person whom the backup does not have yet must not come either.
      if (!business || (await lockPerson(tx, erasure)) === 'known') return false
      await carryOut(tx, erasure, erasure.erasedAt)
      return true
    })
    if (isNew) repeated += 1
  }
  return repeated
}
