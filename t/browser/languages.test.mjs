// Pages in the language the application asks for, or the browser.
import { readFileSync } from 'node:fs'
import { ada, askApp, assert, decide, forget, inside, logIn, look, on, onError,
  pick, test, visitor } from './common.mjs'

const texts = (language) => JSON.parse(
  readFileSync(`locales/${language}.json`))

async function speaks(page, language, name) {
  const html = page.locator('html')
  assert.equal(await html.getAttribute('lang'), language)
  assert.equal(await html.getAttribute('dir'), language === 'ar' ? 'rtl' : 'ltr')
  // Names from outside are set apart, whichever way they run.
  const title = await page.locator('h1').innerText()
  assert.equal(title.replace(/[\u2066-\u2069]/g, ''),
    texts(language)[`${name}_title`].replace('{application}', 'Post Planner'))
  await look(page, `${name}-${language}`)
}

for (const [language, how] of [['de', 'asked for'], ['ar', 'asked for'],
  ['fr', 'of the browser']]) {
  test(`${language}, ${how}`, async (t) => {
    const asked = how === 'asked for'
    const { page } = await visitor(t, { refused: true,
      locale: asked ? 'en-US' : 'fr-CA' })
    await forget(ada)
    await askApp(page, asked ? { locale: language } : {})
    await on(page, 'login')
    await speaks(page, language, 'login')
    await logIn(page, ada, 'wrong')
    await page.getByRole('alert').waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), language)
    await logIn(page, ada)
    await on(page, 'picker')
    await speaks(page, language, 'picker')
    await pick(page, 'Acme Inc')
    await on(page, 'consent')
    await speaks(page, language, 'consent')
    await decide(page, language === 'de' ? 'decline' : 'accept')
    if (language !== 'de') return inside(page)
    await onError(page, 'access_denied')
    return speaks(page, language, 'error')
  })
}
