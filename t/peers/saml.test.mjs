// mod_auth_mellon at a provider, as conf/login-saml.conf has it.
import { test } from 'node:test'
import { Agent } from './agent.mjs'
import { application, arrive, assert, common, connection, issuer, organization,
         passwords, request, session } from './common.mjs'

const path = '/login/corporate'
const made = connection('saml')

// The provider answers with a form that a browser would send by itself.
const typed = (identifier, password) => async (agent) => {
  await agent.submit({ identifier, password })
  if (agent.page.status === 200)
    await agent.submit({ SAMLResponse: value(agent) })
}
const value = (agent) =>
  agent.forms()[0].fields.find((f) => f.name === 'SAMLResponse').value

common(test, {
  path, connection: made,
  ann: typed('ann', passwords.ann), bob: typed('bob', passwords.bob),
  wrong: typed('ann', passwords.bob),
  sub: async () => 'saml|corporate|P-1001', state: 700,
  profile: { email: 'ann@example.com', name: 'Ann Archer' },
})

test('a response whose assertion was changed is refused', async () => {
  const agent = new Agent()
  const org = await organization(await made, true)
  await arrive(agent, request(await application(), org), path)
  await agent.submit({ identifier: 'ann', password: passwords.ann })
  const xml = Buffer.from(value(agent), 'base64').toString()
  assert.ok(xml.includes('P-1001'))
  await agent.submit({ SAMLResponse: Buffer.from(
    xml.replaceAll('P-1001', 'P-1002')).toString('base64') })
  assert.ok(agent.page.status >= 400)
  assert.equal(session(agent), undefined)
})

test('its metadata is there for the provider to read', async () => {
  const agent = new Agent()
  await agent.get(`${issuer}login/corporate/mellon/metadata`)
  assert.equal(agent.page.status, 200)
  assert.match(agent.page.body,
    /Location="https:\/\/localhost:\d+\/login\/corporate\/mellon\/postResponse"/)
})
