// Call options of all methods, and the results of methods that return many rows.

/** Options of a single call. */
export type Call = {
  /** Aborts the call at any point: while it sends, waits for the rate limit, or waits for a retry. */
  signal?: AbortSignal | undefined
  /** Overrides the option of the client for this call. */
  timeoutMs?: number | undefined
  retries?: number | undefined
}

/** One page of a list, as the server returns it. */
export type Page<Row> = {
  data: Row[]
  pagination: { next_cursor: string | null; has_more: boolean; limit: number }
}

/** A lazy list: it sends requests only while it is read. Every read starts from the beginning. */
export type Pages<Row> = AsyncIterable<Row> & {
  /** Returns one page: the first, or the one after the given `cursor`. */
  page(): Promise<Page<Row>>
  /** Iterates over all pages, with the maximum page size unless a `limit` was given. */
  pages(): AsyncIterable<Page<Row>>
}

/** One page of a feed, as the server returns it. */
export type FeedPage<Row> = {
  data: Row[]
  pagination: { next_after: number; has_more: boolean; limit: number }
}

/** A feed, oldest first. It ends at the newest event, or never if it is followed. */
export type Feed<Row> = AsyncIterable<Row> & {
  /** Returns one page: the first, or the one after the given position. */
  page(): Promise<FeedPage<Row>>
  /**
   * Iterates over pages. To resume later, keep `pagination.next_after` of the last processed page. While a followed feed
   * has no new events, its pages are empty.
   */
  pages(): AsyncIterable<FeedPage<Row>>
}

/** Options for following a feed. */
export type Follow = Call & {
  /** While no events arrive, the polling interval grows from `pollMs` (1 s) to `idleMs` (15 s). */
  pollMs?: number | undefined
  idleMs?: number | undefined
  /** Called for every temporary failure before a retry, such as a server restart or a lost network. */
  onTrouble?: ((error: Error, waitMs: number) => void) | undefined
}
