import { Resolver } from 'node:dns/promises'
import { type Agent, type AgentOptions, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP, isIPv6, type LookupFunction, type Socket } from 'node:net'
import { CONNECTIONS_KEPT_MAX, CONNECTIONS_KEPT_MS, DNS_TIMEOUT_MS } from '../../limits.ts'
import { type Resolve, type Rules, refusedAddress } from './address.ts'

// Connections to endpoints. There is no way to one but through here: whatever a name resolves to is checked where the
// connection is made, and the connection is made to what was checked. Redirects are not followed, so no answer can
// lead past this.

/** An endpoint has an address that nothing may be sent to. */
export class AddressBlocked extends Error {}

/** An endpoint's name has no address, or nobody could say which. */
export class NameUnresolved extends Error {}

/** The agents to connect with, by protocol. They keep connections for the next delivery. */
export type Agents = { of(protocol: string): Agent; destroy(): void }

/**
 * Agents that connect only to what the rules allow.
 *
 * @param ca certificates to trust instead of the usual ones, for tests
 */
export function guardedAgents(rules: Rules, resolve: Resolve, ca?: string): Agents {
  const options = (protocol: string): AgentOptions => ({
    keepAlive: true,
    maxFreeSockets: CONNECTIONS_KEPT_MAX,
    // An idle connection is closed before most servers close theirs, so that few are closed while we send.
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

/** The lookup of a connection: fails if any of the name's addresses is refused, for nobody can say which would be taken. */
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

/** Looks at the address before connecting, if the host is one, and at the one that it is connected to. */
function guarded<A extends Agent>(agent: A, protocol: string, rules: Rules): A {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, done) => {
    const host = (options.host ?? '').replace(/^\[|\]$/g, '')
    // Only names are looked up, so an address would never come to the lookup.
    if (isIP(host) !== 0 && refusedAddress(host, protocol, rules) !== null) {
      done?.(blocked(host, protocol, rules), undefined as never)
      return undefined
    }
    const socket = connect(options, done) as Socket
    socket.once('connect', () => {
      // Nothing that we know of leads to any other than was looked at; if something does, no request is sent to it.
      const { remoteAddress = '' } = socket
      if (refusedAddress(remoteAddress, protocol, rules) !== null)
        socket.destroy(blocked(remoteAddress, protocol, rules))
    })
    return socket
  }
  return agent
}

/**
 * Resolves names by the DNS alone: no hosts file and no search list, so that a name means here what it means to
 * everybody; and without the thread pool, in which a few slow names would hold up all others.
 */
export function dnsResolve(): Resolve {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  return async (name) => {
    // RFC 6761 §6.3: it needs no asking.
    if (/(^|\.)localhost$/i.test(name)) return ['127.0.0.1', '::1']
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    const failed = answers.find((answer) => answer.status === 'rejected')
    // Half an answer will do: nothing is sent to an address that is not known.
    if (addresses.length === 0 && failed) throw failed.reason
    return addresses
  }
}
