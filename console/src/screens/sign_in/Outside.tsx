import { Container, Group, Paper, Stack, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { LanguageSwitch } from '../../frame/LanguageSwitch.tsx'

/** The page around a form for somebody who is not signed in. */
export function Outside({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Talad`
  }, [title])
  return (
    <Container size={440} py={48} component="main">
      <Stack>
        <Group justify="space-between">
          <span className="brand">Talad</span>
          <LanguageSwitch />
        </Group>
        <Paper withBorder p="lg">
          <Stack>
            <Title order={1} size="h3">
              {title}
            </Title>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Container>
  )
}

/**
 * Returns the token in the fragment of the URL, which browsers send to nobody. Null if the link has none.
 */
export const tokenOfLink = (): string | null => new URLSearchParams(window.location.hash.slice(1)).get('token')
