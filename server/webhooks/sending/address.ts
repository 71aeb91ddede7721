import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { ENDPOINT_URL_MAX_LENGTH } from '../../limits.ts'

// Where webhooks may go. An endpoint's URL comes from a partner, and we send what it names a request from inside our
// network: without these rules that would be a way to whatever listens there (server-side request forgery).
//
// The rules are about addresses, and not about how one can be written: the URL parser (WHATWG) has already made
// 0x7f.1, 017700000001, 2130706433 and ①②⑦.0.0.1 the same 127.0.0.1, and names mean nothing until they are resolved.
// So a name is checked twice: when the endpoint is registered, to say at once what is wrong with it, and whenever a
// connection is made, on the very addresses that it is made to (connect.ts), since a name may change in between.
//
// Not guaranteed: that no network translates a public IPv6 address into a private IPv4 one. The well-known prefixes of
// such translation are refused, but an operator can choose others (RFC 6052 §3.1), which only he can know.

/** Special purposes of IPv4 (IANA's registry of special-purpose addresses, RFC 6890, multicast, reserved space, clouds). */
const NOT_PUBLIC_V4: readonly [network: string, bits: number, what: string][] = [
  ['0.0.0.0', 8, 'of this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'of a carrier-grade NAT'],
  ['127.0.0.0', 8, 'loopback'],
  // Inside their clouds these lead to services of the provider, whoever they belong to on the internet.
  ['161.26.0.0', 16, 'of a cloud provider’s own services (IBM)'],
  ['166.8.0.0', 14, 'of a cloud provider’s own services (IBM)'],
  ['168.63.129.16', 32, 'of a cloud provider’s own services (Azure)'],
  ['169.254.0.0', 16, 'link-local, where clouds keep their metadata'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'of a protocol'],
  ['192.0.2.0', 24, 'for documentation'],
  ['192.31.196.0', 24, 'of a protocol'],
  ['192.52.193.0', 24, 'of a protocol'],
  ['192.88.99.0', 24, 'of a protocol'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'of a protocol'],
  ['198.18.0.0', 15, 'for benchmarks'],
  ['198.51.100.0', 24, 'for documentation'],
  ['203.0.113.0', 24, 'for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
]

/** What of IPv6 is public begins with the bits 001; everything else is loopback, mapped, translated, private, local or unknown. */
const PUBLIC_V6: readonly [network: string, bits: number] = ['2000::', 3]

/** Within that: protocols (Teredo, ORCHID …), documentation, and 6to4, which leads to any IPv4 address. */
const NOT_PUBLIC_V6: readonly [network: string, bits: number, what: string][] = [
  ['2001::', 23, 'of a protocol'],
  ['2001:db8::', 32, 'for documentation'],
  ['2002::', 16, 'of 6to4, which stands for one of IPv4'],
  ['2620:4f:8000::', 48, 'of a protocol'],
  ['3fff::', 20, 'for documentation'],
]

/** What people call the most usual of the rest. */
const NAMED_V6: readonly [network: string, bits: number, what: string][] = [
  ['::', 128, 'of this host'],
  ['::1', 128, 'loopback'],
  ['::ffff:0:0', 96, 'of IPv4 in another form'],
  ['64:ff9b::', 96, 'translated into one of IPv4'],
  ['64:ff9b:1::', 48, 'translated into one of IPv4'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'private'],
  ['ff00::', 8, 'multicast'],
]

type Range = { what: string; contains(address: string): boolean }

const rangeOf = (family: 'ipv4' | 'ipv6', network: string, bits: number, what: string): Range => {
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return { what, contains: (address) => list.check(address, family) }
}

const V4 = NOT_PUBLIC_V4.map(([network, bits, what]) => rangeOf('ipv4', network, bits, what))
const V6 = [...NOT_PUBLIC_V6, ...NAMED_V6].map(([network, bits, what]) => rangeOf('ipv6', network, bits, what))
const GLOBAL_V6 = rangeOf('ipv6', ...PUBLIC_V6, 'public')
const LOOPBACK_V4 = rangeOf('ipv4', '127.0.0.0', 8, 'loopback')

/** What an address is, if it is not a public one: "private", "loopback" …; null for one that anybody on the internet has. */
export function specialPurpose(address: string): string | null {
  if (isIPv4(address)) return V4.find((range) => range.contains(address))?.what ?? null
  // A zone (fe80::1%eth0) makes it local, whatever it is.
  if (!isIPv6(address) || address.includes('%')) return 'of no network that we know'
  const special = V6.find((range) => range.contains(address))
  return special ? special.what : GLOBAL_V6.contains(address) ? null : 'reserved'
}

const isLoopback = (address: string): boolean => address === '::1' || (isIPv4(address) && LOOPBACK_V4.contains(address))

/** Which protocols and addresses are allowed. */
export type Rules = {
  /** http to this machine is allowed as well, for development. */
  allowLocal: boolean
  /** What is no public address; `specialPurpose`, unless a test wants to be reached. */
  special?: (address: string) => string | null
}

/**
 * Why nothing may be sent to this address by this protocol (`http:` or `https:`), in words that go after "it"; null if
 * it may.
 */
export function refusedAddress(address: string, protocol: string, rules: Rules): string | null {
  const { allowLocal, special = specialPurpose } = rules
  if (protocol === 'http:')
    return allowLocal && isLoopback(address) ? null : 'is not this machine, which is all that http may reach'
  const what = special(address)
  return what === null ? null : `is ${what}, and not public`
}

/** Addresses of a name, all that it has; rejects if it has none, or nobody knows. */
export type Resolve = (name: string) => Promise<string[]>

/** The host of a URL: an address without its brackets, or a name without the dot at its end. */
export const hostOf = ({ hostname }: URL): string =>
  hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.replace(/\.$/, '')

/**
 * What is wrong with the URL of an endpoint as it is written, in words that go after its name; null if nothing is.
 * Where its name leads, if it has one, is not asked here.
 */
export function writtenMistake(text: string, rules: Rules): string | null {
  // The parser would take these away without a word, and they could be part of what somebody else checks.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return 'must have no spaces, control characters or backslashes'
  if (DISGUISE.test(text)) return 'must have no invisible characters and none that change the direction of text'
  const url = URL.parse(text)
  if (!url || !/^https?:\/\//i.test(text)) return 'must be a URL, such as https://example.com/webhooks'
  if (url.protocol === 'http:' && !rules.allowLocal) return 'must be https'
  const authority = /^[^/?#]*/.exec(text.slice(text.indexOf('//') + 2))?.[0] ?? ''
  if (authority.includes('@')) return 'must not have a user or a password in it'
  if (text.includes('#')) return 'must not have a fragment (#…), which would never be sent'
  if (storedUrl(text).length > ENDPOINT_URL_MAX_LENGTH)
    return `must be at most ${ENDPOINT_URL_MAX_LENGTH} characters, percent-encoded`
  if (url.port === '0') return 'must not have the port 0'
  const host = hostOf(url)
  if (isIP(host) === 0) return host.split('.').includes('') ? 'must name a host' : null
  const refused = refusedAddress(host, url.protocol, rules)
  return refused === null ? null : `must not lead to ${host}: it ${refused}`
}

/** Controls, format characters (bidirectional ones, U+202E among them), and what is drawn as nothing or a space. */
const DISGUISE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/**
 * Returns the form of a checked URL that is stored and shown: ASCII only, so that a host which looks like another one is
 * seen as what it is (`xn--…`). A URL whose host is written in ASCII stays as it was sent.
 */
export function storedUrl(text: string): string {
  const url = new URL(text)
  const isPlain =
    /^[!-~]+$/.test(text) &&
    text
      .slice(text.indexOf('//') + 2)
      .toLowerCase()
      .startsWith(url.hostname)
  return isPlain ? text : url.href
}

/**
 * What is wrong with where the name in a URL leads, in the same words; null if nothing is. A name that has no address now
 * is not wrong: it may have one later, and is checked again whenever something is sent to it.
 */
export async function resolvedMistake(text: string, rules: Rules, resolve: Resolve): Promise<string | null> {
  const url = new URL(text)
  const host = hostOf(url)
  if (isIP(host) !== 0) return null
  for (const address of await resolve(host).catch(() => [])) {
    const refused = refusedAddress(address, url.protocol, rules)
    if (refused !== null) return `must not lead to ${host}: its address ${address} ${refused}`
  }
  return null
}
