import { isLoopback } from '../values/loopback.ts'

// Sends e-mail over SMTP (RFC 5321). The library is loaded with the first mail, so that a server without mail does not pay for it.

/** A message in plain text with one file. */
export type Mail = { to: string; subject: string; text: string; file: { name: string; text: string } }

/** Sends a message. Resolves once the mail server has accepted it. */
export type Mailer = (mail: Mail) => Promise<void>

/** How long each step of a mail server may take. */
const SMTP_STEP_MS = 10_000

/**
 * Creates a mailer. Except to this machine, everything goes over TLS with a verified certificate.
 *
 * @param url smtp://user:password@host:587, or smtps://…:465 for TLS from the first byte (RFC 8314)
 * @param from address of the sender
 */
export function createMailer(url: string, from: string): Mailer {
  const { protocol, hostname, port, username, password } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isImplicit = protocol === 'smtps:'
  return async ({ to, subject, text, file }) => {
    const { createTransport } = await import('nodemailer')
    const transport = createTransport({
      ...{ host, port: Number(port) || (isImplicit ? 465 : 587), secure: isImplicit },
      requireTLS: !isImplicit && !isLoopback({ hostname: host }),
      ...(username !== '' && {
        auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
      }),
      ...{ connectionTimeout: SMTP_STEP_MS, greetingTimeout: SMTP_STEP_MS, socketTimeout: SMTP_STEP_MS },
      ...{ disableFileAccess: true, disableUrlAccess: true },
    })
    const attachments = [{ filename: file.name, content: file.text, contentType: 'text/plain' }]
    await transport.sendMail({ from, to, subject, text, attachments })
  }
}
