import type { Database } from '../db/database.ts'
import { lacksPartition } from '../db/schema/partitions.ts'
import { createDay, dayPartition } from './days.ts'
import { addFigureAgain, type Figure, type FigureMap, figureOf } from './summing.ts'
import type { LoggedRow, WaitingRequests } from './waiting.ts'
import { writeRequests } from './write_requests.ts'

// Divides what waits into transactions, and repeats those that fail (recorder.ts has the design).

/** What one transaction writes. */
type Portion = { group: string; rows: LoggedRow[]; figures: Figure[] }

/** The group of all businesses of a single PostgreSQL. On a cluster, each business is a group. */
export const TOGETHER = ''

/** Requests of one transaction. */
const WRITTEN_AT_ONCE = 1000
/** Portions that have failed and are tried again in one turn, so that lost nodes of a cluster do not delay the others. */
const RETRIED_AT_ONCE = 3

export function createPortions(
  db: Database,
  {
    waiting,
    figures,
    groupOf,
  }: { waiting: WaitingRequests; figures: FigureMap; groupOf: (businessId: string) => string },
  onError: (error: unknown) => void,
): { writeAll(): Promise<void>; hasFailed(): boolean } {
  /** Portions whose transaction has failed, by group, longest waiting first. */
  const failed = new Map<string, Portion>()
  /** Whether an error of this series was reported. */
  let isReported = false

  return { writeAll, hasFailed: () => failed.size > 0 }

  /** Writes what waits, and some of what has failed before. */
  async function writeAll(): Promise<void> {
    const again = [...failed.values()].slice(0, RETRIED_AT_ONCE)
    for (let portion = takePortion(); portion; portion = takePortion()) await write(portion)
    for (const portion of again) {
      failed.delete(portion.group)
      await write(portion)
    }
    if (failed.size === 0) isReported = false
  }

  async function write(portion: Portion): Promise<void> {
    try {
      await writePortion(db, portion)
      waiting.free(portion.rows.length)
    } catch (error) {
      if (!isReported) onError(error)
      isReported = true
      if (isRefusedData(error)) leaveOut(portion)
      else failed.set(portion.group, portion)
    }
  }

  /** Leaves rows out that the database will never accept. Their figures stay. */
  function leaveOut({ rows, figures: own }: Portion): void {
    waiting.free(rows.length)
    if (rows.length === 0) return
    for (const figure of own) addFigureAgain(figures, figure)
    for (const row of rows) figureOf(figures, row).unlogged += 1
  }

  /** Takes requests that wait, and all figures of their group; of groups whose last portion has not failed. */
  function takePortion(): Portion | undefined {
    const isFree = (group: string) => !failed.has(group)
    const taken = waiting.take(isFree, WRITTEN_AT_ONCE)
    const group = taken?.group ?? [...figures.values()].map(({ businessId }) => groupOf(businessId)).find(isFree)
    if (group === undefined) return undefined
    const own: Figure[] = []
    for (const [key, figure] of figures)
      if (groupOf(figure.businessId) === group) {
        own.push(figure)
        figures.delete(key)
      }
    return { group, rows: taken?.rows ?? [], figures: own }
  }
}

async function writePortion(db: Database, { group, rows, figures }: Portion): Promise<void> {
  const attempt = () => writeRequests(db, rows, figures, group !== TOGETHER)
  try {
    await attempt()
  } catch (error) {
    if (isCommitted(error)) return
    if (!lacksPartition(error, 'request_log')) throw error
    for (const at of new Map(rows.map(({ at }) => [dayPartition(at), at])).values()) await createDay(db, at)
    await attempt()
  }
}

/** Returns whether an earlier attempt, whose answer was lost, has written these rows. */
const isCommitted = (error: unknown): boolean => codeOf(error) === '23505'

/** Returns whether the data is the reason: repeating would not help. */
const isRefusedData = (error: unknown): boolean => /^2[23]/.test(codeOf(error))

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code)
