import { connect, type Send } from '../src/connection.ts'
import { OPERATIONS } from '../src/generated/operations.ts'
import { methodsOf } from '../src/methods.ts'
import type { Operation } from '../src/operation.ts'
import type { Talad } from '../src/talad.ts'
import { type Credentials, credentialsOf } from './credentials.ts'
import { UsageMistake } from './exit.ts'
import type { World } from './world.ts'

/** Patience of the command line: long walks are not to fail because a server restarts. */
const RETRIES = 8
/** From the second failure on, a person is told what is being waited for. */
const TOLD_FROM = 2

/** All methods, sent by this: one token and one count of the rate limit for both. */
export const clientOf = (send: Send): Talad => methodsOf(OPERATIONS, send)

/** Sends operations with these credentials; what is waited for is told on standard error. */
export function senderOf(world: World, { base_url, client_id, client_secret }: Credentials, retries = RETRIES): Send {
  const token = OPERATIONS.find(({ id }) => id === 'oauth.token') as Operation
  const options = {
    baseUrl: base_url,
    clientId: client_id,
    clientSecret: client_secret,
    retries,
    onRetry: ({ error, failed, waitMs }: { error: Error; failed: number; waitMs: number }) => {
      if (failed >= TOLD_FROM) void world.err.write(`${error.message}: trying again in ${Math.ceil(waitMs / 1000)} s\n`)
    },
  }
  return connect(options, undefined, token)
}

/** The credentials that these words and the environment name. */
export const chosenCredentials = (world: World, given: ReadonlyMap<string, string[]>): Credentials =>
  credentialsOf(world, given.get('profile')?.[0])

/** How often these words ask to try again. */
export function chosenRetries(given: ReadonlyMap<string, string[]>): number | undefined {
  const text = given.get('retries')?.[0]
  if (text !== undefined && !/^\d{1,3}$/.test(text)) throw new UsageMistake('--retries is a whole number.')
  return text === undefined ? undefined : Number(text)
}
