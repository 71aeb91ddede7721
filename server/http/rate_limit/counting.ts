import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BucketStanding, Charge, Rate } from '../../contract/charge.ts'
import { Problem } from '../../contract/problem.ts'
import { RATE_PER_SECOND, RATE_REQUESTS } from '../../limits.ts'
import type { BodyBytes } from '../bodies/body.ts'
import type { Serving } from '../serving.ts'
import { bucketKeys, rateHeaders } from './bucket.ts'

// Counts requests for the application or the address that sent them, and sets the RateLimit headers.

const ADDRESS_RATE: Rate = { requests: RATE_REQUESTS, perSecond: RATE_PER_SECOND }

/** Returns the sender that a request counts for: its caller, or the client address. */
export function requestSender({ progress: { caller, address } }: FastifyRequest): string {
  return caller ? bucketKeys[caller.kind](caller.id) : bucketKeys.address(address)
}

/** Returns the bucket of the caller, or of the address for a request without a token. */
export const chargeOf = (request: FastifyRequest): Charge => ({
  key: requestSender(request),
  rate: request.progress.caller?.rate ?? ADDRESS_RATE,
})

/** Counts a request and sets the RateLimit headers. */
export async function count(
  { buckets }: Serving,
  reply: FastifyReply,
  { key, rate, buckets: where = buckets }: Charge,
): Promise<BucketStanding> {
  const standing = await where.take(key, rate)
  reply.headers(rateHeaders(rate, standing))
  return standing
}

/** Counts a request. @throws Problem `rate_limit_exceeded` */
export async function charge(serving: Serving, reply: FastifyReply, wanted: Charge): Promise<void> {
  const { allowed, retryAfter } = await count(serving, reply, wanted)
  if (!allowed) throw new Problem('rate_limit_exceeded', wanted.message, { retry_after: retryAfter })
}

/** Counts a request that was rejected before it was counted, in the bucket for rejected requests of its address. */
export function countRejected({ uncounted }: Serving, { progress }: FastifyRequest, reply: FastifyReply): void {
  reply.headers(rateHeaders(ADDRESS_RATE, uncounted.take(bucketKeys.uncounted(progress.address), ADDRESS_RATE)))
}

/** Counts the bytes of the request's body for its sender. */
export const bytesOf = ({ bodies, intake }: Serving, request: FastifyRequest): BodyBytes => ({
  take(bytes) {
    const isTaken = bodies.take(requestSender(request), bytes)
    if (isTaken) request.progress.bytesHeld += bytes
    return isTaken
  },
  received: (bytes) => intake.received(requestSender(request), bytes),
})
