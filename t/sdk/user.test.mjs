// Users by the client libraries that partners use: authorization code with
// PKCE, refresh, revocation. A script is the user at our pages.
import { AuthClient } from '@auth0/auth0-auth-js'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { importPKCS8 } from 'jose'
import * as oauth from 'oauth4webapi'
import * as oidc from 'openid-client'
import { AuthorizationCode } from 'simple-oauth2'
import { allow } from './agent.mjs'
import { acme, assert, audience, fixture, issuer, verifiedUser }
  from './common.mjs'

const { callback, apps } = fixture
const url = new URL(issuer)
const scope = 'read:things offline_access'
const key = await importPKCS8(apps.private_key_jwt.key, 'RS256')
const refused = { error: 'invalid_grant' }

async function good(token, app, gty) {
  const { payload } = await verifiedUser(token, app, acme)
  assert.equal(payload.gty, gty)
  assert.deepEqual(payload.scope.split(' ').sort(),
    ['offline_access', 'read:things'])
}

// Pages on the way of somebody who was never there.
const all = ['login', 'picker', 'consent']

// ---- oauth4webapi ------------------------------------------------------------

for (const [name, auth] of [
  ['none', () => oauth.None()],
  ['client_secret_post', (app) => oauth.ClientSecretPost(app.client_secret)],
  ['client_secret_basic', (app) => oauth.ClientSecretBasic(app.client_secret)],
  ['private_key_jwt', (app) => oauth.PrivateKeyJwt({ key, kid: app.kid })],
]) {
  test(`oauth4webapi, ${name}`, async () => {
    const app = apps[name], who = { client_id: app.client_id }
    const as = await oauth.processDiscoveryResponse(
      url, await oauth.discoveryRequest(url, { algorithm: 'oauth2' }))
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const ask = new URL(as.authorization_endpoint)
    ask.search = new URLSearchParams({
      response_type: 'code', client_id: app.client_id, redirect_uri: callback,
      scope, state, audience, code_challenge_method: 'S256',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier) })
    const { answer, seen } = await allow(ask, acme)
    assert.deepEqual(seen, all)
    const params = oauth.validateAuthResponse(as, who, answer, state)
    const tokens = await oauth.processAuthorizationCodeResponse(as, who,
      await oauth.authorizationCodeGrantRequest(as, who, auth(app), params,
        callback, verifier))
    await good(tokens.access_token, app, undefined)
    assert.equal(tokens.id_token, undefined)

    const refresh = async (token) => oauth.processRefreshTokenResponse(as, who,
      await oauth.refreshTokenGrantRequest(as, who, auth(app), token))
    const fresh = await refresh(tokens.refresh_token)
    await good(fresh.access_token, app, 'refresh_token')

    const token = fresh.refresh_token ?? tokens.refresh_token
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, who, auth(app), token))
    await assert.rejects(refresh(token), refused)
  })
}

// ---- openid-client -----------------------------------------------------------

for (const [name, auth] of [
  ['none', () => oidc.None()],
  ['client_secret_post', (app) => oidc.ClientSecretPost(app.client_secret)],
  ['client_secret_basic', (app) => oidc.ClientSecretBasic(app.client_secret)],
]) {
  test(`openid-client, ${name}`, async () => {
    const app = apps[name]
    const config = await oidc.discovery(url, app.client_id, undefined,
      auth(app))
    const verifier = oidc.randomPKCECodeVerifier()
    const state = oidc.randomState()
    const { answer } = await allow(oidc.buildAuthorizationUrl(config, {
      redirect_uri: callback, scope, state, audience,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256' }), acme)
    const tokens = await oidc.authorizationCodeGrant(config, answer,
      { pkceCodeVerifier: verifier, expectedState: state })
    await good(tokens.access_token, app, undefined)
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token)
    await good(fresh.access_token, app, 'refresh_token')
    const token = fresh.refresh_token ?? tokens.refresh_token
    await oidc.tokenRevocation(config, token)
    await assert.rejects(oidc.refreshTokenGrant(config, token), refused)
  })
}

// ---- simple-oauth2 -----------------------------------------------------------

for (const [name, way, options] of [
  ['Basic', 'client_secret_basic', {}],
  ['form', 'client_secret_post', { authorizationMethod: 'body' }],
  ['JSON', 'client_secret_post',
    { authorizationMethod: 'body', bodyFormat: 'json' }],
]) {
  test(`simple-oauth2, ${name}`, async () => {
    const app = apps[way]
    const library = new AuthorizationCode({
      client: { id: app.client_id, secret: app.client_secret },
      auth: { tokenHost: url.origin, tokenPath: '/oauth/token',
              revokePath: '/oauth/revoke', authorizePath: '/authorize' },
      options,
    })
    const verifier = oidc.randomPKCECodeVerifier()
    const state = randomBytes(16).toString('hex')
    const { answer } = await allow(library.authorizeURL({
      redirect_uri: callback, scope, state, audience,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256' }), acme)
    assert.equal(answer.searchParams.get('state'), state)
    const tokens = await library.getToken({
      code: answer.searchParams.get('code'), redirect_uri: callback,
      code_verifier: verifier })
    await good(tokens.token.access_token, app, undefined)
    const fresh = await tokens.refresh()
    await good(fresh.token.access_token, app, 'refresh_token')
    // It forgets the refresh token of a server that sends no new one.
    const last = fresh.token.refresh_token ? fresh : tokens
    await last.revoke('refresh_token')
    await assert.rejects(last.refresh(), (e) => {
      assert.equal(e.data.payload.error, 'invalid_grant')
      return true
    })
  })
}

// ---- @auth0/auth0-auth-js ----------------------------------------------------

for (const [name, secrets] of [
  ['client_secret_post', (app) => ({ clientSecret: app.client_secret })],
  ['private_key_jwt', () => ({ clientAssertionSigningKey: key })],
]) {
  test(`auth0-auth-js, ${name}`, async () => {
    const app = apps[name]
    const library = new AuthClient({
      domain: url.host, clientId: app.client_id, ...secrets(app),
      authorizationParams: { redirect_uri: callback, audience },
    })
    const { authorizationUrl, codeVerifier } =
      await library.buildAuthorizationUrl({ authorizationParams: { scope } })
    const { answer } = await allow(authorizationUrl, acme)
    const tokens = await library.getTokenByCode(answer, { codeVerifier })
    await good(tokens.accessToken, app, undefined)
    assert.equal(tokens.idToken, undefined)
    const fresh = await library.getTokenByRefreshToken(
      { refreshToken: tokens.refreshToken })
    await good(fresh.accessToken, app, 'refresh_token')
    const token = fresh.refreshToken ?? tokens.refreshToken
    await library.revokeToken({ token })
    await assert.rejects(
      library.getTokenByRefreshToken({ refreshToken: token }),
      (e) => {
        assert.equal(e.cause.error, 'invalid_grant')
        return true
      })
  })

  // Its own default asks for OpenID Connect, which is dropped, not refused.
  test(`auth0-auth-js, ${name}, with its default scopes`, async () => {
    const app = apps[name]
    const library = new AuthClient({
      domain: url.host, clientId: app.client_id, ...secrets(app),
      authorizationParams: { redirect_uri: callback, audience,
        scope: 'openid profile email offline_access read:things' },
    })
    const { authorizationUrl, codeVerifier } =
      await library.buildAuthorizationUrl()
    const { answer } = await allow(authorizationUrl, acme)
    const tokens = await library.getTokenByCode(answer, { codeVerifier })
    await good(tokens.accessToken, app, undefined)
    assert.deepEqual(tokens.scope.split(' ').sort(),
      ['offline_access', 'read:things'], 'and the answer says so')
  })
}

// ---- what a library does with a refusal ----------------------------------------

test('a code that is used twice', async () => {
  const app = apps.none
  const config = await oidc.discovery(url, app.client_id, undefined,
    oidc.None())
  const verifier = oidc.randomPKCECodeVerifier()
  const { answer } = await allow(oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback, scope, audience, code_challenge_method: 'S256',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier) }), acme)
  const redeem = () => oidc.authorizationCodeGrant(config, new URL(answer),
    { pkceCodeVerifier: verifier })
  const tokens = await redeem()
  await assert.rejects(redeem(), refused)
  await assert.rejects(
    oidc.refreshTokenGrant(config, tokens.refresh_token), refused,
    'what the first use gave is gone too')
})

test('the verifier of somebody else', async () => {
  const app = apps.none
  const config = await oidc.discovery(url, app.client_id, undefined,
    oidc.None())
  const { answer } = await allow(oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback, scope, audience, code_challenge_method: 'S256',
    code_challenge: await oidc.calculatePKCECodeChallenge(
      oidc.randomPKCECodeVerifier()) }), acme)
  await assert.rejects(oidc.authorizationCodeGrant(config, answer,
    { pkceCodeVerifier: oidc.randomPKCECodeVerifier() }), refused)
})
