import { Button, Center, Group, Loader, Paper, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useText } from '../language/text.ts'
import { Failure } from './Failure.tsx'

type Query<Data> = { data: Data | undefined; error: Error | null; isPending: boolean; refetch(): unknown }

type LoadedProps<Data> = {
  query: Query<Data>
  /** Shown instead of an empty list. */
  empty?: ReactNode
  children: (data: Data) => ReactNode
}

/** Shows what a query has read, or that it is loading, has failed or is empty. Old data stays if a later read fails. */
export function Loaded<Data>({ query, empty, children }: LoadedProps<Data>) {
  if (query.data === undefined)
    return query.error ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Waiting />
  if (empty !== undefined && Array.isArray(query.data) && query.data.length === 0)
    return (
      <Paper withBorder p="xl">
        <Center>{typeof empty === 'string' ? <Text c="dimmed">{empty}</Text> : empty}</Center>
      </Paper>
    )
  return (
    <Stack gap="sm">
      {query.error && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {children(query.data)}
    </Stack>
  )
}

export function Waiting() {
  const t = useText()
  return (
    <Center py="xl" role="status" aria-label={t('Loading…')}>
      <Loader />
    </Center>
  )
}

type Further = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown }

/** The button below a list that reads the next page. */
export function More({ of }: { of: Further }) {
  const t = useText()
  if (!of.hasNextPage) return null
  return (
    <Group justify="center">
      <Button variant="default" loading={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
        {t('Show more')}
      </Button>
    </Group>
  )
}
