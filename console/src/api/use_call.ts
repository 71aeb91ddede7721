import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useRef } from 'react'
import { type Answer, businessOfTab, CallError, type CallId, call, type RowsPage } from './call.ts'
import type { Calls } from './generated/operations.ts'

// The query cache is the only state beside the URL. A key is the operation, its input and the business of the tab.

/** Whether a repetition can succeed. */
const isPassing = (error: Error) => error instanceof CallError && (error.status === 0 || error.status >= 502)

/** Reads the account again when the role does not allow what the screen offers: somebody has changed it. */
const onError = (error: Error) => {
  if (error instanceof CallError && error.code === 'insufficient_role')
    void cache.invalidateQueries({ queryKey: ['console.me.get'] })
}

export const cache = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      // Without a connection the call fails at once, and the screen says so.
      networkMode: 'always',
      // This mode would turn it off.
      refetchOnReconnect: true,
      staleTime: 10_000,
      retry: (count, error) => navigator.onLine && count < 2 && isPassing(error),
      retryDelay: 800,
    },
    mutations: { networkMode: 'always' },
  },
})

/** Reads an operation that returns one object or all rows. */
export const useRead = <Id extends CallId>(id: Id, input: Calls[Id]['input'], { enabled = true } = {}) =>
  useQuery({
    queryKey: [id, input, businessOfTab()],
    queryFn: ({ signal }) => call(id, input, signal),
    enabled,
  })

type Paged = { [Id in CallId]: Calls[Id]['shape'] extends 'page' ? Id : never }[CallId]

/** Reads an operation that returns pages; `fetchNextPage` reads on. While the filters change, the old rows stay. */
export function useRows<Id extends Paged>(id: Id, input: Calls[Id]['input'], { enabled = true } = {}) {
  type Row = Calls[Id]['answer']
  const read = (given: object, signal: AbortSignal) =>
    call(id, given as Calls[Id]['input'], signal) as Promise<RowsPage<Row>>
  const query = useInfiniteQuery({
    queryKey: [id, input, businessOfTab(), 'pages'],
    queryFn: ({ signal, pageParam }) => read(pageParam === null ? input : { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.pagination.next_cursor,
    placeholderData: keepPreviousData,
    enabled,
  })
  return { ...query, data: query.data?.pages.flatMap(({ data }) => data) }
}

/**
 * Changes something, once at a time. Every shown query is read again after it, because acts show in many places, and after a conflict,
 * because somebody else has changed what is shown.
 */
export function useChange<Id extends CallId>(id: Id) {
  const client = useQueryClient()
  const isBusy = useRef(false)
  const change = useMutation<Answer<Id>, Error, Calls[Id]['input']>({
    mutationFn: (input) => call(id, input),
    onSettled: (_, error) => {
      isBusy.current = false
      const isOutdated = error instanceof CallError && (error.code === 'conflict' || error.code === 'not_found')
      if (!error || isOutdated) void client.invalidateQueries()
    },
  })
  const mutate: typeof change.mutate = (...given) => {
    // A double click comes before the button is off. The conflict of the second one would hide the secret that the first one made.
    if (isBusy.current) return
    isBusy.current = true
    change.mutate(...given)
  }
  return { ...change, mutate }
}
