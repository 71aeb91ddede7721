import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { verifyWebhook, WebhookError } from './webhook.ts'

// The reference library of Standard Webhooks signs, and our code verifies.

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

const rejected = (reason: WebhookError['reason']) => (error: unknown) => {
  assert.ok(error instanceof WebhookError, String(error))
  assert.equal(error.reason, reason)
  return true
}

describe('invalid webhooks', () => {
  test('a webhook with another secret, body, ID or time is rejected', async () => {
    const headers = signed(body)
    await assert.rejects(verifyWebhook(body, headers, newSecret()), rejected('bad_signature'))
    await assert.rejects(verifyWebhook(`${body} `, headers, secret), rejected('bad_signature'))
    await assert.rejects(verifyWebhook(body, { ...headers, 'webhook-id': 'evt_2' }, secret), rejected('bad_signature'))
    const later = String(Number(headers['webhook-timestamp']) + 1)
    await assert.rejects(
      verifyWebhook(body, { ...headers, 'webhook-timestamp': later }, secret),
      rejected('bad_signature'),
    )
  })

  test('a signature that differs in one byte or is truncated is rejected', async () => {
    const headers = signed(body)
    const right = Buffer.from(headers['webhook-signature']?.slice(3) ?? '', 'base64')
    for (let at = 0; at < right.length; at += 1) {
      const wrong = Buffer.from(right)
      wrong[at] = (wrong[at] ?? 0) ^ 1
      const forged = { ...headers, 'webhook-signature': `v1,${wrong.toString('base64')}` }
      await assert.rejects(verifyWebhook(body, forged, secret), rejected('bad_signature'))
    }
    for (const length of [0, 1, 31]) {
      const cut = { ...headers, 'webhook-signature': `v1,${right.subarray(0, length).toString('base64')}` }
      await assert.rejects(verifyWebhook(body, cut, secret), rejected('bad_signature'))
    }
  })

  test('a signature of another version or without Base64 is rejected', async () => {
    const headers = signed(body)
    for (const signature of [headers['webhook-signature']?.replace('v1,', 'v1a,') ?? '', 'v1,***', 'v1', 'nonsense'])
      await assert.rejects(
        verifyWebhook(body, { ...headers, 'webhook-signature': signature }, secret),
        rejected('bad_signature'),
      )
  })

  test('a missing, empty or repeated header is rejected', async () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      for (const value of [undefined, '', ['a', 'b']])
        await assert.rejects(
          verifyWebhook(body, { ...signed(body), [name]: value }, secret),
          rejected('missing_header'),
        )
  })

  test('a webhook that is too old, from the future or without a valid time is rejected', async () => {
    const now = Date.now()
    const at = (seconds: number) => signed(body, { at: new Date(now + seconds * 1000) })
    await assert.rejects(verifyWebhook(body, at(-301), secret, { now }), rejected('too_old'))
    await assert.rejects(verifyWebhook(body, at(302), secret, { now }), rejected('too_new'))
    await assert.rejects(verifyWebhook(body, at(-11), secret, { now, toleranceSeconds: 10 }), rejected('too_old'))
    for (const time of ['now', '-1', '1e9', '12.5', '9'.repeat(13)])
      await assert.rejects(
        verifyWebhook(body, { ...signed(body), 'webhook-timestamp': time }, secret),
        rejected('bad_timestamp'),
      )
  })

  test('a signed body that is not JSON in UTF-8 is rejected', async () => {
    await assert.rejects(verifyWebhook('hello', signed('hello'), secret), rejected('bad_body'))
    const bytes = Buffer.from([0x22, 0xff, 0x22])
    const headers = signed('')
    const text = Buffer.concat([Buffer.from(`evt_1.${headers['webhook-timestamp']}.`), bytes])
    const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(text)
      .digest('base64')
    const given = { ...headers, 'webhook-signature': `v1,${signature}` }
    await assert.rejects(verifyWebhook(bytes, given, secret), rejected('bad_body'))
  })

  test('an invalid secret throws a TypeError', async () => {
    for (const wrong of ['', 'whsec_', 'whsec_***', []])
      await assert.rejects(verifyWebhook(body, signed(body), wrong), TypeError)
    await assert.rejects(verifyWebhook(body, signed(body), undefined as never), TypeError)
  })
})

describe('valid webhooks', () => {
  test('every body that the reference library signs is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.uuid(), fc.uint8Array({ minLength: 24, maxLength: 64 }), async (text, id, key) => {
        const by = `whsec_${Buffer.from(key).toString('base64')}`
        assert.deepEqual(await verifyWebhook(text, signed(text, { by, id }), by), JSON.parse(text))
      }),
      { numRuns: Number(process.env.RUNS ?? 100) },
    )
  })

  test('the body may be text, bytes or an ArrayBuffer, and header names may have any case', async () => {
    const event = JSON.parse(body)
    const bytes = new TextEncoder().encode(body)
    const headers = signed(body)
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
    for (const given of [body, bytes, Buffer.from(body), bytes.buffer])
      for (const named of [headers, upper, new Headers(headers)])
        assert.deepEqual(await verifyWebhook(given, named, secret), event)
  })

  test('a secret without its prefix is accepted', async () => {
    assert.deepEqual(await verifyWebhook(body, signed(body), secret.slice(6)), JSON.parse(body))
  })

  test('one valid signature and one valid secret among several are enough', async () => {
    const other = newSecret()
    const headers = signed(body)
    const two = {
      ...headers,
      'webhook-signature': `v2,x ${signed(body, { by: other })['webhook-signature']} ${headers['webhook-signature']}`,
    }
    assert.ok(await verifyWebhook(body, two, secret))
    assert.ok(await verifyWebhook(body, two, other))
    assert.ok(await verifyWebhook(body, headers, [other, secret]))
    await assert.rejects(verifyWebhook(body, headers, [other, newSecret()]), rejected('bad_signature'))
  })

  test('a webhook exactly at the tolerance is accepted', async () => {
    const now = Math.floor(Date.now() / 1000) * 1000
    for (const seconds of [-300, 300])
      assert.ok(await verifyWebhook(body, signed(body, { at: new Date(now + seconds * 1000) }), secret, { now }))
  })
})
