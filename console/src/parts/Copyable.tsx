import { Button, CopyButton, Group, Stack } from '@mantine/core'
import { useText } from '../language/text.ts'

/** A text that the member copies: a link, a secret or a command line. */
export function Copyable({ label, text }: { label: string; text: string }) {
  const t = useText()
  return (
    <Stack gap={6}>
      <section aria-label={label}>
        <pre className="code">{text}</pre>
      </section>
      <Group>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy} aria-live="polite">
              {copied ? t('Copied') : t('Copy')}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  )
}
