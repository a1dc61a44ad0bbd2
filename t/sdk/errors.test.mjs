// What belongs to the tenant, and each class of error that the Management API
// has for the client library that partners use.
import { test } from 'node:test'
import { ManagementClient } from 'auth0-management'
import { assert, verified } from './common.mjs'
import { admin, all, api, connect, domain, identifier, refused, scope, step,
  token } from './management.mjs'

const made = {}

step('an API, an Organization, an application and its client grant', async () => {
  made.api = await api.resourceServers.create({ identifier, name: 'Travel API',
    scopes: scope.map((value) => ({ value })) })
  made.acme = await api.organizations.create({ name: 'sdk-acme' })
  made.bot = await api.clients.create({ name: 'Trip bot',
    app_type: 'non_interactive', grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'client_secret_post' })
  await api.clientGrants.create({ client_id: made.bot.client_id, scope,
    audience: identifier, organization_usage: 'allow',
    allow_any_organization: true })
})

// ---- what belongs to the tenant ------------------------------------------------------

step('settings of the tenant', async () => {
  const { settings } = api.tenants
  const before = await settings.get()
  const after = await settings.update({ friendly_name: 'Travel0',
    flags: { use_scope_descriptions_for_consent: true } })
  assert.equal(after.friendly_name, 'Travel0')
  assert.deepEqual(after.flags,
    { ...before.flags, use_scope_descriptions_for_consent: true })
  await settings.update({ friendly_name: before.friendly_name ?? '',
    flags: { use_scope_descriptions_for_consent: false } })
  return after.flags
})

// ---- each class of error -----------------------------------------------------------------

const errors = [
  ['a body without a name', () => api.clients.create({}), 'BadRequestError',
    'invalid_body'],
  ['an unknown property', () => api.organizations.create(
    { name: 'sdk-odd', colour: 'red' }), 'BadRequestError', 'invalid_body',
  /colour/],
  ['a query out of bounds', () => api.clients.list({ per_page: 101 }),
    'BadRequestError', 'invalid_query_string'],
  ['no such application', () => api.clients.get('nobody'), 'NotFoundError',
    'inexistent_client'],
  ['no such Organization', () => api.organizations.get('org_0000000000000000'),
    'NotFoundError', null, /No organization found by that id or name/],
  ['no such user', () => api.users.get('auth0|0'), 'NotFoundError',
    'inexistent_user'],
  ['no such connection', () => api.connections.get('con_0000000000000000'),
    'NotFoundError'],
  ['an API that is there already', () => api.resourceServers.create(
    { identifier }), 'ConflictError'],
  ['an Organization that is there already', () => api.organizations.create(
    { name: 'sdk-acme' }), 'ConflictError', 'organization_conflict'],
  ['a client grant that is there already', () => api.clientGrants.create(
    { client_id: made.bot.client_id, audience: identifier, scope }),
  'ConflictError'],
  ['a body that is too long', () => api.clients.update(made.bot.client_id,
    { description: 'x'.repeat(1 << 20) }), 'ManagementError',
  'payload_too_large'],
  ['a token that is none', () => new ManagementClient(
    { domain, token: 'eyJub3QiOiJhIHRva2VuIn0' }).clients.list(),
  'UnauthorizedError', undefined, /^Invalid token/],
]
for (const [name, call, kind, code, message] of errors)
  step(`refused: ${name}`, async () => refused(call(), kind, code, message))

step('refused: a token for another API', async () => {
  const { access_token } = await token(made.bot,
    { organization: made.acme.id })
  return refused(new ManagementClient({ domain, token: access_token })
    .clients.list(), 'UnauthorizedError', undefined, /^Invalid token/)
})

step('refused: a scope that is missing', async () => {
  const client = await api.clients.create({ name: 'Reader',
    app_type: 'non_interactive', grant_types: ['client_credentials'] })
  await api.clientGrants.create({ client_id: client.client_id,
    audience: admin.audience, scope: ['read:organizations'] })
  const reader = connect(client)
  assert.ok((await all(reader.organizations.list())).length > 0)
  const body = await refused(
    reader.organizations.create({ name: 'sdk-no' }), 'ForbiddenError',
    'insufficient_scope', /expected any of: create:organizations/)
  await api.clients.delete(client.client_id)
  return body
})

test('a client library that was given no token', async () => {
  const nobody = connect({ ...admin, client_secret: 'x'.repeat(43) })
  await assert.rejects(nobody.clients.list(),
    (e) => /invalid_client|401|Unauthorized/i.test(`${e} ${e.cause ?? ''}`))
})

// ---- keys: behind this the token of api is worth nothing ----------------------

step('signing keys', async () => {
  const { signing } = api.keys
  const current = async () => (await signing.list()).find((k) => k.current)
  const before = await current()
  await signing.rotate()
  const after = await current()
  assert.notEqual(after.kid, before.kid)
  assert.equal((await signing.get(before.kid)).previous, true)
  // Each child of a node looks for keys every TPAKeyRefresh seconds: one that
  // has not looked yet would sign with a key that is about to be revoked.
  await new Promise((resolve) => setTimeout(resolve, 3000))
  for (let i = 0; i < 10; i += 1) {
    const answer = await token(made.bot, { organization: made.acme.id })
    const { protectedHeader } = await verified(answer.access_token, made.bot,
      made.acme.id, identifier)
    assert.equal(protectedHeader.kid, after.kid)
  }
  const revoked = await signing.revoke(before.kid)
  assert.equal(revoked.kid, before.kid)
  await assert.rejects(connect(admin).keys.signing.revoke(after.kid),
    { statusCode: 400 })
  return { before: before.kid, after: after.kid }
})

step('delete all of it', async () => {
  // The token that api holds was signed with the key that is revoked now.
  const fresh = connect(admin)
  await fresh.organizations.delete(made.acme.id)
  await fresh.clients.delete(made.bot.client_id)
  await fresh.resourceServers.delete(made.api.id)
})

step('a token of a revoked key is refused, by every child', async () => {
  for (let refused = 0, i = 0; refused < 10; i += 1) {
    assert.ok(i < 500, 'the token is still taken')
    await api.clients.list().then(() => { refused = 0 }, (e) => {
      assert.equal(e.statusCode, 401)
      refused += 1
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
})
