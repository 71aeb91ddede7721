import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness } from '../../test/factories.ts'
import { taladInside } from '../../test/process.ts'

const { db, url, close } = await testDatabase()
after(close)
const env = { DATABASE_URL: url, TALAD_SECRET_KEY: '0'.repeat(64), TALAD_PUBLIC_URL: 'https://shop.example' }
const run = (...words: string[]) => taladInside(['member', ...words], env)
const business = await makeBusiness(db)

test('commands manage members, keep the last owner, and write to the audit log', async () => {
  assert.match((await run('list')).stdout, /^No member exists yet; add one: talad member add <email>/)
  const refused = await run('remove', 'nobody@example.com')
  assert.deepEqual(
    [refused.code, refused.stderr],
    [1, 'The business has no member nobody@example.com; talad member list shows them.\n'],
  )

  const added = await run('add', 'Owner@Example.com')
  assert.equal(added.code, 0, added.stderr)
  const link = /https:\/\/shop\.example\/console\/password#token=[\w-]{32}\n/
  assert.match(added.stdout, link)
  const viewer = JSON.parse((await run('add', 'v@example.com', '--role', 'viewer', '--json')).stdout)
  assert.deepEqual([viewer.email, viewer.role, viewer.name], ['v@example.com', 'viewer', 'v@example.com'])
  assert.equal((await run('add', 'v@example.com', '--role', 'admin')).stdout, 'v@example.com now has the role admin.\n')

  const last = await run('remove', 'owner@example.com')
  assert.deepEqual(
    [last.code, last.stderr],
    [1, 'The last owner of a business stays: make another member owner first.\n'],
  )
  const lowered = await run('add', 'owner@example.com', '--role', 'viewer')
  assert.equal(lowered.code, 1)
  assert.match((await run('reset', 'owner@example.com')).stdout, link)
  assert.equal((await run('remove', 'v@example.com')).stdout, 'Removed v@example.com.\n')
  const members = JSON.parse((await run('list', '--json')).stdout)
  assert.deepEqual(
    members.map(({ email, role }: { email: string; role: string }) => [email, role]),
    [['owner@example.com', 'owner']],
  )

  const acts =
    await db`select action, actor, after from audit_log where business_id = ${business.id} order by created_at`
  assert.deepEqual(
    acts.map(({ action, after }) => [action, after?.role ?? null]),
    [
      ['talad member add', 'owner'],
      ['talad member add', 'viewer'],
      ['talad member add', 'admin'],
      ['talad member reset', null],
      ['talad member remove', null],
    ],
  )
  assert.ok(acts.every(({ actor }) => actor.startsWith('command line, ')))
})

test('mistakes are one sentence', async () => {
  const outcomes = await Promise.all([run('add', 'nobody'), run('add', 'a@example.com', '--role', 'boss')])
  assert.deepEqual(
    outcomes.map(({ code, stderr }) => [code, stderr]),
    [
      [2, 'nobody is not an email address.\n'],
      [2, '--role must be one of viewer, admin, owner, not boss.\n'],
    ],
  )
})
