// mod_authnz_ldap at slapd, as conf/login-ldap.conf has it.
import { test } from 'node:test'
import { Agent } from './agent.mjs'
import { application, arrive, assert, common, connection, finish, organization,
         passwords, request, session, users } from './common.mjs'

const path = '/login/directory'
const made = connection('ldap')

const typed = (name, password) => (agent) => {
  agent.credentials = [name, password]
  return agent.open(agent.page.url)
}

// The subject is the entry's UUID, which the directory gave.
const userOf = async (email) =>
  (await users(await made)).find((u) => u.email === email)

common(test, {
  path, connection: made,
  ann: typed('ann', passwords.ann), bob: typed('bob', passwords.bob),
  wrong: typed('ann', passwords.bob),
  sub: async () => (await userOf('ann@example.com')).user_id,
  state: 4000, nodes: true,
  profile: { email: 'ann@example.com', name: 'Ann Archer' },
})

async function loggedIn(name, password) {
  const app = await application()
  const org = await organization(await made, true)
  const agent = new Agent()
  const asked = request(app, org)
  await arrive(agent, asked, path)
  await typed(name, password)(agent)
  return { agent, app, org, asked }
}

test('the subject is the one the directory will not give away again', async () => {
  assert.match((await userOf('ann@example.com')).user_id,
    /^ldap\|directory\|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('however the name is typed, it is the same user', async () => {
  const before = (await users(await made)).length
  const { agent, app, org, asked } = await loggedIn('ANN', passwords.ann)
  const { sub } = await finish(agent, app, org, asked)
  assert.equal(sub, (await userOf('ann@example.com')).user_id)
  assert.equal((await users(await made)).length, before)
})

for (const [what, name, password] of [
  ['an empty password, which a directory takes for nobody', 'ann', ''],
  ['a pattern for a name', '*', passwords.ann],
  ['a filter for a name', 'ann)(uid=*', passwords.ann],
  ['somebody who is not there', 'eve', passwords.ann],
  ['the reader of the directory', 'reader', passwords.ann],
])
  test(`nobody is logged in by ${what}`, async () => {
    const { agent } = await loggedIn(name, password)
    assert.equal(agent.page.status, 401)
    assert.equal(session(agent), undefined)
  })

test('one without an address is a user all the same', async () => {
  const { agent, app, org, asked } = await loggedIn('dan', passwords.dan)
  const { sub } = await finish(agent, app, org, asked)
  const dan = (await users(await made)).find((u) => u.user_id === sub)
  assert.equal(dan.email, undefined)
  assert.equal(dan.name, 'Dan Dean')
})

test('of two addresses none is kept; a name need not be ASCII', async () => {
  const { agent, app, org, asked } = await loggedIn('cleo', passwords.cleo)
  const { sub } = await finish(agent, app, org, asked)
  const cleo = (await users(await made)).find((u) => u.user_id === sub)
  assert.equal(cleo.name, 'Cléo Dürr')
  assert.equal(cleo.email, undefined)
})
