// What the tests of verifiers need, as JSON: made before their node starts,
// which names Organizations in its configuration.
import { manage } from './common.mjs'
import { seen } from './fixture.mjs'

const made = {}
for (const name of ['acme', 'globex'])
  made[name] = (await manage('POST', 'organizations',
    { name: `posts-of-${name}` })).id

const scope = ['read:posts', 'write:posts']
const api = (identifier) => manage('POST', 'resource-servers', {
  name: 'Posts', identifier, scopes: scope.map((value) => ({ value })) })

made.api = await api('https://api.example.com/api/')
made.other = await api('https://other.example.com/api/')

const app = await manage('POST', 'clients', {
  name: 'Reader', app_type: 'non_interactive',
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['client_credentials'],
})
made.client = { client_id: app.client_id, client_secret: app.client_secret }
seen(app.client_secret)
for (const { identifier } of [made.api, made.other])
  await manage('POST', 'client-grants', {
    client_id: app.client_id, audience: identifier, scope,
    organization_usage: 'allow', allow_any_organization: true,
  })

console.log(JSON.stringify(made))
