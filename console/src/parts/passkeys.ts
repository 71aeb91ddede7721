import { startAuthentication, startRegistration, WebAuthnError } from '@simplewebauthn/browser'

// Passkeys in the browser. The browser talks to the authenticator; the server verifies what it answers.

/** Whether this browser can use passkeys at this address: https or the machine itself, at a host name. */
export const canUsePasskeys = (): boolean =>
  window.isSecureContext && 'PublicKeyCredential' in window && !/^[\d.]+$|^\[/.test(window.location.hostname)

/** The person has stopped, or has no passkey for this site. */
export class PasskeyStopped extends Error {}

/** @returns what the browser answers, as JSON @throws PasskeyStopped */
export const makePasskey = (options: unknown): Promise<string> =>
  answered(() => startRegistration({ optionsJSON: options as never }))

/** @returns what the browser answers, as JSON @throws PasskeyStopped */
export const answerByPasskey = (options: unknown): Promise<string> =>
  answered(() => startAuthentication({ optionsJSON: options as never }))

async function answered(ask: () => Promise<object>): Promise<string> {
  try {
    return JSON.stringify(await ask())
  } catch (error) {
    if (error instanceof WebAuthnError || (error as Error).name === 'NotAllowedError') throw new PasskeyStopped()
    throw error
  }
}
