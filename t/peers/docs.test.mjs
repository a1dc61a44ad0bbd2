// The examples of docs/login.md: those for httpd are what the other tests ran.
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assert, fixture, manage } from './common.mjs'

const names = ['basic', 'ldap', 'openidc', 'saml', 'kerberos']
const bare = (text) => text.split('\n').map((l) => l.trim()).join('\n')
const shipped = names.map((name) => bare(
  readFileSync(`${fixture.conf}/login-${name}.conf`, 'utf8')))

const text = readFileSync(`${fixture.docs}/login.md`, 'utf8')
const blocks = [...text.matchAll(/(?:^ {4}.*\n(?:\n(?= {4}))*)+/gm)]
  .flatMap(([block]) => bare(block).trim().split(/^(?=POST )/m))
  .map((block) => block.trim())
const calls = blocks.filter((block) => block.startsWith('POST '))

test('every example for httpd is part of one that ran', () => {
  const examples = blocks.filter((block) => !calls.includes(block))
  assert.ok(examples.length > 2)
  for (const block of examples)
    assert.ok(shipped.some((conf) => conf.includes(block)), block)
})

test('every example that ran is named', () => {
  for (const name of names)
    assert.ok(text.includes(`conf/login-${name}.conf`), name)
})

test('every call of the Management API works', async () => {
  const made = {}
  assert.ok(calls.length)
  for (const call of calls) {
    const [, path, body] = call.match(/^POST \/api\/v2\/(\S+)\s+(\{.*\})$/s)
    const answer = await manage('POST', path.replace(/[A-Z]+_ID/g,
      (id) => made[id]), JSON.parse(body.replace(/[A-Z]+_ID/g,
      (id) => made[id])))
    if (path === 'connections') made.CONNECTION_ID = answer.id
    if (path === 'organizations') made.ORGANIZATION_ID = answer.id
  }
})
