import { type ClientOptions, connect } from './connection.ts'
import { type Methods, OPERATIONS } from './generated/operations.ts'
import type { Granted, Scope } from './generated/schemas.ts'
import { methodsOf } from './methods.ts'
import type { Operation } from './operation.ts'

export type TaladOptions<S extends Granted = Granted> = ClientOptions & {
  /**
   * Ask for these scopes only, and so learn at compile time what is there: with `read:customers:pii` a customer has its
   * personal data, with other scopes it has not, without this option it may have. By default a token has all that the
   * application has.
   */
  scopes?: readonly Exclude<S, 'unknown'>[] | undefined
}

/** What a list of scopes says about the token: nothing, if it could be any list. */
export type GrantedBy<S extends Granted> = [Scope] extends [S] ? 'unknown' : S

/** A client of the Partner API, for one application: every operation as a method. */
export type Talad<G extends Granted = 'unknown'> = Methods<G>

/** `new Talad({ baseUrl, clientId, clientSecret })`; nothing is sent before the first call. */
export const Talad: new <S extends Granted = 'unknown'>(options: TaladOptions<S>) => Talad<GrantedBy<S>> = class Talad {
  constructor(options: TaladOptions) {
    const token = OPERATIONS.find(({ path }) => path.endsWith('/oauth/token')) as Operation
    Object.assign(this, methodsOf(OPERATIONS, connect(options, options.scopes, token)))
  }
} as never
