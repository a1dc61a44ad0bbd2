// The Organization is asked for before anybody logs in: by its name, by an
// e-mail address, or by either.
import { acme, ada, askApp, assert, decide, forget, globex, grace, initech,
  inside, logIn, look, on, onError, settings, shownOrg, test, visitor }
  from './common.mjs'

const prompting = (t, ...methods) => settings(t, {
  organization_require_behavior: 'pre_login_prompt',
  organization_discovery_methods: methods,
})

async function answer(page, value) {
  await on(page, 'organization')
  await page.fill('input[name=value]', value)
  await page.locator('form button.main').click()
}

async function asked(t, options) {
  const { page } = await visitor(t, options)
  await forget(ada)
  await forget(grace)
  await askApp(page)
  await on(page, 'organization')
  return page
}

test('by name', async (t) => {
  await prompting(t, 'organization_name')
  const page = await asked(t)
  await look(page, 'organization-name')
  await answer(page, 'acme')
  await on(page, 'login')
  assert.ok((await page.locator('main').innerText()).includes('Acme Inc'))
  await look(page, 'login-acme')
  await logIn(page, ada)
  await decide(page, 'accept')
  await inside(page)
  assert.equal(await shownOrg(page), acme)
})

test('by e-mail address, which the login page then knows', async (t) => {
  await prompting(t, 'email')
  const page = await asked(t)
  await look(page, 'organization-email')
  await answer(page, grace.email)
  await on(page, 'login')
  assert.equal(await page.inputValue('#identifier'), grace.email)
  await logIn(page, grace)
  await decide(page, 'accept')
  await inside(page)
  assert.equal(await shownOrg(page), globex)
})

test('by either', async (t) => {
  await prompting(t, 'email', 'organization_name')
  const page = await asked(t)
  await look(page, 'organization-either')
  await answer(page, 'globex')
  await on(page, 'login')
})

test('as a phone writes it: a capital, a blank behind', async (t) => {
  await prompting(t, 'organization_name')
  const page = await asked(t)
  await answer(page, 'Globex ')
  await on(page, 'login')
  assert.ok((await page.locator('main').innerText())
    .includes('Globex Corporation'))
})

for (const [what, value] of [
  ['a name nobody has', 'no-such-organization'],
  ['a domain nobody has', 'ada@nowhere.example'],
]) {
  test(`${what} leaves the user there, with a reason`, async (t) => {
    await prompting(t, 'email', 'organization_name')
    const page = await asked(t, { refused: true })
    await answer(page, value)
    await page.getByRole('alert').waitFor()
    await on(page, 'organization')
    assert.equal(await page.inputValue('input[name=value]'), value,
      'nobody has to type it again')
    if (value.startsWith('no-')) await look(page, 'organization-unknown')
  })
}

test('one that lets no third-party application in, by its id', async (t) => {
  const { page } = await visitor(t, { refused: true })
  await askApp(page, { organization: initech })
  await onError(page, 'invalid_request')
  const said = await page.locator('main').innerText()
  await look(page, 'error')

  // Whether there is such an Organization shows nowhere.
  await askApp(page, { organization: 'org_0000000000000000' })
  await onError(page, 'invalid_request')
  const blind = (s) => s.replace(/org_\w+|ref_\w+/g, '')
  assert.equal(blind(await page.locator('main').innerText()), blind(said))
})
