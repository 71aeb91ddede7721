// One access token for all calls: fetched once however many wait for it, renewed before it expires.

/** Renewed when less than this is left of it, or a tenth of its life if that is less. */
const RENEW_BEFORE_MS = 60_000

export type Granting = { access_token: string; expires_in: number }

export type Tokens = {
  /** A token that is still good for a while. @throws whatever fetching it failed with; the next call tries again */
  get(): Promise<string>
  /** This one was refused: the next `get` fetches another. */
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
