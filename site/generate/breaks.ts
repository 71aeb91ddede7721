import { SITE_ORIGIN } from '../../server/http/site/site_origin.ts'

// Marks where code may continue on the next line: after a space, and after the characters that separate the parts of a name or a
// path. The style sheet forbids all other breaks, so that no identifier is broken.

/** Shorter inline code stays on one line. */
const SHORT = 24

/** Returns the parts of a code between which a line may end. The address of the server stays whole until it is known. */
export const breakableParts = (code: string): string[] =>
  code.split(SITE_ORIGIN).flatMap((text, at) => {
    const parts = text.match(/[^\s_.:/,?&=(]*[\s_.:/,?&=(]+|[^\s_.:/,?&=(]+$/g) ?? []
    return at === 0 ? parts : [SITE_ORIGIN, ...parts]
  })

/** Thai words that browsers break over two lines: they do not know them, or take them for two words. */
const THAI_WORDS = /สต็อก|เดลิเวอรี|บาร์โค้ด|แพ็กเกจ|ออฟไลน์|เคลื่อนไหว/g
/** Links, HTML and code, which stay as they are. */
const NO_TEXT = /(\]\([^)]*\)|<[^>]*>|`[^`]*`)/

const withWholeWords = (line: string): string =>
  line
    .split(NO_TEXT)
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(THAI_WORDS, '<span class="whole">$&</span>')))
    .join('')

/**
 * Returns Markdown whose inline code is HTML with these breaks, and whose unusual Thai words stay on one line. Code blocks and
 * headings stay as they are.
 */
export function withBreaks(markdown: string): string {
  let isBlock = false
  return markdown
    .split('\n')
    .map((line) => {
      if (line.startsWith('```')) isBlock = !isBlock
      if (isBlock || line.startsWith('```') || line.startsWith('#')) return line
      return withWholeWords(line)
        .replaceAll(/`([^`]+)`/g, (_, code) => codeOf(code.replaceAll('\\|', '|')))
        .replaceAll(/(<a class="anchored"[^>]*>)<code>([^<]+)<\/code>/g, (_, link, code) => link + codeOf(code))
    })
    .join('\n')
}

const codeOf = (code: string): string =>
  `<code>${(code.length > SHORT ? breakableParts(code) : [code]).map(escaped).join('<wbr>')}</code>`

/** Markdown would read some characters as its own, so all but letters and digits are written as numbers. */
const escaped = (text: string): string =>
  text.includes(SITE_ORIGIN) ? text : text.replaceAll(/[!-/:-@[-`{-~]/g, (character) => `&#${character.charCodeAt(0)};`)
