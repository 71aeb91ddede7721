import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useText } from '../language/text.ts'

/** An input for a password. Its button to show the password has a name in the language of the member. */
export function PasswordField(props: PasswordInputProps) {
  const t = useText()
  return <PasswordInput visibilityToggleButtonProps={{ 'aria-label': t('Show the password') }} {...props} />
}
