// What is refused, and how that looks.
import { acme, ada, app, askApp, assert, decide, demo, forget, issuer, logIn,
  look, on, onError, openApp, pick, settings, test, visitor } from './common.mjs'

test('a wrong password: the page again, and why', async (t) => {
  const { page } = await visitor(t, { refused: true })
  await askApp(page)
  await logIn(page, ada, 'wrong password')
  await page.getByRole('alert').waitFor()
  assert.equal(await page.inputValue('#identifier'), ada.email)
  await look(page, 'login-wrong')
  const unknown = await visitor(t, { refused: true })
  await askApp(unknown.page)
  await logIn(unknown.page, { email: 'nobody@acme.example' }, 'wrong password')
  assert.equal(await unknown.page.getByRole('alert').innerText(),
    await page.getByRole('alert').innerText(), 'the same for nobody')
})

test('decline: our page, since the application is not trusted', async (t) => {
  const { page } = await visitor(t, { refused: true })
  await forget(ada)
  await askApp(page)
  await logIn(page, ada)
  await pick(page, 'Acme Inc')
  await decide(page, 'decline')
  await onError(page, 'access_denied')
  assert.equal(new URL(page.url()).origin, new URL(issuer).origin)
  await look(page, 'declined')
})

test('decline, with redirects allowed: back in the application', async (t) => {
  const { page } = await visitor(t)
  await settings(t, { redirection_policy: 'allow_always' })
  await forget(ada)
  await askApp(page, { organization: acme })
  await logIn(page, ada)
  await decide(page, 'decline')
  await page.locator('#error:not([hidden])').waitFor()
  assert.equal(page.url(), app)
  assert.equal(await page.locator('#error-code').innerText(), 'access_denied')
  await look(page, 'app-declined')
})

test('prompt=none without a session', async (t) => {
  const { page } = await visitor(t)
  await settings(t, { redirection_policy: 'allow_always' })
  await askApp(page, { prompt: 'none', organization: acme })
  await page.locator('#error:not([hidden])').waitFor()
  assert.equal(await page.locator('#error-code').innerText(), 'login_required')
})

const query = (change) => new URLSearchParams({
  response_type: 'code', client_id: demo.application.client_id,
  redirect_uri: app, audience: demo.api, scope: 'read:posts', state: 's',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256', ...change })

for (const [name, change, code] of [
  ['no application', { client_id: 'tpc_0000000000000000000000' },
    'invalid_request'],
  ['a redirect URI that is not registered',
    { redirect_uri: `${app}elsewhere` }, 'invalid_request'],
  ['no PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['another response type', { response_type: 'token' },
    'unsupported_response_type'],
  ['an unknown parameter', { pwned: '<script>alert(1)</script>' },
    'invalid_request'],
]) {
  test(`an error page: ${name}`, async (t) => {
    const { page } = await visitor(t, { refused: true })
    await page.goto(`${issuer}authorize?${query(change)}`)
    await onError(page, code)
    await look(page, `error-${name.replaceAll(' ', '-')}`)
  })
}

test('the application takes no answer it did not ask for', async (t) => {
  const { page } = await visitor(t)
  await page.goto(`${app}?code=x&state=y&iss=${encodeURIComponent(issuer)}`)
  await page.locator('#error:not([hidden])').waitFor()
  assert.equal(await page.locator('#error-code').innerText(), 'state')
  assert.equal(page.url(), app)
})

test('nor one of another server', async (t) => {
  const { page } = await visitor(t)
  await openApp(page)
  await page.evaluate(() => sessionStorage.setItem('login in progress',
    JSON.stringify({ state: 'y', verifier: 'v' })))
  await page.goto(`${app}?code=x&state=y&iss=https%3A%2F%2Fevil.example%2F`)
  await page.locator('#error:not([hidden])').waitFor()
  assert.equal(await page.locator('#error-code').innerText(), 'iss')
})

test('the pages run no script, and cannot be framed', async (t) => {
  const { page } = await visitor(t)
  const answer = await page.goto(`${issuer}authorize?${query({})}`)
  await on(page, 'login')
  const policy = answer.headers()['content-security-policy']
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
  assert.equal(await page.locator('script').count(), 0)
})
