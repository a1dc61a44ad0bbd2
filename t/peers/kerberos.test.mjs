// mod_auth_gssapi in a realm, as conf/login-kerberos.conf has it.
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Agent } from './agent.mjs'
import { application, arrive, assert, common, connection, fixture, organization,
         passwords, request, session } from './common.mjs'

const path = '/login/desktop'
const made = connection('kerberos')
const realm = { ...process.env, KRB5_CONFIG: fixture.krb5 }
const cache = (name) => `${fixture.tmp}/tickets-${name}`

// Somebody logs in to the desktop.
const kinit = (name, password) => spawnSync('kinit',
  ['-c', cache(name), name], { env: realm, input: `${password}\n` }).status
assert.equal(kinit('ann', passwords.ann), 0)
assert.equal(kinit('bob', passwords.bob), 0)
assert.notEqual(kinit('eve', passwords.ann), 0)

// The page that asks to negotiate is asked for again, by a program that can.
const from = (name) => async (agent) => {
  const { page } = agent
  assert.equal(page.status, 401, page.body)
  assert.match(page.headers['www-authenticate'], /^Negotiate/)
  const said = execFileSync('curl', ['--silent', '--include', '--negotiate',
    '--user', ':', '--cacert', process.env.NODE_EXTRA_CA_CERTS,
    '--header', `Cookie: ${agent.cookies(page.url)}`, page.url.href],
    { env: { ...realm, KRB5CCNAME: cache(name) }, encoding: 'utf8' })
  const [, head, body] = said.match(/^(?:HTTP.*?\r\n\r\n)*?(HTTP.*?)\r\n\r\n(?!HTTP)(.*)$/s)
  const headers = { 'set-cookie': [] }
  for (const [, name, value] of head.matchAll(/^([^:\r\n]+): *(.*?)\r?$/gm)) {
    if (name.toLowerCase() === 'set-cookie') headers['set-cookie'].push(value)
    else headers[name.toLowerCase()] = value
  }
  agent.receive(page.url, Number(head.match(/^\S+ (\d+)/)[1]), headers, body)
  return agent.follow()
}

common(test, {
  path, connection: made, ann: from('ann'), bob: from('bob'),
  wrong: from('eve'), sub: async () => 'kerberos|desktop|ann@EXAMPLE.COM',
  state: 4000, profile: { email: undefined, name: undefined },
})

test('a password is nothing this location asks for', async () => {
  const agent = new Agent()
  agent.credentials = ['ann', passwords.ann]
  const org = await organization(await made, true)
  await arrive(agent, request(await application(), org), path)
  assert.equal(agent.page.status, 401)
  assert.equal(session(agent), undefined)
})
