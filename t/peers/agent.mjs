// A scripted user agent: cookies as browsers keep them, forms, links, and
// redirects one by one, over TLS.
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { fixture, seen } from './fixture.mjs'

const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS)
const MOST_COOKIE = 4096   // name, value and attributes: RFC 6265 6.1
const entity = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

export const plain = (text) =>
  text.replace(/&(#?\w+);/g, (all, name) => entity[name] ?? all)

function attributes(tag) {
  const found = {}
  for (const [, name, value] of tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/gi))
    found[name.toLowerCase()] = plain(value ?? '')
  return found
}

export class Agent {
  jar = new Map()      // 'host name path' to { host, name, value, path }
  dropped = []         // names of cookies that were too long
  credentials = null   // for a location that asks for Basic
  between = false      // two nodes, which take turns
  turn = 0

  keep(url, lines) {
    for (const line of lines) {
      const [pair, ...rest] = line.split(/\s*;\s*/)
      const [, name, value] = pair.match(/^([^=]*)=(.*)$/s)
      const has = Object.fromEntries(rest.map((a) => {
        const [n, v] = a.split('=')
        return [n.toLowerCase(), v ?? '']
      }))
      if (line.length > MOST_COOKIE) {
        this.dropped.push(name)
        continue
      }
      if (has.samesite === 'None' && !('secure' in has)) continue
      if (name.startsWith('__Host-')
        && !('secure' in has && has.path === '/' && !('domain' in has)))
        continue
      const path = has.path || '/'
      const key = `${url.hostname} ${name} ${path}`
      const gone = has['max-age'] !== undefined ? Number(has['max-age']) <= 0
        : has.expires !== undefined && new Date(has.expires) <= new Date()
      if (gone) this.jar.delete(key)
      else this.jar.set(key, { host: url.hostname, name, value, path,
                               same: has.samesite ?? 'Lax' })
    }
  }

  // Tickets, codes and session cookies of the server under test.
  note(url, location, body) {
    if (url.origin !== new URL(fixture.issuer).origin) return
    for (const [, ticket] of `${location} ${body}`.matchAll(
      /ticket(?:=|" value=")([^"&\s]+)/g)) seen(ticket)
    for (const [, code] of location.matchAll(/[?&]code=([^&]+)/g)) seen(code)
    for (const { name, value } of this.jar.values())
      if (name.startsWith('__Host-tpa')) seen(value)
  }

  // Ports do not part cookies, hosts and paths do; a form of another host
  // brings those along that say they may come from anywhere.
  cookies(url, method = 'GET') {
    const foreign = this.page && this.page.url.hostname !== url.hostname
    return [...this.jar.values()].filter((c) => c.host === url.hostname
      && !(foreign && method === 'POST' && c.same !== 'None')
      && (url.pathname === c.path
          || url.pathname.startsWith(c.path.replace(/\/?$/, '/'))))
      .map((c) => `${c.name}=${c.value}`).join('; ')
  }

  cookie(name) {
    return [...this.jar.values()].find((c) => c.name === name)?.value
  }

  async send(method, target, { form, headers = {} } = {}) {
    const url = new URL(target, this.page?.url)
    const text = form && new URLSearchParams(form).toString()
    const cookies = this.cookies(url, method)
    const all = {
      accept: 'text/html', 'accept-language': 'en',
      ...(cookies && { cookie: cookies }),
      ...(text !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(text),
        origin: this.page?.policy.includes('no-referrer') ? 'null'
          : this.page?.url.origin,
        'sec-fetch-site': this.page?.url.origin === url.origin
          ? 'same-origin' : 'cross-site',
      }),
      ...headers,
    }
    const answer = await new Promise((resolve, reject) => {
      const req = request(url, {
        method, headers: { host: url.host, ...all }, ca, agent: false,
        port: this.portOf(url) })
      req.on('response', resolve).on('error', reject).end(text)
    })
    let body = ''
    for await (const part of answer.setEncoding('utf8')) body += part
    return this.receive(url, answer.statusCode, answer.headers, body)
  }

  portOf(url) {
    return this.between && url.origin === new URL(fixture.issuer).origin
      && this.turn++ % 2 ? fixture.other : url.port
  }

  receive(url, status, headers, body) {
    this.keep(url, headers['set-cookie'] ?? [])
    this.note(url, headers.location ?? '', body)
    this.page = {
      url, body, status, headers,
      location: headers.location ? new URL(headers.location, url) : undefined,
      policy: headers['referrer-policy'] ?? '',
    }
    return this.page
  }

  // A browser asks its user once, and sends what was typed until it is wrong.
  async get(target) {
    const page = await this.send('GET', target)
    if (page.status !== 401 || !this.credentials) return page
    const typed = Buffer.from(this.credentials.join(':')).toString('base64')
    return this.send('GET', page.url, {
      headers: { authorization: `Basic ${typed}` },
    })
  }

  // As far as redirects lead; not to the application, which nobody serves.
  async follow() {
    for (let n = 0; n < 20; n++) {
      const to = this.page.location
      if (!to || !['localhost', '127.0.0.1'].includes(to.hostname)) break
      await this.get(to)
    }
    return this.page
  }

  async open(target) {
    await this.get(target)
    return this.follow()
  }

  forms() {
    return [...this.page.body.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)]
      .map(([, head, inside]) => ({
        ...attributes(head),
        fields: [...inside.matchAll(/<(?:input|button)\b([^>]*)>/g)]
          .map(([, tag]) => attributes(tag)).filter((f) => f.name),
      }))
  }

  // The form that has all these names, sent with these values.
  async submit(values) {
    const names = Object.keys(values)
    const form = this.forms().find((f) =>
      names.every((n) => f.fields.some((field) => field.name === n)))
    if (!form) throw new Error(`no form with ${names}: ${this.page.body}`)
    const sent = Object.fromEntries(form.fields
      .filter((f) => f.type !== 'submit' && f.name !== 'decision')
      .map((f) => [f.name, f.value ?? '']))
    await this.send('POST', form.action || this.page.url,
      { form: { ...sent, ...values } })
    return this.follow()
  }

  links() {
    return [...this.page.body.matchAll(/<a\b([^>]*)>/g)]
      .map(([, tag]) => attributes(tag).href).filter(Boolean)
  }
}
