import { test } from 'node:test'
import { importPKCS8 } from 'jose'
import * as oauth from 'oauth4webapi'
import { acme, assert, audience, basic, fixture, globex, issuer, jwt, post,
  verified } from './common.mjs'

const url = new URL(issuer)

async function discover(algorithm) {
  return oauth.processDiscoveryResponse(
    url, await oauth.discoveryRequest(url, { algorithm }))
}

async function grant(client, auth, params) {
  const as = await discover('oauth2')
  const who = { client_id: client.client_id }
  const response = await oauth.clientCredentialsGrantRequest(
    as, who, auth, new URLSearchParams({ audience, ...params }))
  return oauth.processClientCredentialsResponse(as, who, response)
}

const key = await importPKCS8(jwt.key, 'RS256')
const methods = [
  ['client_secret_post', post, oauth.ClientSecretPost(post.client_secret)],
  ['client_secret_basic', basic, oauth.ClientSecretBasic(basic.client_secret)],
  ['private_key_jwt', jwt, oauth.PrivateKeyJwt({ key, kid: jwt.kid })],
  ['private_key_jwt without kid', jwt, oauth.PrivateKeyJwt(key)],
]

test('both metadata documents are found, and are the same', async () => {
  const [one, other] = [await discover('oauth2'), await discover('oidc')]
  assert.deepEqual(one, other)
  assert.equal(one.issuer, issuer)
})

for (const [name, client, auth] of methods) {
  test(`${name}: a token for an Organization`, async () => {
    const answer = await grant(client, auth, { organization: acme })
    assert.equal(answer.token_type, 'bearer')
    assert.equal(answer.expires_in, 3600)
    await verified(answer.access_token, client, acme)
  })
  test(`${name}: a token without one, with one scope`, async () => {
    const answer = await grant(client, auth, { scope: 'read:things' })
    assert.equal(answer.scope, 'read:things')
    await verified(answer.access_token, client, undefined)
  })
  test(`${name}: another Organization is refused`, async () => {
    await assert.rejects(grant(client, auth, { organization: globex }),
      { name: 'ResponseBodyError', error: 'access_denied', status: 400 })
  })
}

test('a wrong secret in the body', async () => {
  await assert.rejects(grant(post, oauth.ClientSecretPost('x'.repeat(43))),
    { name: 'ResponseBodyError', error: 'invalid_client', status: 401 })
})

test('a wrong secret in the header: a challenge', async () => {
  await assert.rejects(grant(basic, oauth.ClientSecretBasic('x'.repeat(43))),
    (e) => {
      assert.equal(e.name, 'WWWAuthenticateChallengeError')
      assert.equal(e.status, 401)
      assert.equal(e.cause[0].scheme, 'basic')
      return true
    })
})

test('the token is good for an API that follows RFC 9068', async () => {
  const answer = await grant(post, oauth.ClientSecretPost(post.client_secret),
    { audience: fixture.strict_audience })
  const as = await discover('oauth2')
  const request = new Request('https://strict.example.com/things', {
    headers: { authorization: `Bearer ${answer.access_token}` },
  })
  const claims = await oauth.validateJwtAccessToken(
    as, request, fixture.strict_audience)
  assert.equal(claims.client_id, post.client_id)
})
