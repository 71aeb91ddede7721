import { type BatchChange, RecordKind } from '../../contract/record_kind.ts'
import { arrayText } from '../../db/arrays.ts'
import { UNPAGED_MAX } from '../../limits.ts'
import { Branch } from './schema.ts'

export const branches = RecordKind({
  path: 'branches',
  named: { th: 'สาขา', en: 'branches' },
  resource: Branch,
  branch: 'itself',
  unique: ['code'],
  most: UNPAGED_MAX,
  derive: withdrawBranches,
})

/** Writes branches by `write`, and withdraws deleted ones from all applications. */
async function withdrawBranches(
  { tx, businessId, before, after }: BatchChange,
  write: () => Promise<void>,
): Promise<void> {
  await write()
  const kept = new Set(after)
  const deleted = before.filter((id) => !kept.has(id))
  if (deleted.length > 0)
    await tx`
      delete from application_branches
      where business_id = ${businessId} and branch_id = any(${arrayText(deleted)}::text::uuid[])`
}
