import { type I18n, setupI18n } from '@lingui/core'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import { useLingui } from '@lingui/react'
import { type MessageKey, THAI } from './messages.ts'

export type Language = 'th' | 'en'

/** The texts of the console. Sentences are in ICU MessageFormat; each is compiled when it is first shown. */
export const texts: I18n = setupI18n({ locale: 'th', messages: { th: THAI, en: {} } })
texts.setMessagesCompiler(compileMessage)

const KEPT = 'talad.language'

/** The language before anybody has signed in: Thai, or the last choice in this browser. */
export const languageOfBrowser = (): Language => (localStorage.getItem(KEPT) === 'en' ? 'en' : 'th')

export function showLanguage(language: Language): void {
  localStorage.setItem(KEPT, language)
  document.documentElement.lang = language
  texts.activate(language)
}

export type Text = (key: MessageKey, values?: Record<string, unknown>) => string

/** Returns the function that gives a sentence in the language of the member. */
export function useText(): Text {
  const { i18n } = useLingui()
  return (key, values) => i18n._(key, values)
}

export const useLanguage = (): Language => (useLingui().i18n.locale === 'en' ? 'en' : 'th')
