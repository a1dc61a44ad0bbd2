// The protocol, without a library: authorization code with PKCE (RFC 7636),
// state, the check of the issuer (RFC 9207), refresh and revocation (RFC 7009).
// Nothing here knows the page.

const KEY = 'login in progress'

export class OAuthError extends Error {
  constructor(code, description, more = {}) {
    super(description || code)
    this.code = code
    this.description = description || ''
    Object.assign(this, more)
  }
}

// ---- small things ----------------------------------------------------------

const base64url = (bytes) => btoa(String.fromCharCode(...bytes))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

const pathOf = (url) => new URL(url).pathname

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

async function challengeOf(verifier) {
  const bytes = new TextEncoder().encode(verifier)
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

// Where this application is: what is registered as its callback.
export const redirectUri = () => location.origin + '/'

// What a JWT says. Nobody verified it: that is the part of the API.
export function decode(token) {
  const text = atob(token.split('.')[1].replaceAll('-', '+')
    .replaceAll('_', '/'))
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

async function call(url, init) {
  let answer
  try {
    answer = await fetch(url, {
      cache: 'no-store', credentials: 'omit', redirect: 'error',
      referrerPolicy: 'no-referrer', ...init,
    })
  } catch {
    throw new OAuthError('network', `${new URL(url).host} gave no answer.`)
  }
  const text = await answer.text()
  let body = {}
  try {
    if (text) body = JSON.parse(text)
  } catch {
    throw new OAuthError('no_json',
      `${new URL(url).host} answered ${answer.status}, and not with JSON.`)
  }
  if (!answer.ok || body.error)
    throw new OAuthError(body.error ?? 'http', body.error_description
      ?? `The server answered ${answer.status}.`, { status: answer.status })
  return body
}

const post = (url, form) => call(url, {
  method: 'POST', body: new URLSearchParams(form),
})

// ---- the application -------------------------------------------------------

export class Client {
  // config: issuer, client_id, audience. tell(text): what happens, for people.
  constructor(config, tell = () => {}) {
    this.config = config
    this.tell = tell
    this.tokens = null
  }

  async discover() {
    if (this.server) return this.server
    const { issuer } = this.config
    const url = `${issuer}.well-known/oauth-authorization-server`
    const server = await call(url)
    if (server.issuer !== issuer)
      throw new OAuthError('wrong_issuer',
        `The metadata are those of ${server.issuer}, not of ${issuer}.`)
    if (!server.code_challenge_methods_supported?.includes('S256'))
      throw new OAuthError('no_pkce', 'The server does not announce PKCE.')
    this.tell(`GET ${pathOf(url)}`, 'Where the server has its endpoints.')
    this.server = server
    return server
  }

  // Sends the browser away. wish: scope (a list), organization, prompt, locale.
  async login(wish) {
    const verifier = random(), state = random()
    const url = new URL(this.config.authorization_endpoint
      ?? (await this.discover()).authorization_endpoint)
    const params = {
      response_type: 'code', client_id: this.config.client_id,
      redirect_uri: redirectUri(), audience: this.config.audience,
      scope: wish.scope.join(' '), state,
      code_challenge: await challengeOf(verifier),
      code_challenge_method: 'S256', organization: wish.organization,
      prompt: wish.prompt, ui_locales: wish.locale,
    }
    for (const [name, value] of Object.entries(params))
      if (value) url.searchParams.set(name, value)
    sessionStorage.setItem(KEY, JSON.stringify({ state, verifier }))
    location.assign(url)
  }

  // Takes up what login() began, when the server sent the browser back.
  // Answers true when there are tokens, false when this is no answer at all.
  async resume() {
    const answer = new URLSearchParams(location.search)
    const begun = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
    if (!answer.has('code') && !answer.has('error')) return false
    // The code must not stay in the address bar, nor be used twice.
    history.replaceState(null, '', redirectUri())
    sessionStorage.removeItem(KEY)
    if (!begun || answer.get('state') !== begun.state)
      throw new OAuthError('state', 'The answer does not belong to a login'
        + ' that this tab began.')
    if (answer.get('iss') !== this.config.issuer)
      throw new OAuthError('iss', 'The answer comes from '
        + `${answer.get('iss') ?? 'a server that does not say its name'}, not`
        + ` from ${this.config.issuer}.`)
    if (answer.has('error'))
      throw new OAuthError(answer.get('error'),
        answer.get('error_description'))
    this.tell(`Back at ${redirectUri()}`,
      'With a code; state and iss are what they must be.')
    await this.exchange(answer.get('code'), begun.verifier)
    return true
  }

  async exchange(code, verifier) {
    const { token_endpoint: url } = await this.discover()
    this.tokens = await post(url, {
      grant_type: 'authorization_code', client_id: this.config.client_id,
      code, redirect_uri: redirectUri(), code_verifier: verifier,
    })
    this.tell(`POST ${pathOf(url)}`, 'Code and verifier for tokens.')
  }

  async refresh() {
    const { token_endpoint: url } = await this.discover()
    const answer = await post(url, {
      grant_type: 'refresh_token', client_id: this.config.client_id,
      refresh_token: this.tokens.refresh_token,
    })
    // A server that does not rotate sends none: the old one stays good.
    this.tokens = { refresh_token: this.tokens.refresh_token, ...answer }
    this.tell(`POST ${pathOf(url)}`, answer.refresh_token
      ? 'A refresh token for a new pair of tokens.'
      : 'A refresh token for a new access token.')
  }

  async revoke() {
    const { revocation_endpoint: url } = await this.discover()
    const { refresh_token: token } = this.tokens
    if (token) {
      await post(url, { client_id: this.config.client_id, token })
      this.tell(`POST ${pathOf(url)}`,
        'The refresh token, and all that followed from it, is dead.')
    }
    this.tokens = null
  }
}
