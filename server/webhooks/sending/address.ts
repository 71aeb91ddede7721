import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { ENDPOINT_URL_MAX_LENGTH } from '../../limits.ts'

// Allowed destinations of webhooks. A partner chooses the URL of an endpoint, and the server sends a request to it from
// inside the operator's network. Without these rules a partner could reach any service there (server-side request forgery).
//
// The rules concern addresses, not notations: the URL parser (WHATWG) has already turned 0x7f.1, 017700000001, 2130706433
// and ①②⑦.0.0.1 into 127.0.0.1. A name has no address until it is resolved, and may resolve differently later. So a name is
// checked twice: at registration, to report a mistake early, and for every connection, on the address that is used
// (connect.ts).
//
// Not guaranteed: that no network translates a public IPv6 address into a private IPv4 address. The well-known prefixes of
// such translation are refused, but an operator can choose others (RFC 6052 §3.1), which this code cannot know.

/** IPv4 ranges that are not public (IANA special-purpose registry, RFC 6890, multicast, reserved space, cloud services). */
const NOT_PUBLIC_V4: readonly [network: string, bits: number, what: string][] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'carrier-grade NAT'],
  ['127.0.0.0', 8, 'loopback'],
  // Inside their clouds these addresses belong to services of the provider.
  ['161.26.0.0', 16, 'internal services of IBM Cloud'],
  ['166.8.0.0', 14, 'internal services of IBM Cloud'],
  ['168.63.129.16', 32, 'internal services of Azure'],
  ['169.254.0.0', 16, 'link-local, where clouds serve metadata'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved for a protocol'],
  ['192.0.2.0', 24, 'reserved for documentation'],
  ['192.31.196.0', 24, 'reserved for a protocol'],
  ['192.52.193.0', 24, 'reserved for a protocol'],
  ['192.88.99.0', 24, 'reserved for a protocol'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'reserved for a protocol'],
  ['198.18.0.0', 15, 'reserved for benchmarks'],
  ['198.51.100.0', 24, 'reserved for documentation'],
  ['203.0.113.0', 24, 'reserved for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
]

/** Public IPv6 addresses begin with the bits 001. All others are loopback, mapped, translated, private, local or unknown. */
const PUBLIC_V6: readonly [network: string, bits: number] = ['2000::', 3]

/** Ranges within 2000::/3 that are not public: protocols (Teredo, ORCHID …), documentation, and 6to4, which maps to IPv4. */
const NOT_PUBLIC_V6: readonly [network: string, bits: number, what: string][] = [
  ['2001::', 23, 'reserved for a protocol'],
  ['2001:db8::', 32, 'reserved for documentation'],
  ['2002::', 16, '6to4, which maps to IPv4'],
  ['2620:4f:8000::', 48, 'reserved for a protocol'],
  ['3fff::', 20, 'reserved for documentation'],
]

/** The most common ranges outside of 2000::/3, with names for error messages. */
const NAMED_V6: readonly [network: string, bits: number, what: string][] = [
  ['::', 128, 'this host'],
  ['::1', 128, 'loopback'],
  ['::ffff:0:0', 96, 'IPv4-mapped'],
  ['64:ff9b::', 96, 'translated to IPv4'],
  ['64:ff9b:1::', 48, 'translated to IPv4'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'private'],
  ['ff00::', 8, 'multicast'],
]

type AddressRange = { what: string; contains(address: string): boolean }

const rangeOf = (family: 'ipv4' | 'ipv6', network: string, bits: number, what: string): AddressRange => {
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return { what, contains: (address) => list.check(address, family) }
}

const V4 = NOT_PUBLIC_V4.map(([network, bits, what]) => rangeOf('ipv4', network, bits, what))
const V6 = [...NOT_PUBLIC_V6, ...NAMED_V6].map(([network, bits, what]) => rangeOf('ipv6', network, bits, what))
const GLOBAL_V6 = rangeOf('ipv6', ...PUBLIC_V6, 'public')
const LOOPBACK_V4 = rangeOf('ipv4', '127.0.0.0', 8, 'loopback')

/** Returns the kind of an address that is not public ("private", "loopback" …); null for a public address. */
export function specialPurpose(address: string): string | null {
  if (isIPv4(address)) return V4.find((range) => range.contains(address))?.what ?? null
  // An address with a zone (fe80::1%eth0) is local.
  if (!isIPv6(address) || address.includes('%')) return 'unknown network'
  const special = V6.find((range) => range.contains(address))
  return special ? special.what : GLOBAL_V6.contains(address) ? null : 'reserved'
}

const isLoopback = (address: string): boolean => address === '::1' || (isIPv4(address) && LOOPBACK_V4.contains(address))

/** The allowed protocols and addresses. */
export type Rules = {
  /** Whether http to this machine is allowed too, for development. */
  allowLocal: boolean
  /** Returns the kind of an address that is not public; default `specialPurpose`. Tests replace it to be reachable. */
  special?: (address: string) => string | null
}

/**
 * Returns why this protocol (`http:` or `https:`) must not be used with this address, as text that follows "it"; null if it
 * may.
 */
export function refusedAddress(address: string, protocol: string, rules: Rules): string | null {
  const { allowLocal, special = specialPurpose } = rules
  if (protocol === 'http:')
    return allowLocal && isLoopback(address)
      ? null
      : 'is not a loopback address; use https, or a loopback address for development'
  const what = special(address)
  return what === null ? null : `is not a public address (${what})`
}

/** Returns all addresses of a name. Rejects if it has none or cannot be resolved. */
export type Resolve = (name: string) => Promise<string[]>

/** Returns the host of a URL: an address without brackets, or a name without a trailing dot. */
export const hostOf = ({ hostname }: URL): string =>
  hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.replace(/\.$/, '')

/**
 * Returns the mistake in the text of an endpoint URL, as text that follows the field name; null if there is none. Does not
 * resolve names.
 */
export function writtenMistake(text: string, rules: Rules): string | null {
  // The URL parser would silently remove these characters, so other checks might see a different URL.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for them
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return 'must not contain spaces, control characters or backslashes'
  if (DISGUISE.test(text)) return 'must not contain invisible characters or characters that change the text direction'
  const url = URL.parse(text)
  if (!url || !/^https?:\/\//i.test(text)) return 'must be a URL, such as https://example.com/webhooks'
  if (url.protocol === 'http:' && !rules.allowLocal) return 'must be https'
  const authority = /^[^/?#]*/.exec(text.slice(text.indexOf('//') + 2))?.[0] ?? ''
  if (authority.includes('@')) return 'must not contain a user name or a password'
  if (text.includes('#')) return 'must not contain a fragment (#…), because fragments are never sent'
  if (storedUrl(text).length > ENDPOINT_URL_MAX_LENGTH)
    return `must be at most ${ENDPOINT_URL_MAX_LENGTH} characters after percent-encoding`
  if (url.port === '0') return 'must not use port 0'
  const host = hostOf(url)
  if (isIP(host) === 0) return host.split('.').includes('') ? 'must contain a host name' : null
  const refused = refusedAddress(host, url.protocol, rules)
  return refused === null ? null : `must not lead to ${host}: it ${refused}`
}

/**
 * Control and format characters (including bidirectional ones such as U+202E), and characters drawn as nothing or a space.
 */
const DISGUISE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/**
 * Returns the form of a valid URL that is stored and shown. It is ASCII only, so that a lookalike host is visible as
 * `xn--…`. A URL with an ASCII host is not changed.
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
 * Returns the mistake in the addresses of a URL's host name, in the same form; null if there is none. A name without an
 * address is no mistake: it may get one later, and each connection checks it again.
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
