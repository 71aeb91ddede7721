import type { ServerResponse } from 'node:http'
import type { Caller } from '../contract/caller.ts'
import type { Operation } from '../contract/operation.ts'
import {
  type FeedRows,
  type JoinedRows,
  lastPlace,
  type PageRequest,
  type PageRows,
  Rendered,
  renderOne,
  renderRows,
} from '../contract/page.ts'
import { Problem } from '../contract/problem.ts'
import type { Seal } from '../seal.ts'
import { sealCursor } from './cursor.ts'

/** Returns the context of a cursor. A child list has its own context for each parent record. */
export const cursorPlace = ({ id }: Operation, path: object, caller: Caller) => ({
  operationId: [id, ...Object.values(path)].join(' '),
  businessId: caller.business.id,
})

/**
 * Builds the body of a response, in parts, from the result of its operation. Null if the response has no body.
 *
 * @throws Problem `not_found` if the object does not exist
 */
export function responseBody(
  { response }: Operation,
  result: unknown,
  {
    cursors,
    place,
    page,
  }: { cursors: Seal; place: ReturnType<typeof cursorPlace> | null; page: PageRequest<object> | null },
): Buffer[] | null {
  switch (response.shape) {
    case 'empty':
      return null
    case 'page': {
      const rows = result as PageRows
      const { hasMore } = rows
      const next = hasMore && page && place ? sealCursor(cursors, place, page, lastPlace(rows)) : null
      return renderRows(
        rows,
        `,"pagination":${JSON.stringify({ next_cursor: next, has_more: hasMore, limit: page?.limit })}`,
      )
    }
    case 'feed': {
      const { nextAfter: next_after, hasMore: has_more, limit, ...rows } = result as FeedRows
      return renderRows(rows, `,"pagination":${JSON.stringify({ next_after, has_more, limit })}`)
    }
    case 'list':
      return renderRows(result as JoinedRows, '')
    case 'one':
      if (result === undefined) throw new Problem('not_found')
      return renderOne(result as Buffer)
    case 'data':
      return jsonParts({ data: result })
    default:
      return result instanceof Rendered ? result.parts : jsonParts(result)
  }
}

const jsonParts = (value: unknown): Buffer[] => [Buffer.from(JSON.stringify(value))]

/** Sends several buffers without joining them; Fastify accepts one buffer only. @returns the number of bytes */
export function sendParts(
  raw: ServerResponse,
  head: { statusCode: number; getHeaders(): object },
  parts: Buffer[],
): number {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  raw.writeHead(head.statusCode, { ...head.getHeaders(), 'content-length': bytes })
  raw.cork()
  for (const part of parts) raw.write(part)
  raw.end()
  return bytes
}
