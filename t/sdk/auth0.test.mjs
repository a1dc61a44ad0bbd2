import { test } from 'node:test'
import { AuthenticationClient } from 'auth0'
import { acme, assert, audience, globex, issuer, jwt, post, verified }
  from './common.mjs'

const domain = new URL(issuer).host
const ways = [
  ['secret', post, { clientSecret: post.client_secret }],
  ['key', jwt, { clientAssertionSigningKey: jwt.key }],
]

for (const [name, client, options] of ways) {
  const auth = new AuthenticationClient({
    domain, clientId: client.client_id, ...options,
  })

  test(`${name}: a token for an Organization`, async () => {
    const { data, status } = await auth.oauth.clientCredentialsGrant(
      { audience, organization: acme })
    assert.equal(status, 200)
    assert.equal(data.token_type, 'Bearer')
    await verified(data.access_token, client, acme)
  })
  test(`${name}: a token without one`, async () => {
    const { data } = await auth.oauth.clientCredentialsGrant({ audience })
    await verified(data.access_token, client, undefined)
  })
  test(`${name}: a refusal`, async () => {
    await assert.rejects(
      auth.oauth.clientCredentialsGrant({ audience, organization: globex }),
      { name: 'AuthApiError', error: 'access_denied', statusCode: 400 })
  })
}

test('a wrong secret', async () => {
  const auth = new AuthenticationClient({
    domain, clientId: post.client_id, clientSecret: 'x'.repeat(43),
  })
  await assert.rejects(auth.oauth.clientCredentialsGrant({ audience }),
    { error: 'invalid_client', statusCode: 401 })
})
