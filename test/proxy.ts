import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'

// A TCP proxy, to Postgres or to our own server, that can be cut. For Postgres it also speaks TLS, which the Postgres of the
// tests does not.

const SSL_REQUEST_BYTES = 8

export type TcpProxy = {
  /** The same URL through the proxy; with `sslmode=require` if the proxy uses TLS. */
  url: string
  /** Number of connections so far. */
  opened(): number
  /** Number of connections that used TLS. */
  secured(): number
  /** Resets all connections. */
  cut(): void
  /** Resets all connections, and every new one until `restore`. */
  block(): void
  /** Passes nothing on until `restore`, but keeps all connections and accepts new ones, like a machine that hangs. */
  hang(): void
  restore(): void
  stop(): void
}

/** @param answer the proxy's answer to a TLS request; it starts with S for TLS. Null for a proxy without TLS. */
export async function startProxy(to: string, answer: string | null = null): Promise<TcpProxy> {
  const { hostname, port } = new URL(to)
  const pem = readFileSync(join(import.meta.dirname, 'localhost.pem'))
  const sockets = new Set<Socket>()
  let opened = 0
  let secured = 0
  let isBlocked = false
  /** What new connections do after `restore`, while it hangs. */
  let hanging: (() => void)[] | null = null
  const lead = (socket: Socket, client: Socket) => {
    const upstream = connect(Number(port), hostname)
    sockets.add(upstream)
    upstream
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(upstream)
        socket.destroy()
      })
    socket.on('close', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  }
  const server = createServer((socket) => {
    opened += 1
    if (isBlocked) return void socket.resetAndDestroy()
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (hanging) return void hanging.push(() => lead(socket, socket))
    if (answer === null) return lead(socket, socket)
    socket.once('readable', () => {
      socket.read(SSL_REQUEST_BYTES)
      socket.write(answer)
      if (!answer.startsWith('S')) return lead(socket, socket)
      const client = new TLSSocket(socket, { isServer: true, key: pem, cert: pem })
      client.on('error', () => {}).on('secure', () => (secured += 1))
      lead(socket, client)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(to)
  url.port = String((server.address() as { port: number }).port)
  if (answer !== null) url.searchParams.set('sslmode', 'require')
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: url.href,
    opened: () => opened,
    secured: () => secured,
    cut,
    block() {
      isBlocked = true
      cut()
    },
    hang() {
      hanging = []
      for (const socket of sockets) socket.pause()
    },
    restore() {
      isBlocked = false
      for (const socket of sockets) socket.resume()
      for (const go of hanging ?? []) go()
      hanging = null
    },
    stop() {
      server.close()
      cut()
    },
  }
}
