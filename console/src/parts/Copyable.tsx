import { Button, Group, Stack } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useEffect } from 'react'
import { useText } from '../language/text.ts'

type CopyableProps = {
  label: string
  text: string
  /** What the button says above a long text: below it, a phone does not show the button. */
  actionAbove?: string
  onCopied?: () => void
}

/** A text that the member copies: a link, a secret or a command line. */
export function Copyable({ label, text, actionAbove, onCopied }: CopyableProps) {
  const t = useText()
  const { copied, copy } = useClipboard()
  useEffect(() => {
    if (copied) onCopied?.()
  }, [copied, onCopied])
  const button = (
    <Group>
      <Button
        {...(actionAbove === undefined && { size: 'xs', variant: 'default' })}
        onClick={() => copy(text)}
        aria-live="polite"
      >
        {copied ? t('Copied') : (actionAbove ?? t('Copy'))}
      </Button>
    </Group>
  )
  return (
    <Stack gap={6}>
      {actionAbove !== undefined && button}
      <section aria-label={label}>
        <pre className="code">{text}</pre>
      </section>
      {actionAbove === undefined && button}
    </Stack>
  )
}
