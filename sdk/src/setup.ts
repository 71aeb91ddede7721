import type { SetupReason } from './errors.ts'

// Failures that a retry cannot fix: the base URL, a certificate or a proxy must change.

/** `isLasting`: a client that received responses before cannot expect that a retry helps either. */
type Trouble = { reason: SetupReason; words: RegExp; says: string; isLasting?: true }

/** Error codes of Node and Bun, and error texts of Deno. The first match counts. */
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
    says: "the server's certificate is for another host name: check the base URL",
  },
  {
    reason: 'certificate',
    words:
      /\b(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w*(ISSUER|VERIFY)\w*|CERT_UNTRUSTED|UnknownIssuer|self[- ]signed certificate)\b/,
    says: "the server's certificate is not trusted: for a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file",
  },
  {
    reason: 'certificate',
    words: /\b((?:UNABLE_TO_\w*)?CERT(IFICATE)?_\w+|INVALID_(CA|PURPOSE)|ERR_TLS_CERT\w*|invalid peer certificate)\b/,
    says: "the server's certificate was rejected",
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
    says: 'the response is not HTTP: check the port, or use https://',
  },
  { reason: 'host', words: /\bENOTFOUND\b/, says: 'host not found: check the base URL' },
  { reason: 'host', words: /\bbad port\b/, says: 'fetch blocks this port: check the base URL' },
  {
    reason: 'proxy',
    words: /\bProxy response \(4\d\d\)|UND_ERR_PRX_TLS/,
    says: 'the proxy rejected the connection: check its URL and credentials',
  },
  {
    reason: 'proxy',
    words:
      /\b(Z_DATA_ERROR|ZSTD_error_\w+|ERR__ERROR_FORMAT_\w+|ZlibError|BrotliDecompressionError|ZstdDecompressionError)\b|invalid gzip header/,
    says: 'the body is not compressed as its Content-Encoding header says: a proxy on the way changes responses, so correct its configuration',
    // Only long responses are compressed, so others may have arrived.
    isLasting: true,
  },
]

/** Returns what to fix, found in the texts of an error and its causes; null if the failure may be temporary. */
export function setupTrouble(words: string): Omit<Trouble, 'words'> | null {
  const found = TROUBLES.find((trouble) => trouble.words.test(words))
  if (!found) return null
  const [named = ''] = found.words.exec(words) ?? []
  const { words: _, ...trouble } = found
  return { ...trouble, says: /^[A-Z_]+$/.test(named) ? `${found.says} (${named})` : found.says }
}
