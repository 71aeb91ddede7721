import { I18nProvider } from '@lingui/react'
import { MantineProvider } from '@mantine/core'
import '@mantine/core/styles.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { cache } from './api/use_call.ts'
import { AskForProof } from './frame/AskForProof.tsx'
import { languageOfBrowser, showLanguage, texts } from './language/text.ts'
import { router } from './router.tsx'
import './style.css'
import { colorVariables, theme } from './theme.ts'

// The server allows only styles with the nonce of this page.
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
// A dependency of the component library reads its nonce here.
Object.assign(globalThis, { __webpack_nonce__: nonce })

showLanguage(languageOfBrowser())

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <I18nProvider i18n={texts}>
      <MantineProvider
        cssVariablesResolver={colorVariables}
        theme={theme}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={cache}>
          <AskForProof />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>
  </StrictMode>,
)
