import type { SentRecord } from '../contract/record_kind.ts'
import { MISTAKES_OF_RECORD_MAX } from '../limits.ts'
import type { Rejection } from './reading.ts'

/** How many records of a batch came to what. */
export type Counts = {
  created: number
  updated: number
  unchanged: number
  stale: number
  conflicting: number
  deleted: number
  erased: number
}

/** One event, to be told when all is written. */
export type Happening = { type: string; branch_id: string | null; resource_id: string; occurred_at: string }

/** What a batch would do: nothing has been written, and all that it depends on is locked. */
export type Plan = {
  rejections: Rejection[]
  counts: Counts
  conflicts: { line: number; id: string }[]
  write(): Promise<Happening[]>
}

/** Collects what is wrong with records, as far as it is told of each. */
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
