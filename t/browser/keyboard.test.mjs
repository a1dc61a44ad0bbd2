// The whole flow with the keyboard only, and nothing is operated unseen.
import { acme, ada, assert, claims, forget, inside, on, openApp, test, visitor }
  from './common.mjs'

// What has the focus: it must show that it does.
const focus = (page) => page.evaluate(() => {
  const e = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(e)
  const { width, height } = e.getBoundingClientRect()
  return { name: e.name ?? '', value: e.value ?? '', id: e.id,
    text: e.innerText?.trim() ?? '', tag: e.tagName,
    shown: outlineStyle !== 'none' && outlineWidth !== '0px'
      && width > 0 && height > 0 }
})

// Tab until something has the focus; all on the way must show it.
async function tabTo(page, wanted) {
  for (let i = 0; i < 30; i++) {
    const now = await focus(page)
    if (now.tag !== 'BODY') assert.ok(now.shown, `${JSON.stringify(now)} shows`)
    if (wanted(now)) return
    await page.keyboard.press('Tab')
  }
  assert.fail('it cannot be reached')
}

test('by keyboard from the application to the token', async (t) => {
  const { page } = await visitor(t)
  await forget(ada)
  await openApp(page)
  await page.keyboard.press('Tab')
  assert.equal((await focus(page)).text, 'Skip to the content')
  await tabTo(page, (e) => e.text === 'Log in')
  await page.keyboard.press('Enter')

  await on(page, 'login')
  await tabTo(page, (e) => e.id === 'identifier')
  await page.keyboard.type(ada.email)
  await page.keyboard.press('Tab')
  assert.equal((await focus(page)).id, 'password')
  await page.keyboard.type(ada.password)
  await page.keyboard.press('Enter')

  await on(page, 'picker')
  await tabTo(page, (e) => e.value === acme)
  await page.keyboard.press('Space')

  await on(page, 'consent')
  await tabTo(page, (e) => e.name === 'decision' && e.value === 'accept')
  await page.keyboard.press('Enter')

  await inside(page)
  assert.equal((await focus(page)).id, 'session-title',
    'a reader hears where it is')
  assert.equal((await claims(page)).org_id, acme)
  await page.keyboard.press('Tab')
  await tabTo(page, (e) => e.id === 'refresh')
  await page.keyboard.press('Enter')
  await page.getByText('A refresh token for').waitFor()
  await page.waitForFunction(() => document.activeElement.id === 'refresh')
  await tabTo(page, (e) => e.id === 'revoke')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement.id === 'start-title')
})
