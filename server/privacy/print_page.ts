import { createHash } from 'node:crypto'

// Pages for printing. They load nothing and run no script.

export type PageLanguage = 'th' | 'en'

/** Returns a page as HTML. @param parts HTML from the functions below */
export const printPage = (language: PageLanguage, title: string, parts: readonly string[]): string => `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}">
<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1>
${parts.join('\n')}
</body></html>
`

export const heading = (text: string) => `<h2>${escaped(text)}</h2>`
export const paragraph = (text: string, language?: PageLanguage) =>
  `<p${language ? ` lang="${language}"` : ''}>${escaped(text)}</p>`

/** Returns a link to the same page in the other language, for pages that the server shows. */
export const languageSwitch = (language: PageLanguage): string =>
  language === 'th'
    ? '<p class="switch"><a href="?lang=en" lang="en" hreflang="en">English</a></p>'
    : '<p class="switch"><a href="?lang=th" lang="th" hreflang="th">ภาษาไทย</a></p>'

/** Returns a table. @param head names of the columns; without them the first cell of each row names it */
export function table(head: string[], rows: (string | undefined)[][], none = ''): string {
  if (rows.length === 0) return paragraph(none)
  const isNamedByRow = head.length === 0
  const cells = (row: (string | undefined)[]) =>
    row.map((cell, at) => {
      if (isNamedByRow && at === 0) return `<th scope="row">${escaped(cell)}</th>`
      // A narrow screen shows each row as a list, with the name of the column before each value.
      return `<td${isNamedByRow ? '' : ` data-name="${escaped(head[at])}"`}>${escaped(cell)}</td>`
    })
  const top = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join('')
  const body = rows.map((row) => `<tr>${cells(row).join('')}</tr>`).join('\n')
  return `<table${isNamedByRow ? '' : ' class="wide"'}>${isNamedByRow ? '' : `<thead><tr>${top}</tr></thead>`}<tbody>${body}</tbody></table>`
}

const escaped = (text: string | undefined): string =>
  (text ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

// Thai fonts of Linux and Android, of Apple, of Windows; Sarabun is that of Thai authorities.
const STYLE = `
body { font: 15px/1.6 "Noto Sans Thai Looped", "Noto Sans Thai", Sarabun, Thonburi, "Leelawadee UI", Tahoma, system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
h1 { font-size: 1.6rem; line-height: 1.3 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; break-after: avoid }
p.switch { text-align: right; margin: 0 }
table { width: 100%; border-collapse: collapse; margin-bottom: 1rem } thead { display: table-header-group }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #d5d5d5; overflow-wrap: break-word }
td { overflow-wrap: anywhere } th[scope=row] { width: 40%; font-weight: 600 } tr { break-inside: avoid }
@media screen and (max-width: 40rem) {
table.wide, .wide tbody, .wide tr, .wide td { display: block } .wide thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.wide tr { padding: .5rem 0; border-bottom: 1px solid #d5d5d5 } .wide td { display: grid; grid-template-columns: 7rem 1fr; gap: .5rem; border: 0; padding: .1rem 0 }
.wide td::before { content: attr(data-name); color: #595959 } }
@media print { p.switch { display: none } body { font-size: 10.5pt; margin: 0; max-width: none; padding: 0 } @page { size: A4; margin: 18mm } }`

/** The Content-Security-Policy: a page loads nothing, runs nothing, and has this one style. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`
