// Key-bound tokens (RFC 9449) by a client library: a public application with
// nonces, from the code to a refresh, and a machine.
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { allow } from './agent.mjs'
import { acme, assert, fixture, issuer } from './common.mjs'

const { callback, bound } = fixture
const jwks = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer))
const url = new URL(issuer)
const as = await oauth.processDiscoveryResponse(
  url, await oauth.discoveryRequest(url, { algorithm: 'oauth2' }))

async function client(app) {
  const who = { client_id: app.client_id }
  const DPoP = oauth.DPoP(who, await oauth.generateKeyPair('ES256'))
  return { who, DPoP, jkt: await DPoP.calculateThumbprint() }
}

// Ask; and where a nonce is wanted, once more, as the library's pages say.
async function ask(send, read) {
  let nonces = 0
  for (;;) {
    try {
      return { answer: await read(await send()), nonces }
    } catch (e) {
      if (!oauth.isDPoPNonceError(e) || nonces++) throw e
    }
  }
}

async function good(answer, jkt) {
  const { payload } = await jwtVerify(answer.access_token, jwks, {
    issuer, audience: bound.audience, algorithms: ['RS256'],
  })
  assert.equal(answer.token_type, 'dpop')
  assert.deepEqual(payload.cnf, { jkt })
}

test('the metadata names the algorithm', () => {
  assert.deepEqual(as.dpop_signing_alg_values_supported, ['ES256'])
})

test('a public application: code, nonce, refresh', async () => {
  const { who, DPoP, jkt } = await client(bound.page)
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const start = new URL(as.authorization_endpoint)
  start.search = new URLSearchParams({
    response_type: 'code', client_id: who.client_id, redirect_uri: callback,
    scope: 'read:things offline_access', state, audience: bound.audience,
    code_challenge_method: 'S256', dpop_jkt: jkt,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier) })
  const { answer: sent } = await allow(start, acme)
  const params = oauth.validateAuthResponse(as, who, sent, state)
  const exchange = (options) => oauth.authorizationCodeGrantRequest(
    as, who, oauth.None(), params, callback, verifier, options)
  const readCode = (r) => oauth.processAuthorizationCodeResponse(as, who, r)

  const other = await client(bound.page)
  await assert.rejects(ask(() => exchange({ DPoP: other.DPoP }), readCode),
    { error: 'invalid_grant' })
  const { answer, nonces } = await ask(() => exchange({ DPoP }), readCode)
  assert.equal(nonces, 1, 'one nonce was asked for')
  await good(answer, jkt)

  const refresh = (options) => oauth.refreshTokenGrantRequest(
    as, who, oauth.None(), answer.refresh_token, options)
  const read = (r) => oauth.processRefreshTokenResponse(as, who, r)
  await assert.rejects(ask(() => refresh({ DPoP: other.DPoP }), read),
    { error: 'invalid_grant' })
  const fresh = await ask(() => refresh({ DPoP }), read)
  assert.equal(fresh.nonces, 0, 'the library kept the nonce')
  await good(fresh.answer, jkt)
})

test('a machine: no nonce', async () => {
  const app = bound.machine
  const { who, DPoP, jkt } = await client(app)
  const { answer, nonces } = await ask(
    () => oauth.clientCredentialsGrantRequest(as, who,
      oauth.ClientSecretPost(app.client_secret),
      new URLSearchParams({ audience: bound.audience }), { DPoP }),
    (r) => oauth.processClientCredentialsResponse(as, who, r))
  assert.equal(nonces, 0)
  await good(answer, jkt)
})

test('without a proof there is no token', async () => {
  const { who } = await client(bound.machine)
  const auth = oauth.ClientSecretPost(bound.machine.client_secret)
  await assert.rejects(async () => oauth.processClientCredentialsResponse(
    as, who, await oauth.clientCredentialsGrantRequest(as, who, auth,
      new URLSearchParams({ audience: bound.audience }))),
    { error: 'invalid_request' })
})
