import { Anchor, Container, Stack, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useText } from '../language/text.ts'

export function NotFound() {
  const t = useText()
  return (
    <Container size="sm" py="xl" component="section">
      <Stack>
        <Title order={1} size="h2">
          {t('This page does not exist.')}
        </Title>
        <Anchor component={Link} to="/">
          {t('Go to the start page')}
        </Anchor>
      </Stack>
    </Container>
  )
}
