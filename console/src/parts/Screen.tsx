import { Alert, Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { type AccountRole, useMay } from '../frame/account.ts'
import { useText } from '../language/text.ts'

type ScreenProps = {
  title: string
  about?: string
  /** The least role that sees the screen. */
  least?: AccountRole
  actions?: ReactNode
  children: ReactNode
}

/** A screen with its title. A member whose role is too low reads that instead of the content. */
export function Screen({ title, about, least = 'viewer', actions, children }: ScreenProps) {
  const t = useText()
  const may = useMay(least)
  useEffect(() => {
    document.title = `${title} · Talad`
  }, [title])
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          {about && (
            <Text c="dimmed" mt={4} maw={720}>
              {about}
            </Text>
          )}
        </div>
        {may && actions}
      </Group>
      {may ? (
        children
      ) : (
        <Alert color="yellow" variant="outline" title={t('Your role does not allow this')}>
          {t('This needs the role {role}. Ask an owner of the business.', { role: t(least) })}
        </Alert>
      )}
    </Stack>
  )
}
