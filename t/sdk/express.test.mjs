// An API of somebody else, by the library that partners verify our tokens with:
// the example of docs/bearer.md itself, behind a port of its own.
import { after, test } from 'node:test'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import * as oauth from 'oauth4webapi'
import { acme, assert, audience, fixture, globex, issuer, post }
  from './common.mjs'

const { bound, brief_audience, strict_audience } = fixture
const [example] = /(?:^ {4}.*\n|^\n(?= {4}))+/m.exec(
  readFileSync(new URL('bearer.md', import.meta.url), 'utf8')
    .split('### Node.js')[1])

// Express would tell each refusal on stderr.
process.env.NODE_ENV = 'test'
const servers = []

// The example for an API: its address.
async function serve(identifier, org, options = '') {
  const filled = [
    ['https://auth.example.com/', issuer], ['org_abc', org],
    ["'https://api.example.com/',", `'${identifier}', ${options}`],
  ].reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `${from} in the example`)
    return text.replace(from, to)
  }, example)
  const file = new URL(`express-${servers.length}.mjs`, import.meta.url)
  writeFileSync(file, `${filled}\nexport default app\n`)
  const { default: app } = await import(file)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return new URL(`http://127.0.0.1:${server.address().port}/`)
}

after(() => servers.forEach((server) => {
  server.close()
  server.closeAllConnections()
}))

const plain = await serve(audience, acme)
const other = await serve(audience, globex)
const strict = await serve(strict_audience, acme, 'strict: true,')
const profile = await serve(audience, acme, 'strict: true,')
const brief = await serve(brief_audience, acme, 'clockTolerance: 0,')
const bearer = await serve(bound.audience, acme)
const keyed = await serve(bound.audience, acme, 'dpop: { required: true },')
const mixed = await serve(audience, acme, 'dpop: { required: true },')

async function token(more = {}) {
  const answer = await fetch(new URL('oauth/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', client_id: post.client_id,
      client_secret: post.client_secret, audience, ...more,
    }),
  })
  const { access_token, error } = await answer.json()
  assert.equal(error, undefined)
  return access_token
}

const ask = (api, path, access_token, scheme = 'Bearer') =>
  fetch(new URL(path, api), {
    headers: access_token && { authorization: `${scheme} ${access_token}` },
  })

async function taken(response, claims) {
  assert.equal(response.status, 200,
    response.headers.get('www-authenticate') ?? '')
  const payload = await response.json()
  for (const [name, value] of Object.entries(claims))
    assert.deepEqual(payload[name], value, name)
}

async function refused(response, status, error, words = /./) {
  const challenge = response.headers.get('www-authenticate')
  assert.equal(response.status, status, challenge ?? '')
  if (error) assert.ok(challenge.includes(`error="${error}"`), challenge)
  assert.match(challenge, words)
}

// ---- both dialects of access tokens -----------------------------------------------

const sub = `${post.client_id}@clients`
for (const [name, api, elsewhere, aud, client] of [
  ['the dialect of every API', plain, brief, audience, { azp: post.client_id }],
  ['the profile of RFC 9068, strictly', strict, profile, strict_audience,
    { client_id: post.client_id }],
]) {
  test(`${name}: a token for an Organization`, async () => {
    const good = await token({ audience: aud, organization: acme })
    for (const path of ['things', 'acme'])
      await taken(await ask(api, path, good),
        { iss: issuer, aud, sub, org_id: acme, ...client })
  })

  test(`${name}: one for none`, async () => {
    const good = await token({ audience: aud })
    await taken(await ask(api, 'things', good), { sub, org_id: undefined })
    await refused(await ask(api, 'acme', good), 401, 'invalid_token',
      /Missing 'org_id' claim/)
  })

  test(`${name}: no token, or what is none`, async () => {
    await refused(await ask(api, 'things'), 401)
    await refused(await ask(api, 'things', 'eyJhbGciOiJub25lIn0.e30.'), 401,
      'invalid_token')
  })

  test(`${name}: one that was changed`, async () => {
    const [header, payload, signature] =
      (await token({ audience: aud })).split('.')
    const wish = JSON.parse(Buffer.from(payload, 'base64url'))
    const changed = Buffer.from(JSON.stringify({ ...wish, org_id: acme }))
      .toString('base64url')
    const [first] = signature
    for (const bad of [[header, changed, signature],
      [header, payload, (first === 'A' ? 'B' : 'A') + signature.slice(1)]])
      await refused(await ask(api, 'things', bad.join('.')), 401,
        'invalid_token', /signature verification failed/)
  })

  test(`${name}: one for another API`, async () => {
    const foreign = await token({ audience: aud })
    await refused(await ask(elsewhere, 'things', foreign), 401,
      'invalid_token', /Unexpected 'aud' value/)
  })
}

test('one for another Organization', async () => {
  const good = await token({ organization: acme })
  await taken(await ask(other, 'things', good), { org_id: acme })
  await refused(await ask(other, 'acme', good), 401, 'invalid_token',
    /Unexpected 'org_id' value/)
})

test('one without the scope', async () => {
  const scope = 'write:things'
  const good = await token({ scope, organization: acme })
  await taken(await ask(plain, 'acme', good), { scope })
  await refused(await ask(plain, 'things', good), 403, 'insufficient_scope',
    /scope="read:things"/)
})

test('strict asks for the profile', async () => {
  await refused(await ask(profile, 'things', await token()), 401,
    'invalid_token', /Unexpected '(typ|client_id|jti)' value/)
})

test('one whose time is over', async () => {
  const good = await token({ audience: brief_audience })
  await taken(await ask(brief, 'things', good), { sub })
  await new Promise((resolve) => setTimeout(resolve, 4000))
  await refused(await ask(brief, 'things', good), 401, 'invalid_token',
    /'exp' claim timestamp check failed/)
})

// ---- tokens that are bound to a key ---------------------------------------------------

const url = new URL(issuer)
const as = await oauth.processDiscoveryResponse(
  url, await oauth.discoveryRequest(url, { algorithm: 'oauth2' }))
const who = { client_id: bound.machine.client_id }
const insecure = { [oauth.allowInsecureRequests]: true }
const keys = async () =>
  oauth.DPoP(who, await oauth.generateKeyPair('ES256'))

async function boundToken(DPoP) {
  const answer = await oauth.clientCredentialsGrantRequest(as, who,
    oauth.ClientSecretPost(bound.machine.client_secret),
    new URLSearchParams({ audience: bound.audience }), { DPoP })
  return (await oauth.processClientCredentialsResponse(as, who, answer))
    .access_token
}

// The library throws for an answer that has a challenge, and keeps the answer.
const prove = (api, path, access_token, DPoP) =>
  oauth.protectedResourceRequest(access_token, 'GET', new URL(path, api),
    undefined, undefined, { DPoP, ...insecure }).catch((e) => {
    assert.ok(e.response, e)
    return e.response
  })

for (const [name, api] of [['as it comes', bearer], ['required', keyed]]) {
  test(`DPoP ${name}: a token and its proof`, async () => {
    const DPoP = await keys()
    const jkt = await DPoP.calculateThumbprint()
    await taken(await prove(api, 'things', await boundToken(DPoP), DPoP),
      { sub: `${who.client_id}@clients`, cnf: { jkt } })
  })

  test(`DPoP ${name}: without a proof`, async () => {
    const good = await boundToken(await keys())
    await refused(await ask(api, 'things', good, 'DPoP'), 400, undefined,
      /DPoP algs=/)
  })

  test(`DPoP ${name}: as if it was bound to nothing`, async () => {
    const good = await boundToken(await keys())
    const required = api === keyed
    await refused(await ask(api, 'things', good), required ? 400 : 401,
      required ? undefined : 'invalid_token', /DPoP/)
  })

  test(`DPoP ${name}: the proof of another key`, async () => {
    await refused(await prove(api, 'things', await boundToken(await keys()),
      await keys()), 401, 'invalid_token', /confirmation mismatch/)
  })
}

test('DPoP required: a token that is bound to nothing', async () => {
  const good = await token()
  await refused(await ask(mixed, 'things', good), 400, undefined, /DPoP algs=/)
  await refused(await prove(mixed, 'things', good, await keys()), 401,
    'invalid_token', /no jkt confirmation claim/)
})
