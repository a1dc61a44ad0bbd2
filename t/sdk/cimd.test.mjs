// Applications by their metadata documents, by the client library that partners
// manage a tenant with. The documents are served here, over TLS, at the one
// address of the loopback network that the server may fetch from.
import { after } from 'node:test'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import { allow } from './agent.mjs'
import { acme, assert, audience, fixture, issuer, verifiedUser }
  from './common.mjs'
import { all, api, refused, step } from './management.mjs'

const served = new Map()   // path to what is there
const asked = []           // paths that were asked for
const server = createServer({ cert: readFileSync(process.env.TPA_CERT),
                              key: readFileSync(process.env.TPA_KEY) },
(req, res) => {
  asked.push(req.url)
  const body = served.get(req.url)
  res.writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
  res.end(JSON.stringify(body ?? {}))
})
server.listen(0, '127.0.0.77')
await once(server, 'listening')
after(() => {
  server.close()
  server.closeAllConnections()
})

const site = `https://app.cimd.test:${server.address().port}`
const { privateKey, publicKey } = await generateKeyPair('RS256')
served.set('/keys', { keys: [{ ...await exportJWK(publicKey), kid: 'first',
                               alg: 'RS256', use: 'sig' }] })

// A document at a path: its address, which is the id of the application.
function document(path, more = {}) {
  const client_id = `${site}${path}`
  served.set(path, {
    client_id, client_name: 'Partner', redirect_uris: [fixture.callback],
    grant_types: ['authorization_code', 'refresh_token'],
    jwks_uri: `${site}/keys`, token_endpoint_auth_method: 'private_key_jwt',
    ...more,
  })
  return client_id
}

const id = document('/app')
const mapped = {
  external_client_id: id, name: 'Partner', app_type: 'regular_web',
  callbacks: [fixture.callback], jwks_uri: `${site}/keys`,
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'private_key_jwt',
  client_authentication_methods: { private_key_jwt: { credentials: [
    { credential_type: 'public_key', kid: 'first', alg: 'RS256' }] } },
}
const fine = { valid: true, violations: [], warnings: [] }
const known = () => all(api.clients.list({ external_client_id: id }))
let made

step('a preview tells what would be made, and makes nothing', async () => {
  const told = await api.clients.previewCimdMetadata({ external_client_id: id })
  assert.deepEqual(told, { mapped_fields: mapped, validation: fine })
  assert.deepEqual(asked, ['/app', '/keys'])
  assert.deepEqual(await known(), [])
  return told
})

step('register an application by its document', async () => {
  const { data, rawResponse } = await api.clients.registerCimdClient(
    { external_client_id: id }).withRawResponse()
  made = data
  assert.equal(rawResponse.status, 201)
  assert.deepEqual(made, { client_id: made.client_id, mapped_fields: mapped,
                           validation: fine })
  assert.match(made.client_id, /^tpc_[0-9A-Za-z]{22}$/)
  const client = await api.clients.get(made.client_id)
  assert.equal(client.external_client_id, id)
  assert.equal(client.is_first_party, false)
  assert.equal(client.third_party_security_mode, 'strict')
  assert.equal(client.client_secret, undefined)
  const { client_id } = await api.clients.previewCimdMetadata(
    { external_client_id: id })
  assert.equal(client_id, made.client_id, 'a preview knows it now')
  return data
})

step('register it again: a refresh', async () => {
  document('/app', { client_name: 'Partner two', description: 'Of trips' })
  const { data, rawResponse } = await api.clients.registerCimdClient(
    { external_client_id: id }).withRawResponse()
  assert.equal(rawResponse.status, 200)
  assert.equal(data.client_id, made.client_id)
  assert.equal(data.mapped_fields.name, 'Partner two')
  const [client, ...more] = await known()
  assert.deepEqual(more, [])
  assert.equal(client.name, 'Partner two')
  assert.equal(client.description, 'Of trips')
  return data
})

step('its users come by its address, it proves itself by its key', async () => {
  await api.clients.update(made.client_id, { organization_usage: 'require',
    organization_require_behavior: 'post_login_prompt' })
  await api.clientGrants.create({ client_id: made.client_id, audience,
    scope: ['read:things'], subject_type: 'user' })
  const url = new URL(issuer)
  const as = await oauth.processDiscoveryResponse(
    url, await oauth.discoveryRequest(url, { algorithm: 'oauth2' }))
  const who = { client_id: id }
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const start = new URL(as.authorization_endpoint)
  start.search = new URLSearchParams({
    response_type: 'code', client_id: id, redirect_uri: fixture.callback,
    scope: 'read:things', state, audience, code_challenge_method: 'S256',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier) })
  const { answer } = await allow(start, acme)
  const params = oauth.validateAuthResponse(as, who, answer, state)
  const exchange = async (auth) => oauth.processAuthorizationCodeResponse(
    as, who, await oauth.authorizationCodeGrantRequest(as, who, auth, params,
      fixture.callback, verifier))
  await assert.rejects(exchange(oauth.None()), { error: 'invalid_client' })
  const { access_token } = await exchange(
    oauth.PrivateKeyJwt({ key: privateKey, kid: 'first' }))
  return (await verifiedUser(access_token, who, acme)).payload
})

// ---- what is refused ---------------------------------------------------------------

step('a document that is another one', async () => {
  const wrong = document('/wrong', { client_id: `${site}/app` })
  const { validation } = await api.clients.previewCimdMetadata(
    { external_client_id: wrong })
  assert.equal(validation.valid, false)
  assert.match(validation.violations.join(), /client_id/)
  return refused(api.clients.registerCimdClient({ external_client_id: wrong }),
    'BadRequestError', undefined, /client_id/)
})

for (const [name, address, words] of [
  ['a document that is not there', `${site}/nowhere`, /status 404/],
  ['a host that leads inside',
    `https://inside.cimd.test:${server.address().port}/app`,
    /no public address/],
]) {
  step(name, async () => {
    const told = await api.clients.previewCimdMetadata(
      { external_client_id: address })
    assert.equal(told.errors.length, 1)
    assert.match(told.errors[0], words)
    assert.equal(told.validation, undefined)
    await refused(api.clients.registerCimdClient(
      { external_client_id: address }), 'BadRequestError', undefined, words)
    return told
  })
}

step('an address that is none', async () => refused(
  api.clients.previewCimdMetadata(
    { external_client_id: 'https://127.0.0.77/app' }), 'BadRequestError',
  'invalid_body', /external_client_id/))

step('delete it', async () => {
  await api.clients.delete(made.client_id)
  assert.deepEqual(await known(), [])
})
