// Plain fetch, and jose for the API's part.
import { test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { acme, assert, audience, fixture, globex, issuer, post, verified }
  from './common.mjs'

async function token(more = {}) {
  const response = await fetch(new URL('oauth/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', client_id: post.client_id,
      client_secret: post.client_secret, audience, ...more,
    }),
  })
  return { status: response.status, ...(await response.json()) }
}

test('a token for an Organization verifies', async () => {
  const answer = await token({ organization: acme })
  assert.equal(answer.status, 200)
  const { payload, protectedHeader } = await verified(
    answer.access_token, post, acme)
  assert.equal(protectedHeader.typ, 'JWT')
  assert.equal(payload.azp, post.client_id)
  assert.equal(payload.gty, 'client-credentials')
  assert.equal(payload.exp - payload.iat, 3600)
  assert.equal(answer.expires_in, 3600)
})

test('one of an API with the profile of RFC 9068 does', async () => {
  const answer = await token({ audience: fixture.strict_audience })
  const { payload, protectedHeader } = await verified(
    answer.access_token, post, undefined, fixture.strict_audience)
  assert.equal(protectedHeader.typ, 'at+jwt')
  assert.equal(payload.client_id, post.client_id)
  assert.ok(payload.jti)
})

test('jose checks typ where it is asked to', async () => {
  const answer = await token({ audience: fixture.strict_audience })
  const jwks = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer))
  await jwtVerify(answer.access_token, jwks, { typ: 'at+jwt', issuer })
  await assert.rejects(jwtVerify(answer.access_token, jwks, { typ: 'JWT' }))
})

test('a changed token does not verify', async () => {
  const { access_token } = await token()
  const [header, payload, signature] = access_token.split('.')
  const other = Buffer.from(payload, 'base64url').toString()
    .replace(/"aud":"[^"]*"/, '"aud":"https://other.example.com/"')
  await assert.rejects(verified(
    [header, Buffer.from(other).toString('base64url'), signature].join('.'),
    post, undefined, 'https://other.example.com/'))
  assert.equal(decodeProtectedHeader(access_token).alg, 'RS256')
})

test('another Organization is refused', async () => {
  const answer = await token({ organization: globex })
  assert.equal(answer.status, 400)
  assert.equal(answer.error, 'access_denied')
})
