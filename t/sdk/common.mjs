// What the tests of all client libraries share.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRemoteJWKSet, jwtVerify } from 'jose'

export const fixture = JSON.parse(readFileSync(process.env.TPA_FIXTURE))
export const { issuer, audience, acme, globex } = fixture
export const post = fixture.client_secret_post
export const basic = fixture.client_secret_basic
export const jwt = fixture.private_key_jwt

const jwks = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer))

// Verify as an API would, and look at what the token says of the client.
export async function verified(token, client, organization, expected = audience) {
  const { payload, protectedHeader } = await jwtVerify(token, jwks, {
    issuer, audience: expected, algorithms: ['RS256'],
  })
  assert.equal(payload.sub, `${client.client_id}@clients`)
  assert.equal(payload.org_id, organization)
  return { payload, protectedHeader }
}

// The same for a token that stands for the user of the fixture.
export async function verifiedUser(token, client, organization) {
  const { payload } = await jwtVerify(token, jwks, {
    issuer, audience, algorithms: ['RS256'],
  })
  assert.equal(payload.sub, fixture.user.user_id)
  assert.equal(payload.azp, client.client_id)
  assert.equal(payload.org_id, organization)
  return { payload }
}

export { assert }
