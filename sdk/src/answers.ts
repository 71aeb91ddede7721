// What the methods take beside their parameters, and what those give that have many rows.

/** How to call, this once. */
export type Call = {
  /** Ends the call, whatever it is doing: sending, waiting for its turn, waiting to try again. */
  signal?: AbortSignal | undefined
  /** For this call, instead of the client's. */
  timeoutMs?: number | undefined
  retries?: number | undefined
}

/** One page of a list, as the server answers it. */
export type Page<Row> = {
  data: Row[]
  pagination: { next_cursor: string | null; has_more: boolean; limit: number }
}

/** A list. Nothing is sent until it is read; each way of reading it starts from the beginning. */
export type Pages<Row> = AsyncIterable<Row> & {
  /** One page: the first, or the one after the `cursor` that was given. */
  page(): Promise<Page<Row>>
  /** All pages, each as large as it can be unless a `limit` was given. */
  pages(): AsyncIterable<Page<Row>>
}

/** One page of a feed, as the server answers it. */
export type FeedPage<Row> = {
  data: Row[]
  pagination: { next_after: number; has_more: boolean; limit: number }
}

/** A feed, oldest first: to its end as it is now, or without an end if it is followed. */
export type Feed<Row> = AsyncIterable<Row> & {
  /** One page: the first, or the one after the position that was given. */
  page(): Promise<FeedPage<Row>>
  /**
   * Page by page: `pagination.next_after` of the last one that was dealt with is where to go on another time. While a
   * followed feed has nothing new, its pages are empty.
   */
  pages(): AsyncIterable<FeedPage<Row>>
}

/** How to follow a feed. */
export type Follow = Call & {
  /** While nothing comes, the pause between two looks grows from `pollMs` (1 s) to `idleMs` (15 s). */
  pollMs?: number | undefined
  idleMs?: number | undefined
  /** Told about every failure that is waited out: a server that restarts, a network that is away. */
  onTrouble?: ((error: Error, waitMs: number) => void) | undefined
}
