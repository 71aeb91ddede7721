import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

// Which address a request came from, and how addresses are counted.
//
// Limits by address use `addressKey` only. One customer of a network provider gets a whole /64 of IPv6 and can send
// from any address in it, so a /64 counts as one caller.

/** Reads the address of a request from its socket and its X-Forwarded-For header. */
export type ClientAddress = (remoteAddress: string, forwardedFor: string | undefined) => string

/**
 * Returns how to read the address of a request.
 *
 * Reads X-Forwarded-For from the end, as Express and Nginx do. The first entry that is not a trusted proxy is the client. If
 * an entry is not an address, the client is the proxy that added this entry.
 *
 * @param trustedProxies addresses and networks (`10.0.0.1`, `10.0.0.0/8`); empty: the header is ignored
 */
export function clientAddressBehind(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = trustedBy(trustedProxies)

  return (remoteAddress, forwardedFor) => {
    let client = canonicalAddress(remoteAddress) ?? remoteAddress
    if (forwardedFor === undefined || trustedProxies.length === 0) return client
    for (const entry of forwardedFor.split(',').reverse()) {
      if (!isTrusted(client)) break
      const address = canonicalAddress(withoutPort(entry.trim()))
      if (address === null) break
      client = address
    }
    return client
  }
}

/**
 * Returns a function that tells whether many clients share an address: a trusted proxy, or this machine, which may run one.
 */
export function sharedBy(trustedProxies: readonly string[]): (address: string) => boolean {
  const isShared = trustedBy([...trustedProxies, '127.0.0.0/8', '::1'])
  return (address) => isShared(canonicalAddress(address) ?? '')
}

/** Returns a function that tells whether a list of proxies has an address. */
export function trustedBy(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList()
  for (const proxy of trustedProxies) {
    const [network = '', bits] = proxy.split('/')
    const family = isIPv4(network) ? 'ipv4' : 'ipv6'
    if (bits === undefined) trusted.addAddress(network, family)
    else trusted.addSubnet(network, Number(bits), family)
  }
  return (address) => isIP(address) !== 0 && trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** Removes the port of `1.2.3.4:5678` and `[2001:db8::1]:5678`, and the brackets of `[2001:db8::1]`. */
function withoutPort(entry: string): string {
  const [, v6, v4] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(entry) ?? []
  return v6 ?? v4 ?? entry
}

/**
 * Returns the one spelling of an address (RFC 5952), without a zone, and IPv4 in any form of IPv6 as plain IPv4.
 * Returns null if the text is not an address.
 */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text
  const [address = ''] = text.split('%', 1)
  if (!isIPv6(address)) return null
  const groups = groupsOf(address)
  return embeddedV4(groups) ?? new URL(`http://[${address}]`).hostname.slice(1, -1)
}

/**
 * Returns the key under which limits count an address: an IPv4 address itself, and the /64 of an IPv6 address.
 * Accepts every spelling that `canonicalAddress` does; text that is not an address is its own key.
 */
export function addressKey(text: string): string {
  const address = canonicalAddress(text)
  if (address === null || isIPv4(address)) return address ?? text
  const network = groupsOf(address)
    .slice(0, 4)
    .map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** Returns the eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser turns an IPv4 address at the end into two groups.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const parse = (part: string) => part.split(':').flatMap((group) => (group === '' ? [] : [Number.parseInt(group, 16)]))
  const first = parse(head)
  const last = parse(tail ?? '')
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
}

/** Returns the IPv4 address inside ::ffff:0:0/96 (mapped) or 64:ff9b::/96 (translated, RFC 6052); else null. */
function embeddedV4(groups: number[]): string | null {
  const [high = 0, low = 0] = groups.slice(6)
  const prefix = groups.slice(0, 6).join(' ')
  if (prefix !== MAPPED && prefix !== TRANSLATED) return null
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

const MAPPED = [0, 0, 0, 0, 0, 0xffff].join(' ')
const TRANSLATED = [0x64, 0xff9b, 0, 0, 0, 0].join(' ')
