// What the tests of all peers share: things made by the Management API, and
// the way of a user through a third-party application into an Organization.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { Agent } from './agent.mjs'
import { fixture, seen } from './fixture.mjs'

export const { issuer, passwords, provider } = fixture
export const callback = 'https://app.example.com/callback'
const jwks = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer))
const { client_id, client_secret, audience } = fixture.init

// ---- the Management API --------------------------------------------------------

async function ask(method, path, body, token) {
  const answer = await fetch(new URL(path, issuer), {
    method, body: body && JSON.stringify(body),
    headers: { ...(body && { 'content-type': 'application/json' }),
               ...(token && { authorization: `Bearer ${token}` }) },
  })
  const text = await answer.text()
  return { status: answer.status, ...(text && JSON.parse(text)) }
}

const admin = (await ask('POST', 'oauth/token', {
  grant_type: 'client_credentials', client_id, client_secret, audience,
})).access_token
seen(admin, client_secret)

export async function manage(method, path, body) {
  const answer = await ask(method, `api/v2/${path}`, body, admin)
  assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer)}`)
  return answer
}

const identifier = `https://${randomBytes(6).toString('hex')}.example.com/`
const scope = ['read:trips', 'write:trips']
await manage('POST', 'resource-servers', {
  name: 'Trips', identifier, scopes: scope.map((value) => ({ value })),
})

// A third-party application that needs an Organization.
export async function application() {
  const app = await manage('POST', 'clients', {
    name: 'Partner app', is_first_party: false, app_type: 'spa',
    token_endpoint_auth_method: 'none', callbacks: [callback],
    grant_types: ['authorization_code'], organization_usage: 'require',
  })
  await manage('POST', 'client-grants', {
    client_id: app.client_id, audience: identifier, scope,
    subject_type: 'user',
  })
  return app
}

// The connection of conf/login-*.conf, made as the comment there says.
export function connection(file) {
  const text = readFileSync(`${fixture.conf}/login-${file}.conf`, 'utf8')
    .replace(/^# ?/gm, '')
  const [, path, body] = text.match(/POST \/api\/v2\/(\S+) (\{.*?\})/s)
  return manage('POST', path, JSON.parse(body))
}

// An Organization that admits third parties and uses the connection.
export async function organization(connection, joins) {
  const org = await manage('POST', 'organizations', {
    name: `org-${randomBytes(6).toString('hex')}`,
    third_party_client_access: 'allow',
  })
  await manage('POST', `organizations/${org.id}/enabled_connections`, {
    connection_id: connection.id, assign_membership_on_login: joins,
  })
  return org
}

export const join = (org, user) =>
  manage('POST', `organizations/${org.id}/members`, { members: [user] })

export async function members(org) {
  const { members } = await manage('GET',
    `organizations/${org.id}/members?take=100`)
  return members.map((m) => m.user_id).sort()
}

export async function users(connection) {
  const all = await manage('GET', 'users?per_page=100&include_totals=true')
  return all.users.filter((u) =>
    u.identities[0].connection === connection.name)
    .sort((a, b) => a.user_id < b.user_id ? -1 : 1)
}

// ---- the way of a user -------------------------------------------------------------

export function request(app, org, more = {}) {
  const verifier = seen(randomBytes(32).toString('base64url'))
  const url = new URL('authorize', issuer)
  url.search = new URLSearchParams({
    client_id: app.client_id, response_type: 'code', redirect_uri: callback,
    audience: identifier, scope: scope[0], organization: org.id,
    state: randomBytes(12).toString('hex'), code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...more,
  })
  return { url, verifier }
}

// From the application to where the connection's location asks who it is.
export async function arrive(agent, asked, path) {
  await agent.open(asked.url)
  const link = agent.links().find((l) =>
    new URL(l, issuer).pathname === path)
  assert.ok(link, `no link to ${path} on: ${agent.page.body}`)
  return agent.open(link)
}

// Through consent back to the application, and to a token of its user.
export async function finish(agent, app, org, asked) {
  if (agent.forms().length) await agent.submit({ decision: 'accept' })
  const back = agent.page.location
  assert.ok(back?.href.startsWith(callback), agent.page.body)
  assert.equal(back.searchParams.get('iss'), issuer)
  assert.equal(back.searchParams.get('error'), null, back.href)
  const answer = await ask('POST', 'oauth/token', {
    grant_type: 'authorization_code', client_id: app.client_id,
    redirect_uri: callback, code: back.searchParams.get('code'),
    code_verifier: asked.verifier,
  })
  assert.equal(answer.status, 200, JSON.stringify(answer))
  seen(answer.access_token)
  const { payload } = await jwtVerify(answer.access_token, jwks, {
    issuer, audience: identifier, algorithms: ['RS256'],
  })
  assert.equal(payload.org_id, org.id)
  assert.equal(payload.azp, app.client_id)
  assert.equal(payload.scope, scope[0])
  return payload
}

export const session = (agent) => agent.cookie('__Host-tpa_session')

export function isErrorPage(agent, code) {
  const { page } = agent
  assert.ok(!page.location, `sent to ${page.location}`)
  assert.match(page.body, new RegExp(`<code>${code}</code>`))
  assert.match(page.body, /ref_[0-9A-Za-z]{12}/)
}

// ---- what holds at every peer ----------------------------------------------------------
//
// path: of the location; ann, bob: functions that log an agent in, which came
// there; wrong: one that fails; sub: what ann's token says; profile: what is
// known of her afterwards.
// state: how many bytes of it get through. nodes: any may go on with a login.
export function common(test, peer) {
  const { path, connection, ann, bob, wrong, sub, profile } = peer
  let app, org
  const world = async () => {
    app ??= await application()
    org ??= await organization(await connection, true)
  }
  const run = async (login, more, at = org, agent = new Agent()) => {
    await world()
    const asked = request(app, at ?? org, more)
    await arrive(agent, asked, path)
    await login(agent)
    return { agent, asked }
  }

  test('a login in an Organization ends in a token with its org_id', async () => {
    const { agent, asked } = await run(ann)
    const payload = await finish(agent, app, org, asked)
    assert.equal(payload.sub, await sub())
    assert.deepEqual(await members(org), [payload.sub])
  })

  test('who they are is known, and their address proves nothing', async () => {
    const [user, ...others] = await users(await connection)
    assert.equal(others.length, 0)
    assert.equal(user.user_id, await sub())
    assert.equal(user.email, profile.email)
    assert.equal(user.name, profile.name)
    assert.ok(!user.email_verified)
  })

  if (profile.email)
    test('whoever else has that address stays somebody else', async () => {
      const database = await manage('POST', 'connections', {
        name: `db-${randomBytes(6).toString('hex')}`, strategy: 'auth0',
        is_domain_connection: true,
      })
      const other = await manage('POST', 'users', {
        connection: database.name, email: profile.email, email_verified: true,
        password: seen(randomBytes(16).toString('hex')),
      })
      const { agent, asked } = await run(ann)
      const payload = await finish(agent, app, org, asked)
      assert.equal(payload.sub, await sub())
      const now = await manage('GET',
        `users/${encodeURIComponent(other.user_id)}`)
      assert.equal(now.logins_count, 0)
      assert.deepEqual(now.identities, other.identities)
    })

  test('a second login finds the same user', async () => {
    const [before] = await users(await connection)
    const { agent, asked } = await run(ann)
    assert.equal((await finish(agent, app, org, asked)).sub, await sub())
    const [user, ...others] = await users(await connection)
    assert.equal(others.length, 0)
    assert.equal(user.logins_count, before.logins_count + 1)
  })

  test('a wrong password begins no session', async () => {
    const { agent } = await run(wrong)
    assert.equal(session(agent), undefined)
    assert.ok(!agent.page.location, 'and leads nowhere')
    assert.equal((await users(await connection)).length, 1)
  })

  test('one who is no member of the Organization is refused', async () => {
    const closed = await organization(await connection, false)
    const { agent } = await run(ann, {}, closed)
    isErrorPage(agent, 'access_denied')
    assert.deepEqual(await members(closed), [])
    await join(closed, await sub())
    const again = await run(ann, {}, closed)
    await finish(again.agent, app, closed, again.asked)
  })

  test('another user is another user', async () => {
    const { agent, asked } = await run(bob)
    const payload = await finish(agent, app, org, asked)
    assert.notEqual(payload.sub, await sub())
    assert.deepEqual(await members(org), [await sub(), payload.sub].sort())
  })

  test('one who was blocked is refused', async () => {
    await manage('PATCH', `users/${encodeURIComponent(await sub())}`,
      { blocked: true })
    const { agent } = await run(ann)
    isErrorPage(agent, 'access_denied')
    assert.equal(session(agent), undefined)
    await manage('PATCH', `users/${encodeURIComponent(await sub())}`,
      { blocked: false })
  })

  test('an Organization without the connection offers no link', async () => {
    await world()
    const agent = new Agent()
    const other = await manage('POST', 'organizations', {
      name: `org-${randomBytes(6).toString('hex')}`,
      third_party_client_access: 'allow',
    })
    await agent.open(request(app, other).url)
    assert.deepEqual(agent.links().filter((l) => l.includes(path)), [])
  })

  if (peer.nodes)
    test('two nodes that take turns are like one', async () => {
      for (const turn of [0, 1]) {
        const between = Object.assign(new Agent(), { between: true, turn })
        const { agent, asked } = await run(ann, {}, org, between)
        assert.equal((await finish(agent, app, org, asked)).sub, await sub())
        assert.ok(agent.turn > 3)
      }
    })

  test('a link with the ticket of another browser logs nobody in', async () => {
    await world()
    const attacker = new Agent()
    await attacker.open(request(app, org).url)
    const link = attacker.links().find((l) =>
      new URL(l, issuer).pathname === path)
    for (const began of [false, true]) {
      const victim = new Agent()
      if (began) await victim.open(request(app, org).url)
      await victim.open(new URL(link, issuer))
      await ann(victim)
      assert.equal(session(victim), undefined)
      assert.ok(!victim.page.location)
    }
  })

  test('the location without a ticket logs nobody in', async () => {
    const agent = new Agent()
    await agent.open(new URL(path, issuer))
    await ann(agent)
    assert.equal(session(agent), undefined)
  })

  test(`a state of ${peer.state} bytes comes back`, async () => {
    const state = 's'.repeat(peer.state)
    const { agent, asked } = await run(ann, { state })
    await finish(agent, app, org, asked)
    assert.equal(agent.page.location.searchParams.get('state'), state)
  })
}

export { assert, fixture }
