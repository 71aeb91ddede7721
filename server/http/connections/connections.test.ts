import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONNECTIONS_OF_ADDRESS_MAX } from '../../limits.ts'
import { createConnections } from './connections.ts'

// The clients of this machine count as clients of one address.
const connections = createConnections(() => false)
const running: ServerResponse[] = []
const server = createServer((request, response) => {
  void connections.begin(request.socket, response)
  if (request.url === '/running') running.push(response)
  else response.end('ok')
})
connections.watch(server)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const sockets: Socket[] = []
after(() => {
  for (const socket of sockets) socket.destroy()
  server.closeAllConnections()
  server.close()
})

async function open(text = '', localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  sockets.push(socket)
  socket.on('error', () => {}).resume()
  await once(socket, 'connect')
  if (text !== '') socket.write(text)
  return socket
}

test('when an address exceeds its limit, its longest idle connection is closed, never one with a running request', async () => {
  const elsewhere = await open('', '127.0.0.2')
  const busy = await open('GET /running HTTP/1.1\r\nHost: x\r\n\r\n')
  while (running.length === 0) await sleep(5)
  const idle: Socket[] = []
  for (let at = 1; at < CONNECTIONS_OF_ADDRESS_MAX; at += 1) idle.push(await open())
  const [first, second, third] = idle
  assert.ok(first && second && third)
  // It was used again, so it is not the longest idle one.
  first.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(first, 'data')
  const newest = [await open(), await open()]
  while (!second.destroyed || !third.destroyed) await sleep(5)
  const answered = newest.map((socket) => once(socket, 'data'))
  for (const socket of newest) socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  for (const [data] of await Promise.all(answered)) assert.match(String(data), /^HTTP\/1\.1 200 /)
  assert.deepEqual(
    [busy, first, elsewhere, ...idle.slice(3)].filter(({ destroyed }) => destroyed),
    [],
  )
  const told = once(busy, 'data')
  running[0]?.end('done')
  assert.match(String(await told), /done/)
})
