// mod_auth_openidc at a provider, as conf/login-openidc.conf has it.
import { test } from 'node:test'
import { Agent } from './agent.mjs'
import { application, arrive, assert, common, connection, finish, issuer,
         organization, passwords, provider, request, session } from
  './common.mjs'

const path = '/login/partner'
const made = connection('openidc')

const typed = (identifier, password) => async (agent) => {
  assert.equal(agent.page.url.origin, provider, agent.page.body)
  await agent.submit({ identifier, password, decision: 'login' })
  assert.deepEqual(agent.dropped, [], 'cookies that a browser would drop')
}

common(test, {
  path, connection: made,
  ann: typed('ann', passwords.ann), bob: typed('bob', passwords.bob),
  wrong: typed('ann', passwords.bob),
  sub: async () => 'oidc|partner|P-1001',
  state: 700, nodes: true,
  profile: { email: 'ann@example.com', name: 'Ann Archer' },
})

async function atProvider(agent = new Agent()) {
  const app = await application()
  const org = await organization(await made, true)
  const asked = request(app, org)
  await arrive(agent, asked, path)
  return { agent, app, org, asked }
}

test('one who cancels at the provider is logged in nowhere', async () => {
  const { agent } = await atProvider()
  await agent.submit({ decision: 'cancel' })
  assert.equal(session(agent), undefined)
  assert.ok(!agent.page.location)
})

test('the provider is asked with state, nonce and a challenge', async () => {
  const agent = new Agent()
  const app = await application()
  const org = await organization(await made, true)
  await agent.open(request(app, org).url)
  await agent.get(agent.links().find((l) => l.includes(path)))
  const { searchParams } = agent.page.location
  assert.equal(searchParams.get('code_challenge_method'), 'S256')
  assert.ok(searchParams.get('state') && searchParams.get('nonce'))
  assert.equal(searchParams.get('redirect_uri'),
    `${issuer}login/partner/callback`)
  assert.ok(!agent.page.location.href.includes('ticket'),
    'and is not told our ticket')
})

test('what another browser brought from the provider is refused', async () => {
  const { agent } = await atProvider()
  const thief = new Agent()
  await agent.send('POST', agent.page.url, { form: {
    identifier: 'ann', password: passwords.ann, decision: 'login' } })
  await agent.get(agent.page.location)
  const answer = agent.page.location
  assert.ok(answer.href.startsWith(`${issuer}login/partner/callback?`))
  await thief.open(answer)
  assert.equal(session(thief), undefined)
  await agent.open(answer)
  assert.ok(session(agent), 'the browser it was meant for is logged in')
})

test('the path the provider answers to is nobody else\'s', async () => {
  const agent = new Agent()
  await agent.open(`${issuer}login/partner/callback`)
  assert.equal(session(agent), undefined)
  assert.ok(!agent.page.body.includes('tpa'))
})

test('one who is still logged in at the provider types nothing', async () => {
  const { agent, app, org, asked } = await atProvider()
  await typed('ann', passwords.ann)(agent)
  await finish(agent, app, org, asked)
  for (const [key, c] of agent.jar)
    if (c.name.includes('tpa_') || c.name.includes('openidc'))
      agent.jar.delete(key)
  const second = await atProvider(agent)
  const { sub } = await finish(agent, second.app, second.org, second.asked)
  assert.equal(sub, 'oidc|partner|P-1001')
})
