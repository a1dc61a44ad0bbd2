// The page: what is shown, and what the buttons do.
import { Client, OAuthError, decode } from './oauth.js'

const $ = (id) => document.getElementById(id)

const make = (name, text, attributes = {}) => {
  const element = document.createElement(name)
  if (text !== undefined) element.textContent = text
  for (const [key, value] of Object.entries(attributes))
    element.setAttribute(key, value)
  return element
}

// ---- what things mean ------------------------------------------------------

const CLAIMS = {
  org_id: 'The Organization it is good for. An API must compare it.',
  org_name: 'The name of that Organization.',
  iss: 'Who issued it.',
  sub: 'The user it stands for.',
  aud: 'The API it is for.',
  azp: 'The application it was given to.',
  client_id: 'The application it was given to.',
  scope: 'What the application may do.',
  permissions: 'What the user may do.',
  iat: 'When it was issued.',
  exp: 'When it ends.',
  jti: 'Its own name.',
  gty: 'How the application got it.',
}

const ERRORS = {
  access_denied: 'You said no, or the server did: you may not be a member of'
    + ' that Organization, or it does not let this application in.',
  login_required: 'The application asked not to bother you, and you are not'
    + ' logged in.',
  consent_required: 'The application asked not to bother you, and you did not'
    + ' allow it yet.',
  interaction_required: 'The application asked not to bother you, and there is'
    + ' something to ask, such as which Organization.',
  invalid_request: 'The server did not like what was asked for. Its description'
    + ' names the parameter.',
  invalid_scope: 'The application asked for more than it may have.',
  unauthorized_client: 'The application may not do this here: an administrator'
    + ' has to allow it.',
  invalid_client: 'The server does not know this application. Is config.json'
    + ' the one of this server?',
  invalid_grant: 'The code or refresh token is not good any more: used before,'
    + ' expired, revoked, or what it rests on was withdrawn. Log in again.',
  temporarily_unavailable: 'The server is busy or its database is away. Try'
    + ' again in a moment.',
  server_error: 'Something went wrong in the server. Its log knows what.',
  network: 'Is the server running? A browser also refuses to go on when it does'
    + ' not trust the certificate: open the issuer once in a tab of its own.',
  state: 'Somebody else may have sent you here, or the login was begun in'
    + ' another tab. Nothing was used of it.',
  iss: 'Another server than the one you were sent to gave the answer. Nothing'
    + ' was used of it.',
  config: 'This application reads config.json beside its page: issuer,'
    + ' client_id, audience, scopes. The README tells how to write one.',
}

// ---- showing ---------------------------------------------------------------

function tell(what, why) {
  const item = make('li')
  item.append(make('code', what), make('span', why))
  $('log').append(item)
  $('log-empty').hidden = true
}

function show(name, focus = true) {
  for (const id of ['start', 'session']) $(id).hidden = id !== name
  if (focus) $(`${name}-title`).focus()
}

function showError(error) {
  const code = error.code ?? 'error'
  $('error-code').textContent = code
  $('error-text').textContent = error.description || error.message
  $('error-means').textContent = ERRORS[code] ?? ''
  $('error').hidden = false
  $('error-title').focus()
  if (!(error instanceof OAuthError)) console.error(error)
}

const shownTime = (seconds) => new Date(seconds * 1000).toLocaleString(
  undefined, { dateStyle: 'medium', timeStyle: 'medium' })

function valueOf(name, value) {
  if (name === 'iat' || name === 'exp')
    return `${value} (${shownTime(value)})`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

// The claim that counts here comes first.
function rowsOf(claims) {
  const names = Object.keys(claims)
  return ['org_id', 'org_name'].filter((name) => names.includes(name))
    .concat(names.filter((name) => !name.startsWith('org_')))
}

function showClaims(claims) {
  $('claims').replaceChildren(...rowsOf(claims).map((name) => {
    const row = make('tr')
    const value = make('td')
    value.append(make('code', valueOf(name, claims[name])))
    row.append(make('th', name, { scope: 'row' }), value,
      make('td', CLAIMS[name] ?? ''))
    row.dataset.claim = name
    return row
  }))
}

function showOrganization(claims) {
  $('org').classList.toggle('none', !claims.org_id)
  $('org-id').textContent = claims.org_id ?? 'none'
  $('org-name').hidden = !claims.org_name
  $('org-name').textContent = claims.org_name ?? ''
}

function showSession(focus) {
  const { access_token: token, refresh_token: refresh } = client.tokens
  const claims = decode(token)
  showOrganization(claims)
  showClaims(claims)
  $('token').replaceChildren(...token.split('.').flatMap((part, i) => [
    i ? '.' : '', make('span', part, { class: `part-${i}` })]))
  $('refresh').disabled = !refresh
  $('no-refresh').hidden = Boolean(refresh)
  show('session', focus)
}

// ---- doing -----------------------------------------------------------------

let client

// A button that works cannot be pressed a second time; what goes wrong is told.
async function doing(work) {
  const buttons = [...document.querySelectorAll('button')]
  const off = buttons.filter((button) => button.disabled)
  $('error').hidden = true
  document.body.setAttribute('aria-busy', 'true')
  for (const button of buttons) button.disabled = true
  try {
    await work()
  } catch (error) {
    showError(error)
  } finally {
    document.body.removeAttribute('aria-busy')
    for (const button of buttons) button.disabled = off.includes(button)
    if (client?.tokens) $('refresh').disabled = !client.tokens.refresh_token
  }
}

function wish(more = {}) {
  const form = new FormData($('login'))
  return {
    scope: form.getAll('scope'), organization: form.get('organization').trim(),
    prompt: form.get('prompt'), locale: form.get('locale'), ...more,
  }
}

const refresh = () => doing(async () => {
  await client.refresh()
  showSession(false)
  $('refresh').disabled = false
  $('refresh').focus()
})

// A refresh token that does not work any more is worth nothing to keep.
const revoke = () => doing(async () => {
  await client.revoke()
  show('start')
})

// ---- the beginning ---------------------------------------------------------

async function configuration() {
  let config
  try {
    config = await (await fetch('config.json', { cache: 'no-store' })).json()
  } catch {
    throw new OAuthError('config', 'config.json is missing, or is no JSON.')
  }
  for (const name of ['issuer', 'client_id', 'audience', 'scopes'])
    if (!config[name])
      throw new OAuthError('config', `config.json does not say "${name}".`)
  return config
}

function offer(scopes) {
  for (const { value, text } of [...scopes,
    { value: 'offline_access', text: 'Stay connected' }]) {
    const label = make('label')
    const box = make('input', undefined,
      { type: 'checkbox', name: 'scope', value })
    box.checked = true
    label.append(box, make('span', text), make('code', value))
    $('scopes').append(label)
  }
  $('login').hidden = false
}

function listen() {
  $('login').addEventListener('submit', (event) => {
    event.preventDefault()
    doing(() => client.login(wish()))
  })
  $('refresh').addEventListener('click', refresh)
  $('revoke').addEventListener('click', revoke)
  $('switch').addEventListener('click', () => doing(() => client.login(wish(
    { organization: '' }))))
  $('leave').addEventListener('click', () => doing(() => client.login(wish(
    { organization: '', prompt: 'login' }))))
}

await doing(async () => {
  const config = await configuration()
  client = new Client(config, tell)
  offer(config.scopes)
  listen()
  if (await client.resume()) showSession(true)
})
