import { Problem } from '../../contract/problem.ts'
import { DEMO_EVENT_RATE } from '../../limits.ts'
import { bucketKeys } from '../rate_limit/bucket.ts'
import type { createServer } from '../server.ts'

// On a demo, the page Event Types causes events by a click. The change is real: it goes through the Ingest API, as `talad trigger`.

/**
 * Causes an event of a type in the demo business.
 *
 * @returns the event and what else the change caused; null if this is not a demo, or the type does not exist
 * @throws Problem if no record of the demo can change like this, or the server is overloaded
 */
export type CauseEvent = (type: string) => Promise<object | null>

/** Pages of other sites cannot send this header without asking the server, which never allows it. */
const OWN_PAGE = 'talad-page'

/** Adds `POST /developer/demo/events/{type}`. */
export function addDemoEvents(app: ReturnType<typeof createServer>, cause: CauseEvent): void {
  const charged = (address: string) => ({ key: bucketKeys.demoEvents(address), rate: DEMO_EVENT_RATE })
  app.post<{ Params: { type: string } }>(
    '/developer/demo/events/:type',
    { config: { charged } },
    async ({ headers, params }, reply) => {
      if (headers[OWN_PAGE] === undefined) throw new Problem('cross_site_request')
      const caused = await cause(params.type)
      if (!caused) throw new Problem('not_found', 'This server is not a demo, or the event type does not exist')
      return reply.header('Cache-Control', 'no-store').send({ data: caused })
    },
  )
}
