import { createSend, type SendOperation } from '../src/connection.ts'
import { OPERATIONS } from '../src/generated/operations.ts'
import { methodsOf } from '../src/methods.ts'
import type { Operation } from '../src/operation.ts'
import type { Talad } from '../src/talad.ts'
import { type Credentials, credentialsOf } from './credentials.ts'
import { UsageMistake } from './exit.ts'
import type { World } from './world.ts'

/** More retries than the SDK default, so that a long export survives a server restart. */
const RETRIES = 8
/** Number of failed attempts from which on retries are reported. */
const REPORTED_FROM = 2

/** Returns all methods on top of `send`, so that they share its token and rate limit. */
export const clientOf = (send: SendOperation): Talad => methodsOf(OPERATIONS, send)

/** Returns a `SendOperation` with these credentials. It reports retries on standard error. */
export function senderOf(
  world: World,
  { base_url, client_id, client_secret }: Credentials,
  retries = RETRIES,
): SendOperation {
  const token = OPERATIONS.find(({ id }) => id === 'oauth.token') as Operation
  const options = {
    baseUrl: base_url,
    clientId: client_id,
    clientSecret: client_secret,
    retries,
    onRetry: ({ error, failed, waitMs }: { error: Error; failed: number; waitMs: number }) => {
      if (failed >= REPORTED_FROM) void world.err.write(`${error.message}: retrying in ${Math.ceil(waitMs / 1000)} s\n`)
    },
  }
  return createSend(options, undefined, token)
}

/** Returns the credentials selected by the options and the environment. */
export const chosenCredentials = (world: World, given: ReadonlyMap<string, string[]>): Credentials =>
  credentialsOf(world, given.get('profile')?.[0])

/** Returns the value of `--retries`. */
export function chosenRetries(given: ReadonlyMap<string, string[]>): number | undefined {
  const text = given.get('retries')?.[0]
  if (text !== undefined && !/^\d{1,3}$/.test(text)) throw new UsageMistake('--retries must be a whole number.')
  return text === undefined ? undefined : Number(text)
}
