import { Resolver } from 'node:dns/promises'
import { type Agent, type AgentOptions, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP, isIPv6, type LookupFunction, type Socket } from 'node:net'
import { CONNECTIONS_KEPT_MAX, CONNECTIONS_KEPT_MS, DNS_TIMEOUT_MS } from '../../limits.ts'
import { type Resolve, type Rules, refusedAddress } from './address.ts'

// Connections to endpoints. Every connection goes through this file. It checks the resolved addresses at connection time and
// connects to a checked one. Redirects are not followed, so no response can bypass the check.

/** An endpoint has an address that is not allowed. */
export class AddressBlocked extends Error {}

/** The name of an endpoint has no address or cannot be resolved. */
export class NameUnresolved extends Error {}

/** HTTP agents by protocol. They keep connections open for the next delivery. */
export type Agents = { of(protocol: string): Agent; destroy(): void }

/**
 * Creates agents that connect only to addresses that the rules allow.
 *
 * @param ca certificates to trust instead of the default ones, for tests
 */
export function guardedAgents(rules: Rules, resolve: Resolve, ca?: string): Agents {
  const options = (protocol: string): AgentOptions => ({
    keepAlive: true,
    maxFreeSockets: CONNECTIONS_KEPT_MAX,
    // Most servers close idle connections later than this. So a server rarely closes a connection on which we send.
    timeout: CONNECTIONS_KEPT_MS,
    scheduling: 'lifo',
    lookup: checkedLookup(protocol, rules, resolve),
    autoSelectFamily: true,
  })
  const http = guarded(new HttpAgent(options('http:')), 'http:', rules)
  const https = guarded(new HttpsAgent({ ...options('https:'), ...(ca && { ca }) }), 'https:', rules)
  return {
    of: (protocol) => (protocol === 'http:' ? http : https),
    destroy() {
      http.destroy()
      https.destroy()
    },
  }
}

/** Resolves the name of a connection. Fails if any of its addresses is refused, because any of them might be used. */
const checkedLookup =
  (protocol: string, rules: Rules, resolve: Resolve): LookupFunction =>
  (name, { all }, done) => {
    resolve(name.replace(/\.$/, '')).then(
      (addresses) => {
        const refused = addresses.find((address) => refusedAddress(address, protocol, rules) !== null)
        if (refused !== undefined) return done(blocked(refused, protocol, rules), '', 0)
        const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
        const [first] = found
        if (!first) done(new NameUnresolved(`${name} has no address`), '', 0)
        else if (all) done(null, found)
        else done(null, first.address, first.family)
      },
      ({ code, message }) => done(new NameUnresolved(`${name} cannot be resolved: ${code ?? message}`), '', 0),
    )
  }

const blocked = (address: string, protocol: string, rules: Rules) =>
  new AddressBlocked(`${address} ${refusedAddress(address, protocol, rules)}`)

/** Checks the address before connecting if the host is an address, and checks the remote address of the connection. */
function guarded<A extends Agent>(agent: A, protocol: string, rules: Rules): A {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, done) => {
    const host = (options.host ?? '').replace(/^\[|\]$/g, '')
    // Node.js does not call the lookup for a host that is an address.
    if (isIP(host) !== 0 && refusedAddress(host, protocol, rules) !== null) {
      done?.(blocked(host, protocol, rules), undefined as never)
      return undefined
    }
    const socket = connect(options, done) as Socket
    socket.once('connect', () => {
      // A second check: if the connection leads to another address than the checked one, no request is sent.
      const { remoteAddress = '' } = socket
      if (refusedAddress(remoteAddress, protocol, rules) !== null)
        socket.destroy(blocked(remoteAddress, protocol, rules))
    })
    return socket
  }
  return agent
}

/**
 * Resolves names by DNS alone. It uses no hosts file and no search list, so that a name means the same here as on the
 * internet. It also avoids the thread pool, where a few slow names would delay all others.
 */
export function dnsResolve(): Resolve {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  return async (name) => {
    // RFC 6761 §6.3: localhost needs no query.
    if (/(^|\.)localhost$/i.test(name)) return ['127.0.0.1', '::1']
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    const failed = answers.find((answer) => answer.status === 'rejected')
    // One of the two answers is enough: nothing is sent to an unknown address.
    if (addresses.length === 0 && failed) throw failed.reason
    return addresses
  }
}
