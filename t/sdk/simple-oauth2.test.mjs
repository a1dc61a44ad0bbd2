import { test } from 'node:test'
import { ClientCredentials } from 'simple-oauth2'
import { acme, assert, audience, basic, globex, issuer, post, verified }
  from './common.mjs'

function machine(client, options) {
  return new ClientCredentials({
    client: { id: client.client_id, secret: client.client_secret },
    auth: { tokenHost: issuer.slice(0, -1), tokenPath: '/oauth/token' },
    options,
  })
}

const ways = [
  ['Basic', basic, {}],
  ['Basic, encoded loosely', basic, { credentialsEncodingMode: 'loose' }],
  ['form', post, { authorizationMethod: 'body' }],
  ['JSON', post, { authorizationMethod: 'body', bodyFormat: 'json' }],
  ['Basic and JSON', basic, { bodyFormat: 'json' }],
]

for (const [name, client, options] of ways) {
  test(`${name}: a token`, async () => {
    const { token } = await machine(client, options)
      .getToken({ audience, organization: acme, scope: 'read:things' })
    assert.equal(token.scope, 'read:things')
    await verified(token.access_token, client, acme)
  })
  test(`${name}: a refusal`, async () => {
    await assert.rejects(
      machine(client, options).getToken({ audience, organization: globex }),
      (e) => {
        assert.equal(e.output.statusCode, 400)
        assert.equal(e.data.payload.error, 'access_denied')
        return true
      })
  })
}
