// The way of a user: log in, pick an Organization, allow, and a token for it.
import { access, acme, ada, app, askApp, assert, claims, decide, demo, forget,
  globex, grace, inside, issuer, logIn, look, manage, on, openApp, pick,
  shownOrg, test, visitor } from './common.mjs'

test('the application says what it is about', async (t) => {
  const { page } = await visitor(t)
  await openApp(page)
  await page.locator('summary').first().click()
  await look(page, 'app-start')
})

test('log in, pick, allow: the token shows its Organization', async (t) => {
  const { page } = await visitor(t)
  await forget(ada)
  await askApp(page)
  await on(page, 'login')
  await look(page, 'login')
  await logIn(page, ada)

  await on(page, 'picker')
  await look(page, 'picker')
  const offered = await page.locator('button[name=organization]')
    .allInnerTexts()
  assert.deepEqual(offered.map((s) => s.trim()),
    ['Acme Inc', 'Globex Corporation'],
    'initech lets no third-party application in')
  await pick(page, 'Acme Inc')

  await on(page, 'consent')
  await look(page, 'consent')
  const text = await page.locator('main').innerText()
  for (const said of ['Post Planner', 'app.localhost', 'Acme Inc', ada.email])
    assert.ok(text.includes(said), `the page names ${said}`)
  await decide(page, 'accept')

  await inside(page)
  assert.equal(await shownOrg(page), acme)
  const token = await claims(page)
  assert.equal(token.org_id, acme)
  assert.equal(token.sub, ada.user_id)
  assert.equal(token.aud, demo.api)
  assert.equal(token.iss, issuer)
  assert.equal(token.azp, demo.application.client_id)
  assert.deepEqual(token.scope.split(' ').sort(),
    ['create:posts', 'offline_access', 'read:posts'])
  await page.locator('#session summary').click()
  await look(page, 'token')
})

test('another Organization: no password, but consent of its own', async (t) => {
  const { page } = await visitor(t)
  await forget(ada)
  await askApp(page)
  await logIn(page, ada)
  await pick(page, 'Acme Inc')
  await decide(page, 'accept')
  await inside(page)

  await page.getByRole('button', { name: 'Other Organization' }).click()
  await pick(page, 'Globex Corporation')
  await on(page, 'consent')
  assert.ok((await page.locator('main').innerText())
    .includes('Globex Corporation'))
  await look(page, 'consent-globex')
  await decide(page, 'accept')
  await inside(page)
  assert.equal((await claims(page)).org_id, globex)

  await page.getByRole('button', { name: 'Other Organization' }).click()
  await pick(page, 'Acme Inc')
  await inside(page)
  assert.equal((await claims(page)).org_id, acme, 'what was allowed, stays so')
})

test('a member of one Organization has nothing to pick', async (t) => {
  const { page } = await visitor(t)
  await forget(grace)
  await askApp(page)
  await logIn(page, grace)
  await decide(page, 'accept')
  await inside(page)
  assert.equal(await shownOrg(page), globex)
})

test('an Organization that the application names', async (t) => {
  const { page } = await visitor(t)
  await forget(ada)
  await askApp(page, { organization: globex })
  await on(page, 'login')
  assert.ok((await page.locator('main').innerText())
    .includes('Globex Corporation'), 'its login page')
  await logIn(page, ada)
  await decide(page, 'accept')
  await inside(page)
  assert.equal(await shownOrg(page), globex)
})

// The application of somebody who is in, at acme, and what it was given.
async function connected(t, options) {
  const { page } = await visitor(t, options)
  await forget(ada)
  await askApp(page, { organization: acme })
  await logIn(page, ada)
  const answer = page.waitForResponse(`${issuer}oauth/token`)
  await decide(page, 'accept')
  const tokens = await (await answer).json()
  await inside(page)
  return { page, tokens }
}

const use = (refresh_token) => fetch(new URL('oauth/token', issuer), {
  method: 'POST', body: new URLSearchParams({
    grant_type: 'refresh_token', refresh_token,
    client_id: demo.application.client_id }),
})

test('refresh: a new pair of tokens', async (t) => {
  const { page, tokens } = await connected(t)
  const answer = page.waitForResponse(`${issuer}oauth/token`)
  await page.getByRole('button', { name: 'Refresh' }).click()
  const fresh = await (await answer).json()
  assert.notEqual(fresh.refresh_token, tokens.refresh_token, 'it rotates')
  await page.getByText('A refresh token for a new pair of tokens.').waitFor()
  assert.equal((await claims(page)).org_id, acme)
  assert.equal((await claims(page)).gty, 'refresh_token')
})

test('revoke: the refresh token is dead', async (t) => {
  const { page, tokens } = await connected(t)
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.locator('#start:not([hidden])').waitFor()
  await page.getByText('is dead.').waitFor()
  const answer = await use(tokens.refresh_token)
  assert.equal(answer.status, 400)
  assert.equal((await answer.json()).error, 'invalid_grant')
})

test('an Organization that shuts the door: no refresh', async (t) => {
  const { page } = await connected(t, { refused: true })
  await access(t, acme, 'block')
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.locator('#error:not([hidden])').waitFor()
  assert.equal(await page.locator('#error-code').innerText(), 'invalid_grant')
  await look(page, 'app-error')
})

test('consent that is withdrawn: no refresh', async (t) => {
  const { page } = await connected(t, { refused: true })
  const grants = await manage('GET',
    `grants?user_id=${encodeURIComponent(ada.user_id)}`)
  assert.equal(grants[0].organization_id, acme)
  await forget(ada)
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.locator('#error:not([hidden])').waitFor()
  assert.equal(await page.locator('#error-code').innerText(), 'invalid_grant')
})

test('without "stay connected" there is no refresh token', async (t) => {
  const { page } = await visitor(t)
  await openApp(page)
  await page.getByLabel('Stay connected').uncheck()
  await page.getByRole('button', { name: 'Log in' }).click()
  await logIn(page, grace)
  await on(page, 'consent').catch(() => {})
  if (page.url() !== app) await decide(page, 'accept')
  await inside(page)
  assert.ok(await page.getByRole('button', { name: 'Refresh' }).isDisabled())
  assert.ok(await page.locator('#no-refresh').isVisible())
})
