import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { makeBusiness } from './factories.ts'
import { PARTNER, testServer, withinTwoSeconds } from './harness.ts'

// Unmodified third-party clients. They know only the server's address and a partner's credentials.

const server = await testServer()
const business = await makeBusiness(server.db)
const application = () =>
  server.application({ businessId: business.id, scopes: ['read:sales', 'read:customers', 'read:customers:pii'] })
const issuer = new URL(server.url)
const api = (path: string) => new URL(server.url + PARTNER + path)
const isRefused = async (token: string) => (await server.get('/me', token)).status === 401

describe('oauth4webapi', async () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  const as = await oauth.processDiscoveryResponse(issuer, discovered)

  for (const [method, authentication] of [
    ['client_secret_basic', oauth.ClientSecretBasic],
    ['client_secret_post', oauth.ClientSecretPost],
  ] as const) {
    test(`oauth4webapi discovers the server, gets a token by ${method}, and calls the API`, async () => {
      assert.ok(as.token_endpoint_auth_methods_supported?.includes(method))
      const { id, client_id, client_secret } = await application()
      const client = { client_id }
      const proof = authentication(client_secret)
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        proof,
        { scope: 'read:customers' },
        insecure,
      )
      const { access_token, token_type, expires_in, scope } = await oauth.processClientCredentialsResponse(
        as,
        client,
        response,
      )
      assert.deepEqual([token_type, expires_in, scope], ['bearer', 3600, 'read:customers'])

      const me = await oauth.protectedResourceRequest(access_token, 'GET', api('/me'), undefined, null, insecure)
      const { data } = (await me.json()) as { data: { application: { id: string }; scopes: string[] } }
      assert.deepEqual([data.application.id, data.scopes], [id, ['read:customers']])
    })

    test(`oauth4webapi introspects and revokes a token by ${method}`, async () => {
      const { client_id, client_secret } = await application()
      const client = { client_id }
      const proof = authentication(client_secret)
      const granted = await oauth.clientCredentialsGrantRequest(as, client, proof, {}, insecure)
      const { access_token } = await oauth.processClientCredentialsResponse(as, client, granted)
      const introspect = async () =>
        oauth.processIntrospectionResponse(
          as,
          client,
          await oauth.introspectionRequest(as, client, proof, access_token, insecure),
        )

      const { active, scope, sub, iss, token_type } = await introspect()
      assert.deepEqual(
        [active, scope, sub, iss, token_type],
        [true, 'read:sales read:customers read:customers:pii', client_id, server.url, 'Bearer'],
      )
      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, proof, access_token, insecure))
      await withinTwoSeconds(async () => !(await introspect()).active)
      assert.ok(await isRefused(access_token))
    })
  }

  test('oauth4webapi accepts our RFC 9068 tokens and parses our challenge', async () => {
    const app = await application()
    const request = new Request(api('/me'), { headers: { authorization: `Bearer ${await server.token(app)}` } })
    const claims = await oauth.validateJwtAccessToken(as, request, 'urn:talad:api', insecure)
    assert.deepEqual([claims.client_id, claims.iss], [app.client_id, server.url])

    await assert.rejects(
      oauth.protectedResourceRequest('no.such.token', 'GET', api('/me'), undefined, null, insecure),
      (error) => {
        assert.ok(error instanceof oauth.WWWAuthenticateChallengeError)
        assert.deepEqual(
          error.cause.map(({ scheme, parameters }) => [scheme, parameters]),
          [['bearer', { realm: 'partner-api', error: 'invalid_token' }]],
        )
        return true
      },
    )
  })

  test('oauth4webapi parses our error responses as OAuth errors', async () => {
    const { client_id, client_secret } = await application()
    const client = { client_id }
    const grant = async (secret: string, parameters: Record<string, string>) =>
      oauth.processClientCredentialsResponse(
        as,
        client,
        await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretPost(secret), parameters, insecure),
      )
    for (const [refused, status, code, description] of [
      [() => grant('wrong', {}), 401, 'invalid_client', 'Client authentication failed'],
      [() => grant(client_secret, { scope: 'read:customers:pii' }), 400, 'invalid_scope', /only be requested together/],
    ] as const)
      await assert.rejects(refused, (error) => {
        assert.ok(error instanceof oauth.ResponseBodyError)
        assert.deepEqual([error.status, error.error], [status, code])
        assert.match(error.error_description ?? '', new RegExp(description))
        return true
      })
  })
})

describe('openid-client', () => {
  const options: openid.DiscoveryRequestOptions = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] }

  for (const [method, authentication] of [
    ['client_secret_basic', openid.ClientSecretBasic],
    ['client_secret_post', openid.ClientSecretPost],
  ] as const)
    test(`openid-client discovers, gets a token, calls, introspects and revokes by ${method}`, async () => {
      const { id, client_id, client_secret } = await application()
      const config = await openid.discovery(issuer, client_id, undefined, authentication(client_secret), options)
      assert.equal(config.serverMetadata().token_endpoint, `${server.url}${PARTNER}/oauth/token`)
      const tokens = await openid.clientCredentialsGrant(config, { scope: 'read:sales' })
      assert.deepEqual([tokens.token_type, tokens.expires_in, tokens.scope], ['bearer', 3600, 'read:sales'])

      const me = await openid.fetchProtectedResource(config, tokens.access_token, api('/me'), 'GET')
      assert.equal(((await me.json()) as { data: { application: { id: string } } }).data.application.id, id)

      const { active, scope } = await openid.tokenIntrospection(config, tokens.access_token)
      assert.deepEqual([active, scope], [true, 'read:sales'])
      await openid.tokenRevocation(config, tokens.access_token)
      await withinTwoSeconds(async () => !(await openid.tokenIntrospection(config, tokens.access_token)).active)
      assert.ok(await isRefused(tokens.access_token))
    })
})
