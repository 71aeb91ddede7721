import type { Random } from '../../server/demo/random.ts'
import type { AttemptResult, Message, Send } from '../../server/webhooks/sending/send.ts'
import type { SimulatedTime } from './time.ts'

// An endpoint in simulated time that works at first and then fails, in every way that an endpoint can fail.

/** An attempt, as the receiver saw it. */
export type SentMessage = {
  /** Order of the start. */
  place: number
  worker: number
  subscriptionId: string
  eventId: string
  type: string
  resourceId: string
  sequence: number
  position: number
  attempt: number
  isReplay: boolean
  from: number
  /** The time and content of the result; null while there is none. */
  until: number | null
  result: AttemptResult | null
}

export type Mood = 'well' | 'slow' | 'flaky' | 'errors' | 'busy' | 'hangs' | 'away' | 'half' | 'moved' | 'gone'

/** The mood of a receiver, from this time on. */
export type Phase = { from: number; mood: Mood }

const EXCHANGE_MS = 15_000

const answered = (
  status: number,
  error: AttemptResult['error'],
  retryAfterMs: number | null = null,
): AttemptResult => ({
  ...{ status, error, retryAfterMs },
  body: error === null ? 'ok' : 'no',
})
const unanswered = (error: AttemptResult['error']): AttemptResult => ({
  status: null,
  error,
  body: null,
  retryAfterMs: null,
})

/** Returns the result in this mood, and its delay. */
function answerIn(mood: Mood, random: Random): [result: AttemptResult, ms: number] {
  const soon = random.whole(1, 80)
  switch (mood) {
    case 'well':
      return [answered(200, null), soon]
    case 'slow':
      return [answered(204, null), random.whole(1000, EXCHANGE_MS - 1)]
    case 'flaky':
      return answerIn(random.pick(['well', 'well', 'slow', 'errors', 'hangs', 'half', 'away']), random)
    case 'errors':
      return [answered(random.pick([400, 404, 500, 502]), 'status'), soon]
    case 'busy':
      return [answered(random.pick([429, 503]), 'status', random.whole(0, 4000) * 1000), soon]
    case 'hangs':
      return [unanswered('timeout'), EXCHANGE_MS]
    case 'away':
      return [unanswered(random.pick(['connect', 'dns', 'tls'])), random.whole(0, 3000)]
    case 'half':
      return [answered(200, 'connect'), soon]
    case 'moved':
      return [answered(301, 'redirect'), soon]
    case 'gone':
      return [answered(410, 'gone'), soon]
  }
}

/**
 * The receivers of all subscriptions in a world, and everything that was sent to them.
 *
 * @param moodOf returns the current mood of a subscription's endpoint
 * @param poisoned resources whose events it never accepts
 */
export function receivers(
  simulated: SimulatedTime,
  random: Random,
  moodOf: (subscriptionId: string) => Mood,
  poisoned: ReadonlySet<string>,
) {
  const sent: SentMessage[] = []
  return {
    sent,
    /** The network of one worker; after the worker has died, answers are lost. */
    networkOf(worker: number, after: (ms: number, run: () => void) => void, hears: () => boolean): Send {
      return ({ headers, body }: Message) => {
        const { id, type, webhook_id, sequence, position, data } = JSON.parse(body.toString())
        if (headers['webhook-id'] !== id) throw new Error(`${headers['webhook-id']} is sent as ${id}`)
        const mood = poisoned.has(data.id) ? 'errors' : moodOf(webhook_id)
        const [result, ms] = answerIn(mood, random)
        const one: SentMessage = {
          ...{ place: sent.length, worker, subscriptionId: webhook_id, eventId: id, type, resourceId: data.id },
          ...{ sequence, position, attempt: Number(headers['webhook-attempt']) },
          ...{ isReplay: headers['webhook-replay'] === '1', from: simulated.now(), until: null, result: null },
        }
        sent.push(one)
        return new Promise((resolve) =>
          after(ms, () => {
            Object.assign(one, { until: simulated.now(), result })
            if (hears()) resolve(result)
          }),
        )
      }
    },
  }
}
