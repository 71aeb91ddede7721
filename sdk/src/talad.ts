import { type ClientOptions, createSend } from './connection.ts'
import { type Methods, OPERATIONS } from './generated/operations.ts'
import type { Granted, Scope } from './generated/schemas.ts'
import { methodsOf } from './methods.ts'
import type { Operation } from './operation.ts'

export type TaladOptions<S extends Granted = Granted> = ClientOptions & {
  /**
   * Requests a token with these scopes only. The types follow: with `read:customers:pii` a customer has contact data, with
   * other scopes it has none, and without this option it may have some. By default a token has all scopes of the
   * application.
   */
  scopes?: readonly Exclude<S, 'unknown'>[] | undefined
}

/** The scopes of the token as a type; unknown if the list is not a constant. */
export type GrantedBy<S extends Granted> = [Scope] extends [S] ? 'unknown' : S

/** A client of the Partner API for one application, with a method for every operation. */
export type Talad<G extends Granted = 'unknown'> = Methods<G>

/** `new Talad({ baseUrl, clientId, clientSecret })` sends nothing until the first call. */
export const Talad: new <S extends Granted = 'unknown'>(options: TaladOptions<S>) => Talad<GrantedBy<S>> = class Talad {
  constructor(options: TaladOptions) {
    const token = OPERATIONS.find(({ path }) => path.endsWith('/oauth/token')) as Operation
    Object.assign(this, methodsOf(OPERATIONS, createSend(options, options.scopes, token)))
  }
} as never
