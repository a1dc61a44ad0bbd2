// The first steps of docs/management-api.md, as a newcomer takes them: in one
// shell, from top to bottom, in a folder with the fixture of the quickstart.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync }
  from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { admin, all, api, step } from './management.mjs'
import { assert, issuer } from './common.mjs'

const text = readFileSync(new URL('management-api.md', import.meta.url), 'utf8')
const sections = text.split(/^## /m)
const titled = (title) => sections.find((s) => s.startsWith(`${title}\n`))

// What is indented in a part of the document, block by block.
const examples = (part) => part.split(/\n(?! {4}|\n)/).map((lines) =>
  lines.split('\n').filter((line) => /^ {4}/.test(line))
    .map((line) => line.slice(4)).join('\n')).filter(Boolean)

const blocks = examples(titled('First steps'))

const folder = mkdtempSync(join(tmpdir(), 'docs-'))
mkdirSync(join(folder, 'run'))
copyFileSync(process.env.TPA_CA, join(folder, 'run/ca.pem'))
writeFileSync(join(folder, 'run/fixture.json'), JSON.stringify({ admin, issuer }))

step('every block of the first steps works', async () => {
  const before = (await all(api.clients.list())).length
  const script = blocks.map((block, i) => `echo '== ${i}'\n${block}\n`)
  const said = execFileSync('bash', ['-euo', 'pipefail', '-c',
    script.join('')], { cwd: folder, encoding: 'utf8' })
  const told = said.split(/^== \d+\n/m).slice(1)
  assert.equal(told.length, blocks.length)
  assert.match(said, /"scope": "read:trips create:trips"/)
  assert.match(said, /"error": "access_denied"/)
  assert.match(said, /"default_organization"|"flows"/)
  assert.match(said, /^"org_\w{16}"$/m)
  assert.match(said, /^"block"\n"allow"$/m)
  assert.equal((await all(api.clients.list())).length, before)
  return `${blocks.length} blocks`
})

step('the description is where the document says', () => {
  const [command, ...more] = examples(sections[0])
  assert.deepEqual(more, [])
  const said = execFileSync('bash', ['-euo', 'pipefail', '-c',
    command.replace('https://localhost:8443/', issuer)],
  { cwd: folder, encoding: 'utf8' })
  assert.equal(JSON.parse(said).openapi, '3.1.0')
})

step('an error and the header of a call are as they are shown', async () => {
  const [shown, ...more] = examples(titled('Errors'))
  assert.deepEqual(more, [])
  const { access_token: token } = await (await fetch(new URL('oauth/token',
    issuer), { method: 'POST', body: new URLSearchParams({
    ...admin, grant_type: 'client_credentials' }) })).json()
  const [header] = examples(titled('Access'))
  const [name, value] = header.split(': ')
  const answer = await fetch(new URL('api/v2/clients', issuer), {
    method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json',
      [name]: value.replace('eyJ...', token) } })
  assert.equal(answer.status, 400)
  assert.deepEqual(await answer.json(), JSON.parse(shown))
  return shown
})

step('no other example stands in the document', () => {
  const known = blocks.length + 3
  assert.equal(examples(text).length, known)
  return known
})
