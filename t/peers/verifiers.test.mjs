// Our tokens at APIs that other modules of httpd protect, by our keys, as
// conf/api-openidc.conf and conf/api-oauth2.conf have it.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT }
  from 'jose'
import { assert, issuer, manage } from './common.mjs'
import { fixture, seen } from './fixture.mjs'

const world = JSON.parse(readFileSync(fixture.world))
const { acme, globex } = world
const endpoint = new URL('oauth/token', issuer)
const sub = `${world.client.client_id}@clients`

async function token(more = {}, headers = {}) {
  const answer = await fetch(endpoint, { method: 'POST', headers,
    body: new URLSearchParams({
      grant_type: 'client_credentials', ...world.client,
      audience: world.api.identifier, ...more,
    }) })
  const body = await answer.json()
  assert.equal(answer.status, 200, JSON.stringify(body))
  return seen(body.access_token)
}

// A token that is bound to a key of its own.
async function boundToken() {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return token({ organization: acme }, { dpop: await new SignJWT({
    htm: 'POST', htu: endpoint.href, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt',
                          jwk: await exportJWK(publicKey) })
    .setIssuedAt().sign(privateKey) })
}

const claims = (access_token) => JSON.parse(
  Buffer.from(access_token.split('.')[1], 'base64url'))

// The API with another property for as long as something is done.
async function changed(property, work) {
  const at = `resource-servers/${world.api.id}`
  const name = Object.keys(property)[0]
  await manage('PATCH', at, property)
  try {
    await work()
  } finally {
    await manage('PATCH', at, { [name]: world.api[name] ?? null })
  }
}

// The posts of an Organization are asked for: the answer.
async function asked(port, status, org, access_token) {
  const answer = await fetch(`https://localhost:${port}/api/posts/${org}/all`, {
    headers: access_token && { authorization: `Bearer ${access_token}` } })
  assert.equal(answer.status, status, org)
  return answer
}

for (const [module, port] of Object.entries(fixture.apis)) {
  const is = (status, access_token) =>
    asked(port, status, acme, access_token)

  test(`${module}: a token for an Organization`, async () => {
    const answer = await is(200, await token({ organization: acme }))
    assert.equal(await answer.text(), 'posts\n')
    assert.equal(answer.headers.get('sub'), sub)
    assert.equal(answer.headers.get(`org-${module}`), acme)
  })

  test(`${module}: a token with the profile of RFC 9068`, () =>
    changed({ token_dialect: 'rfc9068_profile' }, async () => {
      const good = await token({ organization: acme })
      assert.ok(claims(good).client_id, 'it has the profile')
      await is(200, good)
    }))

  test(`${module}: no token, or what is none`, async () => {
    await is(401)
    await is(401, 'eyJhbGciOiJub25lIn0.e30.')
  })

  test(`${module}: one of another Organization, or of none`, async () => {
    await is(403, await token({ organization: globex }))
    await is(403, await token())
  })

  test(`${module}: one that was changed`, async () => {
    const [header, payload, signature] =
      (await token({ organization: globex })).split('.')
    const wish = { ...claims(`.${payload}.`), org_id: acme }
    await is(401, [header, Buffer.from(JSON.stringify(wish))
      .toString('base64url'), signature].join('.'))
    await is(401, [header, payload,
      (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.'))
  })

  test(`${module}: one for another API`, async () => {
    await is(403, await token({ organization: acme,
      audience: world.other.identifier }))
  })

  test(`${module}: one without the scope`, async () => {
    await is(403, await token({ organization: acme,
      scope: 'write:posts' }))
    await is(200, await token({ organization: acme,
      scope: 'read:posts' }))
  })

  test(`${module}: one that is bound to a key`, () =>
    changed({ proof_of_possession: { mechanism: 'dpop', required: false } },
      async () => {
        const bound = await boundToken()
        assert.ok(claims(bound).cnf.jkt)
        await is(403, bound)
      }))

  test(`${module}: one whose time is over`, () =>
    changed({ token_lifetime: 3 }, async () => {
      const good = await token({ organization: acme })
      assert.equal(claims(good).exp - claims(good).iat, 3)
      await is(200, good)
      await new Promise((resolve) => setTimeout(resolve, 4500))
      await is(401, good)
    }))
}

test('openidc: the path names the Organization', async () => {
  const { openidc } = fixture.apis
  const good = await token({ organization: acme })
  await asked(openidc, 200, acme, good)
  for (const org of ['acme', 'org_0000000000000000'])
    await asked(openidc, 403, org, good)
})

test('the examples of docs/bearer.md are parts of what ran', () => {
  const bare = (text) => text.split('\n').map((l) => l.trim()).join('\n')
  const text = readFileSync(`${fixture.docs}/bearer.md`, 'utf8')
  for (const module of Object.keys(fixture.apis)) {
    const file = `conf/api-${module}.conf`
    const section = text.split(/^##+ /m).find((s) => s.includes(file))
    assert.ok(section, `a section with ${file}`)
    const conf = bare(readFileSync(
      `${fixture.conf}/api-${module}.conf`, 'utf8'))
    const blocks = section.match(/(?:^ {4}.*\n)+/gm)
    assert.ok(blocks.length > 1)
    for (const block of blocks) assert.ok(conf.includes(bare(block)), block)
  }
})

// The key after the current one is published in advance, so it takes two.
test('one of a key that came later', async () => {
  const kid = (access_token) => decodeProtectedHeader(access_token).kid
  const { keys } = await (await fetch(
    new URL('.well-known/jwks.json', issuer))).json()
  const known = keys.map((key) => key.kid)
  let later = await token({ organization: acme })
  assert.ok(known.includes(kid(later)))
  for (const port of Object.values(fixture.apis))
    await asked(port, 200, acme, later)
  for (const _ of ['next', 'new'])
    await manage('POST', 'keys/signing/rotate')
  for (let n = 0; known.includes(kid(later)); n++) {
    assert.ok(n < 200, 'no child found the new key')
    await new Promise((resolve) => setTimeout(resolve, 100))
    later = await token({ organization: acme })
  }
  // Each child looks for keys every TPAKeyRefresh seconds: one that has not
  // looked yet publishes the keys of before.
  await new Promise((resolve) => setTimeout(resolve, 3000))
  for (const port of Object.values(fixture.apis))
    await asked(port, 200, acme, later)
})
