// One access token for all calls: fetched once for all waiting calls, and renewed before it expires.

/** A token is renewed when less than this remains, or less than a tenth of its lifetime if that is shorter. */
const RENEW_BEFORE_MS = 60_000

export type Granting = { access_token: string; expires_in: number }

export type Tokens = {
  /** Returns a token that is valid for a while. @throws the error of fetching it; the next call tries again */
  get(): Promise<string>
  /** Discards a rejected token: the next `get` fetches a new one. */
  drop(token: string): void
}

/** @param now milliseconds */
export function tokens(fetchToken: () => Promise<Granting>, now: () => number = () => Date.now()): Tokens {
  let current: { token: string; renewAt: number } | null = null
  let coming: Promise<string> | null = null

  const renew = async (): Promise<string> => {
    const asked = now()
    const { access_token: token, expires_in } = await fetchToken()
    const lifeMs = expires_in * 1000
    current = { token, renewAt: asked + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 10) }
    return token
  }

  return {
    async get() {
      if (current && now() < current.renewAt) return current.token
      coming ??= renew().finally(() => {
        coming = null
      })
      return coming
    },
    drop(token) {
      if (current?.token === token) current = null
    },
  }
}
