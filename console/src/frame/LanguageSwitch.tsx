import { Button } from '@mantine/core'
import { useChange } from '../api/use_call.ts'
import { showLanguage, useLanguage } from '../language/text.ts'

/** Switches between Thai and English. The choice of a member is kept on the server. */
export function LanguageSwitch({ isSignedIn = false }: { isSignedIn?: boolean }) {
  const other = useLanguage() === 'th' ? 'en' : 'th'
  const update = useChange('console.me.update')
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      lang={other}
      onClick={() => {
        showLanguage(other)
        if (isSignedIn) update.mutate({ language: other })
      }}
    >
      {{ th: 'ไทย', en: 'English' }[other]}
    </Button>
  )
}
