import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { CONSOLE_FOLDER } from '../server/commands/process/build_site.ts'
import { addConsoleApp } from '../server/http/site/console_app.ts'
import { openBrowser } from './browser.ts'
import { axeFindings, isTooWide, keepLanguage, type Look, settled, tabOf } from './console_browser.ts'
import { browserOf, makeMember } from './console_members.ts'
import { makeBusiness, makeCustomer } from './factories.ts'
import { testServer } from './harness.ts'
import { ROOT } from './process.ts'

// Tests the console in a real Chromium: what stays of an erased customer, links of persons, names that take all the room, a double
// click, a role that is taken away, and addresses that somebody has changed.

execFileSync(process.execPath, [join(ROOT, 'console', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
const server = await testServer({ prepare: (to) => addConsoleApp(to, { folder: CONSOLE_FOLDER }) })
const { db } = server
const browser = await openBrowser({ plainly: true })
const business = await makeBusiness(db)
const owner = await makeMember(server, { businessId: business.id, role: 'owner' })
const ask = browserOf(server, owner.cookie)
await keepLanguage(server.url, owner, 'th')
after(() => browser.close())

const WIDE: Look = { width: 1280, language: 'th', theme: 'light' }

async function assertSound(page: Page, wrong: string[]): Promise<void> {
  assert.deepEqual([await axeFindings(page), await isTooWide(page), wrong], [[], false, []])
  await page.waitForLoadState('networkidle')
  await page.context().close()
}

test('an erased customer cannot be erased again, and the certificate says which application knows it', async () => {
  const id = await makeCustomer(db, business.id, { full_name: 'ปิติ', first_name: 'ปิติ' })
  const wanted = { name: 'CRM', contact: 'คุณวิชัย', scopes: ['read:customers'], purpose: 'ข่าว', legal_basis: 'สัญญา' }
  for (let made = 0; made < 2; made += 1) {
    const { data } = (await ask('POST', '/applications', { ...wanted, branch_ids: null })).body
    await server.get(`/customers/${id}`, await server.token(data))
    if (made === 0) await ask('DELETE', `/applications/${data.id}`)
  }
  const { page, wrong } = await tabOf(browser, server.url, owner, WIDE)
  await page.goto(`${server.url}/console/rights?customer=${id}`)
  await page.getByRole('button', { name: 'ลบข้อมูลลูกค้า' }).click()
  await page.getByRole('dialog').getByLabel('เหตุผล').fill('คำขอทางโทรศัพท์')
  await page.getByRole('dialog').getByRole('button', { name: 'ลบข้อมูลลูกค้า' }).click()
  const certificate = async () => {
    await page.getByText('ลบข้อมูลลูกค้าแล้ว').waitFor()
    await page.getByText('เหตุผล: คำขอทางโทรศัพท์').waitFor()
    assert.equal(await page.getByRole('button', { name: 'ลบข้อมูลลูกค้า' }).count(), 0)
    const rows = page.getByRole('table', { name: 'แอปที่เคยได้รับข้อมูล' }).getByRole('row').filter({ hasText: 'คุณวิชัย' })
    assert.equal(await rows.filter({ hasText: /CRM \(talad_[0-9a-f]{8}…\)/ }).count(), 2)
  }
  await certificate()
  await page.reload()
  await certificate()
  await page.goto(`${server.url}/console/audit-log`)
  await page
    .getByRole('link', { name: `ลูกค้า ${id.slice(0, 4)}…` })
    .first()
    .click()
  await certificate()
  await assertSound(page, wrong)
})

test('a link for a customer is taken back', async () => {
  const id = await makeCustomer(db, business.id)
  const { url } = (await ask('POST', `/customers/${id}/links`, { days: 7 })).body.data
  const { page, wrong } = await tabOf(browser, server.url, owner, { ...WIDE, width: 390 })
  await page.goto(`${server.url}/console/rights?customer=${id}`)
  assert.equal((await fetch(url)).status, 200)
  await page.getByRole('button', { name: 'เพิกถอนลิงก์' }).click()
  await page.getByRole('button', { name: 'เพิกถอนลิงก์' }).waitFor({ state: 'detached' })
  assert.equal((await fetch(url)).status, 404)
  await assertSound(page, wrong)
})

test('beside a name of 200 letters, no word is cut off, no choice fills the line, and the title of a dialog has its lines', async () => {
  const name = 'ระบบสมาชิกสัมพันธ์และการตลาดของครัวใจดี '.repeat(6).slice(0, 190).trim()
  await db`update auth_users set name = ${name} where id = ${owner.id}`
  const { id } = (await ask('POST', '/applications', { name, scopes: ['read:sales'], branch_ids: null })).body.data
  const { page, wrong } = await tabOf(browser, server.url, owner, WIDE)
  for (const path of ['/members', '/disclosures', '/applications?state=all', '/audit-log']) {
    await page.goto(`${server.url}/console${path}`)
    await settled(page)
    const cut = await page.locator('.mantine-Badge-label').evaluateAll((labels) =>
      labels
        .map((label) => label as unknown as { scrollWidth: number; clientWidth: number; textContent: string })
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ textContent }) => textContent),
    )
    assert.deepEqual(cut, [], path)
    for (const choice of await page.locator('search select').all())
      assert.ok(((await choice.boundingBox())?.width ?? 0) <= 300, path)
  }
  await page.goto(`${server.url}/console/applications/${id}`)
  await page.getByRole('button', { name: 'แก้ไข', exact: true }).click()
  const [height, size] = await page
    .getByRole('dialog')
    .locator('h2')
    .evaluate((title) => {
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle(of: unknown): { lineHeight: string; fontSize: string }
      }
      const { lineHeight, fontSize } = getComputedStyle(title)
      return [Number.parseFloat(lineHeight), Number.parseFloat(fontSize)]
    })
  assert.ok((height as number) >= 1.4 * (size as number))
  await page.getByRole('dialog').getByRole('button', { name: 'ยกเลิก' }).click()
  await assertSound(page, wrong)
})

test('a double click makes one application, and its secret is shown', async () => {
  const { page, wrong } = await tabOf(browser, server.url, owner, WIDE)
  await page.route('**/api/console/v1/applications', async (route) => {
    // Slow enough for both clicks.
    if (route.request().method() === 'POST') await new Promise((wait) => setTimeout(wait, 500))
    await route.continue()
  })
  await page.goto(`${server.url}/console/applications/new`)
  await page.getByLabel('ชื่อแอป').fill('สองคลิก')
  await page.getByRole('button', { name: 'ดำเนินการต่อ' }).click()
  await page.getByRole('checkbox', { name: /^อ่านบิลขาย/ }).check()
  await page.getByRole('button', { name: 'ดำเนินการต่อ' }).click()
  await page.getByRole('button', { name: 'สร้างแอปพลิเคชัน' }).dblclick()
  await page.getByRole('heading', { name: 'สองคลิก พร้อมใช้งาน' }).waitFor()
  await page.getByText('talad_sk_').first().waitFor()
  const { data } = (await ask('GET', '/applications')).body
  assert.equal(data.filter(({ name }: { name: string }) => name === 'สองคลิก').length, 1)
  await assertSound(page, wrong)
})

test('a role that is taken away takes the places of the navigation with it, without a reload', async () => {
  const admin = await makeMember(server, { businessId: business.id, role: 'admin' })
  await keepLanguage(server.url, admin, 'th')
  const { page, wrong } = await tabOf(browser, server.url, admin, WIDE)
  await page.goto(`${server.url}/console/overview`)
  const place = page.getByRole('link', { name: 'สิทธิของลูกค้า' })
  await place.waitFor()
  assert.equal((await ask('PATCH', `/members/${admin.id}`, { role: 'viewer' })).status, 204)
  await place.click()
  await page.getByText('สิทธิ์ของคุณไม่อนุญาต').first().waitFor()
  await place.waitFor({ state: 'detached' })
  await assertSound(page, wrong)
})

test('a screen says what is wrong with its address, and never fails because of it', async () => {
  const { page, wrong } = await tabOf(browser, server.url, owner, WIDE)
  for (const query of ['/requests?from=notaday', '/disclosures?from=2026-13-45&class=x', '/requests?status=x&to=1']) {
    await page.goto(`${server.url}/console${query}`)
    await settled(page)
    await page.getByLabel('ตั้งแต่วันที่').waitFor()
    await page.locator('main [role=alert]').first().waitFor()
  }
  await assertSound(page, wrong)
})
