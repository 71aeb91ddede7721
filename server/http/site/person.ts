import { PERSON_PAGE_RATE } from '../../limits.ts'
import { PERSON_PATH } from '../monitoring/logged_path.ts'
import { queryOf } from '../monitoring/request_log.ts'
import { bucketKeys } from '../rate_limit/bucket.ts'
import type { createServer } from '../server.ts'

// Serves the page that the link of a person opens. The path is a secret: it is in no log, no cache and no Referer header, and
// search engines do not list it. A link that does not work gets the same response, whatever the reason.

export type PersonPages = {
  /** Returns the page of a token as HTML; null if the link does not work. @param language null: the language of the business */
  page(token: string, language: 'th' | 'en' | null): Promise<string | null>
  /** Returns the page for a response with this status. */
  errorPage(status: number): string
  /** The Content-Security-Policy of all these pages. */
  policy: string
}

/** Adds `/person/{token}`. `?lang=en` shows the page in English, and `?lang=th` in Thai. */
export function addPersonPage(app: ReturnType<typeof createServer>, { page, errorPage, policy }: PersonPages): void {
  const headers = { ...PRIVATE, 'Content-Security-Policy': `${policy}; frame-ancestors 'none'` }
  const htmlError = (status: number) => ({ html: errorPage(status), headers })
  const charged = (address: string) => ({ key: bucketKeys.pages(address), rate: PERSON_PAGE_RATE })
  app.get<{ Params: { token: string } }>(
    `${PERSON_PATH}/:token`,
    { config: { htmlError, charged } },
    async (request, reply) => {
      const wanted = new URLSearchParams(queryOf(request)).get('lang')
      const html = await page(request.params.token, wanted === 'th' || wanted === 'en' ? wanted : null)
      return reply
        .status(html === null ? 404 : 200)
        .headers(headers)
        .send(html ?? errorPage(404))
    },
  )
}

const PRIVATE = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex, nofollow, noarchive',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
