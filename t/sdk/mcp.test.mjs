// Clients of MCP that nobody registered, by its own SDK: they know the URL of an
// API behind httpd, and nothing else. A script is the user at our pages.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { auth, UnauthorizedError }
  from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport }
  from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Agent } from './agent.mjs'
import { acme, assert, fixture, globex, issuer } from './common.mjs'
import { all, api } from './management.mjs'
import { Provider } from './mcp-client/provider.mjs'

const url = new URL('mcp', issuer)
const posts = JSON.stringify([{ id: 1, title: 'Welcome to acme — grüezi' }])
const redirectUrl = 'http://127.0.0.1:33418/callback'
const wish = { user: fixture.user, organization: acme }
const scopes = ['offline_access', 'read:posts']

// ---- the operator ----------------------------------------------------------------

const { settings } = api.tenants
const doors = (open) => settings.update({
  flags: { enable_dynamic_client_registration: open },
  client_id_metadata_document_supported: open })

// Each process looks for itself once a second: right for two is right for all.
async function announced(open) {
  const metadata = new URL('.well-known/oauth-authorization-server', issuer)
  for (let tries = 0, right = 0; tries < 150; tries++) {
    const { registration_endpoint: there } = await (await fetch(metadata,
      { headers: { connection: 'close' } })).json()
    right = Boolean(there) === open ? right + 1 : 0
    if (right === 20) return
    await new Promise((done) => { setTimeout(done, 100) })
  }
  assert.fail('the metadata stay as they were')
}

before(async () => {
  mkdirSync('posts', { recursive: true })
  writeFileSync(`posts/${acme}.json`, posts)
  await settings.update({ resource_parameter_profile: 'compatibility' })
  await api.resourceServers.create({
    identifier: url.href, name: 'Posts by MCP', allow_offline_access: true,
    token_dialect: 'rfc9068_profile', scopes: [{ value: 'read:posts' }] })
  await api.clientGrants.create({
    default_for: 'third_party_clients', audience: url.href,
    subject_type: 'user', scope: ['read:posts'] })
  await doors(true)
  await announced(true)
})

after(() => doors(false))

// ---- clients ---------------------------------------------------------------------

// What a user has who uses one client: a browser, and what the client keeps.
class User {
  agent = new Agent()

  constructor(more) {
    this.provider = new Provider({
      redirectUrl, open: (there) => { this.there = there }, ...more })
  }

  // Log in where the client sends its user; which pages were seen.
  async login() {
    this.agent.seen.length = 0
    const answer = await this.agent.authorize(this.there, wish)
    assert.equal(new URL(answer).origin, new URL(redirectUrl).origin)
    return this.provider.codeOf(answer)
  }

  async connect() {
    const client = new Client({ name: 'test', version: '1' })
    const transport = new StreamableHTTPClientTransport(url,
      { authProvider: this.provider })
    try {
      await client.connect(transport)
    } catch (e) {
      if (!(e instanceof UnauthorizedError)) throw e
      await transport.finishAuth(await this.login())
      return this.connect()
    }
    return client
  }

  async list(args) {
    const client = await this.connect()
    try {
      return await client.callTool({ name: 'list_posts', arguments: args })
    } finally {
      await client.close()
    }
  }

  get claims() { return decodeJwt(this.provider.tokens().access_token) }

  spoil(name) {
    const tokens = this.provider.tokens()
    this.provider.saveTokens({ ...tokens, [name]: `${tokens[name]}x` })
  }
}

const good = ({ content, isError }) => {
  assert.ok(!isError)
  assert.deepEqual(content, [{ type: 'text', text: posts }])
}

const registered = async (client_id) =>
  (await all(api.clients.list({ is_first_party: false })))
    .find((client) => client.client_id === client_id)

// ---- registration ------------------------------------------------------------------

const user = new User()

test('from the URL alone to the posts of the Organization', async () => {
  good(await user.list())
  assert.deepEqual(user.agent.seen, ['login', 'picker', 'consent'])
  const { client_id } = user.provider.clientInformation()
  const client = await registered(client_id)
  assert.match(client_id, /^tpc_/)
  assert.equal(client.organization_usage, 'require')
  assert.equal(client.is_first_party, false)
  assert.equal(user.claims.org_id, acme)
  assert.equal(user.claims.client_id, client_id)
  assert.deepEqual([user.claims.aud].flat(), [url.href])
  assert.deepEqual(user.claims.scope.split(' ').sort(), scopes)
})

test('the posts of another Organization are refused', async () => {
  const { content: [{ text }], isError } =
    await user.list({ organization: globex })
  assert.ok(isError)
  assert.match(text, new RegExp(`for ${acme}, and for no other`))
})

test('a token that has ended is refreshed', async () => {
  const before = user.provider.tokens()
  user.spoil('access_token')
  user.there = undefined
  good(await user.list())
  assert.equal(user.there, undefined, 'nobody was asked')
  const now = user.provider.tokens()
  assert.notEqual(now.access_token, before.access_token)
  assert.notEqual(now.refresh_token, before.refresh_token, 'it rotates')
  assert.equal(user.claims.org_id, acme)
})

test('a revoked refresh token: invalid_grant, and a new login', async () => {
  const { client_id } = user.provider.clientInformation()
  const { refresh_token } = user.provider.tokens()
  const answer = await fetch(new URL('oauth/revoke', issuer), {
    method: 'POST', body: new URLSearchParams({ client_id,
      token: refresh_token }) })
  assert.equal(answer.status, 200)
  user.spoil('access_token')
  good(await user.list())
  assert.ok(!user.agent.seen.includes('login'), 'the session is still there')
  assert.equal(user.provider.clientInformation().client_id, client_id)
})

test('a deleted application: invalid_client, and a new one', async () => {
  const { client_id } = user.provider.clientInformation()
  await api.clients.delete(client_id)
  user.spoil('access_token')
  good(await user.list())
  const now = user.provider.clientInformation().client_id
  assert.match(now, /^tpc_/)
  assert.notEqual(now, client_id)
})

test('what the tool does not do it says', async () => {
  const client = await user.connect()
  const { tools } = await client.listTools()
  assert.deepEqual(tools.map((tool) => tool.name), ['list_posts'])
  await assert.rejects(client.callTool({ name: 'delete_posts' }),
    /The tool is list_posts/)
  await client.ping()
  await client.close()
})

// ---- the program of the examples ---------------------------------------------------

// Run it; open what it wants to have opened. Its output.
function program(open) {
  const child = spawn(process.execPath, ['mcp-client/client.mjs', url.href],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60000 })
  let output = '', opened = false
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text) => {
    output += text
    const [, there] = /in a browser:\s+(\S+)\s/.exec(output) ?? []
    if (!there || opened) return
    opened = true
    open(there)
  })
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => code === 0 ? resolve(output)
      : reject(new Error(`it ended with ${code}: ${output}`)))
  })
}

test('the client of the examples', async () => {
  rmSync('mcp-client.json', { force: true })
  const first = await program(async (there) => {
    const page = await fetch(await new Agent().authorize(there, wish))
    assert.match(await page.text(), /close this page/)
  })
  assert.match(first, /Tools: list_posts/)
  assert.match(first, /Welcome to acme/)
  const second = await program(() => assert.fail('it asks nobody again'))
  assert.match(second, /Welcome to acme/)
})

// ---- metadata documents ------------------------------------------------------------

test('by the address of a metadata document', async (t) => {
  const key = readFileSync(process.env.TPA_KEY)
  const site = createServer({ key, cert: readFileSync(process.env.TPA_CERT) })
  await new Promise((ready) => { site.listen(0, '127.0.0.77', ready) })
  t.after(() => site.close())
  const at = `https://app.cimd.test:${site.address().port}/client.json`
  const one = new User({ clientMetadataUrl: at })
  const document = { ...one.provider.clientMetadata, client_id: at,
                     application_type: 'native' }
  site.on('request', (request, response) => response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify(document)))

  good(await one.list())
  assert.equal(one.provider.clientInformation().client_id, at)
  assert.equal(one.claims.client_id, at)
  assert.equal(one.claims.org_id, acme)
})

// ---- a closed door -----------------------------------------------------------------

test('where applications cannot register themselves', async () => {
  const stranger = new User()
  await doors(false)
  await announced(false)
  await assert.rejects(auth(stranger.provider, { serverUrl: url }),
    /enable_dynamic_client_registration|does not support dynamic/)
})
