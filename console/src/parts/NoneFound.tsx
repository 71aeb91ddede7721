import { Button, Stack, Text } from '@mantine/core'
import { useText } from '../language/text.ts'
import { useFilters } from './filters.ts'

/** An empty list: says what is empty, or that the filters leave nothing. */
export function NoneFound({ text }: { text: string }) {
  const t = useText()
  const [filters, change] = useFilters()
  const names = Object.keys(filters)
  if (names.length === 0) return <Text c="dimmed">{text}</Text>
  return (
    <Stack align="center" gap="xs">
      <Text c="dimmed">{t('Nothing matches these filters.')}</Text>
      <Button variant="default" size="xs" onClick={() => change(Object.fromEntries(names.map((name) => [name, ''])))}>
        {t('Clear filters')}
      </Button>
    </Stack>
  )
}
