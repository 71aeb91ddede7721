import type { SetupReason } from './errors.ts'

// Failures that no retry mends: somebody has to change the address, a certificate or a proxy.

type Trouble = { reason: SetupReason; words: RegExp; says: string }

/** The codes of Node and Bun, and the words of Deno. The first match counts. */
const TROUBLES: Trouble[] = [
  {
    reason: 'certificate',
    words: /\b(CERT_HAS_EXPIRED|certificate has expired|peer certificate: Expired)\b/,
    says: "the server's certificate has expired: its operator must renew it, or the clock of this machine is wrong",
  },
  {
    reason: 'certificate',
    words: /\b(CERT_NOT_YET_VALID|NotValidYet)\b/,
    says: "the server's certificate is not valid yet: check the clock of this machine",
  },
  {
    reason: 'certificate',
    words: /\b(ERR_TLS_CERT_ALTNAME_\w+|HOSTNAME_MISMATCH|NotValidForName)\b/,
    says: "the server's certificate is for another host name: check the address",
  },
  {
    reason: 'certificate',
    words:
      /\b(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w*(ISSUER|VERIFY)\w*|CERT_UNTRUSTED|UnknownIssuer|self[- ]signed certificate)\b/,
    says: "the server's certificate is not trusted here: for a certificate authority of your own, set NODE_EXTRA_CA_CERTS to its PEM file",
  },
  {
    reason: 'certificate',
    words: /\b((?:UNABLE_TO_\w*)?CERT(IFICATE)?_\w+|INVALID_(CA|PURPOSE)|ERR_TLS_CERT\w*|invalid peer certificate)\b/,
    says: "the server's certificate was refused",
  },
  {
    reason: 'protocol',
    words: /ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)|wrong version number|InvalidContentType/,
    says: 'the server does not speak TLS on this port: check the port, or use http://',
  },
  {
    reason: 'protocol',
    words: /\b(ERR_SSL_\w+|EPROTO)\b/,
    says: 'the TLS handshake failed',
  },
  {
    reason: 'protocol',
    words: /\bHPE_\w+|does not match the HTTP\/1\.1 protocol/,
    says: 'the answer is not HTTP: check the port, or use https://',
  },
  { reason: 'host', words: /\bENOTFOUND\b/, says: 'there is no host of this name: check the address' },
  { reason: 'host', words: /\bbad port\b/, says: 'fetch refuses this port: check the address' },
  {
    reason: 'proxy',
    words: /\bProxy response \(4\d\d\)|UND_ERR_PRX_TLS/,
    says: 'the proxy refused: check its address and its credentials',
  },
]

/** Finds what somebody has to change, in the words of an error and its causes; null if it may pass by itself. */
export function setupTrouble(words: string): { reason: SetupReason; says: string } | null {
  const found = TROUBLES.find((trouble) => trouble.words.test(words))
  if (!found) return null
  const [named = ''] = found.words.exec(words) ?? []
  return { reason: found.reason, says: /^[A-Z_]+$/.test(named) ? `${found.says} (${named})` : found.says }
}
