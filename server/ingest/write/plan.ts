import type { SentRecord } from '../../contract/record_kind.ts'
import { MISTAKES_OF_RECORD_MAX } from '../../limits.ts'
import type { Rejection } from '../read/reading.ts'

/** The number of records of a batch by result. */
export type Counts = {
  created: number
  updated: number
  unchanged: number
  stale: number
  conflicting: number
  deleted: number
  erased: number
}

/** One event, recorded after the rows are written. */
export type Happening = { type: string; branch_id: string | null; resource_id: string; occurred_at: string }

/** The changes that a batch will make. Nothing is written yet, and all rows that the plan depends on are locked. */
export type Plan = {
  rejections: Rejection[]
  counts: Counts
  conflicts: { line: number; id: string }[]
  write(): Promise<Happening[]>
}

/** Collects the mistakes of records, up to MISTAKES_OF_RECORD_MAX each. */
export function rejecting() {
  const rejections: Rejection[] = []
  const rejected = new Map<SentRecord, number>()
  return {
    rejections,
    isGood: (record: SentRecord) => !rejected.has(record),
    reject(record: SentRecord, field: string, message: string) {
      const already = rejected.get(record) ?? 0
      rejected.set(record, already + 1)
      if (already < MISTAKES_OF_RECORD_MAX)
        rejections.push({ line: record.line, id: record.id || null, field, message })
    },
  }
}
