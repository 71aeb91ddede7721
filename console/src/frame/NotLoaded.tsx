import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useNetwork } from '@mantine/hooks'
import { useEffect } from 'react'
import { useText } from '../language/text.ts'

/** Stands for a screen whose code was not loaded, or which broke. It loads the page again, when the connection is back. */
export function NotLoaded() {
  const t = useText()
  const { online } = useNetwork()
  useEffect(() => {
    const again = () => window.location.reload()
    window.addEventListener('online', again)
    return () => window.removeEventListener('online', again)
  }, [])
  return (
    <Stack>
      <Title order={1} size="h2">
        {t('This screen could not be loaded')}
      </Title>
      <Alert color="red" variant="outline" role="alert">
        <Text size="sm">
          {online
            ? t('Load the page again. Perhaps the console was updated meanwhile.')
            : t('You are offline. The screen opens as soon as the connection is back.')}
        </Text>
        {online && (
          <Group mt="sm">
            <Button variant="default" onClick={() => window.location.reload()}>
              {t('Load the page again')}
            </Button>
          </Group>
        )}
      </Alert>
    </Stack>
  )
}
