import type { Call, Feed, FeedPage, Follow, Page, Pages } from './answers.ts'
import type { SendOperation } from './connection.ts'
import { ApiError } from './errors.ts'
import type { Asked, Operation } from './operation.ts'
import { isTemporary, jittered, pause } from './retry.ts'

/** Maximum pause between two attempts while the server is unavailable. */
const LONGEST_WAIT_MS = 60_000

type FeedQuery = Asked['query']

/** A list paginated by cursor. The cursor keeps the filters and the limit. */
export const pagesOf = <Row>(send: SendOperation, operation: Operation, asked: Asked, call: Call): Pages<Row> =>
  walked<Row, Page<Row>>(send, operation, asked, call, (_, { pagination }) => ({ cursor: pagination.next_cursor }))

/** A feed that ends at the newest event. */
export const feedOf = <Row>(send: SendOperation, operation: Operation, asked: Asked, call: Call): Feed<Row> =>
  walked<Row, FeedPage<Row>>(send, operation, asked, call, (query, { pagination }) => ({
    ...query,
    after: pagination.next_after,
  }))

function walked<Row, P extends { data: Row[]; pagination: { has_more: boolean } }>(
  send: SendOperation,
  operation: Operation,
  asked: Asked,
  call: Call,
  next: (query: FeedQuery, page: P) => FeedQuery,
) {
  const get = (query: FeedQuery) => send<P>(operation, { ...asked, query }, call)
  async function* pages(): AsyncGenerator<P> {
    let query = largest(operation, asked.query)
    for (;;) {
      const page = await get(query)
      yield page
      if (!page.pagination.has_more) return
      query = next(query, page)
    }
  }
  return { page: () => get(asked.query), pages, [Symbol.asyncIterator]: () => rowsOf(pages()) }
}

/**
 * A feed without an end. It waits for new events and for an unavailable server. It ends when the signal aborts, when the
 * caller leaves the loop, or with a permanent error: refused credentials, or a position that is too old.
 */
export function followed<Row>(send: SendOperation, operation: Operation, asked: Asked, call: Follow): Feed<Row> {
  const { pollMs = 1000, idleMs = 15_000, onTrouble = () => {}, ...how } = call
  const { signal } = how

  async function* pages(): AsyncGenerator<FeedPage<Row>> {
    let query = largest(operation, asked.query)
    let failed = 0
    let idle = 0
    for (;;) {
      let page: FeedPage<Row>
      try {
        // Without retries in `send`, so that this loop reports every temporary failure.
        page = await send<FeedPage<Row>>(operation, { ...asked, query }, { ...how, retries: 0 })
        failed = 0
      } catch (error) {
        if (signal?.aborted || !mayBeTemporary(error)) throw error
        failed += 1
        const waitMs = askedFor(error) + jittered(failed, Math.random, LONGEST_WAIT_MS)
        onTrouble(error, waitMs)
        await pause(waitMs, signal)
        continue
      }
      const { next_after, has_more } = page.pagination
      query = { ...query, after: next_after }
      yield page
      if (has_more) continue
      idle = page.data.length > 0 ? 0 : idle + 1
      await pause(Math.min(idleMs, pollMs * 1.5 ** Math.min(idle, 20)), signal)
    }
  }

  return {
    page: () => send(operation, asked, how),
    pages,
    [Symbol.asyncIterator]: () => rowsOf(pages()),
  }
}

/** A server error may be fixed later, so it is temporary. */
const mayBeTemporary = (error: unknown): error is Error =>
  isTemporary(error) || (error instanceof ApiError && error.status >= 500)

const askedFor = (error: unknown): number => (error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0)

/** Uses the maximum page size unless a limit was given. */
const largest = ({ most }: Operation, query: FeedQuery): FeedQuery => ({ limit: most ?? undefined, ...query })

async function* rowsOf<Row>(pages: AsyncIterable<{ data: Row[] }>): AsyncGenerator<Row> {
  for await (const { data } of pages) yield* data
}
