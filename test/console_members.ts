import { createHmac, randomBytes } from 'node:crypto'
import { addMember } from '../server/console/members/membership.ts'
import { sessionKey } from '../server/console/sign_in/library.ts'
import type { Role } from '../server/contract/role.ts'
import type { HttpAnswer } from './contract.ts'
import type { CallOptions, Json, TestServer } from './harness.ts'

// Members of businesses in tests.

/** Base path of the console. */
export const CONSOLE = '/api/console/v1'

export type TestMember = { id: string; email: string; password: string; cookie: string }

export const PASSWORD = 'correct horse battery'

/** What a browser sends with a request of a page of ours. */
export const FROM_OUR_PAGE = { 'sec-fetch-site': 'same-origin' }

type ConsoleServer = Pick<TestServer, 'app' | 'db' | 'call' | 'clock'> & { secretKey: Buffer }

/** Creates a member with a password and a session, without the work of a sign-in. */
export async function makeMember(
  server: ConsoleServer,
  {
    businessId,
    role = 'owner',
    email = `${randomBytes(6).toString('hex')}@example.com`,
  }: { businessId: string; role?: Role; email?: string },
): Promise<TestMember> {
  const { password } = await (await server.app.library()).$context
  hash ??= await password.hash(PASSWORD)
  const member = await addMember(
    server.db,
    { businessId, role, email, name: `member ${email.slice(0, 4)}`, passwordHash: hash },
    server.clock.now,
  )
  return { id: member.id, email, password: PASSWORD, cookie: await sessionFor(server, member.id) }
}

let hash: string | undefined

/** Creates a session of a member. @returns the Cookie header */
export async function sessionFor(server: ConsoleServer, userId: string): Promise<string> {
  const { internalAdapter } = await (await server.app.library()).$context
  const { token } = await internalAdapter.createSession(userId)
  const signature = createHmac('sha256', sessionKey(server.secretKey)).update(token).digest('base64')
  return `talad.session_token=${encodeURIComponent(`${token}.${signature}`)}`
}

export type AskAs = (
  method: string,
  path: string,
  body?: object | string,
  headers?: Record<string, string>,
) => Promise<HttpAnswer & { body: Json }>

/** Returns a function that sends requests of a page of ours. @param cookie null: signed out */
export const browserOf =
  (server: Pick<TestServer, 'call'>, cookie: string | null): AskAs =>
  (method, path, body, headers = {}) => {
    const options: CallOptions = {
      method,
      headers: {
        ...FROM_OUR_PAGE,
        ...(cookie !== null && { cookie }),
        ...(body !== undefined && { 'content-type': isFile(body) ? 'text/csv' : 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isFile(body) ? body : JSON.stringify(body) }),
    }
    return server.call(CONSOLE + path, options)
  }

const isFile = (body: object | string): body is string | Buffer<ArrayBuffer> =>
  typeof body === 'string' || Buffer.isBuffer(body)

/** Returns the cookies that a response sets, as a browser sends them. Cookies that end are left out. */
export const cookiesOf = ({ headers }: HttpAnswer): string =>
  headers
    .getSetCookie()
    .filter((line) => !/max-age=0/i.test(line))
    .map((line) => line.split(';', 1)[0] as string)
    .join('; ')
