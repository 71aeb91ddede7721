import { Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** A part of the account with its title. */
export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="lg" maw={560} component="section">
      <Stack>
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  )
}
