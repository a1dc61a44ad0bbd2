// What all tests share: the browser, the application, the pages, and the
// Management API to set the scene.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'

export const fixture = JSON.parse(readFileSync(process.env.TPA_FIXTURE))
export const { issuer, app, demo } = fixture
export const { acme, globex, initech } = demo.organizations
export const [ada, grace] = demo.users
export { assert, test }

const axe = readFileSync(createRequire(import.meta.url)
  .resolve('axe-core/axe.min.js'), 'utf8')
const PATIENCE = 15000

// ---- the browser -------------------------------------------------------------

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
})
after(() => browser.close())

// Somebody with a fresh browser. What a page complains of on its console is a
// finding; refused: answers of 400 to 403 are expected, which it mentions.
export async function visitor(t, { refused, ...options } = {}) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true, locale: 'en-US',
    viewport: { width: 1280, height: 900 }, ...options,
  })
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  const complaints = []
  page.on('console', (m) => {
    if (m.type() !== 'error' || m.location().url.endsWith('/favicon.ico'))
      return
    if (!refused || !/with a status of 40[0-3] /.test(m.text()))
      complaints.push(m.text())
  })
  page.on('pageerror', (e) => complaints.push(String(e)))
  t.after(async () => {
    await context.close()
    assert.deepEqual(complaints, [], 'complaints of the browser')
  })
  return { page, context }
}

// ---- the application -----------------------------------------------------------

// wish: scope, organization, prompt, locale.
export async function openApp(page) {
  await page.goto(app)
  await page.locator('#scopes label').first().waitFor()
}

export async function askApp(page, wish = {}) {
  await openApp(page)
  if (wish.organization || wish.prompt || wish.locale)
    await page.locator('#start summary').click()
  for (const [name, value] of Object.entries(wish)) {
    if (name === 'organization') await page.fill('#organization', value)
    else await page.selectOption(`#${name}`, value)
  }
  await page.getByRole('button', { name: 'Log in' }).click()
}

export async function inside(page) {
  await page.locator(':is(#session, #error):not([hidden])').first().waitFor()
  assert.ok(await page.locator('#session').isVisible(),
    await page.locator('#error').innerText())
  assert.equal(page.url(), app, 'the code is gone from the address')
}

export const shownOrg = (page) => page.locator('#org-id').innerText()

// The token the application holds, opened.
export async function claims(page) {
  const token = await page.locator('#token').textContent()
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
}

// ---- the pages -------------------------------------------------------------------

const FORMS = {
  login: '#identifier', organization: 'input[name=value]',
  picker: 'button[name=organization]', consent: 'ul.scopes',
}

// Waits until one of our pages is there.
export async function on(page, name) {
  await page.locator(FORMS[name]).first().waitFor()
  assert.equal(new URL(page.url()).origin, new URL(issuer).origin)
}

export async function logIn(page, user, password = user.password) {
  await on(page, 'login')
  await page.fill('#identifier', user.email)
  await page.fill('#password', password)
  await page.locator('form button.main').click()
}

export async function pick(page, name) {
  await on(page, 'picker')
  await page.getByRole('button', { name }).click()
}

export async function decide(page, decision) {
  await on(page, 'consent')
  await page.locator(`button[name=decision][value=${decision}]`).click()
}

export async function onError(page, code) {
  await page.locator('dl dd code').first().waitFor()
  assert.ok((await page.locator('dl').innerText()).includes(code),
    `an error page that says ${code}`)
}

// ---- what must hold of every page ----------------------------------------------------

export async function clean(page, name) {
  // By the debugger, which the policy of a page does not bind.
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
        'best-practice'],
    })
    return violations.map((v) => `${v.id}: ${v.help}: `
      + v.nodes.map((n) => n.html).join(' | '))
  })
  assert.deepEqual(found, [], `axe-core on ${name}`)
}

const LOOKS = {
  light: { colorScheme: 'light', width: 1280 },
  dark: { colorScheme: 'dark', width: 1280 },
  phone: { colorScheme: 'light', width: 390 },
}

// Pictures of the page, and axe-core in each of its looks.
export async function look(page, name) {
  const { width, height } = page.viewportSize()
  for (const [look, { colorScheme, width }] of Object.entries(LOOKS)) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 844 })
    await page.screenshot({
      path: `${process.env.TPA_SHOTS}/${name}-${look}.png`, fullPage: true,
      animations: 'disabled',
    })
    await clean(page, `${name}, ${look}`)
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth > innerWidth)
    assert.ok(!wide, `${name}, ${look}: nothing sticks out`)
  }
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize({ width, height })
}

// ---- the scene -------------------------------------------------------------------------

async function answerOf(response) {
  const text = await response.text()
  assert.ok(response.ok, `${response.url} ${response.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

let token
export async function manage(method, path, body) {
  const { client_id, client_secret, audience } = fixture.admin
  token ??= (await answerOf(await fetch(new URL('oauth/token', issuer), {
    method: 'POST', body: new URLSearchParams({
      grant_type: 'client_credentials', client_id, client_secret, audience }),
  }))).access_token
  return answerOf(await fetch(new URL(`api/v2/${path}`, issuer), {
    method, body: body && JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`,
               'content-type': 'application/json' },
  }))
}

// Settings of the application during one test.
export async function settings(t, change) {
  const path = `clients/${demo.application.client_id}`
  const now = await manage('GET', path)
  await manage('PATCH', path, change)
  t.after(() => manage('PATCH', path, Object.fromEntries(
    Object.keys(change).map((name) => [name, now[name] ?? null]))))
}

// The user never allowed anything.
export const forget = (user) => manage('DELETE',
  `grants?user_id=${encodeURIComponent(user.user_id)}`)

// The Organization's switch during one test.
export async function access(t, org, value) {
  await manage('PATCH', `organizations/${org}`,
    { third_party_client_access: value })
  t.after(() => manage('PATCH', `organizations/${org}`,
    { third_party_client_access: 'allow' }))
}
