import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { CERTIFICATE, KEY } from './certificate.ts'

/** A message as a mail server received it. `text` is the whole of it, RFC 5322. */
export type ReceivedMail = { from: string; to: string[]; user: string | undefined; isEncrypted: boolean; text: string }

/** A mail server on this machine. `refusal` is its answer to each message; null: it accepts. */
export async function mailServer(t: TestContext, { hasTls = false, host = '127.0.0.1' } = {}) {
  const received: ReceivedMail[] = []
  const state = { refusal: null as string | null, port: 0, received }
  const server = new SMTPServer({
    ...{ key: KEY, cert: CERTIFICATE, authOptional: true, allowInsecureAuth: true },
    disabledCommands: hasTls ? [] : ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      password === 'p@ss' ? done(null, { user: username as string }) : done(new Error('wrong password')),
    onData(stream, { envelope, user, secure }, done) {
      let text = ''
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      stream.on('end', () => {
        if (state.refusal !== null) return done(Object.assign(new Error(state.refusal), { responseCode: 452 }))
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        const to = envelope.rcptTo.map(({ address }) => address)
        received.push({ from, to, user: user as string | undefined, isEncrypted: secure, text })
        done()
      })
    },
  })
  server.on('error', () => {})
  const { server: listener } = server
  server.listen(0, host)
  await once(listener, 'listening')
  t.after(() => new Promise<void>((resolve) => server.close(resolve)))
  state.port = (listener.address() as AddressInfo).port
  return state
}
