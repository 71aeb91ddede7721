import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { verifyWebhook, WebhookError } from './webhook.ts'

// The authority is the library of those who wrote Standard Webhooks: it signs, we verify.

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const secret = newSecret()
const body = JSON.stringify({ id: 'evt_1', type: 'customer.updated', data: { id: 'c', full_name: 'สมชาย ใจดี' } })

function signed(text: string, { by = secret, id = 'evt_1', at = new Date() } = {}): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign(id, at, text),
  }
}

const refused = (reason: WebhookError['reason']) => (error: unknown) => {
  assert.ok(error instanceof WebhookError, String(error))
  assert.equal(error.reason, reason)
  return true
}

describe('refuses', () => {
  test('another secret, another body, another id, another time', async () => {
    const headers = signed(body)
    await assert.rejects(verifyWebhook(body, headers, newSecret()), refused('bad_signature'))
    await assert.rejects(verifyWebhook(`${body} `, headers, secret), refused('bad_signature'))
    await assert.rejects(verifyWebhook(body, { ...headers, 'webhook-id': 'evt_2' }, secret), refused('bad_signature'))
    const later = String(Number(headers['webhook-timestamp']) + 1)
    await assert.rejects(
      verifyWebhook(body, { ...headers, 'webhook-timestamp': later }, secret),
      refused('bad_signature'),
    )
  })

  test('every signature that differs in one byte, or is cut', async () => {
    const headers = signed(body)
    const right = Buffer.from(headers['webhook-signature']?.slice(3) ?? '', 'base64')
    for (let at = 0; at < right.length; at += 1) {
      const wrong = Buffer.from(right)
      wrong[at] = (wrong[at] ?? 0) ^ 1
      const forged = { ...headers, 'webhook-signature': `v1,${wrong.toString('base64')}` }
      await assert.rejects(verifyWebhook(body, forged, secret), refused('bad_signature'))
    }
    for (const length of [0, 1, 31]) {
      const cut = { ...headers, 'webhook-signature': `v1,${right.subarray(0, length).toString('base64')}` }
      await assert.rejects(verifyWebhook(body, cut, secret), refused('bad_signature'))
    }
  })

  test('a signature of another version, and text that is no base64', async () => {
    const headers = signed(body)
    for (const signature of [headers['webhook-signature']?.replace('v1,', 'v1a,') ?? '', 'v1,***', 'v1', 'nonsense'])
      await assert.rejects(
        verifyWebhook(body, { ...headers, 'webhook-signature': signature }, secret),
        refused('bad_signature'),
      )
  })

  test('a header that is missing, empty, or there twice', async () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      for (const value of [undefined, '', ['a', 'b']])
        await assert.rejects(verifyWebhook(body, { ...signed(body), [name]: value }, secret), refused('missing_header'))
  })

  test('one that was sent too long ago, or in the future, or at no time', async () => {
    const now = Date.now()
    const at = (seconds: number) => signed(body, { at: new Date(now + seconds * 1000) })
    await assert.rejects(verifyWebhook(body, at(-301), secret, { now }), refused('too_old'))
    await assert.rejects(verifyWebhook(body, at(302), secret, { now }), refused('too_new'))
    await assert.rejects(verifyWebhook(body, at(-11), secret, { now, toleranceSeconds: 10 }), refused('too_old'))
    for (const time of ['now', '-1', '1e9', '12.5', '9'.repeat(13)])
      await assert.rejects(
        verifyWebhook(body, { ...signed(body), 'webhook-timestamp': time }, secret),
        refused('bad_timestamp'),
      )
  })

  test('what is signed, and is no JSON in UTF-8', async () => {
    await assert.rejects(verifyWebhook('hello', signed('hello'), secret), refused('bad_body'))
    const bytes = Buffer.from([0x22, 0xff, 0x22])
    const headers = signed('')
    const text = Buffer.concat([Buffer.from(`evt_1.${headers['webhook-timestamp']}.`), bytes])
    const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(text)
      .digest('base64')
    const given = { ...headers, 'webhook-signature': `v1,${signature}` }
    await assert.rejects(verifyWebhook(bytes, given, secret), refused('bad_body'))
  })

  test('a secret that is none, as the mistake of the program that it is', async () => {
    for (const wrong of ['', 'whsec_', 'whsec_***', []])
      await assert.rejects(verifyWebhook(body, signed(body), wrong), TypeError)
    await assert.rejects(verifyWebhook(body, signed(body), undefined as never), TypeError)
  })
})

describe('accepts', () => {
  test('what the reference library signs, whatever the body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.uuid(), fc.uint8Array({ minLength: 24, maxLength: 64 }), async (text, id, key) => {
        const by = `whsec_${Buffer.from(key).toString('base64')}`
        assert.deepEqual(await verifyWebhook(text, signed(text, { by, id }), by), JSON.parse(text))
      }),
      { numRuns: Number(process.env.RUNS ?? 100) },
    )
  })

  test('the body as text, as bytes and as an ArrayBuffer; headers of fetch and of Node, in any case', async () => {
    const event = JSON.parse(body)
    const bytes = new TextEncoder().encode(body)
    const headers = signed(body)
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
    for (const given of [body, bytes, Buffer.from(body), bytes.buffer])
      for (const named of [headers, upper, new Headers(headers)])
        assert.deepEqual(await verifyWebhook(given, named, secret), event)
  })

  test('a secret without its prefix', async () => {
    assert.deepEqual(await verifyWebhook(body, signed(body), secret.slice(6)), JSON.parse(body))
  })

  test('one good signature among several, and one good secret among several', async () => {
    const other = newSecret()
    const headers = signed(body)
    const two = {
      ...headers,
      'webhook-signature': `v2,x ${signed(body, { by: other })['webhook-signature']} ${headers['webhook-signature']}`,
    }
    assert.ok(await verifyWebhook(body, two, secret))
    assert.ok(await verifyWebhook(body, two, other))
    assert.ok(await verifyWebhook(body, headers, [other, secret]))
    await assert.rejects(verifyWebhook(body, headers, [other, newSecret()]), refused('bad_signature'))
  })

  test('one at the edge of the tolerance', async () => {
    const now = Math.floor(Date.now() / 1000) * 1000
    for (const seconds of [-300, 300])
      assert.ok(await verifyWebhook(body, signed(body, { at: new Date(now + seconds * 1000) }), secret, { now }))
  })
})
