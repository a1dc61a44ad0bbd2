// The vendor's deploy tool, as an administrator runs it: a tenant described in
// YAML is imported, imported again, exported, changed and imported again.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { assert } from './common.mjs'
import { admin, all, api, domain, step } from './management.mjs'

const require = createRequire(import.meta.url)
const tool = require.resolve('auth0-deploy-cli')
const yaml = createRequire(tool)('js-yaml')
const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
const config = join(folder, 'config.json')
const kinds = ['resourceServers', 'databases', 'clients', 'clientGrants',
  'organizations']

writeFileSync(config, JSON.stringify({
  AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: admin.client_id,
  AUTH0_CLIENT_SECRET: admin.client_secret, AUTH0_INCLUDED_ONLY: kinds,
  AUTH0_ALLOW_DELETE: false, AUTH0_API_MAX_RETRIES: 1,
}))

async function run(...args) {
  const child = promisify(execFile)(process.execPath, [tool, ...args],
    { cwd: folder, env: { ...process.env, AUTH0_DEBUG: 'false' },
      timeout: 240000 })
  const { stdout, stderr } = await child.catch((e) => {
    throw new Error(`${args[0]}: ${e.stdout}${e.stderr}`)
  })
  return stdout + stderr
}

async function importing(tenant) {
  const file = join(folder, 'tenant.yaml')
  writeFileSync(file, yaml.dump(tenant))
  const said = await run('import', '-c', config, '-i', file)
  return Object.fromEntries([...said.matchAll(
    /(Created|Updated|Deleted) \[(\w+)\]/g)].reduce(
    (count, [, what, kind]) => count.set(`${what} ${kind}`,
      (count.get(`${what} ${kind}`) ?? 0) + 1), new Map()))
}

// Everything of the tenant, as the tool writes it; and what is ours of it.
async function exporting() {
  const into = mkdtempSync(join(folder, 'export-'))
  await run('export', '-c', config, '-f', 'yaml', '-o', into)
  return yaml.load(readFileSync(join(into, 'tenant.yaml'), 'utf8'))
}

const ours = (tenant) => Object.fromEntries(kinds.map((kind) => [kind,
  tenant[kind].filter((o) => /^(deploy-|Deploy )/.test(
    o.name ?? o.client_id))]))

// Is what was asked for in what came back? Lists in any order.
function within(wanted, got, path) {
  if (Array.isArray(wanted)) {
    assert.equal(got?.length, wanted.length, path)
    const key = (o) => JSON.stringify(o?.name ?? o?.value ?? o?.client_id
      ?? o?.connection_id ?? o)
    const order = (list) => [...list].sort((a, b) => key(a) < key(b) ? -1 : 1)
    const sorted = order(got)
    order(wanted).forEach((w, i) => within(w, sorted[i], `${path}[${i}]`))
  } else if (wanted && typeof wanted === 'object') {
    for (const [name, value] of Object.entries(wanted))
      within(value, got?.[name], `${path}.${name}`)
  } else assert.equal(got, wanted, path)
}

// What the server holds, told by itself; times of changes left out.
async function state() {
  const sorted = (list) => JSON.parse(JSON.stringify(list, (name, value) =>
    name === 'updated_at' ? undefined : value))
    .sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  const organizations = await all(api.organizations.list())
  const parts = await Promise.all(organizations.map(async ({ id }) => [
    sorted(await all(api.organizations.connections.list(id))),
    sorted(await all(api.organizations.clientGrants.list(id)))]))
  return {
    apis: sorted(await all(api.resourceServers.list())),
    clients: sorted(await all(api.clients.list())),
    grants: sorted(await all(api.clientGrants.list())),
    connections: sorted(await all(api.connections.list())),
    organizations: sorted(organizations), parts,
  }
}

const tenant = {
  resourceServers: [{
    name: 'Deploy API', identifier: 'https://deploy.example.com/',
    scopes: [{ value: 'read:trips', description: 'See trips' },
      { value: 'create:trips' }],
    token_lifetime: 7200, allow_offline_access: true,
    subject_type_authorization: {
      user: { policy: 'require_client_grant' },
      client: { policy: 'require_client_grant' },
    },
  }, {
    name: 'Deploy ledger', identifier: 'urn:deploy:ledger',
    scopes: [{ value: 'read:ledger' }], token_dialect: 'rfc9068_profile',
  }],
  databases: [{
    name: 'deploy-users', strategy: 'auth0', is_domain_connection: true,
    enabled_clients: ['Deploy desk'],
    options: { disable_signup: true, passwordPolicy: 'good' },
  }],
  clients: [{
    name: 'Deploy desk', app_type: 'regular_web', is_first_party: true,
    callbacks: ['https://desk.example.com/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    organization_usage: 'allow',
    organization_require_behavior: 'pre_login_prompt',
    client_metadata: { team: 'desk' },
    token_endpoint_auth_method: 'client_secret_post',
  }, {
    name: 'Deploy robot', app_type: 'non_interactive', is_first_party: true,
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'client_secret_basic',
  }, {
    name: 'Deploy partner', app_type: 'regular_web', is_first_party: false,
    callbacks: ['https://partner.example.com/callback'],
    grant_types: ['authorization_code', 'refresh_token',
      'client_credentials'],
    token_endpoint_auth_method: 'client_secret_post',
    organization_usage: 'allow',
  }, {
    name: 'Deploy planner', app_type: 'native', is_first_party: false,
    callbacks: ['com.example.planner:/callback'],
    token_endpoint_auth_method: 'none',
  }],
  clientGrants: [{
    client_id: 'Deploy robot', audience: 'https://deploy.example.com/',
    scope: ['read:trips', 'create:trips'], subject_type: 'client',
    organization_usage: 'allow', allow_any_organization: true,
  }, {
    client_id: 'Deploy partner', audience: 'https://deploy.example.com/',
    scope: ['read:trips'], subject_type: 'client',
    organization_usage: 'require', allow_any_organization: false,
  }, {
    client_id: 'Deploy planner', audience: 'https://deploy.example.com/',
    scope: ['read:trips'], subject_type: 'user',
  }],
  organizations: [{
    name: 'deploy-acme', display_name: 'Acme',
    third_party_client_access: 'allow', metadata: { plan: 'gold' },
    branding: { colors: { primary: '#112233', page_background: '#ffffff' },
      logo_url: 'https://acme.example.com/logo.png' },
    connections: [{ connection_id: 'deploy-users', name: 'deploy-users',
      assign_membership_on_login: true, show_as_button: true,
      is_signup_enabled: false }],
    client_grants: [{ client_id: 'Deploy partner' }],
  }, {
    name: 'deploy-globex', display_name: 'Globex',
    connections: [], client_grants: [],
  }],
}
// The name of a connection of an Organization stands in one place only.
for (const org of tenant.organizations)
  for (const entry of org.connections) delete entry.connection_id

const seen = {}

step('import', async () => {
  const count = await importing(tenant)
  seen.state = await state()
  const orgs = seen.state.organizations.map((o) => o.name)
  assert.ok(orgs.includes('deploy-acme') && orgs.includes('deploy-globex'))
  return count
})

step('export: what was imported', async () => {
  seen.all = await exporting()
  seen.ours = ours(seen.all)
  within(tenant, seen.ours, 'tenant')
  return Object.fromEntries(kinds.map((k) => [k, seen.ours[k].length]))
})

step('import again: nothing changes', async () => {
  const count = await importing(tenant)
  assert.deepEqual(Object.keys(count).filter((k) => !/^Updated/.test(k)), [])
  assert.deepEqual(await state(), seen.state)
  assert.deepEqual(await exporting(), seen.all)
  return count
})

step('import the export: nothing changes', async () => {
  const count = await importing(seen.all)
  assert.deepEqual(Object.keys(count).filter((k) => !/^Updated/.test(k)), [])
  assert.deepEqual(await state(), seen.state)
  return count
})

step('change, import, export', async () => {
  const changed = structuredClone(tenant)
  const [first, second] = changed.organizations
  changed.resourceServers[0].token_lifetime = 600
  changed.resourceServers[0].scopes.push({ value: 'delete:trips' })
  changed.databases[0].options.disable_signup = false
  changed.clients[0].callbacks.push('https://desk.example.com/second')
  changed.clients[2].description = 'Plans trips'
  changed.clientGrants[0].scope = ['read:trips', 'delete:trips']
  first.third_party_client_access = 'block'
  first.metadata = { plan: 'silver' }
  first.connections = []
  second.display_name = 'Globex Ltd'
  second.connections = [{ name: 'deploy-users',
    assign_membership_on_login: false, show_as_button: true }]
  second.client_grants = [{ client_id: 'Deploy partner' }]
  const count = await importing(changed)
  const got = await exporting()
  within(changed, ours(got), 'tenant')
  const before = await state()
  const again = await importing(changed)
  assert.deepEqual(Object.keys(again).filter((k) => !/^Updated/.test(k)), [])
  assert.deepEqual(await state(), before)
  return count
})

step('delete all of it', async () => {
  const mine = (o) => /^(deploy-|Deploy )/.test(o.name)
  for (const o of (await all(api.organizations.list())).filter(mine))
    await api.organizations.delete(o.id)
  for (const o of (await all(api.clients.list())).filter(mine))
    await api.clients.delete(o.client_id)
  for (const o of (await all(api.connections.list())).filter(mine))
    await api.connections.delete(o.id)
  for (const o of (await all(api.resourceServers.list())).filter(mine))
    await api.resourceServers.delete(o.id)
})
