import type { Operation } from '../../contract/operation.ts'
import type { RecordKind } from '../../contract/record_kind.ts'
import { listAttention } from './attention.ts'
import { getData } from './data.ts'
import { getFigures, listActivity } from './figures.ts'
import { getLogged, listLogged } from './logged_requests.ts'

export type MonitoringParts = {
  /** The operations that applications can call. */
  callable: readonly Operation[]
  kinds: readonly RecordKind[]
}

/** What applications do, what needs attention, and what is stored. */
export const monitoringOperations = ({ callable, kinds }: MonitoringParts): Operation[] => [
  getFigures,
  listActivity,
  listAttention(
    callable.flatMap(({ id, scope, response: { resource } }) =>
      scope === 'read:customers' || Object.values(resource?.fields ?? {}).some((field) => field.scope !== null)
        ? [id]
        : [],
    ),
  ),
  listLogged,
  getLogged,
  getData(kinds),
]
