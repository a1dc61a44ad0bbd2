// The Management API by the client library that partners use: the life of
// machine-to-machine access for an Organization, third-party access, lists to
// their end. Each step prints what came out of it.
import { assert, verified } from './common.mjs'
import { admin, all, api, everything, identifier, refused, scope, step, token }
  from './management.mjs'

const made = {}

// ---- machine-to-machine access for Organizations -------------------------------

step('create an API', async () => {
  made.api = await api.resourceServers.create({
    identifier, name: 'Travel API', scopes: scope.map((value) => ({ value })),
  })
  assert.match(made.api.id, /^[0-9a-f]{24}$/)
  assert.equal(made.api.identifier, identifier)
  assert.deepEqual(made.api.scopes.map((s) => s.value), scope)
  assert.equal(made.api.signing_alg, 'RS256')
  assert.equal(made.api.token_lifetime, 86400)
  assert.deepEqual(await api.resourceServers.get(made.api.id), made.api)
  assert.deepEqual(await api.resourceServers.get(identifier), made.api)
  return made.api
})

step('create an application that may use client credentials', async () => {
  made.bot = await api.clients.create({
    name: 'Trip bot', app_type: 'non_interactive',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'client_secret_post',
  })
  assert.match(made.bot.client_id, /^[0-9A-Za-z]{32}$/)
  assert.ok(made.bot.client_secret.length >= 40)
  assert.equal(made.bot.is_first_party, true)
  return { ...made.bot, client_secret: '(shown once)' }
})

step('create a client grant with organization_usage', async () => {
  made.grant = await api.clientGrants.create({
    client_id: made.bot.client_id, audience: identifier, scope,
    organization_usage: 'require', allow_any_organization: false,
  })
  assert.match(made.grant.id, /^cgr_[0-9A-Za-z]{16}$/)
  assert.equal(made.grant.organization_usage, 'require')
  assert.equal(made.grant.allow_any_organization, false)
  assert.equal(made.grant.subject_type, 'client')
  assert.deepEqual(made.grant.scope, scope)
  return made.grant
})

step('create Organizations', async () => {
  made.acme = await api.organizations.create({
    name: 'sdk-acme', display_name: 'Acme', metadata: { plan: 'gold' },
    branding: { logo_url: 'https://acme.example.com/logo.png',
                colors: { primary: '#112233', page_background: '#ffffff' } },
  })
  made.globex = await api.organizations.create({ name: 'sdk-globex' })
  assert.match(made.acme.id, /^org_[0-9A-Za-z]{16}$/)
  assert.equal(made.acme.third_party_client_access, 'block')
  assert.deepEqual(made.acme.metadata, { plan: 'gold' })
  assert.deepEqual(await api.organizations.get(made.acme.id), made.acme)
  assert.deepEqual(await api.organizations.getByName('sdk-acme'), made.acme)
  return made.acme
})

step('no token for an Organization that does not have the grant', async () => {
  const answer = await token(made.bot, { organization: made.acme.id })
  assert.deepEqual([answer.status, answer.error], [400, 'access_denied'])
  return answer
})

step('create an organization client grant', async () => {
  const grant = await api.organizations.clientGrants.create(made.acme.id,
    { grant_id: made.grant.id })
  assert.equal(grant.id, made.grant.id)
  assert.equal(grant.grant_id, made.grant.id)
  assert.equal(grant.client_id, made.bot.client_id)
  assert.equal(grant.audience, identifier)
  const orgs = await everything(
    (q) => api.clientGrants.organizations.list(made.grant.id, q),
    'checkpoint', (o) => o.id)
  assert.deepEqual(orgs.map((o) => o.id), [made.acme.id])
  const grants = await everything(
    (q) => api.organizations.clientGrants.list(made.acme.id, q),
    'offset', (g) => g.id)
  assert.deepEqual(grants.map((g) => g.id), [made.grant.id])
  return grant
})

step('a token for the Organization', async () => {
  const answer = await token(made.bot, { organization: made.acme.id })
  assert.equal(answer.status, 200)
  const { payload } = await verified(answer.access_token, made.bot,
    made.acme.id, identifier)
  assert.equal(payload.scope, scope.join(' '))
  const other = await token(made.bot, { organization: made.globex.id })
  assert.deepEqual([other.status, other.error], [400, 'access_denied'])
  return payload
})

step('set a default Organization', async () => {
  const organization = { organization_id: made.acme.id,
                         flows: ['client_credentials'] }
  assert.notEqual((await token(made.bot)).status, 200)
  const client = await api.clients.update(made.bot.client_id,
    { default_organization: organization })
  assert.deepEqual(client.default_organization, organization)
  const answer = await token(made.bot)
  const { payload } = await verified(answer.access_token, made.bot,
    made.acme.id, identifier)
  const back = await api.clients.update(made.bot.client_id,
    { default_organization: null })
  assert.equal(back.default_organization ?? null, null)
  return { default_organization: organization, org_id: payload.org_id }
})

step('allow any Organization', async () => {
  await api.organizations.clientGrants.delete(made.acme.id, made.grant.id)
  assert.notEqual(
    (await token(made.bot, { organization: made.acme.id })).status, 200)
  const grant = await api.clientGrants.update(made.grant.id,
    { organization_usage: 'allow', allow_any_organization: true })
  assert.equal(grant.allow_any_organization, true)
  for (const org of [made.acme.id, made.globex.id]) {
    const answer = await token(made.bot, { organization: org })
    await verified(answer.access_token, made.bot, org, identifier)
  }
  const found = await all(api.clientGrants.list(
    { client_id: made.bot.client_id, allow_any_organization: true }))
  assert.deepEqual(found.map((g) => g.id), [made.grant.id])
  return grant
})

step('rotate the secret', async () => {
  const client = await api.clients.rotateSecret(made.bot.client_id)
  assert.notEqual(client.client_secret, made.bot.client_secret)
  assert.equal((await token(made.bot)).error, 'invalid_client')
  made.bot.client_secret = client.client_secret
  assert.equal((await token(made.bot)).status, 200)
  return 'the old one is refused, the new one is taken'
})

// ---- members and connections of Organizations ---------------------------------

step('create a connection of the domain', async () => {
  made.connection = await api.connections.create({
    name: 'sdk-users', strategy: 'auth0', is_domain_connection: true,
  })
  assert.match(made.connection.id, /^con_[0-9A-Za-z]{16}$/)
  assert.equal(made.connection.is_domain_connection, true)
  await api.connections.clients.update(made.connection.id,
    [{ client_id: made.bot.client_id, status: true }])
  const clients = await everything(
    (q) => api.connections.clients.get(made.connection.id, q),
    'checkpoint', (c) => c.client_id)
  assert.deepEqual(clients.map((c) => c.client_id), [made.bot.client_id])
  return made.connection
})

step('enable the connection for an Organization, newer path', async () => {
  const { connections } = api.organizations
  const entry = await connections.create(made.acme.id, {
    connection_id: made.connection.id, assign_membership_on_login: true,
  })
  assert.equal(entry.connection_id, made.connection.id)
  assert.equal(entry.assign_membership_on_login, true)
  assert.equal(entry.is_enabled, true)
  assert.deepEqual(entry.connection,
    { name: 'sdk-users', strategy: 'auth0' })
  const changed = await connections.update(made.acme.id, made.connection.id,
    { assign_membership_on_login: false })
  assert.equal(changed.assign_membership_on_login, false)
  const list = await everything((q) => connections.list(made.acme.id, q),
    'offset', (c) => c.connection_id)
  assert.equal(list.length, 1)
  await connections.delete(made.acme.id, made.connection.id)
  await refused(connections.get(made.acme.id, made.connection.id),
    'NotFoundError')
  return entry
})

step('enable the connection for an Organization, older path', async () => {
  const { enabledConnections } = api.organizations
  const entry = await enabledConnections.add(made.acme.id, {
    connection_id: made.connection.id, assign_membership_on_login: true,
  })
  assert.equal(entry.connection.name, 'sdk-users')
  await refused(enabledConnections.add(made.acme.id,
    { connection_id: made.connection.id, assign_membership_on_login: true }),
  'ConflictError')
  assert.equal((await everything(
    (q) => enabledConnections.list(made.acme.id, q), 'offset',
    (c) => c.connection_id)).length, 1)
  return entry
})

step('create users and make them members', async () => {
  made.users = []
  for (const name of ['ann', 'bob', 'eve', 'joe', 'zoe'])
    made.users.push(await api.users.create({
      connection: 'sdk-users', email: `${name}@acme.example.com`, name,
      password: `Very-Secret-${name}-2026`, email_verified: true,
    }))
  const ids = made.users.map((u) => u.user_id)
  assert.match(ids[0], /^auth0\|/)
  assert.equal((await api.users.get(ids[0])).email, 'ann@acme.example.com')
  const [found] = await api.users.listUsersByEmail(
    { email: 'bob@acme.example.com' })
  assert.equal(found.user_id, ids[1])
  await api.organizations.members.create(made.acme.id, { members: ids })
  const members = await everything(
    (q) => api.organizations.members.list(made.acme.id, q), 'checkpoint',
    (m) => m.user_id)
  assert.deepEqual(members.map((m) => m.user_id).sort(), [...ids].sort())
  await api.organizations.members.delete(made.acme.id, { members: [ids[4]] })
  assert.equal((await all(api.organizations.members.list(made.acme.id)))
    .length, 4)
  const orgs = await everything(
    (q) => api.users.organizations.list(ids[0], q), 'offset', (o) => o.id)
  assert.deepEqual(orgs.map((o) => o.id), [made.acme.id])
  return members
})

step('roles of a member, and of a user', async () => {
  const user = made.users[0].user_id
  made.role = await api.roles.create(
    { name: 'sdk-agent', description: 'Books trips' })
  assert.match(made.role.id, /^rol_/)
  await api.roles.permissions.add(made.role.id, {
    permissions: [{ resource_server_identifier: identifier,
                    permission_name: 'read:trips' }],
  })
  const permissions = await everything(
    (q) => api.roles.permissions.list(made.role.id, q), 'offset',
    (p) => p.permission_name)
  assert.equal(permissions[0].resource_server_name, 'Travel API')
  const { roles } = api.organizations.members
  await roles.assign(made.acme.id, user, { roles: [made.role.id] })
  assert.deepEqual((await everything(
    (q) => roles.list(made.acme.id, user, q), 'offset', (r) => r.id))
    .map((r) => r.name), ['sdk-agent'])
  assert.equal((await all(api.users.roles.list(user))).length, 0)
  await api.users.roles.assign(user, { roles: [made.role.id] })
  assert.equal((await everything((q) => api.users.roles.list(user, q),
    'offset', (r) => r.id)).length, 1)
  await api.users.roles.delete(user, { roles: [made.role.id] })
  await roles.delete(made.acme.id, user, { roles: [made.role.id] })
  assert.equal((await all(roles.list(made.acme.id, user))).length, 0)
  return permissions
})

step('a domain by which an Organization is found', async () => {
  const { discoveryDomains } = api.organizations
  const domain = await discoveryDomains.create(made.acme.id,
    { domain: 'acme.example.com', status: 'verified' })
  assert.match(domain.id, /^ord_/)
  assert.equal(domain.status, 'verified')
  assert.equal((await discoveryDomains.get(made.acme.id, domain.id)).domain,
    'acme.example.com')
  assert.equal((await discoveryDomains.getByName(made.acme.id,
    'acme.example.com')).id, domain.id)
  assert.equal((await everything(
    (q) => discoveryDomains.list(made.acme.id, q), 'checkpoint',
    (d) => d.id)).length, 1)
  await discoveryDomains.delete(made.acme.id, domain.id)
  return domain
})

step('an invitation', async () => {
  made.web = await api.clients.create({
    name: 'Trip desk', app_type: 'regular_web', organization_usage: 'allow',
    callbacks: ['https://desk.example.com/callback'],
    initiate_login_uri: 'https://desk.example.com/login',
  })
  const { invitations } = api.organizations
  const invitation = await invitations.create(made.acme.id, {
    inviter: { name: 'Ann' }, invitee: { email: 'max@acme.example.com' },
    client_id: made.web.client_id, send_invitation_email: false,
  })
  assert.match(invitation.id, /^uinv_/)
  assert.equal(invitation.organization_id, made.acme.id)
  assert.ok(invitation.invitation_url.startsWith(
    'https://desk.example.com/login'))
  assert.equal((await everything((q) => invitations.list(made.acme.id, q),
    'offset', (i) => i.id)).length, 1)
  await invitations.delete(made.acme.id, invitation.id)
  await refused(invitations.get(made.acme.id, invitation.id),
    'NotFoundError')
  return { ...invitation, invitation_url: '(with the ticket)', ticket_id: '' }
})

// ---- third-party application access -----------------------------------------------

step('enable third-party application access', async () => {
  const before = await api.organizations.get(made.acme.id)
  assert.equal(before.third_party_client_access, 'block')
  const after = await api.organizations.update(made.acme.id,
    { third_party_client_access: 'allow' })
  assert.equal(after.third_party_client_access, 'allow')
  assert.deepEqual(await api.organizations.get(made.acme.id), after)
  await refused(api.organizations.update(made.acme.id,
    { third_party_client_access: 'deny' }), 'BadRequestError', 'invalid_body')
  assert.equal((await api.organizations.get(made.globex.id))
    .third_party_client_access, 'block')
  return { before: before.third_party_client_access,
           after: after.third_party_client_access }
})

step('a third-party application, and what it may not have', async () => {
  made.partner = await api.clients.create({
    name: 'Partner planner', is_first_party: false, app_type: 'regular_web',
    callbacks: ['https://planner.example.com/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    organization_usage: 'allow',
    token_endpoint_auth_method: 'client_secret_post',
  })
  assert.match(made.partner.client_id, /^tpc_[0-9A-Za-z]{22}$/)
  assert.equal(made.partner.third_party_security_mode, 'strict')
  assert.equal(made.partner.refresh_token.expiration_type, 'expiring')
  const id = made.partner.client_id
  const again = await api.clients.update(id, { is_first_party: false,
    third_party_security_mode: 'strict', name: 'Partner planner 2' })
  assert.equal(again.name, 'Partner planner 2')
  await refused(api.clients.update(id, { is_first_party: true }),
    'BadRequestError', 'invalid_body', /is_first_party/)
  await refused(api.clients.update(id,
    { callbacks: ['https://*.example.com/cb'] }), 'BadRequestError',
  'invalid_body')
  await refused(api.clients.update(id, { sso: true }), 'BadRequestError',
    'invalid_body', /sso/)
  await refused(api.clientGrants.create({ client_id: id, scope,
    audience: identifier, organization_usage: 'allow',
    allow_any_organization: true }), 'BadRequestError')
  await refused(api.clientGrants.create({ client_id: id, scope: [],
    audience: admin.audience }), 'BadRequestError')
  return { client_id: id, mode: made.partner.third_party_security_mode }
})

step('a token for the machine of a partner', async () => {
  const grant = await api.clientGrants.create({
    client_id: made.partner.client_id, audience: identifier,
    scope: ['read:trips'], organization_usage: 'require',
  })
  await api.clientGrants.create({
    client_id: made.partner.client_id, audience: identifier,
    scope: ['read:trips'], subject_type: 'user',
  })
  await api.organizations.clientGrants.create(made.acme.id,
    { grant_id: grant.id })
  const answer = await token(made.partner, { organization: made.acme.id })
  const { payload } = await verified(answer.access_token, made.partner,
    made.acme.id, identifier)
  assert.equal(payload.scope, 'read:trips')
  return payload
})

step('the list of applications of an Organization', async () => {
  const { clients } = api.organizations
  await clients.create(made.acme.id, { clients: [
    { client_id: made.partner.client_id, use_for_member_access: true }] })
  const list = await everything((q) => clients.list(made.acme.id, q),
    'checkpoint', (c) => c.client_id)
  assert.equal(list[0].client_id, made.partner.client_id)
  const entry = await clients.update(made.acme.id, made.partner.client_id,
    { use_for_member_access: false })
  assert.equal(entry.use_for_member_access, false)
  await clients.delete(made.acme.id, { clients: [made.partner.client_id] })
  return list
})

step('a default grant of third-party applications', async () => {
  const grant = await api.clientGrants.create({ audience: identifier,
    default_for: 'third_party_clients', scope: ['read:trips'] })
  assert.equal(grant.default_for, 'third_party_clients')
  assert.equal(grant.client_id, undefined)
  assert.deepEqual((await all(api.clientGrants.list(
    { default_for: 'third_party_clients' }))).map((g) => g.id), [grant.id])
  await api.clientGrants.delete(grant.id)
  return grant
})

step('keys of an application', async () => {
  const { generateKeyPairSync } = await import('node:crypto')
  const pem = () => generateKeyPairSync('rsa', { modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }).publicKey
  const { credentials } = api.clients
  const id = made.partner.client_id
  const key = await credentials.create(id,
    { credential_type: 'public_key', name: 'first', pem: pem() })
  assert.match(key.id, /^cred_/)
  assert.equal(key.pem, undefined)
  const list = await credentials.list(id)
  assert.ok(Array.isArray(list))
  assert.deepEqual(list.map((c) => c.id), [key.id])
  const expires = '2031-01-01T00:00:00.000Z'
  assert.equal(new Date((await credentials.update(id, key.id,
    { expires_at: expires })).expires_at).toISOString(), expires)
  const client = await api.clients.update(id, {
    token_endpoint_auth_method: null,
    client_authentication_methods: {
      private_key_jwt: { credentials: [{ id: key.id }] } },
  })
  assert.deepEqual(client.client_authentication_methods
    .private_key_jwt.credentials, [{ id: key.id }])
  return key
})

// ---- every list to its end ----------------------------------------------------------

step('many Organizations', async () => {
  for (let i = 0; i < 54; i += 6)
    await Promise.all([0, 1, 2, 3, 4, 5].map((j) => api.organizations
      .create({ name: `sdk-many-${String(i + j).padStart(2, '0')}` })))
  const sorted = (await all(api.organizations.list({ sort: 'name:-1' })))
    .map((o) => o.name)
  assert.deepEqual(sorted, [...sorted].sort().reverse())
  return sorted.length
})

const lists = [
  ['clients', 'offset', (q) => api.clients.list(q), (c) => c.client_id],
  ['APIs', 'offset', (q) => api.resourceServers.list(q), (a) => a.id],
  ['client grants', 'checkpoint', (q) => api.clientGrants.list(q),
    (g) => g.id],
  ['Organizations', 'checkpoint', (q) => api.organizations.list(q),
    (o) => o.id],
  ['connections', 'checkpoint', (q) => api.connections.list(q), (c) => c.id],
  ['users', 'offset', (q) => api.users.list(q), (u) => u.user_id],
  ['roles', 'offset', (q) => api.roles.list(q), (r) => r.id],
  ['grants of users', 'offset', (q) => api.userGrants.list(q), (g) => g.id],
  ['refresh tokens', 'checkpoint', (q) => api.refreshTokens.list(
    { user_id: made.users[0].user_id, ...q }), (r) => r.id],
  ['connections of an application', 'checkpoint',
    (q) => api.clients.connections.get(made.bot.client_id, q), (c) => c.id],
]
for (const [name, style, list, id] of lists)
  step(`list ${name}`, async () => (await everything(list, style, id)).length)

step('list actions, of which there are none', async () => {
  assert.deepEqual(await all(api.actions.list()), [])
  const page = await api.actions.list({ page: 3, per_page: 10 })
  assert.deepEqual(page.response,
    { actions: [], total: 0, page: 3, per_page: 10 })
})

// Not with the others: what the lists above do is logged meanwhile.
step('list log events', async () => {
  const pages = await api.logs.list({ per_page: 5, sort: 'date:-1' })
  assert.equal(pages.data.length, 5)
  const next = await pages.getNextPage()
  assert.equal(next.data.length, 5)
  assert.equal((await api.logs.list({ page: 900, per_page: 10 })).data.length,
    0)
  const event = await api.logs.get(next.data[0].log_id)
  assert.equal(event.log_id, next.data[0].log_id)
  const writes = await all(api.logs.list({ per_page: 100, q: 'type:sapi' }))
  assert.ok(writes.length > 50)
  assert.ok(!JSON.stringify(writes).includes(made.bot.client_secret))
  return { type: event.type, description: event.description,
           writes: writes.length }
})

// ---- the end ---------------------------------------------------------------------------------

step('delete all of it', async () => {
  for (const org of await all(api.organizations.list({ take: 100 })))
    if (org.name.startsWith('sdk-')) await api.organizations.delete(org.id)
  for (const user of made.users) await api.users.delete(user.user_id)
  await api.connections.delete(made.connection.id)
  await api.roles.delete(made.role.id)
  for (const client of [made.bot, made.web, made.partner])
    await api.clients.delete(client.client_id)
  await refused(api.clientGrants.get(made.grant.id), 'NotFoundError')
  await api.resourceServers.delete(made.api.id)
  await refused(api.resourceServers.get(identifier), 'NotFoundError')
  assert.equal((await token(made.bot)).error, 'invalid_client')
})
