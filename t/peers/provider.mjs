// An OpenID provider that knows two people:
//   provider.mjs PORT CERTIFICATE KEY PEOPLE CLIENT
// PEOPLE and CLIENT are files of JSON: the people by what they type, and the
// one client. Its login is a form: identifier, password, or cancel.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import Provider from 'oidc-provider'

const [port, cert, key, peopleFile, clientFile] = process.argv.slice(2)
const people = JSON.parse(readFileSync(peopleFile))
const client = JSON.parse(readFileSync(clientFile))
const issuer = `https://127.0.0.1:${port}`

const accountOf = (sub) => {
  const person = Object.values(people).find((p) => p.sub === sub)
  return person && {
    accountId: sub,
    claims: () => ({ sub, email: person.email, name: person.name }),
  }
}

const provider = new Provider(issuer, {
  clients: [{
    ...client, grant_types: ['authorization_code'], response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  cookies: { keys: [readFileSync(key, 'utf8')] },
  claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  findAccount: (_, sub) => accountOf(sub),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  // The client is the operator's own: nobody is asked for leave.
  async loadExistingGrant(ctx) {
    const { session, client: asking } = ctx.oidc
    const grant = new ctx.oidc.provider.Grant({
      accountId: session.accountId, clientId: asking.clientId,
    })
    grant.addOIDCScope('openid email profile')
    await grant.save()
    return grant
  },
})

const form = (said) => `<!doctype html><title>Provider</title><p>${said}</p>
<form method="post"><input name="identifier"><input name="password">
<button name="decision" value="login">Log in</button>
<button name="decision" value="cancel">Cancel</button></form>`

function show(res, status, said) {
  res.writeHead(status, { 'content-type': 'text/html' }).end(form(said))
}

async function body(req) {
  let text = ''
  for await (const part of req) text += part
  return new URLSearchParams(text)
}

async function interaction(req, res) {
  await provider.interactionDetails(req, res)
  if (req.method !== 'POST') return show(res, 200, 'Who are you?')
  const sent = await body(req)
  if (sent.get('decision') === 'cancel')
    return provider.interactionFinished(req, res, { error: 'access_denied' })
  const person = people[sent.get('identifier')]
  if (!person || person.password !== sent.get('password'))
    return show(res, 401, 'That is not right.')
  return provider.interactionFinished(req, res,
    { login: { accountId: person.sub } })
}

const serve = provider.callback()
provider.proxy = false

createServer({ cert: readFileSync(cert), key: readFileSync(key) },
  (req, res) => {
    if (!req.url.startsWith('/interaction/')) return serve(req, res)
    interaction(req, res).catch((e) => show(res, 500, e.name))
  }).listen(Number(port), '127.0.0.1')
