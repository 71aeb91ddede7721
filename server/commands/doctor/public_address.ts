import { request } from 'node:https'
import { getCACertificates, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { Config } from '../../config.ts'
import { isLoopback } from '../../values/loopback.ts'
import { durationText, type Finding, ok, weak, wrong } from './finding.ts'

// What a partner meets at TALAD_PUBLIC_URL: the name, the certificate and the proxy.

const PROBE_MS = 5000
const DAY_MS = 86_400_000
/** Programs that renew certificates do so earlier: certbot 30 days before the end, Caddy after two thirds of the time. */
const ENDS_SOON_MS = 10 * DAY_MS
/** A certificate of a few days is renewed shortly before its end. */
const ENDS_SOON_SHARE = 1 / 4

type Answer = { status: number; isTalad: boolean; certificate: PeerCertificate }

/**
 * Asks for `/healthz` at the public URL, as partners reach it. Null without an https URL.
 *
 * @param ca certificates to trust in addition to those of Node.js and of the operating system
 * @param waitMs how long to wait for the answer
 */
export async function publicAddressFinding(
  { publicUrl }: Pick<Config, 'publicUrl'>,
  now: Date,
  { ca = [], waitMs = PROBE_MS }: { ca?: readonly string[]; waitMs?: number } = {},
): Promise<Finding | null> {
  const check = 'public_url'
  if (!publicUrl?.startsWith('https:')) return null
  const answer = await probe(publicUrl, ca, waitMs).catch((error: NodeJS.ErrnoException) => error)
  if (answer instanceof Error) return failure(check, publicUrl, answer)
  const { status, isTalad, certificate } = answer
  const [begin, end] = [Date.parse(certificate.valid_from), Date.parse(certificate.valid_to)]
  const left = end - now.getTime()
  if (left < Math.min(ENDS_SOON_MS, (end - begin) * ENDS_SOON_SHARE))
    return weak(
      check,
      `The certificate of ${publicUrl} ends in ${durationText(left)}, and was not renewed.`,
      'Read the log of what renews it: journalctl -u certbot, or -u caddy.',
    )
  if (!isTalad)
    return weak(
      check,
      `${publicUrl}/healthz answers with ${status}, not as Talad does.`,
      'Start Talad, and let the proxy pass requests on to HOST and PORT. Look whether the name leads to this machine.',
    )
  const until = new Date(certificate.valid_to).toISOString().slice(0, 10)
  return ok(check, `${publicUrl} leads to Talad. Its certificate is valid until ${until}.`)
}

function probe(publicUrl: string, ca: readonly string[], waitMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const trusted = [...getCACertificates('default'), ...getCACertificates('system'), ...ca]
    const sent = request(new URL('/healthz', publicUrl), { ca: trusted, agent: false }, (response) => {
      const certificate = (response.socket as TLSSocket).getPeerCertificate()
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        // Another server may send a page of any length.
        if (body.length < 1000) body += text
      })
      response.on('error', reject)
      response.on('end', () => {
        const status = response.statusCode ?? 0
        resolve({ status, isTalad: status === 200 && body === '{"status":"ok"}', certificate })
      })
    })
    const timer = setTimeout(() => sent.destroy(new Error(`no answer in ${waitMs / 1000} seconds`)), waitMs)
    sent.on('close', () => clearTimeout(timer))
    sent.on('error', reject)
    sent.end()
  })
}

/** Errors of TLS that Node.js names by a code. */
const CERTIFICATES: Record<string, { what: string; remedy: string }> = {
  CERT_HAS_EXPIRED: { what: 'has expired', remedy: 'Renew it: certbot renew, or read the log of Caddy.' },
  CERT_NOT_YET_VALID: { what: 'is not valid yet', remedy: 'Compare the clock of this machine (timedatectl).' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: 'is for another name',
    remedy: 'Get a certificate for the name in TALAD_PUBLIC_URL.',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    what: 'comes without the certificates between it and its CA',
    remedy: 'Let the proxy send the whole chain (fullchain.pem).',
  },
}
const UNKNOWN_CA = {
  what: 'is not from a CA that this machine trusts',
  remedy: 'Get one from a public CA. For a CA of your own, name its certificate in NODE_EXTRA_CA_CERTS.',
}

function failure(check: string, publicUrl: string, error: NodeJS.ErrnoException): Finding {
  const { hostname } = new URL(publicUrl)
  const code = error.code ?? ''
  if (/^(ENOTFOUND|EAI_)/.test(code))
    return weak(
      check,
      `${hostname} has no address in the DNS.`,
      `Let ${hostname} lead to this machine, or correct TALAD_PUBLIC_URL.`,
    )
  const certificate = CERTIFICATES[code] ?? (/CERT|SELF_SIGNED|ISSUER/.test(code) ? UNKNOWN_CA : null)
  if (certificate)
    return wrong(
      check,
      `The certificate of ${publicUrl} ${certificate.what}: partners cannot connect.`,
      certificate.remedy,
    )
  const reason = code === 'ECONNREFUSED' ? 'nothing listens there' : error.message || code
  return weak(
    check,
    `${publicUrl} does not answer from this machine: ${reason}.`,
    isLoopback({ hostname })
      ? 'Start the proxy.'
      : 'Start the proxy, and open its port in the firewall. If other machines reach it, nothing is to be done.',
  )
}
