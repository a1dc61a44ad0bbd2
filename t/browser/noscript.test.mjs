// The pages work without JavaScript; the application, which cannot, says so.
import { createHash, randomBytes } from 'node:crypto'
import { acme, ada, app, assert, decide, demo, forget, issuer, logIn, look, on,
  pick, settings, test, visitor } from './common.mjs'

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

const ask = (more) => `${issuer}authorize?${new URLSearchParams({
  response_type: 'code', client_id: demo.application.client_id,
  redirect_uri: app, audience: demo.api, scope: 'read:posts', state: 'abc',
  code_challenge: challenge, code_challenge_method: 'S256', ...more })}`

async function exchange(url) {
  const answer = new URL(url).searchParams
  assert.equal(answer.get('state'), 'abc')
  assert.equal(answer.get('iss'), issuer)
  const response = await fetch(new URL('oauth/token', issuer), {
    method: 'POST', body: new URLSearchParams({
      grant_type: 'authorization_code', code: answer.get('code'),
      client_id: demo.application.client_id, redirect_uri: app,
      code_verifier: verifier }),
  })
  const { access_token: token } = await response.json()
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
}

async function without(t) {
  await forget(ada)
  return (await visitor(t, { javaScriptEnabled: false })).page
}

test('log in, pick, allow', async (t) => {
  const page = await without(t)
  await page.goto(ask())
  await logIn(page, ada)
  await pick(page, 'Acme Inc')
  await decide(page, 'accept')
  await page.waitForURL(`${app}?*`)
  assert.equal((await exchange(page.url())).org_id, acme)
  await page.locator('noscript h2').waitFor()
  assert.equal(await page.locator('#login').isVisible(), false,
    'no button that does nothing')
})

test('the Organization first', async (t) => {
  await settings(t, { organization_require_behavior: 'pre_login_prompt' })
  const page = await without(t)
  await page.goto(ask())
  await on(page, 'organization')
  await page.fill('input[name=value]', 'acme')
  await page.locator('form button.main').click()
  await logIn(page, ada)
  await decide(page, 'accept')
  await page.waitForURL(`${app}?*`)
  assert.equal((await exchange(page.url())).org_id, acme)
})

test('an answer by form: there is a button', async (t) => {
  const page = await without(t)
  await page.goto(ask({ response_mode: 'form_post', organization: acme }))
  await logIn(page, ada)
  await decide(page, 'accept')
  await page.locator('input[name=code]').waitFor({ state: 'attached' })
  assert.equal(await page.locator('form').getAttribute('action'), app)
  const [request] = await Promise.all([
    page.waitForRequest((r) => r.url() === app && r.method() === 'POST'),
    page.locator('form button').click(),
  ])
  assert.equal((await exchange(`${app}?${request.postData()}`)).org_id, acme)
})

test('with JavaScript it goes by itself, and looks like the others', async (t) => {
  await forget(ada)
  const { page } = await visitor(t)
  // An answer without content leaves the browser where it is.
  await page.route(app, (route) => route.fulfill({ status: 204 }))
  const gone = page.waitForRequest((r) => r.url() === app)
  await page.goto(ask({ response_mode: 'form_post', organization: acme }))
  await logIn(page, ada)
  await decide(page, 'accept')
  assert.equal((await gone).method(), 'POST')
  await look(page, 'form-post')
})
