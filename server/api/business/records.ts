import { RecordKind } from '../../contract/record_kind.ts'
import { UNPAGED_MAX } from '../../limits.ts'
import { Branch } from './schema.ts'

export const branches = RecordKind({
  path: 'branches',
  named: { th: 'สาขา', en: 'branches' },
  resource: Branch,
  branch: 'itself',
  unique: 'code',
  most: UNPAGED_MAX,
})
