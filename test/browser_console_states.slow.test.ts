import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { CONSOLE_FOLDER } from '../server/commands/process/build_site.ts'
import { addConsoleApp } from '../server/http/site/console_app.ts'
import { openBrowser } from './browser.ts'
import { axeFindings, isTooWide, keepLanguage, type Look, settled, tabOf } from './console_browser.ts'
import { browserOf, makeMember } from './console_members.ts'
import { makeBranch, makeBusiness, makeCustomer, makeDelivery, makeSubscription } from './factories.ts'
import { testServer, withinTwoSeconds } from './harness.ts'
import { ROOT } from './process.ts'

// Tests the console in a real Chromium: what every screen says without a server, a connection, a session or a role, and that
// texts of others stay texts.

execFileSync(process.execPath, [join(ROOT, 'console', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
const server = await testServer({ prepare: (to) => addConsoleApp(to, { folder: CONSOLE_FOLDER }) })
const { db } = server
const browser = await openBrowser({ plainly: true })

/** Markup, an attribute that ends, letters that turn the line around, and a word without a place to break. */
const HOSTILE = [
  `<img src=x onerror="window.hacked=1">`,
  `"><script>window.hacked=1</script>`,
  '\u202egnp.exe\u2066',
  'ก'.repeat(60),
].join('')

const business = await makeBusiness(db, HOSTILE)
const owner = await makeMember(server, { businessId: business.id, role: 'owner' })
const viewer = await makeMember(server, { businessId: business.id, role: 'viewer' })
const ask = browserOf(server, owner.cookie)
await db`update auth_users set name = ${HOSTILE} where id in (${owner.id}, ${viewer.id})`
const { id: branchId } = await makeBranch(db, business.id)
await db`update branches set name = ${HOSTILE} where id = ${branchId}`
const customerId = await makeCustomer(db, business.id, { full_name: HOSTILE, first_name: HOSTILE })
const application = await server.application({ businessId: business.id, name: HOSTILE, scopes: ['read:customers'] })
const path = `/applications/${application.id}`
await ask('PATCH', path, { purpose: HOSTILE, legal_basis: HOSTILE, scopes: ['read:customers', 'read:sales'] })
server.clock.now = new Date(server.clock.now.getTime() + 1)
await ask('PATCH', path, { contact: HOSTILE, scopes: ['read:customers'], branch_ids: [branchId] })
await server.get('/customers', await server.token(application), { 'user-agent': HOSTILE.replaceAll(/[^ -~]/g, '') })
await ask('POST', '/rights-requests', {
  ...{ customer_id: customerId, kind: 'erasure', received_by: HOSTILE },
  received_at: new Date().toISOString(),
})
const webhookId = await makeSubscription(db, business.id, application.id, {
  endpoint_url: `https://hooks.example/${encodeURIComponent(HOSTILE)}?"><script>window.hacked=1</script>`,
  description: HOSTILE,
})
await makeDelivery(db, business.id, webhookId, { response_body: HOSTILE })
// The log is written in groups.
let requestId: string | undefined
await withinTwoSeconds(async () => {
  const [request] = (await ask('GET', '/requests')).body.data
  requestId = request?.id
  return requestId !== undefined
})

const PHONE: Look = { width: 390, language: 'th', theme: 'light' }

const SCREENS = [
  ...['/overview', '/applications', path, '/requests', `/requests/${requestId}`, '/data', '/webhooks'],
  ...[`/webhooks/${webhookId}`, '/import', '/business', '/disclosures', `/disclosures?customer=${customerId}`],
  ...['/rights', `/rights?customer=${customerId}`, '/members', '/audit-log', '/account'],
]

/** Shows a screen without loading the page again. An unknown path comes before it, so that nothing of the last screen stays. */
async function go(page: Page, to: string): Promise<void> {
  await push(page, '/nothing')
  await page.getByRole('heading', { name: 'ไม่มีหน้านี้' }).waitFor()
  await push(page, to)
  await page.locator('main').waitFor()
}

const push = (page: Page, to: string) =>
  page.evaluate((to) => {
    const { history, dispatchEvent, PopStateEvent } = globalThis as unknown as {
      history: { pushState(state: null, title: string, url: string): void }
      dispatchEvent(event: unknown): void
      PopStateEvent: new (name: string) => unknown
    }
    history.pushState(null, '', `/console${to}`)
    dispatchEvent(new PopStateEvent('popstate'))
  }, to)

const alerts = (page: Page) => page.locator('main [role=alert]')

/** Closes the tab after its last response: the server must not end with a request at work. */
async function leave(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.context().close()
}

describe('the states of the screens', () => {
  test('each screen says in one sentence that the server or the connection fails, and offers to try again', async () => {
    await keepLanguage(server.url, owner, 'th')
    const { page, context } = await tabOf(browser, server.url, owner, PHONE)
    const problems: string[] = []
    const check = async (to: string, sentence: string) => {
      await go(page, to)
      await alerts(page).filter({ hasText: sentence }).first().waitFor()
      await settled(page)
      const count = await alerts(page).count()
      if (count !== 1) problems.push(`${to} has ${count} messages`)
      if ((await alerts(page).first().getByRole('button').count()) !== 1) problems.push(`${to} offers no way on`)
    }
    let isBroken = true
    await page.route('**/api/console/v1/**', (route) =>
      !isBroken || route.request().url().endsWith('/me')
        ? route.continue()
        : route.fulfill({ status: 500, json: { error: 'server_error', message: 'Internal server error' } }),
    )
    await page.goto(`${server.url}/console/overview`)
    // Screens of one customer read when the member asks for something.
    const reading = SCREENS.filter((screen) => !screen.startsWith('/rights?'))
    for (const screen of reading) await check(screen, 'เซิร์ฟเวอร์มีปัญหา โปรดลองใหม่ภายหลัง')
    await context.setOffline(true)
    isBroken = false
    for (const screen of reading) await check(screen, 'ติดต่อเซิร์ฟเวอร์ไม่ได้')
    await page.getByRole('status').filter({ hasText: 'คุณออฟไลน์อยู่' }).waitFor()
    assert.deepEqual(problems, [])
    await context.setOffline(false)
    await page.locator('main [role=alert]').first().waitFor({ state: 'detached' })
    await leave(page)
  })

  test('a screen whose code was never loaded says so without a connection, and opens when it is back', async () => {
    const { page, context } = await tabOf(browser, server.url, owner, PHONE)
    await page.goto(`${server.url}/console/overview`)
    await settled(page)
    await context.setOffline(true)
    await go(page, '/members')
    await page.getByRole('alert').filter({ hasText: 'หน้าจอจะเปิดเองเมื่อเชื่อมต่อได้อีกครั้ง' }).waitFor()
    await context.setOffline(false)
    await page.getByRole('button', { name: 'เชิญสมาชิก' }).waitFor()
    await leave(page)
  })

  test('a screen that a role does not see names the role that does', async () => {
    await keepLanguage(server.url, viewer, 'th')
    const { page } = await tabOf(browser, server.url, viewer, PHONE)
    await page.goto(`${server.url}/console/overview`)
    const hidden = ['/disclosures', '/rights', '/members', '/audit-log', '/import', `/webhooks/${webhookId}`]
    for (const screen of [...hidden, '/applications/new']) {
      await go(page, screen)
      await page.getByText('ส่วนนี้ต้องใช้สิทธิ์ ผู้ดูแล โปรดติดต่อเจ้าของธุรกิจ').waitFor()
      assert.equal(await page.locator('main [role=alert]').count(), 1, screen)
      assert.equal(await page.locator('main').getByText('onerror=').count(), 0, screen)
    }
    await leave(page)
  })

  test('whoever is signed out in mid-work signs in in another tab, and goes on with what they typed', async () => {
    await keepLanguage(server.url, owner, 'th')
    const { page, context } = await tabOf(browser, server.url, owner, PHONE)
    await page.goto(`${server.url}/console/applications/new`)
    await page.getByLabel('ชื่อแอป').fill('สำนักงานบัญชี')
    const cookies = await context.cookies()
    await context.clearCookies()
    await page.getByRole('button', { name: 'ดำเนินการต่อ' }).click()
    const link = page.getByRole('alert').getByRole('link', { name: 'เข้าสู่ระบบในแท็บใหม่' })
    assert.equal(await link.getAttribute('target'), '_blank')
    await context.addCookies(cookies)
    await page.getByRole('button', { name: 'ลองใหม่' }).click()
    await page.getByRole('checkbox', { name: /^อ่านบิลขาย/ }).waitFor()
    await page.getByRole('button', { name: 'ย้อนกลับ' }).click()
    assert.equal(await page.getByLabel('ชื่อแอป').inputValue(), 'สำนักงานบัญชี')
    await leave(page)
  })
})

test('texts of others are texts on every screen: no script runs, nothing is reported, and a phone needs no sideways scrolling', async () => {
  await keepLanguage(server.url, owner, 'th')
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  page.on('dialog', (dialog) => wrong.push(`dialog: ${dialog.message()}`))
  await page.goto(`${server.url}/console/overview`)
  const silent: string[] = []
  for (const screen of [...SCREENS, '/applications/new']) {
    await go(page, screen)
    await settled(page)
    if (await isTooWide(page)) wrong.push(`${screen} is too wide`)
    if (!(await page.locator('main').innerText()).includes('onerror=')) silent.push(screen)
  }
  assert.equal(await page.evaluate(() => 'hacked' in globalThis), false)
  assert.deepEqual(wrong, [])
  // Every other screen shows at least one of the hostile texts.
  assert.deepEqual(silent, ['/data', '/import', '/account', '/applications/new'])
  await leave(page)
})

test('the history of an application says who granted and withdrew what', async () => {
  for (const [language, granted, withdrew] of [
    ['th', 'ให้สิทธิ์: อ่านบิลขาย', 'ถอนสิทธิ์: อ่านบิลขาย'],
    ['en', 'Granted: Read sales', 'Withdrew: Read sales'],
  ] as const) {
    await keepLanguage(server.url, owner, language)
    const { page } = await tabOf(browser, server.url, owner, { ...PHONE, language })
    await page.goto(`${server.url}/console${path}`)
    const steps = page.getByRole('listitem').filter({ hasText: /อ่านบิลขาย|Read sales/ })
    await steps.filter({ hasText: granted }).filter({ hasText: '<img' }).waitFor()
    assert.match(await steps.first().innerText(), new RegExp(withdrew))
    await leave(page)
  }
})

test('a day is chosen in a calendar with Buddhist years in Thai, by keyboard', async () => {
  for (const [language, field, shown, month, next] of [
    ['th', 'ตั้งแต่วันที่', '15 พ.ย. 2569', 'พฤศจิกายน 2569', '16 พ.ย. 2569'],
    ['en', 'From', '15 Nov 2026', 'November 2026', '16 Nov 2026'],
  ] as const) {
    await keepLanguage(server.url, owner, language)
    const { page, wrong } = await tabOf(browser, server.url, owner, { ...PHONE, language })
    await page.goto(`${server.url}/console/requests?from=2026-11-15`)
    const from = page.getByLabel(field, { exact: true })
    assert.equal(await from.innerText(), shown)
    await from.press('Enter')
    await page.getByRole('button', { name: shown, exact: true }).last().waitFor()
    await page.getByText(month, { exact: true }).waitFor()
    const findings = await axeFindings(page)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.waitForURL(/from=2026-11-16/)
    await page.getByText(next, { exact: true }).first().waitFor()
    assert.deepEqual([...findings, ...wrong], [])
    await leave(page)
  }
})

test('an application is edited in its dialog, with only some branches and another rate', async () => {
  await keepLanguage(server.url, owner, 'th')
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  await page.goto(`${server.url}/console${path}`)
  await page.getByRole('button', { name: 'แก้ไข', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('คำขอต่อวินาที').fill('7')
  await dialog.getByLabel('ผู้ติดต่อ').fill('')
  await dialog.getByLabel('ดูบิลขายย้อนหลังได้กี่วัน').fill('400')
  await dialog.getByRole('button', { name: 'บันทึก' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('status').filter({ hasText: 'บันทึกแล้ว' }).waitFor()
  const { rate_per_second, history_days, branch_ids, contact } = (await ask('GET', path)).body.data
  assert.deepEqual([rate_per_second, history_days, branch_ids, contact], ['7', 400, [branchId], null])
  assert.deepEqual(wrong, [])
  await leave(page)
})

test('an application is paused and goes on with its secret, and nobody leaves a new secret unread by mistake', async () => {
  await keepLanguage(server.url, owner, 'th')
  const paused = await server.application({ businessId: business.id, name: 'CRM ทดสอบ', scopes: ['read:sales'] })
  const token = await server.token(paused)
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click()
  await page.goto(`${server.url}/console/applications`)
  await page.getByRole('link', { name: 'CRM ทดสอบ' }).click()
  await page.getByRole('button', { name: 'เพิ่ม Secret ที่สอง' }).waitFor()
  await press('หยุดชั่วคราว')
  const confirm = page.getByRole('dialog', { name: 'หยุด CRM ทดสอบ ชั่วคราว' })
  const findings = await axeFindings(page)
  await confirm.getByRole('button', { name: 'หยุดชั่วคราว' }).click()
  await confirm.waitFor({ state: 'detached' })
  await page.getByText('หยุดชั่วคราวตั้งแต่').waitFor()
  assert.equal(await page.getByRole('button', { name: 'หยุดชั่วคราว' }).count(), 0)
  await withinTwoSeconds(async () => (await server.get('/sales', token)).status === 401)
  findings.push(...(await axeFindings(page)))
  await press('ให้ทำงานต่อ')
  await page.getByRole('dialog', { name: 'ให้ CRM ทดสอบ ทำงานต่อ' }).getByRole('button', { name: 'ให้ทำงานต่อ' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await withinTwoSeconds(async () => (await server.get('/sales', token)).status === 200)

  await ask('DELETE', `/applications/${paused.id}/secrets/${paused.secrets[0]?.id}`)
  await page.reload()
  await page.getByText('เชื่อมต่อไม่ได้ (ไม่มี Secret)').waitFor()
  await press('เพิ่ม Secret')
  const shown = await page.getByLabel('ข้อความสำหรับผู้ที่จะเชื่อมต่อแอป').innerText()
  const secret = /^Client Secret: (\S+)$/m.exec(shown)?.[1] ?? ''
  for (const part of [`${server.url}/api/partner/v1`, paused.client_id, `${server.url}/developer/`, '- อ่านบิลขาย'])
    assert.ok(shown.includes(part), `${part} is missing in ${shown}`)
  assert.equal((await server.get('/sales', await server.token({ ...paused, client_secret: secret }))).status, 200)
  findings.push(...(await axeFindings(page)))
  const question = page.getByRole('dialog', { name: 'ยังไม่ได้คัดลอก Secret' })
  await press('ปิด')
  await question.getByRole('button', { name: 'กลับไปคัดลอก' }).click()
  await page.goBack()
  await question.waitFor()
  findings.push(...(await axeFindings(page)))
  await question.getByRole('button', { name: 'กลับไปคัดลอก' }).click()
  const unload = page.waitForEvent('dialog')
  await page.close({ runBeforeUnload: true })
  assert.equal((await unload).type(), 'beforeunload')
  await (await unload).dismiss()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await press('คัดลอกทั้งหมด')
  await page.getByText('คัดลอกแล้ว').first().waitFor()
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), shown)
  await press('ปิด')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate(`JSON.stringify([localStorage, sessionStorage]).includes('${secret}')`), false)
  await press('เพิ่ม Secret ที่สอง')
  await press('ปิด')
  await question.getByRole('button', { name: 'ออกโดยไม่คัดลอก' }).click()
  await page.getByRole('dialog').first().waitFor({ state: 'detached' })
  assert.equal(await page.getByRole('button', { name: /^เพิ่ม Secret/ }).count(), 0)
  assert.deepEqual([...findings, ...wrong], [])
  await leave(page)
})

test('a taken name is said in the first step, and no row moves when the first scope is chosen', async () => {
  await keepLanguage(server.url, owner, 'th')
  await server.application({ businessId: business.id, name: 'CRM เดิม', scopes: ['read:sales'] })
  const { page } = await tabOf(browser, server.url, owner, PHONE)
  await page.goto(`${server.url}/console/applications/new`)
  await page.getByLabel('ชื่อแอป').fill('CRM เดิม')
  await page.getByText('มีแอปอื่นใช้ชื่อนี้แล้ว').waitFor()
  assert.equal(await page.getByRole('button', { name: 'ดำเนินการต่อ' }).isEnabled(), false)
  await page.getByLabel('ชื่อแอป').fill('สำนักงานบัญชี')
  await page.getByRole('button', { name: 'ดำเนินการต่อ' }).click()
  const products = page.getByRole('checkbox', { name: /^อ่านสินค้า/ })
  const before = await products.boundingBox()
  await page.getByRole('checkbox', { name: /^อ่านบิลขาย/ }).check()
  assert.deepEqual(await products.boundingBox(), before)
  await leave(page)
})

test('the last owner cannot be removed and reads why, and a saved document says where it is', async () => {
  await keepLanguage(server.url, owner, 'th')
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  await page.goto(`${server.url}/console/members`)
  await page.getByText('เจ้าของคนสุดท้าย นำออกไม่ได้').waitFor()
  assert.equal(await page.getByRole('button', { name: /^นำออก/ }).count(), 1)
  await page.goto(`${server.url}/console/rights?customer=${customerId}`)
  await page.getByRole('button', { name: 'สร้างเอกสารข้อมูลของลูกค้า' }).click()
  await page.getByRole('status').filter({ hasText: 'access.html' }).waitFor()
  assert.deepEqual(wrong, [])
  await leave(page)
})

test('events are sent again from a time of the business, chosen with the year as the console writes it', async () => {
  await keepLanguage(server.url, owner, 'th')
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  await page.goto(`${server.url}/console/webhooks/${webhookId}`)
  await page.getByRole('button', { name: 'ส่ง Event ซ้ำตั้งแต่เวลาหนึ่ง' }).click()
  const dialog = page.getByRole('dialog')
  const send = dialog.getByRole('button', { name: 'ส่งอีกครั้ง' })
  // Without a day there is nothing to send.
  await dialog.getByRole('button', { name: 'ล้างวันที่' }).click()
  assert.equal(await send.isDisabled(), true)
  await dialog.getByLabel('วัน', { exact: true }).click()
  await page
    .getByRole('button', { name: /^1 .* 25\d\d$/ })
    .first()
    .click()
  await dialog.getByLabel('ชั่วโมง').fill('09')
  await dialog.getByLabel('นาที').fill('30')
  await dialog.getByText(/ตั้งแต่ 1 .* 25\d\d 09:30 ซ้ำ/).waitFor()
  const findings = await axeFindings(page)
  const asked = page.waitForRequest((request) => request.url().endsWith('/replay'))
  await send.click()
  // 09:30 in Bangkok, wherever the browser is.
  assert.match((await asked).postDataJSON().from_time, /^\d{4}-\d\d-01T02:30:00\.000Z$/)
  await dialog.getByRole('alert').waitFor()
  assert.deepEqual([...findings, ...wrong], [])
  await leave(page)
})

test('a viewer is told what is hidden, and finds no link and no form that would be refused', async () => {
  await keepLanguage(server.url, viewer, 'th')
  const { page, wrong } = await tabOf(browser, server.url, viewer, PHONE)
  await page.goto(`${server.url}/console${path}`)
  await page.getByText('เฉพาะผู้ดูแลและเจ้าของเท่านั้นที่เห็น').waitFor()
  for (const text of ['ไม่มี Secret', 'เพิ่ม Secret', 'หยุดชั่วคราว'])
    assert.equal(await page.getByText(text).count(), 0, text)
  await page.goto(`${server.url}/console/applications`)
  await settled(page)
  assert.equal(await page.getByText('เชื่อมต่อไม่ได้ (ไม่มี Secret)').count(), 0)
  await page.goto(`${server.url}/console/webhooks`)
  await page.getByText('https://hooks.example/').first().waitFor()
  assert.equal(await page.getByRole('link', { name: /hooks\.example/ }).count(), 0)
  await page.goto(`${server.url}/console/business`)
  await page.getByText('Asia/Bangkok').waitFor()
  assert.equal(await page.getByRole('main').getByRole('textbox').count(), 0)
  assert.deepEqual([...(await axeFindings(page)), ...wrong], [])
  await leave(page)
})

test('the browser goes back by one step of a new application, and what was filled in stays', async () => {
  await keepLanguage(server.url, owner, 'th')
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  const next = () => page.getByRole('button', { name: 'ดำเนินการต่อ' }).click()
  await page.goto(`${server.url}/console/applications/new?step=3`)
  // Nothing is filled in, so it is the first step.
  await page.getByLabel('ชื่อแอป').fill('ย้อนกลับ')
  await next()
  await page.getByRole('checkbox', { name: /^อ่านบิลขาย/ }).check()
  await next()
  await page.getByText('เห็นสาขาไหน').first().waitFor()
  await page.goBack()
  assert.equal(await page.getByRole('checkbox', { name: /^อ่านบิลขาย/ }).isChecked(), true)
  await page.goBack()
  assert.equal(await page.getByLabel('ชื่อแอป').inputValue(), 'ย้อนกลับ')
  assert.deepEqual(wrong, [])
  await leave(page)
})

test('who acts on what another tab has changed reads so, and sees the new state', async () => {
  await keepLanguage(server.url, owner, 'th')
  const { id } = await server.application({ businessId: business.id, name: 'สองแท็บ', scopes: ['read:sales'] })
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  await page.goto(`${server.url}/console/applications/${id}`)
  await page.getByRole('button', { name: 'หยุดชั่วคราว' }).click()
  await ask('POST', `/applications/${id}/pause`)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'หยุดชั่วคราว' }).click()
  await dialog.getByText('สองแท็บ หยุดชั่วคราวอยู่แล้ว').waitFor()
  await page.getByText('หยุดชั่วคราวตั้งแต่').waitFor()
  assert.deepEqual(wrong, [])
  await leave(page)
})

test('a revoked application and its successor of the same name are told apart by the day of the end', async () => {
  await keepLanguage(server.url, owner, 'th')
  const wanted = { name: 'ชื่อซ้ำ', scopes: ['read:sales'], branch_ids: null }
  const { id } = (await ask('POST', '/applications', wanted)).body.data
  await ask('DELETE', `/applications/${id}`)
  await ask('POST', '/applications', wanted)
  const { page, wrong } = await tabOf(browser, server.url, owner, PHONE)
  await page.goto(`${server.url}/console/applications?state=all&q=ชื่อซ้ำ`)
  await page.getByText(/^เพิกถอนเมื่อ .* 25\d\d$/).waitFor()
  assert.equal(await page.getByRole('link', { name: 'ชื่อซ้ำ' }).count(), 2)
  await page.goto(`${server.url}/console/requests`)
  const labels = page.getByLabel('แอปพลิเคชัน').locator('option', { hasText: 'ชื่อซ้ำ' })
  await labels.nth(1).waitFor({ state: 'attached' })
  const texts = await labels.allInnerTexts()
  assert.equal(texts.filter((text) => /^ชื่อซ้ำ \(เพิกถอนเมื่อ .* 25\d\d\)$/.test(text)).length, 1)
  assert.equal(texts.filter((text) => text === 'ชื่อซ้ำ').length, 1)
  assert.deepEqual(wrong, [])
  await leave(page)
})
