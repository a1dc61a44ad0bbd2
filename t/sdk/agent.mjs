// A user with a browser, as far as a script can be one: follows redirects, keeps
// cookies, reads forms, and fills them in, until it is sent away.
import { assert, fixture, issuer } from './common.mjs'

const origin = new URL(issuer).origin

const text = (html) => html.replaceAll('&lt;', '<').replaceAll('&gt;', '>')
  .replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')

function attributes(tag) {
  return Object.fromEntries([...tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)]
    .slice(1).map(([, name, value]) => [name, text(value ?? '')]))
}

const tags = (html, name) =>
  [...html.matchAll(new RegExp(`<${name}\\b[^>]*>`, 'g'))]
    .map(([tag]) => attributes(tag))

// The form of a page: where it goes, its fields, its buttons.
function formOf(html) {
  const [form] = /<form\b[^]*?<\/form>/.exec(html) ?? []
  assert.ok(form, `a form in ${html}`)
  return { action: tags(form, 'form')[0].action, fields: tags(form, 'input'),
           buttons: tags(form, 'button').filter((b) => b.name) }
}

export class Agent {
  cookies = new Map()
  seen = []

  keep(response) {
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)
      assert.match(cookie, /; *Secure/i, `${name} goes over TLS only`)
      assert.match(cookie, /; *HttpOnly/i, `${name} is not for scripts`)
      if (!value || /max-age=0\b/i.test(cookie)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }

  // The page at the end, or {left}: where it was sent to.
  async go(url, form) {
    for (let hops = 0; hops < 10; hops++) {
      const response = await fetch(url, {
        method: form ? 'POST' : 'GET', redirect: 'manual',
        body: form && new URLSearchParams(form),
        headers: {
          cookie: [...this.cookies].map((c) => c.join('=')).join('; '),
          ...form && { origin } },
      })
      this.keep(response)
      const to = response.headers.get('location')
      if (!to) return { url, status: response.status,
                        html: await response.text() }
      assert.equal(response.status, 303)
      url = new URL(to, url)
      form = undefined
      if (url.origin !== origin) return { left: url }
    }
    return assert.fail('sent in circles')
  }

  // What is filled into a form: by what it asks for.
  answer({ fields, buttons }, wish) {
    const form = Object.fromEntries(fields.filter((f) => f.type === 'hidden')
      .map((f) => [f.name, f.value]))
    const asks = (name) => [...fields, ...buttons].some((f) => f.name === name)
    if (asks('password')) {
      this.seen.push('login')
      return { ...form, identifier: wish.user.email,
               password: wish.user.password }
    }
    if (asks('organization')) {
      this.seen.push('picker')
      return { ...form, organization: wish.organization }
    }
    assert.ok(asks('decision'), 'a form that is known')
    this.seen.push('consent')
    return { ...form, decision: wish.decision ?? 'accept' }
  }

  // From the authorization URL to where the application gets its answer.
  async authorize(url, wish) {
    let page = await this.go(new URL(url))
    for (let pages = 0; !page.left; pages++) {
      assert.equal(page.status, 200, page.html)
      assert.ok(pages < 6, 'pages without end')
      const form = formOf(page.html)
      page = await this.go(new URL(form.action, page.url),
        this.answer(form, wish))
    }
    return page.left
  }
}

// Log in as the user of the fixture and allow what is asked for.
export async function allow(url, organization) {
  const agent = new Agent()
  const answer = await agent.authorize(url,
    { user: fixture.user, organization })
  return { answer, seen: agent.seen }
}
