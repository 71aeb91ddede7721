import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { THAI } from '../console/src/language/messages.ts'
import { CONSOLE_FOLDER } from '../server/commands/process/build_site.ts'
import { addConsoleApp } from '../server/http/site/console_app.ts'
import { openBrowser } from './browser.ts'
import {
  axeFindings,
  consoleTab,
  isTooWide,
  keepLanguage as keepLanguageOf,
  LOOKS,
  type Look,
  picture,
  savedText,
  settled,
  signInAt,
  tabOf as tabOfMember,
  untranslatedIn,
} from './console_browser.ts'
import { makeMember } from './console_members.ts'
import { usedApplication } from './console_usage.ts'
import { makeBusiness, makeCustomer } from './factories.ts'
import { testServer, withinTwoSeconds } from './harness.ts'
import { ROOT } from './process.ts'
import { isThorough } from './thorough.ts'

// Tests the console in a real Chromium: every screen in both languages, wide and narrow, light and dark; signing in, roles and
// refusals. test:thorough stores screenshots in test-results/console for review. npm test takes a sample.

execFileSync(process.execPath, [join(ROOT, 'console', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
const server = await testServer({ prepare: (to) => addConsoleApp(to, { folder: CONSOLE_FOLDER }) })
const { id: businessId } = await makeBusiness(server.db)
const owner = await makeMember(server, { businessId, role: 'owner', email: 'owner@example.com' })
// Sign-ins are limited by member and address, so this one only gives a proof.
const prover = await makeMember(server, { businessId, role: 'owner', email: 'prover@example.com' })
const viewer = await makeMember(server, { businessId, role: 'viewer', email: 'viewer@example.com' })
const used = await usedApplication(server, businessId)
const browser = await openBrowser({ plainly: true })

const FIRST_LOAD_MAX_BYTES = 300_000
/** A name that would run as a script if any screen showed it as HTML. */
const HOSTILE = `<img src=x onerror="document.title='hacked'"><b>x</b>`

const WIDE: Look = { width: 1440, language: 'th', theme: 'light' }

/** Every screen for members. */
const SCREENS = [
  '/overview',
  '/applications',
  `/applications/${used.applicationId}`,
  '/applications/new',
  '/requests',
  `/requests/${used.requestId}`,
  '/data',
  '/webhooks',
  '/import',
  '/business',
  '/disclosures',
  '/rights',
  '/members',
  '/audit-log',
  '/account',
]

const keys = Object.entries(THAI).flatMap(([english, thai]) => (english === thai ? [] : [english]))

const keepLanguage = (login: { cookie: string }, language: string) => keepLanguageOf(server.url, login, language)
const tabOf = (member: { cookie: string }, look: Look) => tabOfMember(browser, server.url, member, look)

describe('the screens of the console', () => {
  // npm test opens every fourth screen, in two looks.
  for (const [at, look] of isThorough ? LOOKS.entries() : LOOKS.slice(0, 2).entries())
    test(`screens are accessible, translated and fit: ${Object.values(look).join(' ')}`, async () => {
      await keepLanguage(owner, look.language)
      const { page, context, wrong } = await tabOf(owner, look)
      const problems: string[] = []
      for (const path of ['/sign-in', ...SCREENS].filter((_, index) => isThorough || index % 4 === at)) {
        await page.goto(`${server.url}/console${path}`)
        await settled(page)
        // The tables behind the charts.
        for (const summary of await page.locator('summary').all()) await summary.click()
        problems.push(...(await axeFindings(page)).map((finding) => `${path} ${finding}`))
        if (await isTooWide(page)) problems.push(`${path} is too wide`)
        if (look.language === 'th')
          problems.push(...(await untranslatedIn(page, keys)).map((text) => `${path} ${text}`))
        if (isThorough) await picture(page, path.slice(1).replace(/[0-9a-f-]{36}/, 'one'), look)
      }
      assert.deepEqual([...problems, ...wrong], [])
      await context.close()
    })

  test('a member signs in by the form, comes back to the page of the link, and signs out', async () => {
    await keepLanguage(owner, 'en')
    const { page, context, wrong } = await consoleTab(browser, { ...WIDE, language: 'en' })
    await page.goto(`${server.url}/console/audit-log?member_id=${owner.id}`)
    await page.waitForURL(/sign-in/)
    await page.locator('input[name=email]').fill(owner.email)
    await page.locator('input[name=password]').fill('wrong password here')
    await page.locator('button[type=submit]').click()
    await page.getByRole('alert').waitFor()
    await page.locator('input[name=password]').fill(owner.password)
    await page.locator('button[type=submit]').click()
    await page.waitForURL(new RegExp(`/console/audit-log\\?member_id=${owner.id}`))
    await page.getByRole('heading', { name: 'Audit log' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Audit log' }).waitFor()
    await page.getByRole('button', { name: /Signed in as/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/sign-in$/)
    assert.deepEqual(wrong, [])
    await context.close()
  })

  test('a link with another site as its next page stays in the console', async () => {
    const { page, context } = await consoleTab(browser, WIDE)
    for (const next of ['//evil.example']) {
      await signInAt(page, server.url, owner, `?next=${encodeURIComponent(next)}`)
      assert.equal(new URL(page.url()).origin, server.url)
    }
    await context.close()
  })
})

describe('what the console refuses', () => {
  test('a viewer sees neither members nor the audit log, also by a direct link', async () => {
    await keepLanguage(viewer, 'en')
    const { page, context } = await tabOf(viewer, { ...WIDE, language: 'en' })
    await page.goto(`${server.url}/console/members`)
    await page.getByText('Your role does not allow this').first().waitFor()
    assert.equal(await page.getByRole('link', { name: 'Members' }).count(), 0)
    assert.equal(await page.getByText(owner.email).count(), 0)
    await context.close()
  })

  test('a name with markup is shown as text', async () => {
    await keepLanguage(owner, 'en')
    await server.db`update auth_users set name = ${HOSTILE} where id = ${viewer.id}`
    const { page, context, wrong } = await tabOf(owner, { ...WIDE, language: 'en' })
    await page.goto(`${server.url}/console/members`)
    await page.getByText(HOSTILE).first().waitFor()
    assert.notEqual(await page.title(), 'hacked')
    assert.deepEqual(wrong, [])
    await context.close()
  })

  test('a change that needs a proof asks for the password, and is then made', async () => {
    await keepLanguage(prover, 'en')
    await server.db`update auth_sessions set proved_at = proved_at - interval '1 hour' where user_id = ${prover.id}`
    const { page, context } = await tabOf(prover, { ...WIDE, language: 'en' })
    await page.goto(`${server.url}/console/members`)
    await page.getByRole('button', { name: 'Invite a member' }).click()
    await page.getByRole('textbox', { name: 'Email address' }).fill('new@example.com')
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await proof.locator('input[name=password]').fill(prover.password)
    await proof.getByRole('button', { name: 'Confirm' }).click()
    const outcome = page.getByText(/\/console\/invitation#token=/).or(proof.getByRole('alert'))
    await outcome.waitFor({ timeout: 8000 }).catch(async () => {
      throw new Error(`the page shows: ${await page.locator('body').innerText()}`)
    })
    assert.match(await outcome.innerText(), /invitation#token=/)
    await context.close()
  })

  test('a passkey of the browser proves an identity and signs in; without it, the page says so', async () => {
    const keeper = await makeMember(server, { businessId, role: 'owner', email: 'keeper@example.com' })
    await keepLanguage(keeper, 'en')
    const { page, context, wrong } = await consoleTab(browser, { ...WIDE, width: 390, language: 'en' })
    // Browsers make passkeys for host names only.
    const url = server.url.replace('127.0.0.1', 'localhost')
    const [name = '', value = ''] = keeper.cookie.split(/=(.*)/)
    await context.addCookies([{ name, value, url }])
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        isUserVerified: true,
      },
    })
    await page.goto(`${url}/console/account`)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByLabel('Name of the passkey').fill(HOSTILE)
    await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('cell', { name: HOSTILE }).first().waitFor()
    const findings = await axeFindings(page)

    await server.db`update auth_sessions set proved_at = now() - interval '1 hour' where user_id = ${keeper.id}`
    await page.goto(`${url}/console/members`)
    await page.getByRole('button', { name: 'Invite a member' }).click()
    await page.getByRole('textbox', { name: 'Email address' }).fill('by-passkey@example.com')
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText(/\/console\/invitation#token=/).waitFor()

    await context.clearCookies()
    await page.goto(`${url}/console/sign-in`)
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('The passkey was not used.').waitFor()
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
    findings.push(...(await axeFindings(page)))
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('button', { name: /Signed in as/ }).waitFor()
    assert.deepEqual([...findings, ...wrong], [])
    await context.close()
  })

  test('a file with wrong rows shows them by line, in Thai, before the valid ones are imported', async () => {
    await keepLanguage(owner, 'th')
    const { page, context, wrong } = await tabOf(owner, { ...WIDE, width: 390 })
    await page.goto(`${server.url}/console/import`)
    const file = `รหัสลูกค้า;ชื่อ-นามสกุล;วันเกิด\r\nB-1;"${HOSTILE.replaceAll('"', '""')}";13/4/2533\r\n;ไม่มีรหัส;\r\n`
    const thai = Buffer.from(
      [...file]
        .map((letter) => (letter < '\x80' ? letter : letter.charCodeAt(0) - 0xd60))
        .map((one) => (typeof one === 'number' ? one : one.charCodeAt(0))),
    )
    await page.locator('input[type=file]').setInputFiles({ name: 'ลูกค้า.csv', mimeType: 'text/csv', buffer: thai })
    await page.getByRole('button', { name: 'วันก่อน' }).click()
    await page.getByText('รหัสลูกค้า ต้องระบุ').waitFor()
    await page.getByText('WINDOWS-874').waitFor()
    assert.equal((await server.db`select 1 from customers where customer_code = 'B-1'`).length, 0)
    const findings = await axeFindings(page)
    const rejects = await savedText(page, () => page.getByRole('button', { name: 'ดาวน์โหลดแถวที่ผิด' }).click())
    assert.equal(rejects, '\ufeffรหัสลูกค้า,ชื่อ-นามสกุล,วันเกิด\r\n# line 3: รหัสลูกค้า ต้องระบุ\r\n,ไม่มีรหัส,\r\n')
    await page.getByRole('button', { name: 'นำเข้า 1 แถว' }).click()
    await page.getByText('นำเข้าไฟล์แล้ว').waitFor()
    const [row] = await server.db`select full_name, date_of_birth::text from customers where customer_code = 'B-1'`
    assert.deepEqual([row?.full_name, row?.date_of_birth.slice(0, 10)], [HOSTILE, '1990-04-13'])
    assert.deepEqual([...findings, ...wrong], [])
    await context.close()
  })

  test('without a connection, the screen says so, and it shows the content when the connection is back', async () => {
    await keepLanguage(owner, 'en')
    const { page, context } = await tabOf(owner, { ...WIDE, language: 'en' })
    await page.goto(`${server.url}/console/account`)
    await settled(page)
    await context.setOffline(true)
    await page.getByText('You are offline.').waitFor()
    await context.setOffline(false)
    await page.getByText('You are offline.').waitFor({ state: 'detached' })
    await context.close()
  })
})

/** A visitor who sees only what the screen shows: a name of a button, a label. Counts what they do. */
function visitor(page: Page) {
  let clicks = 0
  const click = async (role: 'button' | 'link' | 'checkbox' | 'radio', name: string | RegExp): Promise<void> => {
    clicks += 1
    await page.getByRole(role, { name }).first().click()
  }
  return {
    click,
    clicks: () => clicks,
    /** Opens a screen by the navigation, which a phone hides behind a button. */
    async open(name: string): Promise<void> {
      const menu = page.getByRole('button', { name: 'เมนู' })
      if (await menu.isVisible()) await click('button', 'เมนู')
      await click('link', name)
    },
  }
}

describe('the three measures of the console, in Thai', () => {
  for (const width of isThorough ? [1440] : [390]) {
    const look: Look = { ...WIDE, width }
    const name = `สำนักงานบัญชี ${width} ${HOSTILE}`

    test(`an accountant reads the sales of one branch, and gets the credentials: ${width}`, async () => {
      await keepLanguage(owner, 'th')
      const { page, context, wrong } = await tabOf(owner, look)
      await page.goto(`${server.url}/console/`)
      const { open, click, clicks } = visitor(page)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await open('แอปพลิเคชัน')
      await click('link', 'เพิ่มแอปพลิเคชัน')
      await page.getByLabel('ชื่อแอป').fill(name)
      await click('button', 'ดำเนินการต่อ')
      await click('checkbox', /^อ่านบิลขาย/)
      await click('button', 'ดำเนินการต่อ')
      await click('radio', 'เฉพาะสาขาเหล่านี้')
      await page.getByText('เลือกอย่างน้อยหนึ่งสาขา').waitFor()
      assert.equal(await page.getByRole('button', { name: 'สร้างแอปพลิเคชัน' }).isDisabled(), true)
      await click('checkbox', /./)
      await page.getByText('แอปจะไม่เห็นลูกค้าเลย').waitFor()
      const findings = await axeFindings(page)
      await click('button', 'สร้างแอปพลิเคชัน')
      await page.getByText('คัดลอก Secret ตอนนี้ จะไม่แสดงอีก').waitFor()
      const shown = await page.locator('main').innerText()
      const [, id = '', secret = ''] = /client_id=(talad_\w+) -d client_secret=(talad_sk_[\w-]+)/.exec(shown) ?? []
      const token = await server.token({ client_id: id, client_secret: secret } as never)
      assert.equal((await server.get('/sales', token)).status, 200)
      assert.equal((await server.get('/branches', token)).body.data.length, 1)
      assert.equal((await server.get('/customers', token)).status, 403)
      assert.ok(clicks() <= 9, `${clicks()} clicks`)
      findings.push(...(await axeFindings(page)))
      assert.deepEqual([...findings, ...wrong], [])
      await context.close()
    })

    test(`somebody finds out who has seen a phone number: ${width}`, async () => {
      const who = `CRM ${width}`
      const scopes = ['read:customers', 'read:customers:pii'] as const
      const application = await server.application({ businessId, name: who, scopes: [...scopes] })
      const phone = `08${width}99887`.padEnd(10, '0').slice(0, 10)
      await makeCustomer(server.db, businessId, { full_name: 'มานี มีตา', customer_code: `MANEE-${width}`, phone })
      await server.get(`/customers?q=MANEE-${width}`, await server.token(application))
      const { page, context, wrong } = await tabOf(owner, look)
      await page.goto(`${server.url}/console/`)
      const { open, click, clicks } = visitor(page)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await open('ใครเห็นข้อมูลส่วนบุคคล')
      await page.getByLabel('ค้นหาลูกค้า').fill(phone)
      await click('button', /^เลือก มานี มีตา/)
      await page.getByText('แสดงเฉพาะรายการของลูกค้าคนเดียว').waitFor()
      const row = page.getByRole('row').filter({ hasText: who })
      await row.first().waitFor()
      assert.match(await row.first().innerText(), /ข้อมูลติดต่อ/)
      assert.ok(clicks() <= 3, `${clicks()} clicks`)
      assert.deepEqual([...(await axeFindings(page)), ...wrong], [])
      await context.close()
    })

    test(`a partner is stopped in two clicks: ${width}`, async () => {
      const application = await server.application({ businessId, name: `Stopped ${name}`, scopes: ['read:sales'] })
      const token = await server.token(application)
      const { page, context, wrong } = await tabOf(owner, look)
      await page.goto(`${server.url}/console/applications`)
      const { click, clicks } = visitor(page)
      await click('button', `เพิกถอน Stopped ${name}`)
      await page.getByRole('dialog').getByText('ไม่มี Webhook ที่จะหยุด').waitFor()
      const findings = await axeFindings(page)
      await click('button', 'เพิกถอนแอปพลิเคชัน')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal(clicks(), 2)
      await withinTwoSeconds(async () => (await server.get('/sales', token)).status === 401)
      assert.deepEqual([...findings, ...wrong], [])
      await context.close()
    })
  }

  test('an owner makes a link, which the person opens, and a document, which the ledger shows', async () => {
    const customer = await makeCustomer(server.db, businessId, { full_name: 'ปิติ', customer_code: 'PITI' })
    const { page, context, wrong } = await tabOf(owner, { ...WIDE, width: 390 })
    await page.goto(`${server.url}/console/rights?customer=${customer}`)
    await page.getByText('มีอายุ 7 วัน').waitFor()
    await page.getByRole('button', { name: 'สร้างลิงก์สำหรับลูกค้า' }).click()
    const link = page.getByText(`${server.url}/person/`)
    await link.waitFor()
    const [url = ''] = /http\S+/.exec(await link.innerText()) ?? []
    assert.equal((await fetch(url)).status, 200)
    // The page was opened by its URL, which has no name.
    await page.getByRole('heading', { name: 'ปิติ (PITI)' }).waitFor()
    await page.getByRole('button', { name: 'ลบข้อมูลลูกค้า' }).click()
    await page.getByRole('dialog').getByText('ปิติ (PITI)').waitFor()
    const entries = await server.db`
      select from ledger where business_id = ${businessId} and operation = 'console.customers.name' and customer_ids @> array[${customer}::text::uuid]`
    assert.equal(entries.length, 1)
    await page.getByRole('dialog').getByRole('button', { name: 'ยกเลิก' }).click()
    const file = page.waitForEvent('download')
    await page.getByRole('button', { name: 'สร้างเอกสารข้อมูลของลูกค้า' }).click()
    await file
    await page.getByRole('link', { name: 'ใครเห็นข้อมูลของลูกค้ารายนี้' }).click()
    await page.getByRole('row').filter({ hasText: 'ลูกค้าเจ้าของข้อมูล' }).filter({ hasText: 'เอกสารตามสิทธิ' }).waitFor()
    await page.getByText('แสดงเฉพาะรายการของลูกค้าคนเดียว ปิติ (PITI)').waitFor()
    assert.deepEqual([...(await axeFindings(page)), ...wrong], [])
    await context.close()
  })
})

describe('hard content', () => {
  test('1,000 applications and 1,000 branches with long hostile names fit, are found and are fast enough', async () => {
    const { id } = await makeBusiness(server.db)
    const long = `${HOSTILE}${'กำ'.repeat(100)}`
    await server.db`
      insert into applications (id, business_id, name, kind, client_id, created_at, revision, rate_requests, rate_per_second)
      select gen_random_uuid(), ${id}, left(n || ' ' || ${long}, 200), 'partner', 'talad_' || md5(n::text), now(), 1, 10, 1
      from generate_series(1, 1000) as n`
    await server.db`
      insert into branches (business_id, id, code, name, is_active, created_at, updated_at)
      select ${id}, gen_random_uuid(), 'X' || n, left(n || ' ' || ${long}, 200), true, now(), now() from generate_series(1, 1000) as n`
    const keeper = await makeMember(server, { businessId: id, role: 'owner' })
    for (const width of [390, 1440]) {
      const { page, context, wrong } = await tabOf(keeper, { ...WIDE, width })
      await page.goto(`${server.url}/console/applications`)
      await page.getByRole('button', { name: 'แสดงเพิ่ม' }).waitFor()
      assert.equal(await isTooWide(page), false)
      await page.getByLabel('ค้นหา').fill('777 ')
      await page.getByRole('link', { name: /^777 / }).waitFor()
      await page.goto(`${server.url}/console/applications/new`)
      await page.getByLabel('ชื่อแอป').fill('x')
      await page.getByRole('button', { name: 'ดำเนินการต่อ' }).click()
      await page.getByRole('checkbox', { name: /^อ่านบิลขาย/ }).check()
      await page.getByRole('button', { name: 'ดำเนินการต่อ' }).click()
      await page.getByRole('radio', { name: 'เฉพาะสาขาเหล่านี้' }).check()
      await page.getByLabel('ค้นหาสาขา').fill('X777')
      await page.getByRole('checkbox', { name: /^777 / }).check()
      assert.equal(await isTooWide(page), false)
      assert.notEqual(await page.title(), 'hacked')
      assert.deepEqual(wrong, [])
      await context.close()
    }
  })
})

describe('the files of the console', () => {
  test('the first load is at most 300 kB compressed', () => {
    const html = readFileSync(join(CONSOLE_FOLDER, 'index.html'), 'utf8')
    const first = [...html.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+\.(?:js|css))"/g)].map(
      ([, path]) => path ?? '',
    )
    assert.ok(first.length >= 2)
    // The screens are loaded later; the largest counts too. Charts are loaded when one is shown.
    const sizeOf = (path: string) => gzipSync(readFileSync(join(CONSOLE_FOLDER, path))).length
    const all = globSync('assets/*.js', { cwd: CONSOLE_FOLDER })
    const isChart = (path: string) => readFileSync(join(CONSOLE_FOLDER, path), 'utf8').includes('recharts-')
    const charts = all.filter(isChart)
    assert.ok(charts.length > 0 && !charts.some((path) => first.includes(path)), String(charts))
    const later = all.filter((path) => !first.includes(path) && !charts.includes(path))
    const bytes = first.reduce((sum, path) => sum + sizeOf(path), 0) + Math.max(...later.map(sizeOf))
    assert.ok(bytes < FIRST_LOAD_MAX_BYTES, String(bytes))
  })

  test('the page allows only scripts of files, is in no cache and in no frame, and its nonce is new each time', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => fetch(`${server.url}/console/some/screen?x=1`)))
    assert.ok(one && two)
    const policy = one.headers.get('content-security-policy') ?? ''
    assert.match(policy, /script-src 'self';/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    for (const path of ['/console', '/console/'])
      assert.equal(await (await fetch(server.url + path)).text().then((text) => text.includes('<div id="root">')), true)
    assert.notEqual(policy, two.headers.get('content-security-policy'))
    assert.equal(one.headers.get('cache-control'), 'no-store')
    const [, nonce = ''] = /'nonce-([\w-]+)'/.exec(policy) ?? []
    assert.ok((await one.text()).includes(`nonce="${nonce}"`))
  })

  test('a path leads to no other file of the server', async () => {
    for (const path of [
      '/console/assets/../../package.json',
      '/console/assets/%2e%2e/.site.json',
      '/console/assets/none.js',
    ]) {
      const response = await fetch(server.url + path)
      assert.doesNotMatch(await response.text(), /workspaces|stamp/)
    }
    assert.equal((await fetch(`${server.url}/console/assets/none.js`)).status, 404)
  })
})
