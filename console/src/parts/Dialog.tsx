import { Button, Group, Modal, type ModalProps, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { useText } from '../language/text.ts'
import { FormError } from './Failure.tsx'

type DialogProps = {
  title: string
  isOpen: boolean
  onClose: () => void
  size?: ModalProps['size']
  children: ReactNode
}

/** A dialog with a named button to close it. */
export function Dialog({ title, isOpen, onClose, size = 'md', children }: DialogProps) {
  const t = useText()
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      size={size}
      closeButtonProps={{ 'aria-label': t('Close') }}
      // Its header would be a second banner of the page.
      transitionProps={{ duration: 0 }}
      // A stray click must not hide a secret that is shown once.
      closeOnClickOutside={false}
      attributes={{ header: { role: 'none' } }}
    >
      {children}
    </Modal>
  )
}

type FormDialogProps = DialogProps & {
  action: string
  color?: string
  error: unknown
  isBusy: boolean
  /** Whether something must be chosen first that the browser does not check. */
  isIncomplete?: boolean
  /** Gets the values of the form by the names of its fields. */
  onSubmit: (values: Record<string, string>) => void
}

/** A dialog with a form: its fields, an error, and buttons to do it or leave. */
export function FormDialog({
  action,
  color,
  error,
  isBusy,
  isIncomplete = false,
  onSubmit,
  children,
  ...dialog
}: FormDialogProps) {
  const t = useText()
  return (
    <Dialog {...dialog}>
      <form onSubmit={(event) => onSubmit(valuesOf(event))}>
        <Stack>
          {children}
          <FormError error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.onClose}>
              {t('Cancel')}
            </Button>
            <Button type="submit" loading={isBusy} disabled={isIncomplete} {...(color && { color })}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

/** Returns the values of a form that is being sent, and keeps the browser from sending it. */
export function valuesOf(event: FormEvent<HTMLFormElement>): Record<string, string> {
  event.preventDefault()
  return Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]))
}

type ConfirmProps<Input> = {
  title: string
  action: string
  change: { mutate(input: Input, options: { onSuccess: () => void }): void; error: Error | null; isPending: boolean }
  input: Input
  /** Whether the act takes nothing away. */
  isHarmless?: boolean
  onClose: () => void
  children: ReactNode
}

/** Asks before an act, and says what it does. */
export function Confirm<Input>({
  title,
  action,
  change,
  input,
  isHarmless = false,
  onClose,
  children,
}: ConfirmProps<Input>) {
  return (
    <FormDialog
      title={title}
      action={action}
      {...(!isHarmless && { color: 'red' })}
      isOpen
      onClose={onClose}
      error={change.error}
      isBusy={change.isPending}
      onSubmit={() => change.mutate(input, { onSuccess: onClose })}
    >
      {children}
    </FormDialog>
  )
}
