// mod_auth_basic with a file of passwords, as conf/login-basic.conf has it.
import { test } from 'node:test'
import { Agent } from './agent.mjs'
import { application, arrive, assert, common, connection, finish, isErrorPage,
         manage, organization, passwords, request } from './common.mjs'

const path = '/login/staff'
const made = connection('basic')

const typed = (name, password) => (agent) => {
  agent.credentials = [name, password]
  return agent.open(agent.page.url)
}

common(test, {
  path, connection: made,
  ann: typed('ann', passwords.ann), bob: typed('bob', passwords.bob),
  wrong: typed('ann', passwords.bob), sub: async () => 'basic|staff|ann',
  state: 4000, nodes: true, profile: { email: undefined, name: undefined },
})

test('a request that is longer than links may be is told so', async () => {
  const agent = new Agent()
  const org = await organization(await made, true)
  await agent.open(request(await application(), org, {
    state: 's'.repeat(4096), scope: Array(220).fill('read:trips').join(' '),
  }).url)
  isErrorPage(agent, 'invalid_request')
  assert.match(agent.page.body, /too long/)
})

test('one without a button is there for who asks for it', async () => {
  const { id, name } = await made
  const app = await application()
  const org = await organization(await made, true)
  await manage('PATCH', `organizations/${org.id}/enabled_connections/${id}`,
    { show_as_button: false })
  const agent = new Agent()
  await agent.open(request(app, org).url)
  assert.deepEqual(agent.links().filter((l) => l.includes(path)), [])
  const asked = request(app, org, { connection: name })
  await arrive(agent, asked, path)
  await typed('ann', passwords.ann)(agent)
  await finish(agent, app, org, asked)
})
