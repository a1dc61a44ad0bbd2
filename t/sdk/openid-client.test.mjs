import { test } from 'node:test'
import { importPKCS8 } from 'jose'
import * as client from 'openid-client'
import { acme, assert, audience, basic, globex, issuer, jwt, post, verified }
  from './common.mjs'

const key = await importPKCS8(jwt.key, 'RS256')
const methods = [
  ['client_secret_post', post, client.ClientSecretPost(post.client_secret)],
  ['client_secret_basic', basic, client.ClientSecretBasic(basic.client_secret)],
  ['private_key_jwt', jwt, client.PrivateKeyJwt({ key, kid: jwt.kid })],
]

for (const [name, who, auth] of methods) {
  for (const algorithm of ['oauth2', 'oidc']) {
    test(`${name}, discovery ${algorithm}: a token`, async () => {
      const config = await client.discovery(
        new URL(issuer), who.client_id, undefined, auth, { algorithm })
      const answer = await client.clientCredentialsGrant(
        config, { audience, organization: acme })
      assert.equal(answer.expiresIn() > 3590, true)
      await verified(answer.access_token, who, acme)
    })
  }
  test(`${name}: a refusal`, async () => {
    const config = await client.discovery(
      new URL(issuer), who.client_id, undefined, auth)
    await assert.rejects(
      client.clientCredentialsGrant(config, { audience, organization: globex }),
      { name: 'ResponseBodyError', error: 'access_denied' })
  })
}
